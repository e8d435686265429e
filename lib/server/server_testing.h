/* For the tests of `debate serve`: the program as a black box, tokens made by hand, and what is
 * read of its JSON. Everything that a function here returns lives until everything_release.
 *
 * The program is the one that DEBATE_BIN names, on a free port, with a data folder of its own. */
#ifndef DEBATE_SERVER_SERVER_TESTING_H
#define DEBATE_SERVER_SERVER_TESTING_H

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/folder_testing.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "proto/json_reader.h"

enum { PATIENCE_MS = 10000, ARGS_MAX = 32 };

/* Where the test stands, for what fails inside a helper. */
static const char *here_file = "?";
static int here_line;

static inline void here(const char *file, int line)
{
    here_file = file;
    here_line = line;
}

static inline void __attribute__((format(printf, 1, 2), noreturn))
fail_here(const char *format, ...)
{
    char why[3000];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    print_error("%s\n", why);
    _fail(here_file, here_line);
    abort();
}

static inline int64_t wall_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static inline int64_t wall_ms(void)
{
    return wall_us() / 1000;
}

static inline int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* ---- what is released at the end ---- */

struct kept {
    struct kept *next;
    void *what;
    void (*release)(void *what);
};
static struct kept *all_kept;

static inline void *keep(void *what, void (*release)(void *what))
{
    struct kept *kept = malloc(sizeof *kept);
    assert_non_null(kept);
    assert_non_null(what);
    *kept = (struct kept){all_kept, what, release};
    all_kept = kept;
    return what;
}

static inline void *keep_zalloc(size_t size)
{
    return keep(calloc(1, size), free);
}

static inline void everything_release(void)
{
    while (all_kept) {
        struct kept *kept = all_kept;
        all_kept = kept->next;
        kept->release(kept->what);
        free(kept);
    }
}

static inline const char *__attribute__((format(printf, 1, 0)))
text_from(const char *format, va_list args)
{
    char *text = NULL;
    assert_true(vasprintf(&text, format, args) >= 0);
    return keep(text, free);
}

static inline const char *__attribute__((format(printf, 1, 2))) text(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *made = text_from(format, args);
    va_end(args);
    return made;
}

/* `count` times `c`. */
static inline const char *many(char c, size_t count)
{
    char *made = keep_zalloc(count + 1);
    memset(made, c, count);
    return made;
}

