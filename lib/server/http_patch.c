/* PATCH /api/uploads/ID: the bytes of a recording (tus 1.0.0, core and checksum), and what follows
 * the last of them. Bytes are written as they come; with a checksum they are taken back when it is
 * wrong or the connection breaks before it could be checked. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <utlist.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "server/exchange.h"
#include "server/house.h"
#include "server/http_uploads.h"
#include "server/net.h"
#include "server/server_inner.h"
#include "server/tus_headers.h"
#include "store/content_check.h"

/* One upload that is being worked on: its bytes come in, or it is being digested on another
 * thread, when nothing else may touch it. */
struct patch {
    struct server *server;
    struct exchange *exchange; /* referenced while digesting: its connection may be gone */
    struct upload *upload;
    bool is_digesting; /* all bytes are there */
    uint64_t start;    /* where this PATCH began */
    struct hash *hash; /* NULL: no checksum was given */
    enum hash_kind hash_kind;
    uint8_t digest[SHA256_SIZE];   /* as given */
    char sha256[SHA256_TEXT_SIZE]; /* of the whole file */
    enum err result;
    int error; /* errno, with it */
    struct patch *prev, *next;
};

static struct patch *find(const struct server *server, const char *id)
{
    struct patch *patch;
    DL_FOREACH(server->patches, patch)
    {
        if (strcmp(patch->upload->id, id) == 0)
            return patch;
    }
    return NULL;
}

/* Before its upload goes. */
static void patch_free(struct patch *patch)
{
    patch->exchange->patch = NULL;
    patch->upload->is_busy = false;
    DL_DELETE(patch->server->patches, patch);
    hash_free(patch->hash);
    mem_free(patch);
}

/* ---- beginning ---- */

/* "sha256 BASE64" (tus 1.0.0, checksum extension). False: refused. */
static bool read_checksum(struct exchange *exchange, struct patch *patch)
{
    char text[128];
    if (!net_header(exchange, "upload-checksum", text, sizeof text))
        return true;
    if (tus_checksum(text, &patch->hash_kind, patch->digest)) {
        exchange_fail(exchange, ERR_BAD_REQUEST, REASON_FIELD_VALUE, "Upload-Checksum");
        return false;
    }
    patch->hash = hash_new(patch->hash_kind);
    if (!patch->hash)
        exchange_fail(exchange, ERR_NO_MEMORY, REASON_NONE, NULL);
    return patch->hash != NULL;
}

static bool check_headers(struct exchange *exchange, const struct upload *upload)
{
    char type[64];
    uint64_t offset;
    if (!net_header(exchange, "content-type", type, sizeof type) ||
        strcmp(type, "application/offset+octet-stream") != 0) {
        exchange_fail(exchange, ERR_UNSUPPORTED_MEDIA, REASON_FIELD_VALUE, "Content-Type");
        return false;
    }
    if (!http_upload_number(exchange, "upload-offset", "Upload-Offset", &offset))
        return false;
    if (offset != upload->offset) {
        exchange_fail(exchange, ERR_CONFLICT, REASON_NONE, NULL);
        return false;
    }
    if (exchange->content_length > upload->length - upload->offset) {
        exchange_fail(exchange, ERR_TOO_LARGE, REASON_NONE, NULL);
        return false;
    }
    return true;
}

/* A client that comes again has lost its older connection, whatever that still seems to be. */
static bool take_over(struct exchange *exchange, struct patch *older)
{
    if (!older)
        return true;
    if (older->is_digesting) {
        exchange_fail(exchange, ERR_CONFLICT, REASON_NONE, NULL);
        return false;
    }
    struct exchange *lost = older->exchange;
    http_upload_gone(lost);
    exchange_fail(lost, ERR_CONFLICT, REASON_NONE, NULL);
    return true;
}

void http_upload_begin(struct exchange *exchange)
{
    struct server *server = exchange->server;
    struct upload *upload = http_upload_find(exchange);
    if (!upload || !take_over(exchange, find(server, upload->id)) ||
        !check_headers(exchange, upload))
        return;
    struct patch *patch = mem_zalloc(sizeof *patch);
    if (!patch) {
        exchange_fail(exchange, ERR_NO_MEMORY, REASON_NONE, NULL);
        return;
    }
    patch->server = server;
    patch->upload = upload;
    patch->start = upload->offset;
    if (!read_checksum(exchange, patch)) {
        mem_free(patch);
        return;
    }
    patch->exchange = exchange;
    exchange->patch = patch;
    upload->is_busy = true;
    DL_APPEND(server->patches, patch);
}

void http_upload_gone(struct exchange *exchange)
{
    struct patch *patch = exchange->patch;
    exchange->patch = NULL;
    if (!patch || patch->is_digesting)
        return; /* what becomes of it is synced, whether anybody hears of it or not */
    if (patch->hash && uploads_truncate(patch->server->uploads, patch->upload, patch->start))
        log_warning("upload %.8s…: cannot be cut back: %s", patch->upload->id, strerror(errno));
    patch_free(patch);
}

/* ---- bytes ---- */

/* ERR_UNSUPPORTED_MEDIA takes the upload with it. False: refused. */
static bool check_content(struct exchange *exchange, struct patch *patch)
{
    struct uploads *uploads = exchange->server->uploads;
    struct upload *upload = patch->upload;
    enum err e = uploads_check_content(uploads, upload);
    if (e == ERR_NONE)
        return true;
    patch_free(patch);
    if (e == ERR_UNSUPPORTED_MEDIA)
        uploads_remove(uploads, upload);
    exchange_fail(exchange, e, e == ERR_UNSUPPORTED_MEDIA ? REASON_NOT_OPUS : REASON_NONE, NULL);
    return false;
}

