#include "analysis/posts.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "crypto/trust_curl.h"

_Static_assert(POST_ERROR_SIZE >= CURL_ERROR_SIZE, "curl writes this many bytes");

enum { KEY_MIN = 8 };

/* One exchange; its easy handle's private pointer leads back to it. */
struct exchange {
    CURL *curl;
    struct curl_slist *headers;
    struct buf sent;
    char *key;
    struct post_answer answer;
};

struct posts {
    CURLM *multi;
    struct exchange *under_way[POSTS_MAX];
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct posts *posts_new(void)
{
    pthread_once(&curl_once, start_curl);
    struct posts *posts = mem_zalloc(sizeof *posts);
    if (posts)
        posts->multi = curl_multi_init();
    if (posts && !posts->multi) {
        mem_free(posts);
        return NULL;
    }
    return posts;
}

/* Frees all but the answer's body. */
static void exchange_free(struct exchange *exchange)
{
    curl_slist_free_all(exchange->headers);
    curl_easy_cleanup(exchange->curl);
    buf_release(&exchange->sent);
    if (exchange->key)
        explicit_bzero(exchange->key, strlen(exchange->key));
    mem_free(exchange->key);
    mem_free(exchange);
}

void posts_free(struct posts *posts)
{
    if (!posts)
        return;
    for (size_t i = 0; i < POSTS_MAX; i++) {
        if (!posts->under_way[i])
            continue;
        curl_multi_remove_handle(posts->multi, posts->under_way[i]->curl);
        buf_release(&posts->under_way[i]->answer.body);
        exchange_free(posts->under_way[i]);
    }
    curl_multi_cleanup(posts->multi);
    mem_free(posts);
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    return buf_append(&exchange->answer.body, data, size * count) ? 0 : size * count;
}

static bool add_header(struct exchange *exchange, const char *name, const char *value)
{
    struct buf line;
    buf_init(&line, 16 * 1024);
    struct curl_slist *longer = NULL;
    if (buf_printf(&line, "%s: %s", name, value) == ERR_NONE)
        longer = curl_slist_append(exchange->headers, line.data);
    if (line.data)
        explicit_bzero(line.data, line.len);
    buf_release(&line);
    if (longer)
        exchange->headers = longer;
    return longer != NULL;
}

static bool add_headers(struct exchange *exchange, const struct post *post)
{
    bool ok = add_header(exchange, "Content-Type", post->content_type) &&
              /* No waiting for a 100 Continue: few servers send one. */
              curl_slist_append(exchange->headers, "Expect:") != NULL;
    if (ok && post->key) {
        struct buf value;
        buf_init(&value, 16 * 1024);
        ok = buf_printf(&value, "Bearer %s", post->key) == ERR_NONE &&
             add_header(exchange, "Authorization", value.data);
        if (value.data)
            explicit_bzero(value.data, value.len);
        buf_release(&value);
    }
    return ok;
}

static void set_options(struct exchange *exchange, const struct post *post)
{
    CURL *curl = exchange->curl;
    curl_easy_setopt(curl, CURLOPT_URL, post->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    trust_set(curl);
    /* Without TLS a proxy would read the key. */
    if (strncasecmp(post->url, "https:", 6) != 0 || url_is_loopback(post->url))
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->sent.len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, exchange->sent.data ? exchange->sent.data : "");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, exchange->headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange->answer.error);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "debate");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)POST_CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)post->timeout_ms);
    /* Timeouts without SIGALRM: other threads may be running. */
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

enum err posts_begin(struct posts *posts, const struct post *post, struct buf *body, size_t tag)
{
    size_t at = 0;
    while (at < POSTS_MAX && posts->under_way[at])
        at++;
    if (at == POSTS_MAX)
        return ERR_FULL;
    struct exchange *exchange = mem_zalloc(sizeof *exchange);
    if (!exchange)
        return ERR_NO_MEMORY;
    buf_init(&exchange->answer.body, POST_ANSWER_MAX);
    exchange->answer.tag = tag;
    exchange->sent = *body;
    buf_init(body, body->len_max);
    exchange->key = post->key ? mem_strdup(post->key) : NULL;
    exchange->curl = curl_easy_init();
    bool ok = (exchange->key || !post->key) && exchange->curl && add_headers(exchange, post);
    if (ok) {
        set_options(exchange, post);
        ok = curl_multi_add_handle(posts->multi, exchange->curl) == CURLM_OK;
    }
    if (!ok) {
        exchange_free(exchange);
        return ERR_NO_MEMORY;
    }
    posts->under_way[at] = exchange;
    return ERR_NONE;
}

void post_blot(char *text, size_t len, const char *key)
{
    size_t key_len = key ? strlen(key) : 0;
    if (!text || key_len < KEY_MIN)
        return;
    for (char *at = text; (at = memmem(at, len - (size_t)(at - text), key, key_len));)
        memset(at, '*', key_len);
}

static void finish(struct posts *posts, struct exchange *exchange, CURLcode code,
                   struct post_answer *out)
{
    long status = 0;
    curl_off_t retry_after_s = 0;
    struct post_answer *answer = &exchange->answer;
    answer->retry_after_ms = -1;
    if (code == CURLE_OK) {
        curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status);
        answer->error[0] = '\0';
        if (curl_easy_getinfo(exchange->curl, CURLINFO_RETRY_AFTER, &retry_after_s) == CURLE_OK &&
            retry_after_s > 0)
            answer->retry_after_ms = (double)retry_after_s * 1000;
    } else if (!answer->error[0]) {
        snprintf(answer->error, sizeof answer->error, "%s", curl_easy_strerror(code));
    }
    answer->status = (int)status;
    double connected_s = 0;
    curl_easy_getinfo(exchange->curl, CURLINFO_CONNECT_TIME, &connected_s);
    answer->untrusted = trust_failed((int)code);
    answer->timed_out = code == CURLE_OPERATION_TIMEDOUT && connected_s > 0;
    post_blot(answer->body.data, answer->body.len, exchange->key);
    post_blot(answer->error, strlen(answer->error), exchange->key);
    *out = *answer;
    curl_multi_remove_handle(posts->multi, exchange->curl);
    for (size_t i = 0; i < POSTS_MAX; i++)
        if (posts->under_way[i] == exchange)
            posts->under_way[i] = NULL;
    exchange_free(exchange);
}

bool posts_wait(struct posts *posts, double timeout_ms, struct post_answer *out)
{
    for (bool waited = false;; waited = true) {
        int running, left;
        curl_multi_perform(posts->multi, &running);
        for (CURLMsg *message; (message = curl_multi_info_read(posts->multi, &left));) {
            char *exchange = NULL;
            if (message->msg != CURLMSG_DONE)
                continue;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
            finish(posts, (struct exchange *)(void *)exchange, message->data.result, out);
            return true;
        }
        if (waited)
            return false;
        curl_multi_poll(posts->multi, NULL, 0, timeout_ms > 0 ? (int)timeout_ms : 0, NULL);
    }
}
