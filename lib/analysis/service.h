/* A service that is reached over HTTP in OpenAI's manner: speech to text (stt.h) or a language
 * model (findings.h). Many calls, several at once, each tried again with patience. One thread at a
 * time; it blocks.
 *
 * The key goes into the Authorization header of requests to `base` and nowhere else: redirects are
 * not followed, proxies only see TLS, and in what a service answers it is blotted out before
 * anybody reads it. */
#ifndef DEBATE_ANALYSIS_SERVICE_H
#define DEBATE_ANALYSIS_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* What an operator says of one. Zeroes mean the defaults. */
struct service {
    const char *base;      /* "https://api.openai.com/v1", http or https */
    const char *key;       /* NULL: none */
    const char *model;     /* NULL: the usual one of its kind */
    unsigned at_once;      /* calls under way at the same time; 0: 4 */
    double patience_ms;    /* without any answer from the service; 0: 15 minutes */
    double first_delay_ms; /* of the backoff; 0: 500 */
    double timeout_ms;     /* of one call, which may wait behind others there; 0: 5 minutes */
};

enum { SERVICE_WHY_SIZE = 512 };

/* ERR_BAD_REQUEST with one line in `why`: the base is no http or https URL (or holds a password or
 * a query), or the key holds characters that none has. */
enum err service_check(const struct service *service, char *why, size_t why_size) MUST_CHECK;

/* "api.openai.com" or "127.0.0.1:8080": what people are told of a service. */
void service_name(const struct service *service, char *out, size_t out_size);

#endif
