#include "session/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "crypto/trust_curl.h"

_Static_assert(HTTP_ERROR_SIZE >= CURL_ERROR_SIZE, "curl writes this many bytes");

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

void http_response_init(struct http_response *response, size_t body_len_max)
{
    response->status = 0;
    response->error[0] = '\0';
    buf_init(&response->body, body_len_max);
    buf_init(&response->headers, HTTP_HEADERS_MAX);
}

void http_response_release(struct http_response *response)
{
    buf_release(&response->headers);
    buf_release(&response->body);
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct http_response *response = context;
    return buf_append(&response->body, data, size * count) ? 0 : size * count;
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct http_response *response = context;
    /* A status line begins anew: before it was a 100 Continue's or a proxy's answer. */
    if (size * count >= 5 && memcmp(data, "HTTP/", 5) == 0)
        buf_clear(&response->headers);
    return buf_append(&response->headers, data, size * count) ? 0 : size * count;
}

static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
    struct buf line;
    buf_init(&line, HTTP_HEADERS_MAX);
    struct curl_slist *longer = NULL;
    if (buf_printf(&line, "%s: %s", name, value) == ERR_NONE)
        longer = curl_slist_append(*list, line.data);
    buf_release(&line);
    if (longer)
        *list = longer;
    return longer != NULL;
}

static bool add_headers(const struct http_request *request, struct curl_slist **list)
{
    const char *type = request->content_type ? request->content_type : "application/json";
    bool ok = true;
    if (request->token) {
        struct buf value;
        buf_init(&value, HTTP_HEADERS_MAX);
        ok = buf_printf(&value, "Bearer %s", request->token) == ERR_NONE &&
             add_header(list, "Authorization", value.data);
        buf_release(&value);
    }
    if (ok && request->accept_language)
        ok = add_header(list, "Accept-Language", request->accept_language);
    if (ok && request->body)
        ok = add_header(list, "Content-Type", type);
    /* No waiting for a 100 Continue: the bodies are small, and few servers send one. */
    ok = ok && add_header(list, "Expect", "");
    for (size_t i = 0; ok && request->headers && request->headers[i]; i++) {
        struct curl_slist *longer = curl_slist_append(*list, request->headers[i]);
        ok = longer != NULL;
        if (longer)
            *list = longer;
    }
    return ok;
}

/* Nothing that is put into a header may end it and begin another. */
static bool fits_a_header(const char *value)
{
    for (; value && *value; value++) {
        if ((unsigned char)*value < 0x20 || *value == 0x7f)
            return false;
    }
    return true;
}

/* NULL without memory. */
static curl_mime *form_of(CURL *curl, const struct http_part *part)
{
    curl_mime *form = curl_mime_init(curl);
    bool ok = form != NULL;
    for (; ok && part->name; part++) {
        curl_mimepart *field = curl_mime_addpart(form);
        ok = field && curl_mime_name(field, part->name) == CURLE_OK;
        if (ok && part->value)
            ok = curl_mime_data(field, part->value, CURL_ZERO_TERMINATED) == CURLE_OK;
        if (ok && part->path)
            ok = curl_mime_filedata(field, part->path) == CURLE_OK &&
                 curl_mime_type(field, part->content_type) == CURLE_OK;
    }
    if (ok)
        return form;
    curl_mime_free(form);
    return NULL;
}

static void set_options(CURL *curl, const struct http_request *request, struct curl_slist *headers,
                        struct http_response *response)
{
    const char *method = request->method ? request->method : "GET";
    long timeout_ms = request->timeout_ms ? request->timeout_ms : HTTP_TIMEOUT_MS;
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    trust_set(curl);
    if (url_is_loopback(request->url))
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (request->body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, response);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, response);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, response->error);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "debate");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     request->connect_timeout_ms ? request->connect_timeout_ms
                                                 : (long)HTTP_CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms > 0 ? timeout_ms : 0L);
    /* Timeouts without SIGALRM: other threads may be running. */
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

static enum err err_from_curl(CURLcode code)
{
    if (trust_failed((int)code))
        return ERR_UNTRUSTED;
    switch ((int)code) {
    case CURLE_OK:
        return ERR_NONE;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return ERR_BAD_REQUEST;
    case CURLE_READ_ERROR:
        return ERR_IO;
    case CURLE_OUT_OF_MEMORY:
        return ERR_NO_MEMORY;
    case CURLE_WRITE_ERROR: /* on_body or on_header took no more */
        return ERR_FULL;
    default:
        return ERR_UNREACHABLE;
    }
}

static void explain(enum err e, CURLcode code, struct http_response *response)
{
    char why[HTTP_ERROR_SIZE];
    str_copy(why, sizeof why, response->error[0] ? response->error : curl_easy_strerror(code));
    snprintf(response->error, sizeof response->error, "%s%.200s%s",
             e == ERR_UNTRUSTED ? "the server's certificate cannot be trusted (" : "", why,
             e == ERR_UNTRUSTED ? ")" : "");
}

enum err http_send(const struct http_request *request, struct http_response *response)
{
    enum err e = ERR_NO_MEMORY;
    struct curl_slist *headers = NULL;
    response->status = 0;
    response->error[0] = '\0';
    buf_clear(&response->body);
    buf_clear(&response->headers);
    if (!fits_a_header(request->token) || !fits_a_header(request->accept_language)) {
        snprintf(response->error, sizeof response->error, "a control character in a header");
        return ERR_BAD_REQUEST;
    }
    pthread_once(&curl_once, start_curl);
    curl_mime *form = NULL;
    CURL *curl = curl_easy_init();
    if (!curl || !add_headers(request, &headers))
        goto out;
    set_options(curl, request, headers, response);
    if (request->parts && !(form = form_of(curl, request->parts)))
        goto out;
    if (form)
        curl_easy_setopt(curl, CURLOPT_MIMEPOST, form);
    CURLcode code = curl_easy_perform(curl);
    e = err_from_curl(code);
    if (e) {
        explain(e, code, response);
        goto out;
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    response->status = (int)status;
    response->error[0] = '\0';
out:
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    curl_mime_free(form);
    return e;
}

enum err http_response_header(const struct http_response *response, const char *name, char *out,
                              size_t out_size)
{
    enum err e = ERR_NOT_FOUND;
    size_t name_len = strlen(name);
    const char *line = response->headers.data;
    const char *end = line ? line + response->headers.len : NULL;
    for (const char *next; line && line < end; line = next) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        next = stop ? stop + 1 : end;
        size_t len = (size_t)((stop ? stop : end) - line);
        if (len <= name_len || line[name_len] != ':' || strncasecmp(line, name, name_len) != 0)
            continue;
        const char *value = line + name_len + 1, *last = line + len;
        while (value < last && (*value == ' ' || *value == '\t'))
            value++;
        while (last > value && (last[-1] == ' ' || last[-1] == '\t' || last[-1] == '\r'))
            last--;
        size_t value_len = (size_t)(last - value);
        if (value_len >= out_size) {
            e = ERR_FULL;
            continue;
        }
        memcpy(out, value, value_len);
        out[value_len] = '\0';
        e = ERR_NONE;
    }
    return e;
}
