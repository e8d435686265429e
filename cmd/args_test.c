#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "args.h"
#include "base/str.h"
#include "print.h"

static enum exit_code run_nothing(const struct args *args)
{
    (void)args;
    return EXIT_CODE_DONE;
}

static const struct option options[] = {
    {.name = "count", .letter = 'c', .argument = "N", .help = "How many.", .fallback = "3"},
    {.name = "guests", .letter = 'g', .argument = "WHO", .help = "Who.", .optional_argument = true},
    {.name = "json", .letter = 'j', .help = "As JSON."},
    {.name = "quiet", .letter = 'q', .help = "Say nothing."},
    {.name = "server",
     .letter = 's',
     .argument = "URL",
     .help = "Where.",
     .fallback = "http://here",
     .variable = "DEBATE_TEST_SERVER"},
    {0},
};

static const struct cmd cmd_sample = {.name = "sample",
                                      .summary = "be tested",
                                      .operands = "ROOM [CHOICE]",
                                      .operands_min = 1,
                                      .operands_max = 2,
                                      .description = "Is tested.",
                                      .options = options,
                                      .run = run_nothing};

/* Parses the words up to NULL; the caller releases `args`. */
static enum exit_code parse(struct args *args, ...)
{
    static const char *words[16];
    int count = 0;
    va_list list;
    va_start(list, args);
    for (const char *word; (word = va_arg(list, const char *));)
        words[count++] = word;
    va_end(list);
    return args_parse(args, &cmd_sample, count, (char *const *)words);
}

/* All of them are wrong usage; NULL ends the words. */
#define assert_usage(...)                                                                          \
    do {                                                                                           \
        struct args wrong;                                                                         \
        assert_int_equal(parse(&wrong, __VA_ARGS__, NULL), EXIT_CODE_USAGE);                       \
        args_release(&wrong);                                                                      \
    } while (0)

static void what_is_not_given_has_its_fallback(void **state)
{
    (void)state;
    struct args args;
    assert_int_equal(parse(&args, "room", NULL), EXIT_CODE_DONE);
    assert_string_equal(args_get(&args, "count"), "3");
    assert_null(args_get(&args, "guests"));
    assert_null(args_get(&args, "json"));
    assert_false(args_given(&args, "count"));
    assert_int_equal(args_operand_count(&args), 1);
    assert_string_equal(args_operand(&args, 0), "room");
    assert_null(args_operand(&args, 1));
    assert_null(args_operand(&args, -1));
    args_release(&args);
}

