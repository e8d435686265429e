#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "gen.h"

enum { GEN_PATH_SIZE = 1024, GEN_MORE_MAX = 256 * 1024 /* bytes of a page */ };

/* ---- what several of the makers need ---- */

enum gen_value gen_value_of(const char *argument)
{
    static const char *const files[] = {"FILE", "FILE...", "LOG", "SCENARIO", "DEVICE"};
    if (strchr(argument, '|'))
        return GEN_VALUE_WORDS;
    if (strcmp(argument, "DIR") == 0)
        return GEN_VALUE_FOLDER;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(argument, files[i]) == 0)
            return GEN_VALUE_FILE;
    }
    return GEN_VALUE_ANY;
}

bool gen_has_literals(const struct cmd *cmd)
{
    return cmd->operands && islower((unsigned char)cmd->operands[0]);
}

/* ---- files ---- */

static bool fail(const char *path)
{
    fprintf(stderr, "gen: %s: %s\n", path, strerror(errno));
    return false;
}

static FILE *begin(const char *out, const char *name, char path[GEN_PATH_SIZE])
{
    snprintf(path, GEN_PATH_SIZE, "%s/%s", out, name);
    FILE *file = fopen(path, "we");
    if (!file)
        fail(path);
    return file;
}

static bool end(FILE *file, const char *path)
{
    bool ok = !ferror(file);
    return (fclose(file) == 0 && ok) || fail(path);
}

/* What the page says beyond the table; nothing when there is no such file. */
static bool read_more(const char *path, struct buf *more)
{
    char part[4096];
    FILE *file = fopen(path, "re");
    if (!file)
        return (errno == ENOENT && !buf_append_str(more, "")) || fail(path);
    for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0 && !more->failed;)
        more->failed = buf_append(more, part, got) != ERR_NONE;
    bool ok = !ferror(file) && !more->failed;
    fclose(file);
    return ok || fail(path);
}

static bool make_page(const struct cmd *cmd, const char *source, const char *out)
{
    char name[128], path[GEN_PATH_SIZE];
    struct buf more;
    bool ok = false;
    snprintf(name, sizeof name, "man/debate%s%s.1", cmd ? "-" : "", cmd ? cmd->name : "");
    snprintf(path, sizeof path, "%s/%s.in", source, name);
    buf_init(&more, GEN_MORE_MAX);
    if (read_more(path, &more)) {
        FILE *file = begin(out, name, path);
        ok = file && gen_page(cmd, more.data, file);
        ok = file && end(file, path) && ok;
    }
    buf_release(&more);
    return ok;
}

static bool make(void (*maker)(FILE *out), const char *out, const char *name)
{
    char path[GEN_PATH_SIZE];
    FILE *file = begin(out, name, path);
    if (!file)
        return false;
    maker(file);
    return end(file, path);
}

/* SOURCE: the tree with man/NAME.1.in; OUT: the one with man and completions to be written. */
int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "gen: it takes SOURCE OUT\n");
        return EXIT_CODE_USAGE;
    }
    bool ok = make_page(NULL, argv[1], argv[2]);
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++)
        ok = make_page(*cmd, argv[1], argv[2]) && ok;
    ok = make(gen_bash, argv[2], "completions/debate.bash") && ok;
    ok = make(gen_zsh, argv[2], "completions/_debate") && ok;
    ok = make(gen_fish, argv[2], "completions/debate.fish") && ok;
    return ok ? EXIT_CODE_DONE : EXIT_CODE_FAILED;
}
