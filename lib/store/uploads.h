/* Recordings on their way in, and where they end up: files in the data directory.
 *
 * An upload in progress is two files, `uploads/ID` (the bytes) and `uploads/ID.info` (what it is,
 * lines of key=value, because JSON is proto's), and a third with a timeline, `uploads/ID.timeline`;
 * a finished one is `recordings/SESSION/NAME`. Names
 * are of the server's own making; files are 0600, directories 0700. Called from the server's
 * thread.
 *
 * What an upload is, is on disk before uploads_create returns; its bytes survive kill -9 once
 * uploads_write returns, and a power cut once uploads_finish_files does. */
#ifndef DEBATE_STORE_UPLOADS_H
#define DEBATE_STORE_UPLOADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"
#include "proto/limits.h"

enum { UPLOADS_ID_LEN = 22 };

struct upload {
    char id[32]; /* UPLOADS_ID_LEN of A-Z a-z 0-9 _ - */
    char session_id[LIMIT_SESSION_ID + 1];
    char recording_id[LIMIT_RECORDING_ID + 1];
    char path[LIMIT_PATH + 1]; /* final place: "recordings/SESSION/NAME" */
    char user[LIMIT_USER_CHARS * 4 + 1];
    uint64_t length; /* bytes, as announced */
    uint64_t offset; /* bytes, on disk */
    uint64_t timeline_bytes;
    int64_t expires_ms;
    bool is_busy; /* the caller's: its bytes come in or are being digested; it does not expire */
    char metadata[LIMIT_UPLOAD_METADATA]; /* Upload-Metadata as it came, for HEAD */
};

struct uploads;

/* Reads what is left of earlier runs in the data directory `dir`, which exists; removes what was
 * half made. ERR_IO with errno, ERR_NO_MEMORY. */
enum err uploads_open(const char *dir, struct uploads **out) MUST_CHECK;
void uploads_close(struct uploads *uploads);

/* A new, empty upload: a copy of `upload`, whose `id` and `offset` are filled. ERR_IO with errno
 * (ENOSPC); ERR_NO_SPACE: LIMIT_UPLOADS are open; ERR_BAD_REQUEST: a path that is not of the form
 * above, or a control character in the metadata. */
enum err uploads_create(struct uploads *uploads, struct upload *upload) MUST_CHECK;
/* What came with it that proves the recording complete (media/recording.h): it will lie beside the
 * recording, as NAME.timeline. ERR_IO with errno. */
enum err uploads_put_timeline(struct uploads *uploads, struct upload *upload,
                              const char *text) MUST_CHECK;
/* NULL: no such. The pointer lives until the upload is finished or removed. */
struct upload *uploads_find(struct uploads *uploads, const char *id);
/* Some upload of this recording is open; NULL: none. */
struct upload *uploads_find_recording(struct uploads *uploads, const char *recording_id);
/* Writes at `offset` and moves it. ERR_IO with errno; what was written counts. ERR_TOO_LARGE: more
 * than was announced; nothing is written. */
enum err uploads_write(struct uploads *uploads, struct upload *upload, const void *data,
                       size_t len) MUST_CHECK;
/* Cuts back to an earlier offset (a chunk whose checksum was wrong). */
enum err uploads_truncate(struct uploads *uploads, struct upload *upload,
                          uint64_t offset) MUST_CHECK;
/* Whether the bytes so far can be the beginning of Ogg Opus or WebM Opus (and at the end: are one).
 * ERR_UNSUPPORTED_MEDIA. */
enum err uploads_check_content(struct uploads *uploads, struct upload *upload) MUST_CHECK;
/* Digests, fsyncs, moves to the final name, fsyncs the directory. `sha256` gets 64 hex digits and a
 * NUL. ERR_CONFLICT: bytes are missing; ERR_IO with errno: it is still here, try again. Blocks for
 * as long as the disk takes: another thread may call it when nothing else is done with this upload
 * meanwhile. Then comes uploads_finished, or uploads_reopen. */
enum err uploads_finish_files(const struct uploads *uploads, struct upload *upload,
                              char sha256[SHA256_TEXT_SIZE]) MUST_CHECK;
/* All bytes are there, but it could not be finished. A client of tus takes an upload for finished
 * when it hears so; the last byte is asked for again, and with it comes the next try. What an
 * earlier run left so is opened like this. */
void uploads_reopen(struct upload *upload);
/* It is gone from here. */
void uploads_finished(struct uploads *uploads, struct upload *upload);
/* Removes it with its files. */
void uploads_remove(struct uploads *uploads, struct upload *upload);
/* Removes what expired before now_ms and is not busy. */
void uploads_expire(struct uploads *uploads, int64_t now_ms);
size_t uploads_count(const struct uploads *uploads);
size_t uploads_count_user(const struct uploads *uploads, const char *user);
/* What open uploads take of the disk, each as long as it was announced, with its timeline. */
uint64_t uploads_bytes(const struct uploads *uploads);

#endif