/* `count` times `part`. */
static inline const char *repeat(const char *part, size_t count)
{
    size_t len = strlen(part);
    char *made = keep_zalloc(count * len + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(made + i * len, part, len);
    return made;
}

/* ---- reading JSON ---- */

static inline void release_json(void *document)
{
    json_free(document);
}

/* NULL when it is no JSON. */
static inline struct json *parse(const char *bytes, size_t len)
{
    struct json *document = NULL;
    if (json_read(bytes, len, &document))
        return NULL;
    return keep(document, release_json);
}

/* "data.peers.0.nickname": members and indices, down from `root`; NULL when it is not there. */
static inline const struct json *at(const struct json *root, const char *path)
{
    char part[100];
    uint64_t index;
    while (root && *path) {
        size_t len = strcspn(path, ".");
        assert_true(len < sizeof part);
        memcpy(part, path, len);
        part[len] = '\0';
        path += len + (path[len] == '.');
        const struct json *member = json_member(root, part);
        if (!member && str_to_u64(part, 10000, &index))
            member = json_item(root, (size_t)index);
        root = member;
    }
    return root;
}

/* A value as text, a string without quotes; "(absent)". */
static inline const char *shown(const struct json *root, const char *path)
{
    const struct json *value = at(root, path);
    struct buf out;
    if (!value)
        return "(absent)";
    buf_init(&out, 4 * 1024 * 1024);
    assert_int_equal(json_value_print(value, &out), ERR_NONE);
    char *made = buf_take(&out);
    return made ? keep(made, free) : "";
}

static inline bool is_there(const struct json *root, const char *path)
{
    return at(root, path) != NULL;
}

/* 's'tring, 'n'umber, 'b'oolean, 'a'rray, 'o'bject, '0' for null, '-' when it is not there. */
static inline char type_at(const struct json *root, const char *path)
{
    const char *last = strrchr(path, '.');
    const struct json *parent = root;
    if (last)
        parent = at(root, text("%.*s", (int)(last - path), path));
    const char *name = last ? last + 1 : path;
    if (!at(root, path))
        return '-';
    if (json_string(parent, name))
        return 's';
    if (!isnan(json_number(parent, name, NAN)))
        return 'n';
    if (json_bool(parent, name, true) == json_bool(parent, name, false))
        return 'b';
    switch (shown(root, path)[0]) {
    case '[':
        return 'a';
    case '{':
        return 'o';
    default:
        return '0';
    }
}

static inline double number(const struct json *root, const char *path)
{
    double value = NAN;
    char *end = NULL;
    const char *printed = shown(root, path);
    if (type_at(root, path) == 'n')
        value = strtod(printed, &end);
    if (isnan(value))
        fail_here("%s is %s, not a number, in %s", path, printed, shown(root, ""));
    return value;
}

static inline void want_(const struct json *root, const char *path, const char *expected)
{
    const char *is = shown(root, path);
    if (strcmp(is, expected) != 0)
        fail_here("%s is %s, not %s, in %s", path, is, expected, shown(root, ""));
}

/* One letter for each of the paths, which are parted by spaces: want_types(x, "sn", "a b.c"). */
static inline void want_types_(const struct json *root, const char *types, const char *paths)
{
    char path[100];
    for (; *types; types++) {
        size_t len = strcspn(paths, " ");
        assert_true(len > 0 && len < sizeof path);
        memcpy(path, paths, len);
        path[len] = '\0';
        paths += len + (paths[len] == ' ');
        if (type_at(root, path) != *types)
            fail_here("%s is of type %c, not %c, in %s", path, type_at(root, path), *types,
                      shown(root, ""));
    }
    assert_string_equal(paths, "");
}

#define want(root, path, expected)     (here(__FILE__, __LINE__), want_(root, path, expected))
#define want_types(root, types, paths) (here(__FILE__, __LINE__), want_types_(root, types, paths))

/* ---- the program ---- */

struct server {
    pid_t pid; /* 0 when it does not run */
    int port;
    int out; /* its standard output */
    int err; /* where its standard error goes; 0: where that of the test does */
    char folder[64];
    char secret_path[96];
    char secret[64];
};
static struct server server;

/* A data folder and a secret, which ends with a newline that does not count. */
static inline void server_prepare(void)
{
    snprintf(server.folder, sizeof server.folder, "/tmp/debate-server-test-XXXXXX");
    assert_non_null(mkdtemp(server.folder));
    snprintf(server.secret_path, sizeof server.secret_path, "%s/secret", server.folder);
    snprintf(server.secret, sizeof server.secret, "the secret of %.30s, long enough",
             server.folder + 5);
    FILE *file = fopen(server.secret_path, "wx");
    assert_non_null(file);
    fprintf(file, "%s\n", server.secret);
    assert_int_equal(fclose(file), 0);
}

static inline const char *server_program(void)
{
    const char *program = getenv("DEBATE_BIN");
    return program && *program ? program : "build/debate";
}

static inline void server_exec(const char *listen, const char *const *extra, int out)
{
    char data[96];
    const char *args[ARGS_MAX] = {"debate", "serve",       "--listen",      listen,
                                  "--data", server.folder, "--secret-file", server.secret_path};
    size_t count = 8;
    snprintf(data, sizeof data, "%s/data", server.folder);
    args[5] = data;
    while (extra && *extra && count < ARGS_MAX - 1)
        args[count++] = *extra++;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(out, STDOUT_FILENO);
    if (server.err)
        dup2(server.err, STDERR_FILENO);
    execvp(server_program(), (char *const *)args);
    perror("debate serve");
    _exit(127);
}

/* Reads its standard output up to the line that tells the port. */
static inline int server_port_read(int out)
{
    static const char sign[] = "listening on http://127.0.0.1:";
    char said[4096] = "";
    size_t len = 0;
    int64_t end = clock_ms() + PATIENCE_MS;
    while (len < sizeof said - 1) {
        struct pollfd waiting = {.fd = out, .events = POLLIN};
        int64_t left = end - clock_ms();
        if (left <= 0 || poll(&waiting, 1, (int)left) <= 0)
            break;
        ssize_t count = read(out, said + len, sizeof said - 1 - len);
        if (count <= 0)
            break;
        said[len += (size_t)count] = '\0';
        const char *line = strstr(said, sign);
        if (line && (line == said || line[-1] == '\n') && strchr(line, '\n'))
            return atoi(line + sizeof sign - 1);
    }
    print_error("debate serve does not listen; it said: %s\n", said);
    return 0;
}

static inline void server_start_at(int port, const char *const *extra)
{
    int ends[2];
    const char *listen = text("127.0.0.1:%d", port);
    assert_int_equal(pipe(ends), 0);
    if (!server.folder[0])
        server_prepare();
    fflush(NULL);
    server.pid = fork();
    assert_true(server.pid >= 0);
    if (server.pid == 0) {
        close(ends[0]);
        server_exec(listen, extra, ends[1]);
    }
    close(ends[1]);
    server.out = ends[0];
    server.port = server_port_read(server.out);
    if (!server.port)
        fail_here("no server");
}

/* Extra arguments, NULL at their end. */
static inline void server_start(const char *const *extra)
{
    server_start_at(0, extra);
}

/* Waits for its end; the status of waitpid, or -1 when it goes on for more than `ms`. */
static inline int server_wait(int64_t ms)
{
    int status = 0;
    int64_t end = clock_ms() + ms;
    pid_t ended = 0;
    while ((ended = waitpid(server.pid, &status, WNOHANG)) == 0 && clock_ms() < end)
        poll(NULL, 0, 5);
    if (ended == 0)
        return -1;
    server.pid = 0;
    close(server.out);
    return status;
}

static inline void server_kill(void)
{
    if (server.pid > 0) {
        kill(server.pid, SIGKILL);
        server_wait(PATIENCE_MS);
    }
}

static inline void server_remove(void)
{
    server_kill();
    if (server.folder[0])
        folder_remove(server.folder);
    server.folder[0] = '\0';
}

/* ---- tokens ---- */

static inline const char *base64url(const void *data, size_t len)
{
    char *out = keep_zalloc(base64url_size(len));
    base64url_encode(data, len, out);
    return out;
}

static inline const char *token_signed(const char *header, const char *claims, const char *secret)
{
    uint8_t mac[SHA256_SIZE];
    const char *input =
        text("%s.%s", base64url(header, strlen(header)), base64url(claims, strlen(claims)));
    assert_int_equal(
        hmac_sha256((const uint8_t *)secret, strlen(secret), input, strlen(input), mac), ERR_NONE);
    return text("%s.%s", input, base64url(mac, sizeof mac));
}

/* A token with these claims, as they are: printf. */
static inline const char *__attribute__((format(printf, 1, 2))) token_of(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *claims = text_from(format, args);
    va_end(args);
    return token_signed("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", claims, server.secret);
}

static inline int64_t in_an_hour(void)
{
    return wall_ms() / 1000 + 3600;
}

static inline const char *token(const char *user)
{
    return token_of("{\"sub\":\"%s\",\"exp\":%ld}", user, (long)in_an_hour());
}

static inline const char *token_with_role(const char *user, const char *role)
{
    return token_of("{\"sub\":\"%s\",\"exp\":%ld,\"role\":\"%s\"}", user, (long)in_an_hour(), role);
}

static inline const char *token_for_room(const char *user, const char *code)
{
    return token_of("{\"sub\":\"%s\",\"exp\":%ld,\"room\":\"%s\"}", user, (long)in_an_hour(), code);
}

#endif
