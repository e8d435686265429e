#include "session/pending.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "proto/json_reader.h"
#include "proto/json_writer.h"
#include "session/state_folder.h"
#include "store/durable.h"

enum {
    FILE_BYTES_MAX = 16 * 1024, /* the token, escaped, and the rest */
    NAMES_MAX = 1000            /* of one second in one folder */
};

static const char opus_suffix[] = ".opus", pending_suffix[] = ".pending";

/* ---- names ---- */

static size_t stem_len(const char *path, const char *suffix)
{
    size_t len = strlen(path), end = strlen(suffix);
    return len > end && strcmp(path + len - end, suffix) == 0 ? len - end : len;
}

/* NAME.opus to NAME and `suffix`. */
static enum err beside(const char *recording, const char *suffix, char out[PENDING_PATH_SIZE])
{
    int len = snprintf(out, PENDING_PATH_SIZE, "%.*s%s", (int)stem_len(recording, opus_suffix),
                       recording, suffix);
    return len > 0 && len < PENDING_PATH_SIZE ? ERR_NONE : ERR_BAD_REQUEST;
}

/* What was renamed or removed stays so after a power cut. */
static enum err sync_folder_of(const char *path)
{
    char folder[PENDING_PATH_SIZE];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    snprintf(folder, sizeof folder, "%.*s", (int)len, path);
    return durable_folder(len ? folder : slash ? "/" : ".");
}

/* ---- writing ---- */

static enum err print(const struct pending *pending, struct buf *out)
{
    struct json_writer json;
    json_write_begin(&json, out);
    json_write_string(&json, "server", pending->server);
    json_write_string(&json, "token", pending->token);
    json_write_string(&json, "session_id", pending->session_id);
    json_write_string(&json, "recording_id", pending->recording_id);
    json_write_string(&json, "room_code", pending->room_code);
    enum err e = json_write_end(&json);
    return e ? e : buf_append_str(out, "\n");
}

enum err pending_write(const char *recording, const struct pending *pending, int *hold)
{
    char path[PENDING_PATH_SIZE], fresh[PENDING_PATH_SIZE];
    struct buf text;
    int fd = -1;
    enum err e = beside(recording, pending_suffix, path);
    if (!e)
        e = beside(recording, ".pending.new", fresh);
    if (e)
        return e;
    buf_init(&text, FILE_BYTES_MAX);
    e = print(pending, &text);
    if (e)
        goto out;
    unlink(fresh); /* of one who died here */
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    e = ERR_IO;
    /* Held before it has its name, so that nobody sees it free. */
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
        goto out;
    e = durable_write(fd, text.data, text.len);
    if (!e && rename(fresh, path) != 0)
        e = ERR_IO;
    if (!e)
        e = sync_folder_of(path);
out:;
    int saved = errno;
    if (e && fd >= 0) {
        unlink(fresh);
        close(fd);
    }
    buf_release(&text);
    errno = saved;
    if (!e)
        *hold = fd;
    return e;
}

/* ---- taking ---- */

static bool take_string(const struct json *object, const char *name, char *out, size_t out_size)
{
    const char *value = json_string(object, name);
    return value && value[0] && str_copy(out, out_size, value);
}

static enum err parse(const char *text, size_t len, struct pending *out)
{
    struct json *object = NULL;
    enum err e = json_read(text, len, &object);
    if (e)
        return e == ERR_NO_MEMORY ? e : ERR_CORRUPT;
    bool ok = take_string(object, "server", out->server, sizeof out->server) &&
              take_string(object, "token", out->token, sizeof out->token) &&
              take_string(object, "session_id", out->session_id, sizeof out->session_id) &&
              take_string(object, "recording_id", out->recording_id, sizeof out->recording_id) &&
              take_string(object, "room_code", out->room_code, sizeof out->room_code) &&
              session_id_valid(out->session_id) && room_code_valid(out->room_code);
    json_free(object);
    return ok ? ERR_NONE : ERR_CORRUPT;
}

