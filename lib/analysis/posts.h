/* HTTP POSTs, several under way at a time, by libcurl: inner part of service.h. One thread at a
 * time; only posts_wait blocks. */
#ifndef DEBATE_ANALYSIS_POSTS_H
#define DEBATE_ANALYSIS_POSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum {
    POST_ERROR_SIZE = 256,             /* CURL_ERROR_SIZE */
    POST_ANSWER_MAX = 2 * 1024 * 1024, /* the longest piece with all its words: some 100 KiB */
    POST_CONNECT_TIMEOUT_MS = 15000,
    POSTS_MAX = 16, /* under way at a time; a service is not flooded */
};

struct posts;

struct post {
    const char *url;
    const char *key; /* NULL: none */
    const char *content_type;
    double timeout_ms; /* for the whole exchange */
};

struct post_answer {
    size_t tag;
    int status;                  /* 200 … 599; 0 when there was none */
    struct buf body;             /* the key, should it be in it, is blotted out */
    double retry_after_ms;       /* negative: it does not say */
    bool untrusted;              /* its certificate is not one to trust; nothing was sent */
    bool timed_out;              /* connected, and then silent for too long */
    char error[POST_ERROR_SIZE]; /* why there is no answer, in English */
};

struct posts *posts_new(void);        /* NULL without memory */
void posts_free(struct posts *posts); /* ends what is under way; NULL is allowed */

/* Sends what is in `body`, which is taken over and left empty. `tag` comes back with the answer;
 * the strings are copied. ERR_FULL: POSTS_MAX are under way. ERR_NO_MEMORY. */
enum err posts_begin(struct posts *posts, const struct post *post, struct buf *body,
                     size_t tag) MUST_CHECK;
/* Waits for an answer, at most that long. false: none came. `out` is the caller's, its body to be
 * released. */
bool posts_wait(struct posts *posts, double timeout_ms, struct post_answer *out);

/* Overwrites the key wherever it stands in the text. What has fewer than 8 bytes is no secret but
 * a word that services without keys are given. */
void post_blot(char *text, size_t len, const char *key);

#endif
