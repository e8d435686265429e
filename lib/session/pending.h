/* Recordings that stayed behind: what is needed to send one later stands beside it, and says of it
 * that it has not arrived yet. Any thread; blocks on the disk.
 *
 * NAME.opus has NAME.pending, a JSON object (server, token, session_id, recording_id, room_code),
 * mode 0600 because of the token. It is there from the start of the recording until the server has
 * proven that it holds the same bytes. Whoever records or sends holds a lock on it (flock), which
 * ends with the process: what nobody holds was left by somebody who died or gave up. What a server
 * will never take is NAME.refused instead. */
#ifndef DEBATE_SESSION_PENDING_H
#define DEBATE_SESSION_PENDING_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/limits.h"

enum {
    PENDING_PATH_SIZE = 4096, /* bytes, of a path; PATH_MAX of Linux */
    PENDING_SERVER_SIZE = 1024,
    PENDING_LIST_MAX = 10000 /* of one folder; more wait until these are sent */
};

struct pending {
    char server[PENDING_SERVER_SIZE]; /* "http://127.0.0.1:8080" */
    char token[LIMIT_TOKEN + 1];      /* of the one who recorded; never to be shown */
    char session_id[LIMIT_SESSION_ID + 1];
    char recording_id[LIMIT_RECORDING_ID + 1];
    char room_code[LIMIT_ROOM_CODE + 1];
};

/* All of these name a recording by its path, "DIR/NAME.opus". ERR_BAD_REQUEST: the path is too
 * long; ERR_IO with errno. */

/* Writes NAME.pending: after this it survives a power cut. `*hold` is the caller's to let go of. */
enum err pending_write(const char *recording, const struct pending *pending, int *hold) MUST_CHECK;
/* Reads and holds it. ERR_CONFLICT: a living process does; ERR_NOT_FOUND: it is not pending;
 * ERR_CORRUPT: damaged, but held. In the other cases there is nothing to let go of. */
enum err pending_take(const char *recording, struct pending *out, int *hold) MUST_CHECK;
/* It has arrived, or will never be taken. By the one who holds it, who then lets go. */
enum err pending_remove(const char *recording) MUST_CHECK;
enum err pending_refuse(const char *recording) MUST_CHECK;
void pending_let_go(int hold);

/* Where recordings go when nobody says where: $XDG_STATE_HOME/debate/recordings, or
 * ~/.local/state/debate/recordings; made (0700) when it is not there. ERR_NOT_FOUND: there is no
 * home. `out` holds PENDING_PATH_SIZE bytes. */
enum err pending_folder(char *out) MUST_CHECK;
/* A name for a new recording: "FOLDER/ROOM-YYYYMMDD-HHMMSS.opus" in local time, with -2, -3 … when
 * there is one. Makes no file: recording_start still refuses what is there by then. ERR_IO (errno):
 * the folder is none. */
enum err pending_name(const char *folder, const char *room_code, int64_t at_ms,
                      char out[PENDING_PATH_SIZE]) MUST_CHECK;

/* The recordings in a folder that are pending and that nobody holds, by name. */
struct pending_list {
    char **recordings; /* paths, "FOLDER/NAME.opus" */
    size_t count;
};
/* ERR_IO with errno, ERR_NO_MEMORY: nothing to release. */
enum err pending_list_read(const char *folder, struct pending_list *out) MUST_CHECK;
void pending_list_release(struct pending_list *list);

#endif
