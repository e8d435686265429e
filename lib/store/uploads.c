#include "store/uploads.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "store/content_check.h"
#include "store/uploads_info.h"

enum { READ_SIZE = 64 * 1024 };

struct entry {
    struct upload upload; /* first, so that the one's address is the other's */
    struct hash *hash;    /* of all bytes up to upload.offset; NULL: read them again at the end */
    enum content content;
    struct entry *next;
};

struct uploads {
    int data_fd; /* the data directory */
    int dir_fd;  /* its uploads/ */
    struct entry *entries;
    size_t count;
};

static struct entry *entry_of(struct upload *upload)
{
    return (struct entry *)upload;
}

static void free_entry(struct entry *entry)
{
    hash_free(entry->hash);
    mem_free(entry);
}

static void remove_files(const struct uploads *uploads, const char *id)
{
    static const char *const endings[] = {"", ".info", ".tmp", ".timeline"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char name[UPLOADS_NAME_SIZE];
        uploads_name(name, id, endings[i]);
        if (unlinkat(uploads->dir_fd, name, 0) != 0 && errno != ENOENT)
            log_warning("cannot remove uploads/%s: %s", name, strerror(errno));
    }
}

static enum err link_entry(struct uploads *uploads, const struct upload *upload)
{
    struct entry *entry = mem_zalloc(sizeof *entry);
    if (!entry)
        return ERR_NO_MEMORY;
    entry->upload = *upload;
    if (upload->offset == 0)
        entry->hash = hash_new(HASH_SHA256);
    entry->next = uploads->entries;
    uploads->entries = entry;
    uploads->count++;
    return ERR_NONE;
}

static void forget(struct uploads *uploads, struct upload *upload)
{
    struct entry *entry = entry_of(upload), **link = &uploads->entries;
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    uploads->count--;
    free_entry(entry);
}

/* ---- opening ---- */

/* Makes a directory where it is missing and opens it; what is no directory, or a link, is refused.
 * The name is on the disk when this returns. -1 with errno. */
