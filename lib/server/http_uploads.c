/* /api/uploads: tus 1.0.0 with creation, expiration, checksum and termination (protocol, section
 * 7; https://tus.io/protocols/resumable-upload). Creating, asking and deleting; the bytes come in
 * http_patch.c. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/str.h"
#include "media/recording.h"
#include "server/exchange.h"
#include "server/house.h"
#include "server/http_uploads.h"
#include "server/net.h"
#include "server/server_inner.h"
#include "server/tus_headers.h"

static const char tus_version[] = "1.0.0";

enum { METADATA_VALUE_MAX = 256 }; /* decoded, bytes: a recording id or a file name */

/* ---- what every answer and request has ---- */

/* What is meant by a POST from where other methods cannot be used (tus 1.0.0,
 * X-HTTP-Method-Override). */
static enum method meant(struct exchange *exchange)
{
    char name[16];
    return exchange->method == METHOD_POST &&
                   net_header(exchange, "x-http-method-override", name, sizeof name)
               ? method_from_name(name)
               : exchange->method;
}

void http_upload_admit(struct exchange *exchange)
{
    exchange->method = meant(exchange);
    exchange_header(exchange, "Tus-Resumable", "%s", tus_version);
    exchange_header(exchange, "Cache-Control", "no-store");
}

enum err http_upload_error(enum err e)
{
    return e == ERR_IO && (errno == ENOSPC || errno == EDQUOT) ? ERR_NO_SPACE : e;
}

void http_upload_describe(struct exchange *exchange, const struct upload *upload)
{
    char date[64];
    time_t expires = (time_t)(upload->expires_ms / 1000);
    struct tm utc;
    exchange_header(exchange, "Upload-Offset", "%" PRIu64, upload->offset);
    /* IMF-fixdate (RFC 9110, section 5.6.7); the C locale is never changed here. */
    if (gmtime_r(&expires, &utc) && strftime(date, sizeof date, "%a, %d %b %Y %T GMT", &utc))
        exchange_header(exchange, "Upload-Expires", "%s", date);
}

static bool speaks_tus(struct exchange *exchange)
{
    char version[16];
    if (net_header(exchange, "tus-resumable", version, sizeof version) &&
        strcmp(version, tus_version) == 0)
        return true;
    exchange_header(exchange, "Tus-Version", "%s", tus_version);
    exchange_fail_with(exchange, 412, REASON_FIELD_VALUE, "Tus-Resumable");
    return false;
}

bool http_upload_number(struct exchange *exchange, const char *name, const char *field,
                        uint64_t *out)
{
    char text[32];
    if (!net_header(exchange, name, text, sizeof text)) {
        exchange_fail(exchange, ERR_BAD_REQUEST, REASON_FIELD_MISSING, field);
        return false;
    }
    if (!str_to_u64(text, UINT64_MAX / 2, out)) {
        exchange_fail(exchange, ERR_BAD_REQUEST, REASON_FIELD_VALUE, field);
        return false;
    }
    return true;
}

void http_uploads_options(struct exchange *exchange)
{
    exchange_header(exchange, "Tus-Version", "%s", tus_version);
    exchange_header(exchange, "Tus-Extension", "creation,expiration,checksum,termination");
    exchange_header(exchange, "Tus-Checksum-Algorithm", "sha256,sha1");
    exchange_header(exchange, "Tus-Max-Size", "%" PRIu64, (uint64_t)LIMIT_UPLOAD_BYTES);
    exchange_respond(exchange, 204, NULL);
}

/* ---- which recording ---- */

/* "r_x7…_1" is of the session "s_x7…". */
static enum err find_session(struct server *server, const char *recording_id,
                             struct house_room **out)
{
    char session_id[LIMIT_SESSION_ID + 1];
    const char *number = strrchr(recording_id, '_');
    size_t len = number ? (size_t)(number - recording_id) : 0;
    if (strncmp(recording_id, "r_", 2) != 0 || len < 3 || len >= sizeof session_id)
        return ERR_NOT_FOUND;
    memcpy(session_id, recording_id, len);
    session_id[0] = 's';
    session_id[len] = '\0';
    return session_id_valid(session_id) ? house_by_id(server, session_id, out) : ERR_NOT_FOUND;
}

/* The recording, of which the token must be the owner's or the host's; false: it is refused. */
static bool find_recording(struct exchange *exchange, const char *recording_id,
                           struct house_room **room, struct recording_view *recording)
{
    struct server *server = exchange->server;
    enum err e = find_session(server, recording_id, room);
    if (e == ERR_NONE && !room_recording_find((*room)->room, recording_id, recording))
        e = ERR_NOT_FOUND;
    if (e) {
        exchange_fail(exchange, e, e == ERR_NOT_FOUND ? REASON_NO_RECORDING : REASON_NONE, NULL);
        return false;
    }
    if (!exchange_opens(exchange, (*room)->room_code) || !exchange_may_show(exchange, *room))
        return false;
    unsigned participant = room_participant_of((*room)->room, exchange->token.user);
    if (participant != recording->participant && !exchange_is_host(exchange, *room)) {
        exchange_fail(exchange, ERR_FORBIDDEN, REASON_NONE, NULL);
        return false;
    }
    return true;
}

