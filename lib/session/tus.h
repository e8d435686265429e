/* Resumable uploads by tus 1.0.0 (protocol, section 7): from a file, in chunks with checksums, as
 * often as it takes. Blocking; any thread.
 *
 * While an upload is under way, `FILE.upload` beside the file holds its URL, so that a later run
 * goes on where this one stopped. */
#ifndef DEBATE_SESSION_TUS_H
#define DEBATE_SESSION_TUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"

enum { TUS_CHUNK = 1024 * 1024 }; /* bytes; a lost connection costs at most that much again */

struct tus_request {
    const char *server; /* "http://127.0.0.1:8080" */
    const char *token;
    const char *path; /* of the file; the timeline beside it goes along */
    const char *recording_id;
    const char *session_id; /* where to check at the end what arrived; NULL: don't */
    uint64_t chunk_len;     /* bytes; 0: TUS_CHUNK */
    int tries_max;          /* in a row without any progress; 0: 10 */
    double first_delay_ms;  /* of the backoff; 0: 250 */
    /* Called after each chunk; true: give up now (ERR_UNAVAILABLE), to be resumed later. NULL. */
    bool (*on_progress)(void *context, uint64_t sent, uint64_t total);
    void *context;
};

struct tus_result {
    uint64_t bytes;
    char sha256[SHA256_TEXT_SIZE]; /* of the file, lower-case hex */
    bool checked;                  /* the server says that it has these bytes */
    unsigned resumed;              /* how often it went on in the middle */
    int status;                    /* the last HTTP status; 0: nobody answered */
    char why[256];                 /* when it failed; for people */
};

/* ERR_IO: the file (errno); ERR_REFUSED: the server does not want it; ERR_UNREACHABLE: given up
 * after tries_max; ERR_CORRUPT: what the server has is not what the file holds. */
enum err tus_upload(const struct tus_request *request, struct tus_result *result) MUST_CHECK;

#endif
