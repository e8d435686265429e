/* What was wrong with a request, in a form that can be said in the client's language. Pure.
 *
 * A problem is filled in by whoever refuses; `problem_print` makes the sentence. */
#ifndef DEBATE_PROTO_PROBLEM_H
#define DEBATE_PROTO_PROBLEM_H

#include "base/buf.h"
#include "base/err.h"

enum lang { LANG_EN, LANG_KO };

/* Why, more closely than the code says it. Each has a sentence in every language; %s is `field`. */
enum reason {
    REASON_NONE, /* the code's own sentence */
    REASON_NOT_JSON,
    REASON_NOT_AN_OBJECT,
    REASON_NOT_UTF8,
    REASON_BINARY,
    REASON_NO_TYPE,
    REASON_FIELD_MISSING,
    REASON_FIELD_TYPE,
    REASON_FIELD_LENGTH,
    REASON_FIELD_RANGE,
    REASON_FIELD_VALUE,
    REASON_FIELD_NUL,
    REASON_FIELD_DUPLICATE, /* an id that must be unique in its list stands twice */
    REASON_TOKEN_MISSING,
    REASON_TOKEN_MALFORMED,
    REASON_TOKEN_ALGORITHM,
    REASON_TOKEN_SIGNATURE,
    REASON_TOKEN_EXPIRED,
    REASON_TOKEN_NOT_YET,
    REASON_TOKEN_ROOM,
    REASON_ORIGIN,
    REASON_NOT_HOST,
    REASON_NOT_SEATED,
    REASON_OBSERVER,
    REASON_NO_GUESTS,
    REASON_INIT_FIRST,
    REASON_INIT_TWICE,
    REASON_REPORTED_TWICE,
    REASON_NOT_LIVE,
    REASON_ONLY_LOBBY,
    REASON_RECORDING_OFF,
    REASON_GATE,
    REASON_PAGE_NOT_REACHED,
    REASON_NO_ROUTE,
    REASON_NO_ROOM,
    REASON_NO_SESSION,
    REASON_NO_RECORDING,
    REASON_NO_PEER,
    REASON_STILL_RECORDING,
    REASON_UPLOADED_ALREADY,
    REASON_UPLOADS_CLOSED,
    REASON_NOT_ENDED,
    REASON_FORGOTTEN,
    REASON_NO_REPORT,
    REASON_NOT_OPUS,
    REASON_HEAD_SIZE,
    REASON_SLOW,
    REASON_BAD_TOKENS,
    REASON_UPLOADS_OPEN,
    REASON_DISK, /* nothing can be written for now */
    REASON_COUNT
};

struct problem {
    enum err code;
    enum reason reason;
    char field[64]; /* "nickname", "agenda.pages[2].title"; empty when no field is meant */
};

/* Fills `why` (which may be NULL) and returns `code`, so that a refusal is one line. `field` may be
 * NULL: none is meant. */
enum err problem_set(struct problem *why, enum err code, enum reason reason, const char *field);

/* Appends the sentence, plain text, in that language. */
enum err problem_print(const struct problem *why, enum lang lang, struct buf *out) MUST_CHECK;

/* The first of ko and en that an Accept-Language value wants (RFC 9110, section 12.5.4: by
 * q-value, then order); LANG_EN for NULL or neither. */
enum lang lang_from_accept_language(const char *value);

#endif
