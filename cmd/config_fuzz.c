#include "base/fuzz_testing.h"

#include <sys/stat.h>

#include "args.h"

static enum exit_code run(const struct args *args)
{
    return args ? EXIT_CODE_DONE : EXIT_CODE_FAILED;
}

static const struct option options[] = {
    OPTION_SERVER, {.name = "json", .help = "Lines of JSON."}, {.name = NULL}};
static const struct cmd cmd_first = {
    .name = "first", .summary = "A subcommand", .options = options, .run = run};
static const struct cmd cmd_second = {
    .name = "second", .summary = "Another", .options = options + 1, .run = run};
const struct cmd *const cmd_table[] = {&cmd_first, &cmd_second, NULL};

static char home[] = "/tmp/debate-fuzz-XXXXXX";

static void remove_home(void)
{
    char path[64];
    snprintf(path, sizeof path, "%s/debate/config", home);
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    rmdir(home);
}

/* A link to where each input lies in memory. */
static void make_home(const char *file)
{
    char path[64];
    static bool made;
    if (made)
        return;
    made = mkdtemp(home) != NULL && atexit(remove_home) == 0;
    snprintf(path, sizeof path, "%s/debate", home);
    fuzz_holds(made && mkdir(path, 0700) == 0 && setenv("XDG_CONFIG_HOME", home, 1) == 0);
    strcat(path, "/config");
    fuzz_holds(symlink(file, path) == 0);
}

/* Either the config is taken, with values that it holds, or one line says where it is wrong. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct args args;
    char *said = NULL;
    size_t said_len = 0;
    FILE *terminal = stderr;
    make_home(fuzz_file(data, size));
    stderr = open_memstream(&said, &said_len);
    fuzz_holds(stderr);
    enum exit_code code = args_parse(&args, &cmd_first, 0, NULL);
    fclose(stderr);
    stderr = terminal;
    if (code) {
        fuzz_holds(said_len > 0 && strchr(said, '\n') == said + said_len - 1);
    } else {
        fuzz_holds(said_len == 0 && args_get(&args, "server")[0] != '\0');
        fuzz_holds(!args_given(&args, "json") || args_get(&args, "json")[0] == '\0');
    }
    args_release(&args);
    free(said);
    return 0;
}
