/* `uploads/ID.info`: what an upload is, as lines of key=value in a fixed order. Any thread. */
#ifndef DEBATE_STORE_UPLOADS_INFO_H
#define DEBATE_STORE_UPLOADS_INFO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "store/uploads.h"

enum { UPLOADS_NAME_SIZE = 40 }; /* an id and the longest ending, NUL included */

/* "ID.info" and the like: `out` holds UPLOADS_NAME_SIZE. */
void uploads_name(char *out, const char *id, const char *ending);
/* Whether `id` is one of ours: 22 URL-safe characters. */
bool uploads_id_valid(const char *id, size_t len);
/* Whether everything in it can be kept and its path stays within recordings/. */
bool uploads_info_valid(const struct upload *upload);

/* Written to a temporary name, fsynced, renamed; the directory is the caller's to sync. ERR_IO with
 * errno. */
enum err uploads_info_write(int dir_fd, const struct upload *upload) MUST_CHECK;
/* ERR_IO with errno; then the file may be there in part. */
enum err uploads_write_synced(int dir_fd, const char *name, const char *text,
                              size_t len) MUST_CHECK;
/* Fills all but `offset`. ERR_IO with errno; ERR_CORRUPT. */
enum err uploads_info_read(int dir_fd, const char *id, struct upload *out) MUST_CHECK;

#endif
