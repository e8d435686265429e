/* The rooms of a server: found by code and by id, brought back from their logs when they are asked
 * for, and stepped. A house_room is a room with its sockets. The loop's thread.
 *
 * A room whose session goes on stays; one that has ended stays while somebody is connected, and
 * then as one of LIMIT_ENDED_KEPT, so that uploads and looks do not read its log again each time.
 * A pointer to a house_room lives until the caller returns to the loop, unless a socket of it is
 * open or the session goes on. */
#ifndef DEBATE_SERVER_HOUSE_H
#define DEBATE_SERVER_HOUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "base/err.h"
#include "proto/view.h"
#include "room/room.h"
#include "server/deadlines.h"

struct server;
struct socket;
struct exchange;

struct house_room {
    struct room *room;
    int64_t key; /* the store's name for it */
    char session_id[LIMIT_SESSION_ID + 1];
    char room_code[LIMIT_ROOM_CODE + 1];
    uint64_t committed_seq;           /* the last event that may be shown to anybody */
    struct socket *voice, *signaling; /* all that are open, in whatever state */
    unsigned in_turn;                 /* entries of the turn at hand */
    bool is_live;                     /* has not ended: found by its code */
    bool needs_sweep;                 /* somebody left while nothing could be written */
    struct deadline deadline;
    UT_hash_handle by_id, by_code;
    struct house_room *ended_prev, *ended_next; /* oldest first */
    bool is_kept_ended;
};

struct house {
    struct house_room *by_id, *by_code; /* by_code: live ones alone */
    struct house_room *ended;           /* oldest first; utlist-like, circular prev */
    size_t ended_count;
};

/* Brings every session back that has not ended (protocol, section 8). `why` as in server_new. */
enum err house_open(struct server *server, char *why, size_t why_size) MUST_CHECK;
void house_close(struct server *server);

/* The room of this session; ERR_NOT_FOUND, ERR_CORRUPT, ERR_NO_MEMORY, ERR_IO. */
enum err house_by_id(struct server *server, const char *session_id,
                     struct house_room **out) MUST_CHECK;
/* The room's last session, ended or not. */
enum err house_by_code(struct server *server, const char *code, struct house_room **out) MUST_CHECK;
/* Makes a session; ERR_FULL, ERR_NO_MEMORY, ERR_INTERNAL. */
enum err house_create(struct server *server, const char *code, int seats,
                      const struct agenda *agenda, const char *host_user,
                      struct house_room **out) MUST_CHECK;

/* Decides; what came of it is in server->effects, and is given to the turn by house_publish. While
 * nothing can be written, everything is refused with ERR_INTERNAL. */
enum err house_decide(struct server *server, struct house_room *room,
                      const struct room_command *command);
void house_publish(struct server *server, struct house_room *room);
/* Both. */
enum err house_step(struct server *server, struct house_room *room,
                    const struct room_command *command);
/* Rooms whose time has come. */
void house_tick(struct server *server);
/* What was put off while nothing could be written. */
void house_sweep(struct server *server);

void house_add_socket(struct house_room *room, struct socket *socket);
void house_remove_socket(struct socket *socket);
/* A socket that was in is not any more: its room and the others hear of it. */
void house_socket_left(struct socket *socket);
/* The open socket of this kind that is a participant's; NULL: none. */
struct socket *house_voice(const struct house_room *room, unsigned participant);
struct socket *house_signaling(const struct house_room *room, unsigned participant);

/* Whether this event, as all may see it, is the one of this digest (base/str.h). */
bool house_event_is(struct server *server, const struct house_room *room, uint64_t seq,
                    const char *digest);
/* Gives a socket the events that it has missed, as many as its queue takes at once. */
void house_catch_up(struct socket *socket);
/* The log for an operator (`whole`) or the host. ERR_IO, ERR_CORRUPT, ERR_FULL. */
enum err house_log(struct server *server, const struct house_room *room, bool whole,
                   struct buf *out) MUST_CHECK;
/* One that has ended was used; another, that nobody needs any more, may go. */
void house_release(struct server *server, struct house_room *room);
/* Its session_ended is among what will be committed next. */
void house_ended(struct server *server, struct house_room *room);
/* After every step: when it is to be ticked next. */
void house_settle_deadline(struct server *server, struct house_room *room);

#endif
