#include "analysis/document.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/durable.h"

static const char head[] = "{\"from\":\"", middle[] = "\",\"document\":", tail[] = "}\n";

struct document_file {
    char folder[PATH_MAX], path[PATH_MAX], part[PATH_MAX];
    struct space *space;
    FILE *file;
};

enum err document_folder(const char *folder)
{
    return mkdir(folder, 0700) == 0 || errno == EEXIST ? ERR_NONE : ERR_IO;
}

static enum err join(const char *folder, const char *name, const char *extension,
                     char path[PATH_MAX])
{
    int len = snprintf(path, PATH_MAX, "%s/%s%s", folder, name, extension);
    if (len > 0 && len < PATH_MAX)
        return ERR_NONE;
    errno = ENAMETOOLONG;
    return ERR_IO;
}

/* ---- reading ---- */

static enum err read_whole(FILE *file, struct buf *out)
{
    char part[64 * 1024];
    enum err e = ERR_NONE;
    for (size_t got; !e && (got = fread(part, 1, sizeof part, file)) > 0;)
        e = buf_append(out, part, got);
    return e ? e : ferror(file) ? ERR_IO : ERR_NONE;
}

/* Cuts the document out of what stands around it. */
static enum err unwrap(struct buf *out, char from[DIGEST_SIZE])
{
    const size_t before = strlen(head) + DIGEST_SIZE - 1 + strlen(middle), after = strlen(tail);
    if (out->len < before + after || memcmp(out->data, head, strlen(head)) != 0 ||
        memcmp(out->data + strlen(head) + DIGEST_SIZE - 1, middle, strlen(middle)) != 0 ||
        memcmp(out->data + out->len - after, tail, after) != 0)
        return ERR_NOT_FOUND;
    memcpy(from, out->data + strlen(head), DIGEST_SIZE - 1);
    from[DIGEST_SIZE - 1] = '\0';
    out->len -= after;
    out->data[out->len] = '\0';
    buf_consume(out, before);
    return ERR_NONE;
}

enum err document_read(const char *folder, const char *name, char from[DIGEST_SIZE],
                       struct buf *out)
{
    char path[PATH_MAX];
    enum err e = join(folder, name, ".json", path);
    if (e)
        return e;
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
    e = read_whole(file, out);
    fclose(file);
    return e ? e : unwrap(out, from);
}

/* ---- writing ---- */

enum err document_begin(const char *folder, const char *file_name, struct space *space,
                        struct document_file **out)
{
    struct document_file *made = mem_zalloc(sizeof *made);
    if (!made)
        return ERR_NO_MEMORY;
    made->space = space;
    enum err e = join(folder, "", "", made->folder);
    if (!e)
        e = join(folder, file_name, "", made->path);
    if (!e)
        e = join(folder, file_name, ".part", made->part);
    int fd = e ? -1 : open(made->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    made->file = fd < 0 ? NULL : fdopen(fd, "w");
    if (made->file) {
        *out = made;
        return ERR_NONE;
    }
    int error = errno;
    if (fd >= 0)
        close(fd);
    mem_free(made);
    errno = error;
    return ERR_IO;
}

enum err document_add(void *file, const char *data, size_t len)
{
    struct document_file *made = file;
    enum err e = space_take(made->space, len);
    if (e)
        return e;
    return fwrite(data, 1, len, made->file) == len ? ERR_NONE : ERR_IO;
}

enum err document_end(struct document_file *made, bool keep)
{
    bool ok =
        fflush(made->file) == 0 && !ferror(made->file) && (!keep || fsync(fileno(made->file)) == 0);
    int error = errno;
    ok = fclose(made->file) == 0 && ok;
    if (keep && ok) {
        ok = rename(made->part, made->path) == 0 && durable_folder(made->folder) == ERR_NONE;
        error = errno;
    }
    if (!keep || !ok)
        unlink(made->part);
    mem_free(made);
    errno = error;
    return keep && !ok ? ERR_IO : ERR_NONE;
}

enum err document_write(const char *folder, const char *name, const char *from, const char *text,
                        size_t len, struct space *space)
{
    struct document_file *file;
    char file_name[NAME_MAX];
    snprintf(file_name, sizeof file_name, "%s.json", name);
    enum err e = document_begin(folder, file_name, space, &file);
    if (e)
        return e;
    e = document_add(file, head, strlen(head));
    if (!e)
        e = document_add(file, from, strlen(from));
    if (!e)
        e = document_add(file, middle, strlen(middle));
    if (!e)
        e = document_add(file, text, len);
    if (!e)
        e = document_add(file, tail, strlen(tail));
    enum err ended = document_end(file, !e);
    return e ? e : ended;
}

/* ---- what it is made from ---- */

void document_from_add(struct document_from *from, const char *text, size_t len)
{
    /* Chained: the digest of both digests. */
    char both[2 * DIGEST_SIZE];
    memcpy(both, from->digest, DIGEST_SIZE);
    digest_text(text, len, both + DIGEST_SIZE);
    digest_text(both, sizeof both, from->digest);
}

void document_from_word(struct document_from *from, const char *word)
{
    document_from_add(from, word ? word : "\0", word ? strlen(word) : 1);
}