static int open_dir(int parent_fd, const char *name)
{
    if (mkdirat(parent_fd, name, 0700) == 0) {
        if (fsync(parent_fd) != 0)
            return -1;
    } else if (errno != EEXIST) {
        return -1;
    }
    return openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* An upload of an earlier run: what it is and as much as arrived. ERR_CORRUPT: it is not whole. */
static enum err load(struct uploads *uploads, const char *id, struct upload *upload)
{
    struct stat st;
    char name[UPLOADS_NAME_SIZE];
    enum err e = uploads_info_read(uploads->dir_fd, id, upload);
    if (e == ERR_NONE && fstatat(uploads->dir_fd, id, &st, AT_SYMLINK_NOFOLLOW) != 0)
        e = ERR_IO;
    if (e != ERR_NONE)
        return e == ERR_IO && errno == ENOENT ? ERR_CORRUPT : e;
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > upload->length)
        return ERR_CORRUPT;
    upload->offset = (uint64_t)st.st_size;
    uploads_name(name, id, ".timeline");
    if (fstatat(uploads->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        upload->timeline_bytes = (uint64_t)st.st_size;
    if (upload->offset == upload->length && upload->length > 0)
        upload->offset--; /* as uploads_reopen does */
    return ERR_NONE;
}

static enum err load_all(struct uploads *uploads)
{
    int fd = openat(uploads->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        errno = error;
        return ERR_IO;
    }
    enum err e = ERR_NONE;
    const struct dirent *found;
    while (e == ERR_NONE && (found = readdir(dir))) {
        size_t id_len = strcspn(found->d_name, ".");
        struct upload upload;
        char id[sizeof upload.id];
        if (!uploads_id_valid(found->d_name, id_len))
            continue; /* not ours */
        uploads_name(id, found->d_name, "");
        if (uploads_find(uploads, id))
            continue;
        e = load(uploads, id, &upload);
        if (e == ERR_NONE) {
            e = link_entry(uploads, &upload);
        } else if (e == ERR_CORRUPT) {
            remove_files(uploads, id);
            e = ERR_NONE;
        }
    }
    closedir(dir);
    return e;
}

enum err uploads_open(const char *dir, struct uploads **out)
{
    struct uploads *uploads = mem_zalloc(sizeof *uploads);
    if (!uploads)
        return ERR_NO_MEMORY;
    uploads->dir_fd = -1;
    uploads->data_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (uploads->data_fd >= 0)
        uploads->dir_fd = open_dir(uploads->data_fd, "uploads");
    enum err e = uploads->dir_fd >= 0 ? load_all(uploads) : ERR_IO;
    if (e != ERR_NONE) {
        int error = errno;
        uploads_close(uploads);
        errno = error;
        return e;
    }
    *out = uploads;
    return ERR_NONE;
}

void uploads_close(struct uploads *uploads)
{
    if (!uploads)
        return;
    while (uploads->entries)
        forget(uploads, &uploads->entries->upload);
    if (uploads->dir_fd >= 0)
        close(uploads->dir_fd);
    if (uploads->data_fd >= 0)
        close(uploads->data_fd);
    mem_free(uploads);
}

/* ---- uploads coming in ---- */

enum err uploads_create(struct uploads *uploads, struct upload *upload)
{
    if (uploads->count >= LIMIT_UPLOADS)
        return ERR_NO_SPACE;
    if (!uploads_info_valid(upload))
        return ERR_BAD_REQUEST;
    rand_id("", upload->id);
    upload->offset = 0;
    /* The bytes' file first: info without one would be taken for damage. */
    int fd = openat(uploads->dir_fd, upload->id,
                    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return ERR_IO;
    close(fd);
    enum err e = uploads_info_write(uploads->dir_fd, upload);
    if (e == ERR_NONE && fsync(uploads->dir_fd) != 0)
        e = ERR_IO;
    if (e == ERR_NONE)
        e = link_entry(uploads, upload);
    if (e != ERR_NONE) {
        int error = errno;
        remove_files(uploads, upload->id);
        errno = error;
    }
    return e;
}

struct upload *uploads_find(struct uploads *uploads, const char *id)
{
    for (struct entry *entry = uploads->entries; entry; entry = entry->next) {
        if (strcmp(entry->upload.id, id) == 0)
            return &entry->upload;
    }
    return NULL;
}

struct upload *uploads_find_recording(struct uploads *uploads, const char *recording_id)
{
    for (struct entry *entry = uploads->entries; entry; entry = entry->next) {
        if (strcmp(entry->upload.recording_id, recording_id) == 0)
            return &entry->upload;
    }
    return NULL;
}

static int open_upload(const struct uploads *uploads, const struct upload *upload, int flags)
{
    return openat(uploads->dir_fd, upload->id, flags | O_CLOEXEC | O_NOFOLLOW);
}

static void drop_hash(struct entry *entry)
{
    hash_free(entry->hash);
    entry->hash = NULL;
}

enum err uploads_write(struct uploads *uploads, struct upload *upload, const void *data, size_t len)
{
    struct entry *entry = entry_of(upload);
    if (len > upload->length - upload->offset)
        return ERR_TOO_LARGE;
    int fd = open_upload(uploads, upload, O_WRONLY);
    if (fd < 0)
        return ERR_IO;
    const uint8_t *at = data;
    int error = 0;
    while (len > 0) {
        ssize_t written = pwrite(fd, at, len, (off_t)upload->offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            error = written < 0 ? errno : ENOSPC;
            break;
        }
        if (entry->hash && hash_update(entry->hash, at, (size_t)written) != ERR_NONE)
            drop_hash(entry);
        at += written;
        len -= (size_t)written;
        upload->offset += (uint64_t)written;
    }
    close(fd);
    errno = error;
    return error ? ERR_IO : ERR_NONE;
}

enum err uploads_truncate(struct uploads *uploads, struct upload *upload, uint64_t offset)
{
    struct entry *entry = entry_of(upload);
    assert(offset <= upload->offset);
    int fd = open_upload(uploads, upload, O_WRONLY);
    if (fd < 0)
        return ERR_IO;
    int error = ftruncate(fd, (off_t)offset) == 0 ? 0 : errno;
    close(fd);
    errno = error;
    if (error)
        return ERR_IO;
    upload->offset = offset;
    entry->content = CONTENT_UNDECIDED;
    drop_hash(entry);
    return ERR_NONE;
}

enum err uploads_check_content(struct uploads *uploads, struct upload *upload)
{
    struct entry *entry = entry_of(upload);
    if (entry->content == CONTENT_UNDECIDED) {
        int fd = open_upload(uploads, upload, O_RDONLY);
        if (fd < 0)
            return ERR_IO;
        uint8_t *prefix = mem_alloc(CONTENT_CHECK_BYTES);
        ssize_t len = prefix ? pread(fd, prefix, CONTENT_CHECK_BYTES, 0) : 0;
        int error = errno;
        close(fd);
        errno = error;
        if (prefix && len >= 0)
            entry->content = content_check(prefix, (size_t)len, upload->offset == upload->length);
        mem_free(prefix);
        if (!prefix || len < 0)
            return prefix ? ERR_IO : ERR_NO_MEMORY;
    }
    return entry->content == CONTENT_OTHER ? ERR_UNSUPPORTED_MEDIA : ERR_NONE;
}

/* ---- the end of an upload ---- */

/* Digests the file from its beginning: after a restart or a cut. */
static enum err hash_again(struct entry *entry, int fd)
{
    entry->hash = hash_new(HASH_SHA256);
    uint8_t *bytes = mem_alloc(READ_SIZE);
    enum err e = entry->hash && bytes ? ERR_NONE : ERR_NO_MEMORY;
    for (uint64_t at = 0; e == ERR_NONE && at < entry->upload.length;) {
        ssize_t len = pread(fd, bytes, READ_SIZE, (off_t)at);
        if (len > 0)
            e = hash_update(entry->hash, bytes, (size_t)len);
        else if (len == 0 || errno != EINTR)
            e = len == 0 ? ERR_CORRUPT : ERR_IO;
        at += len > 0 ? (uint64_t)len : 0;
    }
    mem_free(bytes);
    if (e != ERR_NONE)
        drop_hash(entry);
    return e;
}

static enum err digest(struct entry *entry, int fd, char sha256[SHA256_TEXT_SIZE])
{
    uint8_t bytes[SHA256_SIZE];
    enum err e = entry->hash ? ERR_NONE : hash_again(entry, fd);
    if (e == ERR_NONE)
        e = hash_final(entry->hash, bytes);
    /* hash_final starts anew: should what follows fail, the file is read again. */
    drop_hash(entry);
    if (e == ERR_NONE)
        hex_encode(bytes, sizeof bytes, sha256);
    return e;
}

enum err uploads_put_timeline(struct uploads *uploads, struct upload *upload, const char *text)
{
    char name[UPLOADS_NAME_SIZE];
    uploads_name(name, upload->id, ".timeline");
    enum err e = uploads_write_synced(uploads->dir_fd, name, text, strlen(text));
    if (!e && fsync(uploads->dir_fd) != 0)
        e = ERR_IO;
    if (!e)
        upload->timeline_bytes = strlen(text);
    return e;
}

/* The timeline goes first, so that a recording that is there has it. */
static enum err move_timeline(const struct uploads *uploads, const struct upload *upload,
                              int session_fd, const char *name)
{
    char from[UPLOADS_NAME_SIZE], to[LIMIT_PATH + sizeof ".timeline"];
    const char *dot = strrchr(name, '.');
    int len = dot ? (int)(dot - name) : (int)strlen(name);
    uploads_name(from, upload->id, ".timeline");
    snprintf(to, sizeof to, "%.*s.timeline", len, name);
    bool is_done = renameat(uploads->dir_fd, from, session_fd, to) == 0 || errno == ENOENT;
    return is_done ? ERR_NONE : ERR_IO;
}

/* Moves the file to recordings/SESSION/NAME, each step on the disk before the next. */
static enum err move(const struct uploads *uploads, const struct upload *upload)
{
    char path[sizeof upload->path];
    if (!uploads_info_valid(upload) || !str_copy(path, sizeof path, upload->path))
        return ERR_BAD_REQUEST;
    char *session = strchr(path, '/') + 1, *name = strchr(session, '/') + 1;
    session[-1] = '\0';
    name[-1] = '\0';
    int top_fd = open_dir(uploads->data_fd, path);
    int session_fd = top_fd >= 0 ? open_dir(top_fd, session) : -1;
    int error = 0;
    if (session_fd < 0 || move_timeline(uploads, upload, session_fd, name) != ERR_NONE ||
        renameat(uploads->dir_fd, upload->id, session_fd, name) != 0)
        error = errno;
    else if (fsync(session_fd) != 0) {
        error = errno;
        /* So that it can be tried again. */
        if (renameat(session_fd, name, uploads->dir_fd, upload->id) != 0)
            log_error("%s: cannot be moved back: %s", upload->path, strerror(errno));
    }
    if (session_fd >= 0)
        close(session_fd);
    if (top_fd >= 0)
        close(top_fd);
    errno = error;
    return error ? ERR_IO : ERR_NONE;
}

enum err uploads_finish_files(const struct uploads *uploads, struct upload *upload,
                              char sha256[SHA256_TEXT_SIZE])
{
    if (upload->offset != upload->length)
        return ERR_CONFLICT;
    int fd = open_upload(uploads, upload, O_RDONLY);
    if (fd < 0)
        return ERR_IO;
    enum err e = digest(entry_of(upload), fd, sha256);
    if (e == ERR_NONE && fsync(fd) != 0)
        e = ERR_IO;
    int error = errno;
    close(fd);
    errno = error;
    if (e == ERR_NONE)
        e = move(uploads, upload);
    if (e == ERR_NONE)
        remove_files(uploads, upload->id); /* what it was: the bytes are gone from here */
    return e;
}

void uploads_reopen(struct upload *upload)
{
    drop_hash(entry_of(upload));
    if (upload->offset == upload->length && upload->length > 0)
        upload->offset--;
}

void uploads_finished(struct uploads *uploads, struct upload *upload)
{
    forget(uploads, upload);
}

void uploads_remove(struct uploads *uploads, struct upload *upload)
{
    remove_files(uploads, upload->id);
    forget(uploads, upload);
}

void uploads_expire(struct uploads *uploads, int64_t now_ms)
{
    for (struct entry *entry = uploads->entries, *next; entry; entry = next) {
        next = entry->next;
        if (entry->upload.expires_ms < now_ms && !entry->upload.is_busy)
            uploads_remove(uploads, &entry->upload);
    }
}

size_t uploads_count(const struct uploads *uploads)
{
    return uploads->count;
}

size_t uploads_count_user(const struct uploads *uploads, const char *user)
{
    size_t count = 0;
    for (const struct entry *entry = uploads->entries; entry; entry = entry->next)
        count += strcmp(entry->upload.user, user) == 0;
    return count;
}

uint64_t uploads_bytes(const struct uploads *uploads)
{
    uint64_t bytes = 0;
    for (const struct entry *entry = uploads->entries; entry; entry = entry->next)
        bytes += entry->upload.length + entry->upload.timeline_bytes;
    return bytes;
}