static void values_come_in_every_form(void **state)
{
    (void)state;
    static const char *const forms[][3] = {{"--count", "7", "room"},
                                           {"--count=7", "room", NULL},
                                           {"-c", "7", "room"},
                                           {"room", "-c7", NULL},
                                           {"room", "--count", "7"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct args args;
        assert_int_equal(parse(&args, forms[i][0], forms[i][1], forms[i][2], NULL), EXIT_CODE_DONE);
        assert_string_equal(args_get(&args, "count"), "7");
        assert_true(args_given(&args, "count"));
        assert_string_equal(args_operand(&args, 0), "room");
        args_release(&args);
    }
}

static void short_flags_are_bundled_with_a_value_at_the_end(void **state)
{
    (void)state;
    struct args args;
    assert_int_equal(parse(&args, "-jqc", "7", "room", NULL), EXIT_CODE_DONE);
    assert_string_equal(args_get(&args, "json"), "");
    assert_true(args_given(&args, "quiet"));
    assert_string_equal(args_get(&args, "count"), "7");
    args_release(&args);
    assert_int_equal(parse(&args, "-jc7q", "room", NULL), EXIT_CODE_DONE);
    assert_string_equal(args_get(&args, "count"), "7q");
    assert_false(args_given(&args, "quiet"));
    args_release(&args);
}

static void the_last_of_two_counts(void **state)
{
    (void)state;
    struct args args;
    assert_int_equal(parse(&args, "-c1", "room", "--count=2", NULL), EXIT_CODE_DONE);
    assert_string_equal(args_get(&args, "count"), "2");
    args_release(&args);
}

static void an_optional_value_is_never_the_next_word(void **state)
{
    (void)state;
    struct args args;
    assert_int_equal(parse(&args, "--guests", "room", NULL), EXIT_CODE_DONE);
    assert_string_equal(args_get(&args, "guests"), "");
    assert_string_equal(args_operand(&args, 0), "room");
    args_release(&args);
    assert_int_equal(parse(&args, "--guests=rooms", "room", NULL), EXIT_CODE_DONE);
    assert_string_equal(args_get(&args, "guests"), "rooms");
    args_release(&args);
    assert_int_equal(parse(&args, "-g", "room", NULL), EXIT_CODE_DONE);
    assert_string_equal(args_get(&args, "guests"), "");
    assert_string_equal(args_operand(&args, 0), "room");
    args_release(&args);
    assert_int_equal(parse(&args, "-jgoff", "room", NULL), EXIT_CODE_DONE);
    assert_string_equal(args_get(&args, "guests"), "off");
    args_release(&args);
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    struct args args;
    assert_int_equal(parse(&args, "-", "--", "--json", NULL), EXIT_CODE_DONE);
    assert_string_equal(args_operand(&args, 0), "-");
    assert_string_equal(args_operand(&args, 1), "--json");
    assert_false(args_given(&args, "json"));
    args_release(&args);
}

static void a_value_may_look_like_an_option(void **state)
{
    (void)state;
    struct args args;
    assert_int_equal(parse(&args, "--server", "--json", "room", NULL), EXIT_CODE_DONE);
    assert_string_equal(args_get(&args, "server"), "--json");
    assert_false(args_given(&args, "json"));
    args_release(&args);
}

static void a_variable_gives_what_the_command_line_does_not(void **state)
{
    (void)state;
    struct args args;
    setenv("DEBATE_TEST_SERVER", "http://there", 1);
    assert_int_equal(parse(&args, "room", NULL), EXIT_CODE_DONE);
    assert_string_equal(args_get(&args, "server"), "http://there");
    assert_true(args_given(&args, "server"));
    args_release(&args);
    assert_int_equal(parse(&args, "room", "-shttp://mine", NULL), EXIT_CODE_DONE);
    assert_string_equal(args_get(&args, "server"), "http://mine");
    args_release(&args);
    setenv("DEBATE_TEST_SERVER", "", 1);
    assert_int_equal(parse(&args, "room", NULL), EXIT_CODE_DONE);
    assert_string_equal(args_get(&args, "server"), "http://here");
    assert_false(args_given(&args, "server"));
    args_release(&args);
    unsetenv("DEBATE_TEST_SERVER");
}

static void wrong_usage_is_refused(void **state)
{
    (void)state;
    assert_usage("room", "--nothing");
    assert_usage("room", "--coun=3");
    assert_usage("room", "-x");
    assert_usage("room", "-jx");
    assert_usage("room", "--count");
    assert_usage("room", "-c");
    assert_usage("room", "--json=yes");
    assert_usage("room", "--help=yes");
    assert_usage("one", "two", "three");
    assert_usage("--json");
}

static void help_is_wanted_whatever_else_is_missing(void **state)
{
    (void)state;
    struct args args;
    assert_int_equal(parse(&args, "--help", NULL), EXIT_CODE_DONE);
    assert_int_equal(args.wish, WISH_HELP);
    args_release(&args);
    assert_int_equal(parse(&args, "-jh", NULL), EXIT_CODE_DONE);
    assert_int_equal(args.wish, WISH_HELP);
    args_release(&args);
    assert_int_equal(parse(&args, "room", NULL), EXIT_CODE_DONE);
    assert_int_equal(args.wish, WISH_RUN);
    args_release(&args);
}

static void the_version_is_told_by_every_subcommand(void **state)
{
    (void)state;
    struct args args;
    assert_int_equal(parse(&args, "--version", NULL), EXIT_CODE_DONE);
    assert_int_equal(args.wish, WISH_VERSION);
    args_release(&args);
    assert_int_equal(parse(&args, "--version", "-h", "--version", NULL), EXIT_CODE_DONE);
    assert_int_equal(args.wish, WISH_HELP);
    args_release(&args);
    assert_usage("room", "--version=1");
    assert_usage("room", "--", "--version", "three");
}

static bool number(const char *word, int64_t *out)
{
    struct args args;
    assert_int_equal(parse(&args, "room", "--count", word, NULL), EXIT_CODE_DONE);
    bool ok = args_number(&args, "count", -5, 500, out);
    args_release(&args);
    return ok;
}

static void numbers_are_whole_and_within_bounds(void **state)
{
    (void)state;
    int64_t n;
    assert_true(number("500", &n));
    assert_int_equal(n, 500);
    assert_true(number("-5", &n));
    assert_int_equal(n, -5);
    static const char *const wrong[] = {"501", "-6",  "",    "-",   "--1", " 1",
                                        "1 ",  "1.0", "0x1", "1e1", "+1",  "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(number(wrong[i], &n));
}

static bool bytes(const char *word, uint64_t *out)
{
    struct args args;
    assert_int_equal(parse(&args, "room", "--count", word, NULL), EXIT_CODE_DONE);
    bool ok = args_bytes(&args, "count", out);
    args_release(&args);
    return ok;
}

static void bytes_may_have_a_unit(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        uint64_t bytes;
    } right[] = {{"0", 0},
                 {"1500", 1500},
                 {"3K", 3072},
                 {"500M", 524288000},
                 {"20G", 21474836480},
                 {"2T", 2199023255552},
                 {"9223372036854775807", INT64_MAX}};
    static const char *const wrong[] = {"",
                                        "K",
                                        "1k",
                                        "1KB",
                                        "1.5G",
                                        "-1",
                                        " 1",
                                        "1 K",
                                        "1M1",
                                        "0x1",
                                        "9223372036854775808",
                                        "9007199254740992K"};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        uint64_t out = 1;
        assert_true(bytes(right[i].word, &out));
        assert_int_equal(out, right[i].bytes);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint64_t out;
        assert_false(bytes(wrong[i], &out));
    }
}

