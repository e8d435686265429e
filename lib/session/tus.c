#include "session/tus.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "media/recording.h"
#include "proto/json_reader.h"
#include "session/entrance.h"
#include "session/http.h"
#include "session/rejoin.h"

enum {
    TUS_TRIES_MAX = 10,
    TUS_DELAY_MS = 250,
    TUS_DELAY_MAX_MS = 15000,
    TUS_ANSWER_MAX = 1024 * 1024,
    TIMELINE_KEY_SIZE = 16 + (TIMELINE_COMPACT_MAX + 2) / 3 * 4, /* ",timeline BASE64" */
    TUS_CHECKSUM_MISMATCH = 460                                  /* tus 1.0.0, checksum extension */
};

struct upload_run {
    const struct tus_request *request;
    struct tus_result *result;
    int fd;
    uint64_t length, offset;
    bool is_resuming;
    char url[1024]; /* of the upload; empty: none yet */
    char note_path[1024];
    uint8_t *chunk;
    struct http_response response;
};

static enum err send_request(struct upload_run *run, const char *method, const char *url,
                             const char *const *headers, const char *content_type, const void *body,
                             size_t len)
{
    struct http_request request = {.method = method,
                                   .url = url,
                                   .token = run->request->token,
                                   .headers = headers,
                                   .content_type = content_type,
                                   .body = body,
                                   .body_len = len};
    enum err e = http_send(&request, &run->response);
    run->result->status = run->response.status;
    return e;
}

/* What went wrong, for people; ERR_REFUSED when trying again is of no use. */
static enum err refused(struct upload_run *run)
{
    struct entrance_refusal refusal;
    entrance_refusal_read(&run->response, &refusal);
    snprintf(run->result->why, sizeof run->result->why, "%s", refusal.text);
    return rejoin_after_status(refusal.status) ? ERR_UNREACHABLE : ERR_REFUSED;
}

static void forget(struct upload_run *run)
{
    run->url[0] = '\0';
    unlink(run->note_path);
}

/* Only a URL on the server that the token is for. */
static bool is_ours(const struct upload_run *run, const char *url)
{
    char base[1024];
    return entrance_url(run->request->server, "/", base, sizeof base) &&
           strncmp(url, base, strlen(base)) == 0;
}

static void read_note(struct upload_run *run)
{
    FILE *file = fopen(run->note_path, "re");
    if (!file)
        return;
    if (!fgets(run->url, sizeof run->url, file))
        run->url[0] = '\0';
    run->url[strcspn(run->url, "\r\n")] = '\0';
    fclose(file);
    if (!is_ours(run, run->url))
        run->url[0] = '\0';
}

static void write_note(const struct upload_run *run)
{
    /* Without it a later run starts again: no reason to fail. */
    FILE *file = fopen(run->note_path, "we");
    if (!file)
        return;
    fprintf(file, "%s\n", run->url);
    fclose(file);
}

static enum err take_location(struct upload_run *run)
{
    char location[1024];
    if (http_response_header(&run->response, "Location", location, sizeof location))
        return ERR_BAD_MESSAGE;
    /* RFC 9110, section 10.2.2: it may be relative. */
    if (location[0] == '/') {
        if (!entrance_url(run->request->server, location, run->url, sizeof run->url))
            return ERR_BAD_MESSAGE;
    } else if (!is_ours(run, location) || !str_copy(run->url, sizeof run->url, location)) {
        return ERR_BAD_MESSAGE;
    }
    return ERR_NONE;
}

/* What the timeline beside the file says, in a few lines, as a further key of the metadata: only a
 * recording of ours has one, and without it a recording is placed less well. */
static void put_timeline(const struct upload_run *run, char out[TIMELINE_KEY_SIZE])
{
    char beside[1024];
    struct timeline timeline;
    struct buf text;
    out[0] = '\0';
    if (!timeline_beside(run->request->path, beside, sizeof beside) ||
        timeline_read(beside, &timeline))
        return;
    buf_init(&text, TIMELINE_COMPACT_MAX);
    if (strcmp(timeline.recording_id, run->request->recording_id) == 0 &&
        !timeline_compact(&timeline, &text)) {
        char *value = out + snprintf(out, TIMELINE_KEY_SIZE, ",timeline ");
        base64_encode(text.data, text.len, value);
    }
    buf_release(&text);
    timeline_release(&timeline);
}

static enum err create(struct upload_run *run)
{
    const char *name = strrchr(run->request->path, '/');
    name = name ? name + 1 : run->request->path;
    char id[256], file_name[512], url[1024];
    if (strlen(run->request->recording_id) > 128 || strlen(name) > 255 ||
        !entrance_url(run->request->server, "/api/uploads", url, sizeof url))
        return ERR_BAD_REQUEST;
    base64_encode(run->request->recording_id, strlen(run->request->recording_id), id);
    base64_encode(name, strlen(name), file_name);
    char length[64], timeline[TIMELINE_KEY_SIZE], metadata[1024 + TIMELINE_KEY_SIZE];
    put_timeline(run, timeline);
    snprintf(length, sizeof length, "Upload-Length: %llu", (unsigned long long)run->length);
    snprintf(metadata, sizeof metadata, "Upload-Metadata: recording_id %s,filename %s%s", id,
             file_name, timeline);
    const char *headers[] = {"Tus-Resumable: 1.0.0", length, metadata, NULL};
    enum err e = send_request(run, "POST", url, headers, NULL, "", 0);
    if (!e && run->response.status != 201)
        return refused(run);
    if (!e)
        e = take_location(run);
    if (e)
        return e;
    run->offset = 0;
    write_note(run);
    return ERR_NONE;
}

