/* One blocking HTTP request, by libcurl. Any thread; it blocks the one that calls it.
 *
 * A server's certificate must be vouched for by an authority that the system trusts, or by one in
 * SSL_CERT_FILE or SSL_CERT_DIR, as for all that OpenSSL does (also ws_client.h's).
 *
 * The caller owns the request's strings, which must outlive the call, and the response, which it
 * releases. Redirects are not followed, so that a token never reaches another server than the one
 * it was meant for. Tokens stand in the Authorization header alone, never in a URL. */
#ifndef DEBATE_SESSION_HTTP_H
#define DEBATE_SESSION_HTTP_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum {
    HTTP_CONNECT_TIMEOUT_MS = 10000,
    HTTP_TIMEOUT_MS = 60000,
    HTTP_ERROR_SIZE = 256, /* CURL_ERROR_SIZE */
    HTTP_HEADERS_MAX = 64 * 1024
};

/* A field of a form: its value, or a file that is sent as it is read. */
struct http_part {
    const char *name, *value, *path;
    const char *content_type; /* NULL: what curl thinks of it */
};

/* Zeroes mean the defaults. */
struct http_request {
    const char *method;          /* "GET", "POST", "HEAD", "PATCH", "DELETE"; NULL: GET */
    const char *url;             /* http or https */
    const char *token;           /* sent as a bearer token (RFC 6750, section 2.1); NULL: none */
    const char *accept_language; /* "ko"; NULL: none */
    const char *content_type;    /* of the body; NULL: application/json */
    const void *body;            /* NULL: none */
    size_t body_len;
    const struct http_part *parts; /* instead of a body, multipart/form-data (RFC 7578), ended by
                                      one without a name; NULL: none */
    const char *const *headers;    /* further ones, "Name: value", ended by NULL; NULL: none */
    long connect_timeout_ms;
    long timeout_ms; /* for the whole exchange; negative: none */
};

struct http_response {
    int status;                  /* 200 … 599; 0 when there was none */
    struct buf body;             /* NUL-terminated if not empty */
    struct buf headers;          /* of the last answer, as they came */
    char error[HTTP_ERROR_SIZE]; /* in English, why there is no answer; empty if there is one */
};

/* `body_len_max`: a longer answer is ERR_FULL. */
void http_response_init(struct http_response *response, size_t body_len_max);
void http_response_release(struct http_response *response);

/* Sends the request and waits for the whole answer, whatever its status.
 * ERR_UNREACHABLE: no HTTP answer came (no such host, refused, TLS failed, timed out, cut off).
 * ERR_UNTRUSTED: the server's certificate is not one to trust; nothing was sent.
 * ERR_BAD_REQUEST: the URL is none, or a header would hold control characters. ERR_FULL: the answer
 * is too long. ERR_IO: a part's file cannot be read. ERR_NO_MEMORY. */
enum err http_send(const struct http_request *request, struct http_response *response) MUST_CHECK;

/* Copies a header's value (the name in any case; the last one of that name) without the spaces
 * around it. ERR_NOT_FOUND; ERR_FULL when it does not fit. */
enum err http_response_header(const struct http_response *response, const char *name, char *out,
                              size_t out_size) MUST_CHECK;

#endif