static bool seconds(const char *word, int64_t *out_ms)
{
    struct args args;
    assert_int_equal(parse(&args, "room", "--count", word, NULL), EXIT_CODE_DONE);
    bool ok = args_seconds(&args, "count", 0, 60000, out_ms);
    args_release(&args);
    return ok;
}

static void seconds_may_have_a_fraction(void **state)
{
    (void)state;
    int64_t ms;
    assert_true(seconds("0", &ms));
    assert_int_equal(ms, 0);
    assert_true(seconds("60", &ms));
    assert_int_equal(ms, 60000);
    assert_true(seconds(".25", &ms));
    assert_int_equal(ms, 250);
    assert_true(seconds("2.", &ms));
    assert_int_equal(ms, 2000);
    static const char *const wrong[] = {"", ".", "60.001", "-1", "1e1", "0x1", "inf", "nan", "1s"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(seconds(wrong[i], &ms));
}

static void a_misspelt_word_finds_its_name(void **state)
{
    (void)state;
    static const char *const names[] = {"serve", "room", "replay", "bot", NULL};
    assert_string_equal(suggest("serv", names), "serve");
    assert_string_equal(suggest("sreve", names), "serve");
    assert_string_equal(suggest("rooms", names), "room");
    assert_string_equal(suggest("relpay", names), "replay");
    assert_null(suggest("xyz", names));
    assert_null(suggest("", names));
    assert_null(suggest("serveserveserveserveserveserveserve", names));
}

static void foreign_text_stays_on_its_line(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    print_safely(out, "a\nb\x1b[31m\x7f \xc2\x9b \xff\xe4\xb8 \xec\x9d\xb4");
    fclose(out);
    assert_string_equal(text, "a?b?[31m? ?? ??"
                              "? \xec\x9d\xb4");
    free(text);
}

static void check_option(const struct cmd *cmd, const struct option *option)
{
    const char *help = option->help;
    assert_true(help[strlen(help) - 1] == '.');
    assert_true(option->argument || (!option->fallback && !option->optional_argument));
    if (option > cmd->options && strcmp(option[-1].name, option->name) >= 0)
        fail_msg("debate %s: --%s is not in order", cmd->name, option->name);
    for (const struct option *other = cmd->options; other < option; other++)
        assert_true(!option->letter || other->letter != option->letter);
    assert_true(!option->variable || strncmp(option->variable, "DEBATE_", 7) == 0);
    for (const struct option *common = help_common; common->name; common++)
        assert_true((!option->letter || option->letter != common->letter) &&
                    strcmp(option->name, common->name) != 0);
}

static void every_subcommand_keeps_to_the_rules(void **state)
{
    (void)state;
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++) {
        int count = 0;
        for (const struct option *o = (*cmd)->options; o && o->name; o++, count++)
            check_option(*cmd, o);
        assert_true(count < ARGS_OPTIONS_MAX);
        assert_true((*cmd)->operands_max == 0 || (*cmd)->operands);
        assert_true((*cmd)->operands_min <= (*cmd)->operands_max);
        assert_true((*cmd)->summary[strlen((*cmd)->summary) - 1] != '.');
        assert_true((*cmd)->description[strlen((*cmd)->description) - 1] == '.');
        for (const struct cmd *const *other = cmd_table; other < cmd; other++)
            assert_string_not_equal((*cmd)->name, (*other)->name);
    }
}

