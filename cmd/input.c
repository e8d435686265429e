#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rand.h"
#include "base/str.h"
#include "proto/limits.h"

enum { INPUT_PATH_SIZE = 4096, SECRET_BYTES = 32 };

/* ---- files ---- */

static enum err read_all(int fd, struct buf *out)
{
    char part[16 * 1024];
    for (;;) {
        ssize_t got = read(fd, part, sizeof part);
        if (got == 0)
            return ERR_NONE;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_IO;
        enum err e = buf_append(out, part, (size_t)got);
        if (e)
            return e;
    }
}

static enum exit_code cannot_read(const struct args *args, const char *path, enum err e,
                                  const struct buf *out)
{
    if (e == ERR_FULL)
        return args_error(args, EXIT_CODE_USAGE, "%s: longer than %zu bytes", path, out->len_max);
    if (e == ERR_NO_MEMORY)
        return args_error(args, EXIT_CODE_FAILED, "%s: no memory", path);
    return args_error(args, EXIT_CODE_FAILED, "%s: %s", path, strerror(errno));
}

enum exit_code input_read(const struct args *args, const char *path, struct buf *out)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    enum err e = fd < 0 ? ERR_IO : read_all(fd, out);
    enum exit_code code =
        e ? cannot_read(args, is_stdin ? "standard input" : path, e, out) : EXIT_CODE_DONE;
    if (fd >= 0 && !is_stdin)
        close(fd);
    return code;
}

enum exit_code input_agenda(const struct args *args, const char *path, struct agenda **out)
{
    struct buf text, sentence;
    struct problem why;
    buf_init(&text, INPUT_AGENDA_MAX);
    buf_init(&sentence, 1024);
    enum exit_code code = input_read(args, path, &text);
    if (code)
        goto out;
    enum err e = agenda_parse(text.data ? text.data : "", text.len, out, &why);
    if (e == ERR_NO_MEMORY) {
        code = args_error(args, EXIT_CODE_FAILED, "%s: no memory", path);
    } else if (e) {
        if (problem_print(&why, LANG_EN, &sentence))
            buf_clear(&sentence);
        code = args_usage_error(args, "%s: not an agenda: %s", path,
                                sentence.len ? sentence.data : err_code(e));
    }
out:
    buf_release(&sentence);
    buf_release(&text);
    return code;
}

/* ---- secrets ---- */

static size_t without_return(const char *line, size_t len)
{
    return len && line[len - 1] == '\r' ? len - 1 : len;
}

static enum exit_code too_short(const struct args *args, const char *where, size_t len)
{
    return args_usage_error(args,
                            "%s: a secret of %zu bytes; it takes at least %d, for example "
                            "from: openssl rand -hex 32",
                            where, len, (int)LIMIT_SECRET_MIN);
}

enum exit_code input_secret_file(const struct args *args, const char *path, struct buf *out)
{
    enum exit_code code = input_read(args, path, out);
    if (code)
        return code;
    if (out->len && out->data[out->len - 1] == '\n') {
        out->len = without_return(out->data, out->len - 1);
        out->data[out->len] = '\0';
    }
    return out->len < LIMIT_SECRET_MIN ? too_short(args, path, out->len) : EXIT_CODE_DONE;
}

void input_secrets_init(struct input_secrets *out)
{
    buf_init(&out->text, INPUT_SECRET_MAX);
    out->secrets.count = 0;
}

void input_secrets_release(struct input_secrets *secrets)
{
    buf_release(&secrets->text);
}

/* Finds the lines of the text; empty ones don't count. */
static enum exit_code split_secrets(const struct args *args, const char *where,
                                    struct input_secrets *out)
{
    const char *line = out->text.data, *end = line ? line + out->text.len : NULL;
    struct secrets *secrets = &out->secrets;
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline ? newline : end;
        size_t len = without_return(line, (size_t)(stop - line));
        if (len && len < LIMIT_SECRET_MIN)
            return too_short(args, where, len);
        if (len && secrets->count == LIMIT_SECRETS)
            return args_usage_error(args, "%s: more than %d secrets", where, (int)LIMIT_SECRETS);
        if (len)
            secrets->list[secrets->count++] =
                (struct secret){.bytes = (const uint8_t *)line, .len = len};
        line = newline ? newline + 1 : end;
    }
    return secrets->count ? EXIT_CODE_DONE : too_short(args, where, 0);
}

static enum exit_code read_secrets(const struct args *args, const char *path,
                                   struct input_secrets *out)
{
    enum exit_code code = input_read(args, path, &out->text);
    return code ? code : split_secrets(args, path, out);
}

enum exit_code input_secrets(const struct args *args, struct input_secrets *out, bool *found)
{
    const char *path = args_get(args, "secret-file"), *text = getenv("DEBATE_SECRET");
    *found = path || (text && text[0]);
    /* A variable counts more than the config file. */
    if (text && text[0] && !args_asked(args, "secret-file"))
        path = NULL;
    if (path)
        return read_secrets(args, path, out);
    if (!*found)
        return EXIT_CODE_DONE;
    enum err e = buf_append_str(&out->text, text);
    return e ? cannot_read(args, "DEBATE_SECRET", e, &out->text)
             : split_secrets(args, "DEBATE_SECRET", out);
}

/* Writes the secret so that it is there whole or not at all, also for a server that starts at the
 * same moment: then the first one's counts. */
static bool make_secret(const char *path)
{
    char temporary[INPUT_PATH_SIZE + 8], text[2 * SECRET_BYTES + 2];
    uint8_t bits[SECRET_BYTES];
    rand_bytes(bits, sizeof bits);
    hex_encode(bits, sizeof bits, text);
    strcat(text, "\n");
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC); /* 0600 */
    if (fd < 0)
        return false;
    bool ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fsync(fd) == 0 &&
              (link(temporary, path) == 0 || errno == EEXIST);
    int error = errno;
    close(fd);
    unlink(temporary);
    errno = error;
    return ok;
}

enum exit_code input_data_secrets(const struct args *args, const char *data, bool make,
                                  struct input_secrets *out)
{
    char path[INPUT_PATH_SIZE];
    int len = snprintf(path, sizeof path, "%s/secret", data);
    if (!data[0] || len < 0 || (size_t)len >= sizeof path)
        return args_usage_error(args, "--data %.40s: not the name of a directory", data);
    if (make && mkdir(data, 0700) != 0 && errno != EEXIST)
        return args_error(args, EXIT_CODE_FAILED, "cannot make the directory %s: %s", data,
                          strerror(errno));
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        if (!make)
            return args_error(args, EXIT_CODE_FAILED,
                              "%s: there is none yet; start debate serve with --data %s first, or "
                              "give --secret-file",
                              path, data);
        if (!make_secret(path))
            return args_error(args, EXIT_CODE_FAILED, "cannot write %s: %s", path, strerror(errno));
    }
    return read_secrets(args, path, out);
}
