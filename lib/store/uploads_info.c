#include "store/uploads_info.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

enum {
    INFO_SIZE = 4096,
    USER_TEXT_SIZE = LIMIT_USER_CHARS * 6 + 8 /* base64url: a user may hold a newline */
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

void uploads_name(char *out, const char *id, const char *ending)
{
    snprintf(out, UPLOADS_NAME_SIZE, "%.*s%s", UPLOADS_ID_LEN, id, ending);
}

bool uploads_id_valid(const char *id, size_t len)
{
    return len == UPLOADS_ID_LEN && strspn(id, alphabet) >= UPLOADS_ID_LEN;
}

/* One component of a path: no "..", nothing hidden, no slash. */
static bool is_name(const char *name, size_t len)
{
    if (len == 0 || name[0] == '.')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (name[i] != '.' && (name[i] == '\0' || !strchr(alphabet, name[i])))
            return false;
    }
    return true;
}

static bool is_path(const char *path)
{
    static const char top[] = "recordings/";
    if (strncmp(path, top, sizeof top - 1) != 0)
        return false;
    const char *session = path + sizeof top - 1, *slash = strchr(session, '/');
    return slash && is_name(session, (size_t)(slash - session)) &&
           is_name(slash + 1, strlen(slash + 1));
}

static bool is_line(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    }
    return true;
}

bool uploads_info_valid(const struct upload *upload)
{
    return is_path(upload->path) && is_line(upload->metadata) && is_line(upload->session_id) &&
           is_line(upload->recording_id) && upload->length <= LIMIT_UPLOAD_BYTES;
}

enum err uploads_write_synced(int dir_fd, const char *name, const char *text, size_t len)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return ERR_IO;
    ssize_t written = write(fd, text, len);
    int error = 0;
    if (written < 0)
        error = errno;
    else if ((size_t)written != len)
        error = ENOSPC;
    else if (fsync(fd) != 0)
        error = errno;
    close(fd);
    errno = error;
    return error ? ERR_IO : ERR_NONE;
}

enum err uploads_info_write(int dir_fd, const struct upload *upload)
{
    char text[INFO_SIZE], user[USER_TEXT_SIZE], temporary[UPLOADS_NAME_SIZE],
        name[UPLOADS_NAME_SIZE];
    base64url_encode((const uint8_t *)upload->user, strlen(upload->user), user);
    int len = snprintf(text, sizeof text,
                       "session_id=%s\nrecording_id=%s\npath=%s\nuser=%s\nlength=%" PRIu64
                       "\nexpires_ms=%" PRId64 "\nmetadata=%s\n",
                       upload->session_id, upload->recording_id, upload->path, user, upload->length,
                       upload->expires_ms, upload->metadata);
    if (len < 0 || (size_t)len >= sizeof text)
        return ERR_BAD_REQUEST;
    uploads_name(temporary, upload->id, ".tmp");
    uploads_name(name, upload->id, ".info");
    enum err e = uploads_write_synced(dir_fd, temporary, text, (size_t)len);
    if (e == ERR_NONE && renameat(dir_fd, temporary, dir_fd, name) != 0)
        e = ERR_IO;
    if (e != ERR_NONE) {
        int error = errno;
        unlinkat(dir_fd, temporary, 0);
        errno = error;
    }
    return e;
}

/* Takes the next line, which must be `key`, and copies its value. */
static bool take(char **text, const char *key, char *out, size_t out_size)
{
    size_t key_len = strlen(key);
    char *end = strchr(*text, '\n');
    if (!end || strncmp(*text, key, key_len) != 0 || (*text)[key_len] != '=')
        return false;
    *end = '\0';
    const char *value = *text + key_len + 1;
    *text = end + 1;
    return str_copy(out, out_size, value);
}

static enum err parse(char *text, struct upload *out)
{
    char user[USER_TEXT_SIZE], length[24], expires[24];
    size_t user_len;
    uint64_t expires_ms;
    if (!take(&text, "session_id", out->session_id, sizeof out->session_id) ||
        !take(&text, "recording_id", out->recording_id, sizeof out->recording_id) ||
        !take(&text, "path", out->path, sizeof out->path) ||
        !take(&text, "user", user, sizeof user) || !take(&text, "length", length, sizeof length) ||
        !take(&text, "expires_ms", expires, sizeof expires) ||
        !take(&text, "metadata", out->metadata, sizeof out->metadata) || *text)
        return ERR_CORRUPT;
    if (base64url_decode(user, strlen(user), (uint8_t *)out->user, sizeof out->user - 1,
                         &user_len) != ERR_NONE ||
        !str_to_u64(length, LIMIT_UPLOAD_BYTES, &out->length) ||
        !str_to_u64(expires, INT64_MAX, &expires_ms))
        return ERR_CORRUPT;
    out->user[user_len] = '\0';
    out->expires_ms = (int64_t)expires_ms;
    return uploads_info_valid(out) ? ERR_NONE : ERR_CORRUPT;
}

enum err uploads_info_read(int dir_fd, const char *id, struct upload *out)
{
    char text[INFO_SIZE], name[UPLOADS_NAME_SIZE];
    uploads_name(name, id, ".info");
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return ERR_IO;
    ssize_t len = read(fd, text, sizeof text - 1);
    int error = errno;
    close(fd);
    errno = error;
    if (len < 0)
        return ERR_IO;
    text[len] = '\0';
    *out = (struct upload){0};
    if (!str_copy(out->id, sizeof out->id, id) || strlen(text) != (size_t)len)
        return ERR_CORRUPT;
    return parse(text, out);
}