static bool take_offset(struct upload_run *run)
{
    char value[32];
    uint64_t offset;
    if (http_response_header(&run->response, "Upload-Offset", value, sizeof value) ||
        !str_to_u64(value, run->length, &offset))
        return false;
    run->offset = offset;
    return true;
}

/* Asks how far it got. */
static enum err ask_offset(struct upload_run *run)
{
    static const char *const headers[] = {"Tus-Resumable: 1.0.0", NULL};
    enum err e = send_request(run, "HEAD", run->url, headers, NULL, NULL, 0);
    if (e)
        return e;
    int status = run->response.status;
    if (status == 404 || status == 410 || status == 403) {
        forget(run);
        return ERR_NONE;
    }
    if (status != 200 && status != 204)
        return refused(run);
    if (!take_offset(run))
        return ERR_BAD_MESSAGE;
    run->result->resumed += run->offset > 0;
    return ERR_NONE;
}

static enum err read_chunk(struct upload_run *run, size_t *len)
{
    uint64_t left = run->length - run->offset;
    uint64_t chunk = run->request->chunk_len ? run->request->chunk_len : TUS_CHUNK;
    size_t want = (size_t)(left < chunk ? left : chunk);
    for (*len = 0; *len < want;) {
        ssize_t got = pread(run->fd, run->chunk + *len, want - *len, (off_t)(run->offset + *len));
        if (got < 0)
            return ERR_IO;
        if (got == 0)
            return ERR_CORRUPT; /* the file became shorter */
        *len += (size_t)got;
    }
    return ERR_NONE;
}

static enum err digest(const void *data, size_t len, uint8_t out[SHA256_SIZE])
{
    struct hash *hash = hash_new(HASH_SHA256);
    if (!hash)
        return ERR_NO_MEMORY;
    enum err e = hash_update(hash, data, len);
    if (!e)
        e = hash_final(hash, out);
    hash_free(hash);
    return e;
}

static enum err send_chunk(struct upload_run *run)
{
    size_t len;
    uint8_t sum[SHA256_SIZE];
    char offset[64], checksum[128], sum_text[64];
    enum err e = read_chunk(run, &len);
    if (!e)
        e = digest(run->chunk, len, sum);
    if (e)
        return e;
    base64_encode(sum, sizeof sum, sum_text);
    snprintf(offset, sizeof offset, "Upload-Offset: %llu", (unsigned long long)run->offset);
    snprintf(checksum, sizeof checksum, "Upload-Checksum: sha256 %s", sum_text);
    const char *headers[] = {"Tus-Resumable: 1.0.0", offset, checksum, NULL};
    e = send_request(run, "PATCH", run->url, headers, "application/offset+octet-stream", run->chunk,
                     len);
    if (e)
        return e;
    int status = run->response.status;
    if (status == 204 || status == 200)
        return take_offset(run) ? ERR_NONE : ERR_BAD_MESSAGE;
    if (status == 404 || status == 410) {
        forget(run);
        return ERR_UNREACHABLE;
    }
    /* 409: it is elsewhere than we think; 460: the bytes were damaged on the way. */
    if (status == 409 || status == TUS_CHECKSUM_MISMATCH || status == 423)
        return ERR_UNREACHABLE;
    return refused(run);
}

static enum err file_digest(struct upload_run *run)
{
    uint8_t sum[SHA256_SIZE];
    struct hash *hash = hash_new(HASH_SHA256);
    enum err e = hash ? ERR_NONE : ERR_NO_MEMORY;
    for (run->offset = 0; !e && run->offset < run->length;) {
        size_t len;
        e = read_chunk(run, &len);
        if (!e)
            e = hash_update(hash, run->chunk, len);
        run->offset += len;
    }
    if (!e)
        e = hash_final(hash, sum);
    hash_free(hash);
    if (!e)
        hex_encode(sum, sizeof sum, run->result->sha256);
    run->offset = 0;
    return e;
}