/* The longest line of a subcommand's help, in characters. */
static size_t widest(const struct cmd *cmd, const char *columns)
{
    char *text = NULL;
    size_t size, most = 0;
    setenv("COLUMNS", columns, 1);
    FILE *out = open_memstream(&text, &size);
    help_print(cmd, out);
    fclose(out);
    unsetenv("COLUMNS");
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        most = utf8_length(line) > most ? utf8_length(line) : most;
    free(text);
    return most;
}

static void help_fits_the_terminal(void **state)
{
    (void)state;
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++) {
        assert_in_range(widest(*cmd, "80"), 1, 80);
        assert_in_range(widest(*cmd, "nonsense"), 1, 80);
        assert_in_range(widest(*cmd, "120"), 81, 120);
    }
    assert_in_range(widest(&cmd_sample, "1"), 1, 40);
}

/* Whoever runs these may have a config file of their own. */
static int no_config(void **state)
{
    (void)state;
    return setenv("XDG_CONFIG_HOME", "/nowhere", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_given_has_its_fallback),
        cmocka_unit_test(values_come_in_every_form),
        cmocka_unit_test(short_flags_are_bundled_with_a_value_at_the_end),
        cmocka_unit_test(the_last_of_two_counts),
        cmocka_unit_test(an_optional_value_is_never_the_next_word),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(a_value_may_look_like_an_option),
        cmocka_unit_test(a_variable_gives_what_the_command_line_does_not),
        cmocka_unit_test(wrong_usage_is_refused),
        cmocka_unit_test(help_is_wanted_whatever_else_is_missing),
        cmocka_unit_test(the_version_is_told_by_every_subcommand),
        cmocka_unit_test(numbers_are_whole_and_within_bounds),
        cmocka_unit_test(bytes_may_have_a_unit),
        cmocka_unit_test(seconds_may_have_a_fraction),
        cmocka_unit_test(a_misspelt_word_finds_its_name),
        cmocka_unit_test(foreign_text_stays_on_its_line),
        cmocka_unit_test(every_subcommand_keeps_to_the_rules),
        cmocka_unit_test(help_fits_the_terminal),
    };
    return cmocka_run_group_tests(tests, no_config, NULL);
}