void http_upload_body(struct exchange *exchange, const void *data, size_t len)
{
    struct patch *patch = exchange->patch;
    if (!patch || len == 0)
        return;
    uint64_t before = patch->upload->offset;
    enum err e = uploads_write(exchange->server->uploads, patch->upload, data, len);
    if (e == ERR_NONE && patch->hash)
        e = hash_update(patch->hash, data, len);
    if (e) {
        if (e == ERR_IO)
            log_error("upload %.8s…: cannot be written: %s", patch->upload->id, strerror(errno));
        e = http_upload_error(e);
        http_upload_gone(exchange);
        exchange_fail(exchange, e, REASON_NONE, NULL);
        return;
    }
    /* With a checksum what it is can wait until it is known to be right. */
    if (!patch->hash && before < CONTENT_CHECK_BYTES)
        (void)check_content(exchange, patch);
}

static bool checksum_is_right(struct exchange *exchange, struct patch *patch)
{
    uint8_t digest[SHA256_SIZE];
    if (!patch->hash)
        return true;
    enum err e = hash_final(patch->hash, digest);
    size_t len = patch->hash_kind == HASH_SHA256 ? SHA256_SIZE : SHA1_SIZE;
    if (e == ERR_NONE && memcmp(digest, patch->digest, len) == 0)
        return true;
    http_upload_gone(exchange); /* cuts back */
    if (e)
        exchange_fail(exchange, e, REASON_NONE, NULL);
    else /* tus: Checksum Mismatch */
        exchange_fail_with(exchange, 460, REASON_FIELD_VALUE, "Upload-Checksum");
    return false;
}

/* ---- the last byte ---- */

static void digest(void *context)
{
    struct patch *patch = context;
    patch->result = uploads_finish_files(patch->server->uploads, patch->upload, patch->sha256);
    patch->error = errno;
}

/* It is on disk under its final name; now it becomes an event. */
static enum err note_upload(struct patch *patch)
{
    struct server *server = patch->server;
    const struct upload *upload = patch->upload;
    struct house_room *room;
    const struct room_command uploaded = {.ask = ROOM_UPLOADED,
                                          .recording_id = upload->recording_id,
                                          .bytes = upload->length,
                                          .sha256 = patch->sha256};
    enum err e = house_by_id(server, upload->session_id, &room);
    if (e == ERR_NONE)
        e = house_step(server, room, &uploaded);
    if (e == ERR_NONE) {
        server->metrics.uploads_finished++;
        server->metrics.upload_bytes += upload->length;
        analyses_uploaded(server, room);
    }
    return e;
}

static void digested(void *context)
{
    struct patch *patch = context;
    struct server *server = patch->server;
    struct exchange *exchange = patch->exchange;
    struct upload *upload = patch->upload, copy = *upload;
    enum err e = patch->result;
    if (e == ERR_NONE) {
        e = note_upload(patch);
        quota_kept(server, copy.length + copy.timeline_bytes);
        patch_free(patch);
        uploads_finished(server->uploads, upload);
    } else {
        log_error("upload %.8s…: cannot be finished: %s", copy.id, strerror(patch->error));
        uploads_reopen(upload);
        errno = patch->error;
        e = http_upload_error(e);
        patch_free(patch);
    }
    if (e && server->turn.is_stuck) {
        exchange_refuse_unwritten(exchange);
    } else if (e) {
        exchange_fail(exchange, e, REASON_NONE, NULL);
    } else {
        http_upload_describe(exchange, &copy);
        exchange_respond_synced(exchange, 204, NULL);
    }
    exchange_unref(exchange);
}

static bool somebody_digests(const struct server *server, const char *recording_id)
{
    const struct patch *patch;
    DL_FOREACH(server->patches, patch)
    {
        if (patch->is_digesting && strcmp(patch->upload->recording_id, recording_id) == 0)
            return true;
    }
    return false;
}

static void finish(struct exchange *exchange, struct patch *patch)
{
    struct server *server = exchange->server;
    struct recording_view recording;
    struct house_room *room;
    enum err e = house_by_id(server, patch->upload->session_id, &room);
    if (e == ERR_NONE &&
        (!room_recording_find(room->room, patch->upload->recording_id, &recording) ||
         recording.uploaded || somebody_digests(server, patch->upload->recording_id))) {
        struct upload *upload = patch->upload;
        patch_free(patch);
        uploads_remove(server->uploads, upload);
        exchange_fail(exchange, ERR_CONFLICT, REASON_UPLOADED_ALREADY, NULL);
        return;
    }
    if (server->turn.is_stuck) { /* nobody could be told */
        uploads_reopen(patch->upload);
        patch_free(patch);
        exchange_refuse_unwritten(exchange);
        return;
    }
    patch->is_digesting = true;
    exchange_ref(exchange);
    if (e == ERR_NONE)
        e = server_run_aside(server, digest, digested, patch);
    if (e) {
        exchange_unref(exchange);
        patch_free(patch);
        exchange_fail(exchange, e, REASON_NONE, NULL);
    }
}

void http_upload_end(struct exchange *exchange)
{
    struct patch *patch = exchange->patch;
    if (!patch || !checksum_is_right(exchange, patch))
        return;
    bool is_whole = patch->upload->offset == patch->upload->length;
    if ((is_whole || (patch->hash && patch->start < CONTENT_CHECK_BYTES)) &&
        !check_content(exchange, patch))
        return;
    if (is_whole) {
        finish(exchange, patch);
        return;
    }
    http_upload_describe(exchange, patch->upload);
    patch_free(patch);
    exchange_respond(exchange, 204, NULL);
}