static enum err read_all(int fd, struct pending *out)
{
    char text[FILE_BYTES_MAX];
    size_t len = 0;
    for (;;) {
        ssize_t got = read(fd, text + len, sizeof text - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_IO;
        len += (size_t)got;
        if (got == 0)
            return parse(text, len, out);
        if (len == sizeof text)
            return ERR_CORRUPT;
    }
}

/* Whether the file that is held still has its name: the one who held it before may have removed it
 * in between. */
static bool is_there(int fd, const char *path)
{
    struct stat held, named;
    return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_dev == named.st_dev &&
           held.st_ino == named.st_ino && S_ISREG(held.st_mode);
}

enum err pending_take(const char *recording, struct pending *out, int *hold)
{
    char path[PENDING_PATH_SIZE];
    enum err e = beside(recording, pending_suffix, path);
    if (e)
        return e;
    *out = (struct pending){.server = ""};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        e = errno == EWOULDBLOCK ? ERR_CONFLICT : ERR_IO;
    else if (!is_there(fd, path))
        e = ERR_NOT_FOUND;
    else
        e = read_all(fd, out);
    if (e && e != ERR_CORRUPT) {
        int saved = errno;
        close(fd);
        errno = saved;
        return e;
    }
    *hold = fd;
    return e;
}

enum err pending_remove(const char *recording)
{
    char path[PENDING_PATH_SIZE];
    enum err e = beside(recording, pending_suffix, path);
    if (e)
        return e;
    return unlink(path) == 0 ? sync_folder_of(path) : ERR_IO;
}

enum err pending_refuse(const char *recording)
{
    char path[PENDING_PATH_SIZE], aside[PENDING_PATH_SIZE];
    enum err e = beside(recording, pending_suffix, path);
    if (!e)
        e = beside(recording, ".refused", aside);
    if (e)
        return e;
    return rename(path, aside) == 0 ? sync_folder_of(path) : ERR_IO;
}

void pending_let_go(int hold)
{
    close(hold);
}

/* ---- the folder ---- */

enum err pending_folder(char *out)
{
    enum err e = state_folder_path("recordings", out, PENDING_PATH_SIZE);
    return e ? e : state_folder_make(out);
}

enum err pending_name(const char *folder, const char *room_code, int64_t at_ms,
                      char out[PENDING_PATH_SIZE])
{
    time_t at = (time_t)(at_ms / 1000);
    struct tm local;
    char stamp[32], number[16] = "";
    if (!localtime_r(&at, &local) || !strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local))
        return ERR_BAD_REQUEST;
    for (int i = 2; i <= NAMES_MAX; i++) {
        int len = snprintf(out, PENDING_PATH_SIZE, "%s/%s-%s%s%s", folder, room_code, stamp, number,
                           opus_suffix);
        if (len < 0 || len >= PENDING_PATH_SIZE)
            return ERR_BAD_REQUEST;
        struct stat status;
        if (stat(out, &status) != 0)
            return errno == ENOENT ? ERR_NONE : ERR_IO;
        snprintf(number, sizeof number, "-%d", i);
    }
    errno = EEXIST;
    return ERR_IO;
}

/* ---- what is pending ---- */

static bool is_free(const char *recording)
{
    struct pending pending;
    int hold;
    enum err e = pending_take(recording, &pending, &hold);
    if (!e || e == ERR_CORRUPT)
        pending_let_go(hold);
    /* What cannot be read is not hidden: the one who takes it will say why. */
    return e != ERR_CONFLICT && e != ERR_NOT_FOUND;
}

static enum err add(struct pending_list *list, const char *folder, const char *name)
{
    char path[PENDING_PATH_SIZE];
    size_t stem = stem_len(name, pending_suffix);
    if (!name[stem])
        return ERR_NONE;
    int len = snprintf(path, sizeof path, "%s/%.*s%s", folder, (int)stem, name, opus_suffix);
    if (len < 0 || (size_t)len >= sizeof path || !is_free(path))
        return ERR_NONE;
    if (list->count % 64 == 0) {
        char **more = mem_realloc(list->recordings, (list->count + 64) * sizeof *list->recordings);
        if (!more)
            return ERR_NO_MEMORY;
        list->recordings = more;
    }
    char *copy = mem_strdup(path);
    if (!copy)
        return ERR_NO_MEMORY;
    list->recordings[list->count++] = copy;
    return ERR_NONE;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum err pending_list_read(const char *folder, struct pending_list *out)
{
    enum err e = ERR_NONE;
    *out = (struct pending_list){.count = 0};
    DIR *dir = opendir(folder);
    if (!dir)
        return ERR_IO;
    for (const struct dirent *entry; !e && out->count < PENDING_LIST_MAX && (entry = readdir(dir));)
        e = add(out, folder, entry->d_name);
    closedir(dir);
    if (e)
        pending_list_release(out);
    else if (out->count)
        qsort(out->recordings, out->count, sizeof *out->recordings, by_name);
    return e;
}

void pending_list_release(struct pending_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        mem_free(list->recordings[i]);
    mem_free(list->recordings);
    *list = (struct pending_list){.count = 0};
}
