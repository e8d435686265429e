#include "server/web_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "server/net.h"
#include "server/server_inner.h"

enum { NAME_SIZE = 64, ETAG_SIZE = 2 * SHA256_SIZE + 3 };

struct web_file {
    char name[NAME_SIZE];
    const char *content_type;
    char etag[ETAG_SIZE]; /* its digest, in quotes */
    struct buf bytes;
};

struct web_files {
    size_t count;
    struct web_file files[WEB_FILES_MAX];
};

static const struct {
    const char *suffix, *content_type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"}, /* RFC 9239, section 6 */
    {".svg", "image/svg+xml"},
};

/* The page loads from its own server, talks to nothing else, is framed by nobody and says to nobody
 * where it is: its address is the room's. */
static const struct {
    const char *name, *value;
} page_headers[] = {
    {"Cache-Control", "no-cache"}, /* kept, and asked about by its ETag */
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
     "require-trusted-types-for 'script'; trusted-types 'none'"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "microphone=(self), camera=(), geolocation=()"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
};

/* ---- reading ---- */

static const char *content_type_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].suffix, dot) == 0)
            return types[i].content_type;
    }
    return NULL;
}

static enum err digest(struct web_file *file)
{
    uint8_t sum[SHA256_SIZE];
    char hex[SHA256_TEXT_SIZE];
    struct hash *hash = hash_new(HASH_SHA256);
    enum err e = hash ? hash_update(hash, file->bytes.data, file->bytes.len) : ERR_NO_MEMORY;
    if (!e)
        e = hash_final(hash, sum);
    hash_free(hash);
    if (e)
        return e;
    hex_encode(sum, sizeof sum, hex);
    snprintf(file->etag, sizeof file->etag, "\"%s\"", hex);
    return ERR_NONE;
}

static enum err read_bytes(const char *path, struct buf *out)
{
    char part[16 * 1024];
    size_t len;
    enum err e = ERR_NONE;
    FILE *file = fopen(path, "rbe");
    if (!file)
        return ERR_IO;
    while (!e && (len = fread(part, 1, sizeof part, file)) > 0)
        e = buf_append(out, part, len);
    if (!e && ferror(file))
        e = ERR_IO;
    fclose(file);
    return e;
}

static enum err add_file(struct web_files *files, const char *folder, const char *name, char *why,
                         size_t why_size)
{
    char path[4096];
    const char *content_type = content_type_of(name);
    if (!content_type || name[0] == '.')
        return ERR_NONE;
    struct web_file *file = &files->files[files->count];
    if (files->count == WEB_FILES_MAX || !str_copy(file->name, sizeof file->name, name)) {
        snprintf(why, why_size, "%s: more than %d files, or one of a long name", folder,
                 WEB_FILES_MAX);
        return ERR_FULL;
    }
    files->count++;
    file->content_type = content_type;
    buf_init(&file->bytes, WEB_FILE_SIZE_MAX);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    enum err e = read_bytes(path, &file->bytes);
    if (!e)
        e = digest(file);
    if (e)
        snprintf(why, why_size, "%s: cannot be read: %s", path,
                 e == ERR_FULL ? "too large" : strerror(errno));
    return e;
}

static const struct web_file *find(const struct web_files *files, const char *name)
{
    for (size_t i = 0; files && i < files->count; i++) {
        if (strcmp(files->files[i].name, name) == 0)
            return &files->files[i];
    }
    return NULL;
}

enum err web_files_read(const char *folder, struct web_files **out, char *why, size_t why_size)
{
    const struct dirent *entry;
    enum err e = ERR_NONE;
    *out = NULL;
    if (!folder)
        return ERR_NONE;
    DIR *dir = opendir(folder);
    if (!dir) {
        snprintf(why, why_size, "%s: cannot be read: %s", folder, strerror(errno));
        return ERR_IO;
    }
    struct web_files *files = mem_zalloc(sizeof *files);
    if (!files) {
        snprintf(why, why_size, "no memory left");
        e = ERR_NO_MEMORY;
        goto out;
    }
    while (!e && (entry = readdir(dir)) != NULL)
        e = add_file(files, folder, entry->d_name, why, why_size);
    if (!e && !find(files, "index.html")) {
        snprintf(why, why_size, "%s: no index.html in it", folder);
        e = ERR_NOT_FOUND;
    }
out:
    closedir(dir);
    if (e)
        web_files_free(files);
    else
        *out = files;
    return e;
}

void web_files_free(struct web_files *files)
{
    for (size_t i = 0; files && i < files->count; i++)
        buf_release(&files->files[i].bytes);
    mem_free(files);
}

/* ---- answering ---- */

/* Whether the browser has this very file (RFC 9110, section 13.1.2). */
static bool is_known(struct exchange *exchange, const struct web_file *file)
{
    char etags[1024];
    return net_header(exchange, "if-none-match", etags, sizeof etags) &&
           (strstr(etags, file->etag) || strcmp(etags, "*") == 0);
}

static void answer_file(struct exchange *exchange, const char *name)
{
    const struct web_file *file = find(exchange->server->web_files, name);
    if (!file) {
        exchange_fail(exchange, ERR_NOT_FOUND, REASON_NO_ROUTE, NULL);
        return;
    }
    for (size_t i = 0; i < sizeof page_headers / sizeof *page_headers; i++)
        exchange_header(exchange, page_headers[i].name, "%s", page_headers[i].value);
    exchange_header(exchange, "ETag", "%s", file->etag);
    if (is_known(exchange, file))
        exchange_respond(exchange, 304, NULL);
    else if (buf_append(&exchange->out, file->bytes.data, file->bytes.len))
        exchange_fail(exchange, ERR_NO_MEMORY, REASON_NONE, NULL);
    else
        exchange_respond(exchange, 200, file->content_type);
}

void http_page(struct exchange *exchange)
{
    answer_file(exchange, "index.html");
}

void http_web_file(struct exchange *exchange)
{
    answer_file(exchange, exchange->route.param);
}
