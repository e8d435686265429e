#include "analysis/answers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "crypto/hash.h"
#include "proto/json_reader.h"
#include "proto/json_writer.h"
#include "store/durable.h"

enum { PATH_SIZE = 4096 };

enum err answer_name(const struct answer_part *parts, size_t count, char out[ANSWER_NAME_SIZE])
{
    uint8_t digest[SHA256_SIZE];
    struct hash *hash = hash_new(HASH_SHA256);
    enum err e = hash ? ERR_NONE : ERR_NO_MEMORY;
    for (size_t i = 0; !e && i < count; i++) {
        uint64_t len = parts[i].data ? parts[i].len : 0; /* so that parts cannot run together */
        e = hash_update(hash, &len, sizeof len);
        if (!e && len)
            e = hash_update(hash, parts[i].data, parts[i].len);
    }
    if (!e)
        e = hash_final(hash, digest);
    if (!e)
        hex_encode(digest, sizeof digest, out);
    hash_free(hash);
    return e;
}

enum err answers_open(const char *folder)
{
    return mkdir(folder, S_IRWXU) == 0 || errno == EEXIST ? ERR_NONE : ERR_IO;
}

static enum err path_of(const char *folder, const char *name, const char *ending, char *out)
{
    int len = snprintf(out, PATH_SIZE, "%s/%s%s", folder, name, ending);
    if (len > 0 && len < PATH_SIZE)
        return ERR_NONE;
    errno = ENAMETOOLONG;
    return ERR_IO;
}

static enum err read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    enum err e = ERR_NONE;
    for (ssize_t got = 1; !e && got;) {
        e = buf_reserve(out, 16 * 1024);
        if (e)
            break;
        got = read(fd, out->data + out->len, 16 * 1024);
        if (got < 0)
            e = errno == EINTR ? ERR_NONE : ERR_IO;
        else
            out->len += (size_t)got;
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return e;
}

enum err answer_find(const char *folder, const char *name, struct buf *out)
{
    char path[PATH_SIZE];
    struct buf text;
    struct json *json = NULL;
    enum err e = path_of(folder, name, ".json", path);
    if (e)
        return e;
    buf_init(&text, ANSWER_MAX);
    e = read_file(path, &text);
    if (!e)
        e = json_read(text.data ? text.data : "", text.len, &json);
    if (!e) {
        const struct json *answer = json_member(json, "answer");
        e = answer ? json_value_print(answer, out) : ERR_NOT_FOUND;
    }
    json_free(json);
    buf_release(&text);
    return e == ERR_BAD_REQUEST || e == ERR_FULL ? ERR_NOT_FOUND : e;
}

static enum err write_file(const char *folder, const char *name, const struct buf *text)
{
    char path[PATH_SIZE], fresh[PATH_SIZE];
    enum err e = path_of(folder, name, ".json", path);
    if (!e)
        e = path_of(folder, name, ".new", fresh);
    if (e)
        return e;
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return ERR_IO;
    e = durable_write(fd, text->data, text->len);
    if (close(fd) != 0 && !e)
        e = ERR_IO;
    if (!e && rename(fresh, path) != 0)
        e = ERR_IO;
    if (e) {
        int saved = errno;
        unlink(fresh);
        errno = saved;
        return e;
    }
    return durable_folder(folder);
}

enum err answer_keep(const char *folder, const char *name, const char *engine, const char *model,
                     const char *answer, struct space *space)
{
    struct buf text;
    buf_init(&text, ANSWER_MAX);
    struct json_writer json;
    json_write_begin(&json, &text);
    json_write_string(&json, "engine", engine);
    json_write_string(&json, "model", model);
    json_write_raw(&json, "answer", answer);
    enum err e = json_write_end(&json);
    if (!e)
        e = buf_append(&text, "\n", 1);
    if (!e)
        e = space_take(space, text.len);
    if (!e)
        e = write_file(folder, name, &text);
    buf_release(&text);
    return e;
}
