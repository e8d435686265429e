#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "args.h"

static char home[] = "/tmp/config-test-XXXXXX";
static char path[64];

static int make_home(void **state)
{
    (void)state;
    char folder[64];
    if (!mkdtemp(home))
        return -1;
    snprintf(folder, sizeof folder, "%s/debate", home);
    snprintf(path, sizeof path, "%s/debate/config", home);
    unsetenv("DEBATE_SERVER");
    return setenv("XDG_CONFIG_HOME", home, 1) || mkdir(folder, 0700);
}

static int remove_home(void **state)
{
    (void)state;
    char folder[64];
    snprintf(folder, sizeof folder, "%s/debate", home);
    unlink(path);
    return rmdir(folder) || rmdir(home);
}

static void write_bytes(const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static const struct cmd *command(const char *name)
{
    const struct cmd *const *cmd = cmd_table;
    while (*cmd && strcmp((*cmd)->name, name) != 0)
        cmd++;
    assert_non_null(*cmd);
    return *cmd;
}

/* With `config` in the file. Standard error goes to `said`. */
static enum exit_code parse_saying(struct args *args, const char *config, const char *cmd,
                                   char *said, size_t said_size)
{
    static char word_list[][8] = {"room", "list"};
    char *words[] = {word_list[0], word_list[1]};
    FILE *heard = tmpfile();
    int kept = dup(STDERR_FILENO);
    assert_non_null(heard);
    write_bytes(config, strlen(config));
    fflush(stderr);
    dup2(fileno(heard), STDERR_FILENO);
    const struct cmd *found = command(cmd);
    enum exit_code code = args_parse(args, found, found->operands_max < 2 ? 0 : 2, words);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(heard);
    said[fread(said, 1, said_size - 1, heard)] = '\0';
    fclose(heard);
    return code;
}

static enum exit_code parse(struct args *args, const char *config, const char *cmd)
{
    char said[256];
    return parse_saying(args, config, cmd, said, sizeof said);
}

static void config_gives(const char *config, const char *cmd, const char *name, const char *value)
{
    struct args args;
    assert_int_equal(parse(&args, config, cmd), EXIT_CODE_DONE);
    if (value)
        assert_string_equal(args_get(&args, name), value);
    else
        assert_null(args_get(&args, name));
    args_release(&args);
}

static void a_line_gives_the_option_of_every_subcommand_that_has_it(void **state)
{
    (void)state;
    static const char config[] = "# where I debate\n\n; and how\n  server =  http://a/b=c#d \r\n";
    config_gives(config, "choose", "server", "http://a/b=c#d");
    config_gives(config, "room", "server", "http://a/b=c#d");
    config_gives(config, "serve", "listen", "127.0.0.1:8080");
    config_gives("name=Kim Lee", "room", "name", "Kim Lee");
    config_gives("", "room", "name", "guest");
}

static void a_section_is_one_subcommand_s_and_counts_more(void **state)
{
    (void)state;
    static const char config[] = "server = http://all\n[choose]\nserver = http://one\n[ room "
                                 "]\nname = Kim\n[choose]\npage=2";
    config_gives(config, "choose", "server", "http://one");
    config_gives(config, "choose", "page", "2");
    config_gives(config, "room", "server", "http://all");
    config_gives(config, "room", "name", "Kim");
    config_gives("[room]\nname = a\nname = b\n", "room", "name", "b");
}

static void a_flag_is_on_or_off(void **state)
{
    (void)state;
    config_gives("json = on\n", "room", "json", "");
    config_gives("json = off\n", "room", "json", NULL);
    config_gives("json = on\n[room]\njson = off\n", "room", "json", NULL);
    config_gives("json = on\n[room]\njson = off\n", "choose", "json", "");
}

static void the_command_line_and_variables_count_more(void **state)
{
    (void)state;
    char word[] = "--server=http://line", *words[] = {word};
    struct args args;
    static const char config[] = "server = http://config\n";
    setenv("DEBATE_SERVER", "http://variable", 1);
    config_gives(config, "room", "server", "http://variable");
    assert_int_equal(args_parse(&args, command("room"), 1, words), EXIT_CODE_DONE);
    assert_string_equal(args_get(&args, "server"), "http://line");
    args_release(&args);
    unsetenv("DEBATE_SERVER");
    config_gives(config, "room", "server", "http://config");
}

static void what_the_config_says_is_given_but_not_asked_for(void **state)
{
    (void)state;
    char word[] = "--seats=2", *words[] = {word};
    struct args args;
    assert_int_equal(parse(&args, "seats = 4\n", "room"), EXIT_CODE_DONE);
    assert_true(args_given(&args, "seats"));
    assert_false(args_asked(&args, "seats"));
    assert_false(args_given(&args, "agenda"));
    assert_false(args_asked(&args, "agenda"));
    args_release(&args);
    assert_int_equal(args_parse(&args, command("room"), 1, words), EXIT_CODE_DONE);
    assert_true(args_asked(&args, "seats"));
    args_release(&args);
}

/* The line that is wrong is named, and what is said of it. */
static void expect_wrong(const char *config, int line, const char *text)
{
    struct args args;
    char said[512], where[128];
    assert_int_equal(parse_saying(&args, config, "choose", said, sizeof said), EXIT_CODE_USAGE);
    args_release(&args);
    snprintf(where, sizeof where, "debate choose: %s:%d: ", path, line);
    if (strncmp(said, where, strlen(where)) != 0 || !strstr(said, text) ||
        strchr(said, '\n') != said + strlen(said) - 1)
        fail_msg("%d: %s: said: %s", line, text, said);
}

static void a_wrong_line_is_named_whoever_it_is_for(void **state)
{
    (void)state;
    expect_wrong("server\n", 1, "NAME = VALUE");
    expect_wrong("\n= x\n", 2, "NAME = VALUE");
    expect_wrong("# x\n\nsever = http://x\n", 3, "did you mean server?");
    expect_wrong("[room]\nlisten = 127.0.0.1:1\n", 2, "debate room has no such option");
    expect_wrong("[serve]\nliten = 127.0.0.1:1\n", 2, "did you mean listen?");
    expect_wrong("[rom]\n", 1, "did you mean [room]?");
    expect_wrong("[room\n", 1, "[SUBCOMMAND]");
    expect_wrong("[]\n", 1, "no such subcommand");
    expect_wrong("json = yes\n", 1, "on or off");
    expect_wrong("json =\n", 1, "on or off");
    expect_wrong("server = \n", 1, "server = URL");
    expect_wrong("help = on\n", 1, "no such option");
    expect_wrong("server = x\ny\x1b[31m\n", 2, "y?[31m");
}

static void what_is_no_text_is_refused(void **state)
{
    (void)state;
    struct args args;
    write_bytes("\nserver\0 = x\n", 13);
    assert_int_equal(args_parse(&args, command("serve"), 0, NULL), EXIT_CODE_USAGE);
    args_release(&args);
    char *big = calloc(1, ARGS_CONFIG_MAX + 1);
    memset(big, '\n', ARGS_CONFIG_MAX + 1);
    write_bytes(big, ARGS_CONFIG_MAX + 1);
    assert_int_equal(args_parse(&args, command("serve"), 0, NULL), EXIT_CODE_USAGE);
    args_release(&args);
    write_bytes(big, ARGS_CONFIG_MAX);
    assert_int_equal(args_parse(&args, command("serve"), 0, NULL), EXIT_CODE_DONE);
    args_release(&args);
    free(big);
}

static void it_is_looked_for_where_the_account_keeps_such_files(void **state)
{
    (void)state;
    char below[64];
    struct args args;
    const char *old = getenv("HOME");
    char *home_was = old ? strdup(old) : NULL;
    write_bytes("listen = 127.0.0.1:9\n", 21);
    snprintf(below, sizeof below, "%s/.config", home);
    assert_int_equal(symlink(".", below), 0);
    setenv("HOME", home, 1);
    static const char *const values[] = {NULL, "", "relative"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (values[i])
            setenv("XDG_CONFIG_HOME", values[i], 1);
        else
            unsetenv("XDG_CONFIG_HOME");
        assert_int_equal(args_parse(&args, command("serve"), 0, NULL), EXIT_CODE_DONE);
        assert_string_equal(args_get(&args, "listen"), "127.0.0.1:9");
        args_release(&args);
    }
    unsetenv("HOME");
    assert_int_equal(args_parse(&args, command("serve"), 0, NULL), EXIT_CODE_DONE);
    assert_string_equal(args_get(&args, "listen"), "127.0.0.1:8080");
    args_release(&args);
    unlink(below);
    if (home_was)
        setenv("HOME", home_was, 1);
    free(home_was);
    setenv("XDG_CONFIG_HOME", home, 1);
}

static void help_does_not_need_it(void **state)
{
    (void)state;
    char word[] = "--help", *words[] = {word};
    struct args args;
    write_bytes("nonsense\n", 9);
    assert_int_equal(args_parse(&args, command("serve"), 1, words), EXIT_CODE_DONE);
    args_release(&args);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_gives_the_option_of_every_subcommand_that_has_it),
        cmocka_unit_test(a_section_is_one_subcommand_s_and_counts_more),
        cmocka_unit_test(a_flag_is_on_or_off),
        cmocka_unit_test(the_command_line_and_variables_count_more),
        cmocka_unit_test(what_the_config_says_is_given_but_not_asked_for),
        cmocka_unit_test(a_wrong_line_is_named_whoever_it_is_for),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(it_is_looked_for_where_the_account_keeps_such_files),
        cmocka_unit_test(help_does_not_need_it),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
