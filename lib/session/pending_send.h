/* Sends one recording that stayed behind (pending.h) to the server that it belongs to. Blocking;
 * any thread. What `debate upload --pending` and a client that starts again run. */
#ifndef DEBATE_SESSION_PENDING_SEND_H
#define DEBATE_SESSION_PENDING_SEND_H

#include "session/pending.h"
#include "session/tus.h"

enum pending_end {
    PENDING_SENT,        /* the server has proven that it holds the same bytes: no longer pending */
    PENDING_ELSEWHERE,   /* another process has it in hand, or had */
    PENDING_RUNNING,     /* for the server it is still being recorded; kept */
    PENDING_UNPROVEN,    /* all bytes are there, the proof is not; kept */
    PENDING_UNREACHABLE, /* kept */
    PENDING_FAILED,      /* for a reason on this side; kept */
    PENDING_REFUSED      /* it will never be taken: set aside as NAME.refused */
};

struct pending_report {
    struct pending pending; /* as far as it could be read */
    struct tus_result result;
    int status;    /* of HTTP: with which the server refused; 0: it is not the server that did */
    char why[512]; /* for people; empty when SENT */
};

/* `on_progress` as in tus_request: when it gives up, the end is UNREACHABLE. */
enum pending_end pending_send(const char *recording,
                              bool (*on_progress)(void *context, uint64_t sent, uint64_t total),
                              void *context, struct pending_report *report) MUST_CHECK;

/* Who comes as a guest after a crash is who they were: finds the token of the one who sat in this
 * room under this name, and whose process died while it recorded into `folder`. Only where that
 * debate goes on and the seat is empty; otherwise false. */
bool pending_seat(const char *folder, const char *server, const char *room_code,
                  const char *nickname, char token[LIMIT_TOKEN + 1]) MUST_CHECK;

#endif
