/* What a participant asks over HTTP before it takes a seat: a guest's token, and the room
 * (protocol, sections 2 and 3). Blocking; any thread. */
#ifndef DEBATE_SESSION_ENTRANCE_H
#define DEBATE_SESSION_ENTRANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "proto/limits.h"

struct entrance {
    const char *server; /* "http://127.0.0.1:8080", with or without a slash at the end */
    const char *room_code;
    const char *token;    /* NULL or "": be a guest */
    const char *nickname; /* of a guest */
    const char *language; /* Accept-Language; NULL: none */
    bool create;          /* make the room when it is not there */
    int seats;            /* of a room that is made; 0: the server's choice */
    const char *agenda;   /* JSON text of a room that is made; NULL: none */
};

/* Somebody who sits there already. */
struct entrance_present {
    unsigned participant;
    bool connected;
    char nickname[LIMIT_NICKNAME_CHARS * 4 + 1];
};

struct entrance_ticket {
    char token[LIMIT_TOKEN + 1];
    char session_id[LIMIT_SESSION_ID + 1];
    char room_code[LIMIT_ROOM_CODE + 1];
    bool created;
    int seats;
    struct entrance_present present[LIMIT_SEATS_MAX];
    size_t present_count;
};

struct entrance_refusal {
    int status;     /* HTTP's; 0: nobody answered */
    char code[32];  /* the protocol's; empty without one */
    char text[256]; /* for people */
};

/* Gets a token and finds or makes the room. ERR_UNREACHABLE: nobody answered; ERR_UNTRUSTED: its
 * certificate cannot be trusted; ERR_NOT_FOUND: there
 * is no such room and it was not to be made; ERR_REFUSED with the refusal; ERR_UNAVAILABLE: worth
 * another try. A token that `ticket` already holds is used. */
enum err entrance_pass(const struct entrance *entrance, struct entrance_ticket *ticket,
                       struct entrance_refusal *refusal) MUST_CHECK;

/* Fills a refusal from an answer's status and body. */
struct http_response;
void entrance_refusal_read(const struct http_response *response, struct entrance_refusal *refusal);

/* server + path, without a double slash; `out` may be too small: false. */
bool entrance_url(const char *server, const char *path, char *out, size_t out_size);

#endif