static bool may_be_sent(struct exchange *exchange, const struct house_room *room,
                        const struct recording_view *recording)
{
    int64_t ended_ms = room_ended_at_ms(room->room);
    if (room_is_forgotten(room->room))
        exchange_fail(exchange, ERR_ENDED, REASON_FORGOTTEN, NULL);
    else if (ended_ms && server_now_ms(exchange->server) > ended_ms + LIMIT_UPLOAD_MS)
        exchange_fail(exchange, ERR_ENDED, REASON_UPLOADS_CLOSED, NULL);
    else if (!recording->ended)
        exchange_fail(exchange, ERR_CONFLICT, REASON_STILL_RECORDING, NULL);
    else if (recording->uploaded)
        exchange_fail(exchange, ERR_CONFLICT, REASON_UPLOADED_ALREADY, NULL);
    else
        return true;
    return false;
}

/* ---- creation ---- */

/* What proves the recording complete is kept with it. One that is none does no harm: the recording
 * is worth more than its timeline, and is placed by the log. */
static void keep_timeline(struct exchange *exchange, const struct upload *upload)
{
    char text[TIMELINE_COMPACT_MAX + 1], pieces[TIMELINE_COMPACT_MAX + 1];
    struct timeline timeline;
    enum err e = tus_metadata(upload->metadata, "timeline", text, sizeof text);
    if (e == ERR_NOT_FOUND)
        return;
    if (!e && str_copy(pieces, sizeof pieces, text))
        e = timeline_parse(pieces, &timeline);
    if (!e) {
        if (strcmp(timeline.recording_id, upload->recording_id) != 0)
            e = ERR_CORRUPT;
        timeline_release(&timeline);
    }
    if (e) {
        log_warning("%s: the timeline that came with it is none and left out",
                    upload->recording_id);
        return;
    }
    struct uploads *uploads = exchange->server->uploads;
    e = uploads_put_timeline(uploads, uploads_find(uploads, upload->id), text);
    if (e)
        log_error("%s: its timeline cannot be kept: %s", upload->recording_id, strerror(errno));
}

static bool read_metadata(struct exchange *exchange, struct upload *upload)
{
    char recording_id[METADATA_VALUE_MAX], filename[METADATA_VALUE_MAX];
    if (!net_header(exchange, "upload-metadata", upload->metadata, sizeof upload->metadata)) {
        exchange_fail(exchange, ERR_BAD_REQUEST, REASON_FIELD_MISSING, "Upload-Metadata");
        return false;
    }
    enum err e = tus_metadata(upload->metadata, "recording_id", recording_id, sizeof recording_id);
    if (e) {
        exchange_fail(exchange, ERR_BAD_REQUEST,
                      e == ERR_NOT_FOUND ? REASON_FIELD_MISSING : REASON_FIELD_VALUE,
                      "recording_id");
        return false;
    }
    /* Its name there is of no use here, but it must be one. */
    e = tus_metadata(upload->metadata, "filename", filename, sizeof filename);
    if (e && e != ERR_NOT_FOUND) {
        exchange_fail(exchange, ERR_BAD_REQUEST, REASON_FIELD_VALUE, "filename");
        return false;
    }
    if (!str_copy(upload->recording_id, sizeof upload->recording_id, recording_id)) {
        exchange_fail(exchange, ERR_NOT_FOUND, REASON_NO_RECORDING, NULL);
        return false;
    }
    return true;
}

static bool read_length(struct exchange *exchange, uint64_t *length)
{
    if (!http_upload_number(exchange, "upload-length", "Upload-Length", length))
        return false;
    if (*length <= LIMIT_UPLOAD_BYTES)
        return true;
    exchange_header(exchange, "Tus-Max-Size", "%" PRIu64, (uint64_t)LIMIT_UPLOAD_BYTES);
    exchange_fail(exchange, ERR_TOO_LARGE, REASON_NONE, NULL);
    return false;
}

/* An upload that is begun anew takes the older one's place. A timeline is within the metadata. */
static bool has_space(struct exchange *exchange, const struct upload *upload)
{
    struct server *server = exchange->server;
    const struct upload *older = uploads_find_recording(server->uploads, upload->recording_id);
    uint64_t freed = older && older->length < upload->length ? older->length : 0;
    if (!older && uploads_count_user(server->uploads, upload->user) >= LIMIT_UPLOADS_USER) {
        exchange_header(exchange, "Retry-After", "60");
        exchange_fail(exchange, ERR_RATE_LIMITED, REASON_UPLOADS_OPEN, NULL);
    } else if (!quota_allows(server, upload->length + sizeof upload->metadata - freed)) {
        exchange_fail(exchange, ERR_NO_SPACE, REASON_NONE, NULL);
    } else {
        return true;
    }
    return false;
}

