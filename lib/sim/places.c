/* The data directory on the simulated disk (store_dir.h), without recordings (uploads.h): nobody
 * records or uploads here. */
#include <stdio.h>

#include "sim/disk.h"
#include "sim/world.h"
#include "store/store_dir.h"
#include "store/uploads.h"

struct uploads {
    char nothing;
};

enum err store_dir_lock(const char *dir, int *fd, char *why, size_t why_size)
{
    (void)dir;
    (void)why;
    (void)why_size;
    *fd = 0;
    return ERR_NONE;
}

void store_dir_unlock(int fd)
{
    (void)fd;
}

enum err store_dir_file(const char *dir, const char *name, char *path, size_t path_size, char *why,
                        size_t why_size)
{
    (void)why;
    (void)why_size;
    snprintf(path, path_size, "%s/%s", dir, name);
    return ERR_NONE;
}

enum err store_dir_sync(const char *dir, char *why, size_t why_size)
{
    (void)dir;
    (void)why;
    (void)why_size;
    disk_operation(disk_at_hand);
    return ERR_NONE;
}

enum err uploads_open(const char *dir, struct uploads **out)
{
    static struct uploads none;
    (void)dir;
    *out = &none;
    return ERR_NONE;
}

void uploads_close(struct uploads *uploads)
{
    (void)uploads;
}

enum err uploads_create(struct uploads *uploads, struct upload *upload)
{
    (void)uploads;
    (void)upload;
    return ERR_IO;
}

struct upload *uploads_find(struct uploads *uploads, const char *id)
{
    (void)uploads;
    (void)id;
    return NULL;
}

struct upload *uploads_find_recording(struct uploads *uploads, const char *recording_id)
{
    (void)uploads;
    (void)recording_id;
    return NULL;
}

enum err uploads_write(struct uploads *uploads, struct upload *upload, const void *data, size_t len)
{
    (void)uploads;
    (void)upload;
    (void)data;
    (void)len;
    return ERR_IO;
}

enum err uploads_truncate(struct uploads *uploads, struct upload *upload, uint64_t offset)
{
    (void)uploads;
    (void)upload;
    (void)offset;
    return ERR_IO;
}

enum err uploads_check_content(struct uploads *uploads, struct upload *upload)
{
    (void)uploads;
    (void)upload;
    return ERR_UNSUPPORTED_MEDIA;
}

enum err uploads_finish_files(const struct uploads *uploads, struct upload *upload,
                              char sha256[SHA256_TEXT_SIZE])
{
    (void)uploads;
    (void)upload;
    (void)sha256;
    return ERR_IO;
}

enum err uploads_put_timeline(struct uploads *uploads, struct upload *upload, const char *text)
{
    (void)uploads;
    (void)upload;
    (void)text;
    return ERR_IO;
}

void uploads_reopen(struct upload *upload)
{
    (void)upload;
}

void uploads_finished(struct uploads *uploads, struct upload *upload)
{
    (void)uploads;
    (void)upload;
}

void uploads_remove(struct uploads *uploads, struct upload *upload)
{
    (void)uploads;
    (void)upload;
}

void uploads_expire(struct uploads *uploads, int64_t now_ms)
{
    (void)uploads;
    (void)now_ms;
}

size_t uploads_count_user(const struct uploads *uploads, const char *user)
{
    (void)uploads;
    (void)user;
    return 0;
}

uint64_t uploads_bytes(const struct uploads *uploads)
{
    (void)uploads;
    return 0;
}

size_t uploads_count(const struct uploads *uploads)
{
    (void)uploads;
    return 0;
}