/* What the server says of the recording: 1: it has our bytes, 0: not (yet), -1: it has others. */
static int server_has_it(struct upload_run *run)
{
    char path[128], url[1024];
    struct json *document = NULL;
    int verdict = 0;
    if (!run->request->session_id)
        return 0;
    snprintf(path, sizeof path, "/api/sessions/%s", run->request->session_id);
    if (!entrance_url(run->request->server, path, url, sizeof url) ||
        send_request(run, "GET", url, NULL, NULL, NULL, 0) || run->response.status != 200 ||
        json_read(run->response.body.data, run->response.body.len, &document))
        return 0;
    const struct json *recording = json_item_with(json_member(document, "recordings"),
                                                  "recording_id", run->request->recording_id);
    const char *sum = json_string(recording, "sha256");
    if (sum)
        verdict = strcmp(sum, run->result->sha256) == 0 &&
                          json_number(recording, "bytes", -1) == (double)run->length
                      ? 1
                      : -1;
    json_free(document);
    return verdict;
}

/* One step further: finds out where it is, creates it, or sends a chunk. */
static enum err step(struct upload_run *run)
{
    enum err e = ERR_NONE;
    if (run->url[0] && run->is_resuming) {
        e = ask_offset(run);
        run->is_resuming = e != ERR_NONE;
        return e;
    }
    if (!run->url[0]) {
        e = create(run);
        /* Still running there, or uploaded already; both may also be over (protocol, section 7). */
        if (e == ERR_REFUSED && (run->response.status == 409 || run->response.status == 410)) {
            int status = run->response.status, verdict = server_has_it(run);
            run->result->status = status;
            run->result->checked = verdict > 0;
            if (verdict > 0)
                run->offset = run->length;
            return verdict < 0     ? ERR_CORRUPT
                   : verdict > 0   ? ERR_NONE
                   : status == 409 ? ERR_UNREACHABLE
                                   : ERR_REFUSED;
        }
        return e;
    }
    e = send_chunk(run);
    if (e == ERR_UNREACHABLE)
        run->is_resuming = true;
    return e;
}

static void wait_ms(double ms)
{
    struct timespec time = {.tv_sec = (time_t)(ms / 1000),
                            .tv_nsec = (long)((ms - (double)(time_t)(ms / 1000) * 1000) * 1e6)};
    while (nanosleep(&time, &time) < 0 && errno == EINTR)
        continue;
}

static enum err send_all(struct upload_run *run)
{
    const struct tus_request *request = run->request;
    int tries_max = request->tries_max ? request->tries_max : TUS_TRIES_MAX;
    struct backoff backoff = {.first_ms = request->first_delay_ms > 0 ? request->first_delay_ms
                                                                      : TUS_DELAY_MS,
                              .max_ms = TUS_DELAY_MAX_MS};
    while (run->offset < run->length || !run->url[0]) {
        uint64_t before = run->offset;
        enum err e = step(run);
        if (e && e != ERR_UNREACHABLE)
            return e;
        if (!e && run->result->checked)
            return ERR_NONE;
        if (request->on_progress &&
            request->on_progress(request->context, run->offset, run->length))
            return ERR_UNAVAILABLE;
        if (!e) {
            if (run->offset > before)
                backoff_reset(&backoff);
            continue;
        }
        if ((int)backoff.tries + 1 >= tries_max) {
            if (run->response.error[0])
                str_copy(run->result->why, sizeof run->result->why, run->response.error);
            return e;
        }
        wait_ms(backoff_next_ms(&backoff, backoff_random()));
    }
    return ERR_NONE;
}

static enum err run_upload(struct upload_run *run)
{
    run->result->bytes = run->length;
    enum err e = file_digest(run);
    if (e)
        return e;
    read_note(run);
    run->is_resuming = run->url[0] != '\0';
    e = send_all(run);
    if (e == ERR_REFUSED || (!e && run->url[0]))
        unlink(run->note_path);
    if (e || run->result->checked)
        return e;
    int verdict = server_has_it(run);
    run->result->checked = verdict > 0;
    return verdict < 0 ? ERR_CORRUPT : ERR_NONE;
}

enum err tus_upload(const struct tus_request *request, struct tus_result *result)
{
    struct upload_run run = {.request = request, .result = result, .fd = -1};
    struct stat status;
    enum err e = ERR_IO;
    *result = (struct tus_result){.bytes = 0};
    http_response_init(&run.response, TUS_ANSWER_MAX);
    int len = snprintf(run.note_path, sizeof run.note_path, "%s.upload", request->path);
    if (len < 0 || (size_t)len >= sizeof run.note_path) {
        e = ERR_BAD_REQUEST;
        goto out;
    }
    run.fd = open(request->path, O_RDONLY | O_CLOEXEC);
    if (run.fd < 0 || fstat(run.fd, &status) < 0)
        goto out;
    run.length = (uint64_t)status.st_size;
    run.chunk = mem_alloc(request->chunk_len ? (size_t)request->chunk_len : TUS_CHUNK);
    e = run.chunk ? run_upload(&run) : ERR_NO_MEMORY;
out:
    if (e == ERR_IO && !result->why[0])
        snprintf(result->why, sizeof result->why, "%s: %s", request->path, strerror(errno));
    if (e && !result->why[0] && run.response.error[0])
        str_copy(result->why, sizeof result->why, run.response.error);
    if (run.fd >= 0)
        close(run.fd);
    mem_free(run.chunk);
    http_response_release(&run.response);
    return e;
}
