/* The one enum of errors. Pure; any thread.
 *
 * The first part is what the protocol can tell a client: each has the code that stands in
 * `{"error":{"code"}}` and in `error` messages, and the HTTP status it answers with
 * (protocol, sections 2, 3, 5 and 7). The second part never leaves the process. */
#ifndef DEBATE_BASE_ERR_H
#define DEBATE_BASE_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))

enum err {
    ERR_NONE = 0,

    ERR_BAD_MESSAGE,
    ERR_BAD_REQUEST,
    ERR_BAD_TOKEN,
    ERR_FORBIDDEN,
    ERR_NOT_FOUND,
    ERR_ENDED,
    ERR_ROOM_FULL,
    ERR_RATE_LIMITED,
    ERR_UNAVAILABLE,
    ERR_TOO_LARGE,
    ERR_UNSUPPORTED_MEDIA,
    ERR_CONFLICT,
    ERR_WRONG_PHASE,
    ERR_NO_SUCH_PAGE,
    ERR_NO_SUCH_CHOICE,
    ERR_ALREADY_REVEALED,
    ERR_ALREADY_RECORDING,
    ERR_NOT_RECORDING,
    ERR_NO_CONSENT,
    ERR_UNKNOWN_TYPE,
    ERR_INTERNAL,
    ERR_NO_SPACE, /* on the disk, or of what may be taken of it: `unavailable` too, but 507 */

    ERR_NO_MEMORY,
    ERR_FULL,    /* a bounded thing has reached its bound */
    ERR_IO,      /* errno says more */
    ERR_CORRUPT, /* stored data is not what was written */
    ERR_REFUSED, /* the other side said no */
    ERR_UNREACHABLE,
    ERR_UNTRUSTED, /* who answers cannot prove who it is */
    ERR_COUNT
};

/* The protocol's name, "bad_request"; for the inner ones "internal". Static. */
const char *err_code(enum err e);

/* The HTTP status: 400 to 507; 500 for the inner ones. */
int err_http_status(enum err e);

/* The error whose code this is; ERR_INTERNAL for a code not known here. */
enum err err_from_code(const char *code);

#endif