void http_uploads_create(struct exchange *exchange)
{
    struct server *server = exchange->server;
    struct upload upload = {0};
    struct recording_view recording;
    struct house_room *room;
    if (!speaks_tus(exchange) || !read_length(exchange, &upload.length) ||
        !read_metadata(exchange, &upload) ||
        !find_recording(exchange, upload.recording_id, &room, &recording) ||
        !may_be_sent(exchange, room, &recording))
        return;
    int64_t ended_ms = room_ended_at_ms(room->room);
    upload.expires_ms = (ended_ms ? ended_ms : server_now_ms(server)) + LIMIT_UPLOAD_MS;
    (void)str_copy(upload.session_id, sizeof upload.session_id, room->session_id);
    (void)str_copy(upload.path, sizeof upload.path, recording.path);
    (void)str_copy(upload.user, sizeof upload.user, exchange->token.user);
    if (!has_space(exchange, &upload))
        return;
    struct upload *older = uploads_find_recording(server->uploads, upload.recording_id);
    enum err e = http_upload_error(uploads_create(server->uploads, &upload));
    if (e) {
        exchange_fail(exchange, e, REASON_NONE, e == ERR_BAD_REQUEST ? "Upload-Metadata" : "");
        return;
    }
    keep_timeline(exchange, &upload);
    /* Whoever begins anew has lost what was begun before, unless bytes of it are coming in. */
    if (older && !older->is_busy)
        uploads_remove(server->uploads, older);
    exchange_header(exchange, "Location", "/api/uploads/%s-%s", upload.id, upload.recording_id);
    http_upload_describe(exchange, &upload);
    exchange_respond(exchange, 201, NULL);
}

/* ---- asking and deleting ---- */

/* An upload's address ends in its recording's id: who asks for one that is finished, because the
 * last answer was lost, is told so from the log. HEAD must tell (tus 1.0.0, core). */
static void answer_gone(struct exchange *exchange, const char *recording_id)
{
    struct recording_view recording;
    struct house_room *room;
    if (!*recording_id) {
        exchange_fail(exchange, ERR_NOT_FOUND, REASON_NONE, NULL);
        return;
    }
    if (!find_recording(exchange, recording_id, &room, &recording))
        return;
    if (!recording.uploaded) {
        exchange_fail(exchange, ERR_NOT_FOUND, REASON_NONE, NULL);
    } else if (room_is_forgotten(room->room)) {
        exchange_fail(exchange, ERR_ENDED, REASON_FORGOTTEN, NULL);
    } else if (exchange->method != METHOD_HEAD) {
        exchange_fail(exchange, ERR_CONFLICT, REASON_UPLOADED_ALREADY, NULL);
    } else {
        exchange_header(exchange, "Upload-Length", "%" PRIu64, recording.bytes);
        exchange_header(exchange, "Upload-Offset", "%" PRIu64, recording.bytes);
        exchange_respond_synced(exchange, 200, NULL);
    }
}

struct upload *http_upload_find(struct exchange *exchange)
{
    struct recording_view recording;
    struct house_room *room;
    char id[sizeof((struct upload *)0)->id];
    if (!speaks_tus(exchange))
        return NULL;
    size_t len = strlen(exchange->route.param);
    if (len > UPLOADS_ID_LEN && exchange->route.param[UPLOADS_ID_LEN] == '-')
        len = UPLOADS_ID_LEN;
    snprintf(id, sizeof id, "%.*s", (int)len, exchange->route.param);
    const char *recording_id = exchange->route.param + len + (exchange->route.param[len] == '-');
    struct upload *upload = uploads_find(exchange->server->uploads, id);
    if (!upload || (*recording_id && strcmp(upload->recording_id, recording_id) != 0)) {
        answer_gone(exchange, recording_id);
        return NULL;
    }
    return find_recording(exchange, upload->recording_id, &room, &recording) ? upload : NULL;
}

/* Who hears that all of it is there takes it for finished and lets go of what it has. Until it is,
 * its last byte is missing; should that come again, it is refused as long as the digest takes. */
void http_upload_head(struct exchange *exchange)
{
    const struct upload *upload = http_upload_find(exchange);
    if (!upload)
        return;
    struct upload shown = *upload;
    if (shown.offset == shown.length && shown.length > 0)
        shown.offset--;
    exchange_header(exchange, "Upload-Length", "%" PRIu64, shown.length);
    exchange_header(exchange, "Upload-Metadata", "%s", shown.metadata);
    http_upload_describe(exchange, &shown);
    exchange_respond(exchange, 200, NULL);
}

void http_upload_delete(struct exchange *exchange)
{
    struct upload *upload = http_upload_find(exchange);
    if (!upload)
        return;
    if (upload->is_busy) {
        exchange_fail(exchange, ERR_CONFLICT, REASON_NONE, NULL);
        return;
    }
    uploads_remove(exchange->server->uploads, upload);
    exchange_respond(exchange, 204, NULL);
}
