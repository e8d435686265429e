/* Who takes part in a run: participants with the real session inside, and what they do. One thread.
 */
#ifndef DEBATE_SIM_CAST_H
#define DEBATE_SIM_CAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/token.h"
#include "sim/world.h"

struct session;
struct session_runtime;

enum { CAST_ROOMS_MAX = 8, CAST_ACTORS_MAX = CAST_ROOMS_MAX * 5 };

/* What a participant's process has heard of its session: a digest of each event. */
struct heard {
    uint64_t *texts;
    size_t count, size;
};

/* A person with a machine. The machine may fail and come again; the person stays the same. */
struct actor {
    struct node node;
    int room;
    char user[32], nickname[32], token[1024];
    bool is_guest, is_observer;
    bool is_there; /* its process runs */
    struct session_runtime *runtime;
    struct session *session;
    struct happening act, life;
    unsigned counter;      /* of its choices */
    uint64_t marks;        /* of what it signals */
    bool started;          /* on_live was called in this process */
    uint64_t welcome_boot; /* which start of the server it was welcome to */
    int64_t welcome_us;
    struct heard heard;
    int64_t clock_error_us; /* of its machine's clock */
    char last[512];         /* what it said last; may be said again */
    size_t last_len;
};

struct cast {
    int rooms, count;
    struct actor actors[CAST_ACTORS_MAX];
    bool is_calm; /* the end of a run: nobody ends, leaves or fails any more */
};
extern struct cast cast;

extern const struct secret cast_secret;

void cast_begin(int rooms);
/* Every process ends. */
void cast_end(void);
/* Everybody comes back in and stays. */
void cast_calm(void);
/* Whether this user's token lets them look on, and no more. */
bool cast_is_observer(const char *user);
/* Its process is gone, as by kill -9; it comes again later. */
void actor_dies(struct actor *actor);
/* Another token's text for this room, for the observer's looks. */
void cast_token(const char *user, enum role role, char *out, size_t size);

#endif
