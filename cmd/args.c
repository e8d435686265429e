#include "args.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config.h"
#include "print.h"
#include "server/server.h"

/* ---- errors ---- */

void args_say(const char *program, const char *format, va_list list)
{
    char text[2048];
    vsnprintf(text, sizeof text, format, list);
    str_hide_tokens(text);
    fprintf(stderr, "%s: ", program);
    print_safely(stderr, text);
    fputc('\n', stderr);
}

__attribute__((format(printf, 2, 0))) static void say(const struct args *args, const char *format,
                                                      va_list list)
{
    char program[64];
    snprintf(program, sizeof program, "debate %s", args->cmd->name);
    args_say(program, format, list);
}

/* Where the value of the option comes from that a sentence begins with, if nobody sees it on the
 * command line: " (NAME comes from ...)". */
static void origin(const struct args *args, const char *text, char *out, size_t out_size)
{
    size_t len = strncmp(text, "--", 2) == 0 ? strcspn(text + 2, " =:") : 0;
    const struct option *option = len ? args_find(args->cmd->options, text + 2, len) : NULL;
    size_t at = option ? (size_t)(option - args->cmd->options) : 0;
    out[0] = '\0';
    if (option && args->is_variable[at])
        snprintf(out, out_size, " (--%s comes from %s)", option->name, option->variable);
    else if (option && args->standing_line[at])
        snprintf(out, out_size, " (--%s comes from line %d of the config file)", option->name,
                 args->standing_line[at]);
}

enum exit_code args_error(const struct args *args, enum exit_code code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say(args, format, list);
    va_end(list);
    return code;
}

enum exit_code args_usage_error(const struct args *args, const char *format, ...)
{
    char text[2048], from[128];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    origin(args, text, from, sizeof from);
    return args_error(args, EXIT_CODE_USAGE, "%s%s", text, from);
}

/* ---- parsing ---- */

/* The words that are still to be read. */
struct words {
    int count, at;
    char *const *words;
};

const struct option *args_find(const struct option *options, const char *name, size_t len)
{
    for (const struct option *o = options; o && o->name; o++) {
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
            return o;
    }
    return NULL;
}

static const struct option *find_letter(const struct option *options, char letter)
{
    for (const struct option *o = options; o && o->name; o++) {
        if (o->letter && o->letter == letter)
            return o;
    }
    return NULL;
}

static void set(struct args *args, const struct option *option, const char *value)
{
    args->values[option - args->cmd->options] = value;
}

/* --help counts more than --version. */
static void wish(struct args *args, const struct option *common)
{
    bool is_help = common == help_common;
    if (is_help || args->wish == WISH_RUN)
        args->wish = is_help ? WISH_HELP : WISH_VERSION;
}

static enum exit_code unknown_option(const struct args *args, const char *word, size_t len)
{
    const char *names[ARGS_OPTIONS_MAX + 3];
    char name[64];
    size_t count = 0;
    for (const struct option *o = args->cmd->options; o && o->name; o++)
        names[count++] = o->name;
    for (const struct option *o = help_common; o->name; o++)
        names[count++] = o->name;
    names[count] = NULL;
    snprintf(name, sizeof name, "%.*s", (int)len, word);
    const char *near = suggest(name, names);
    if (near)
        return args_usage_error(args, "--%s: there is no such option; did you mean --%s?", name,
                                near);
    return args_usage_error(args, "--%s: there is no such option; see debate %s --help", name,
                            args->cmd->name);
}

static enum exit_code take_long(struct args *args, struct words *words)
{
    const char *name = words->words[words->at++] + 2, *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    const struct option *option = args_find(args->cmd->options, name, len);
    const struct option *common = option ? NULL : args_find(help_common, name, len);
    if (!option && !common)
        return unknown_option(args, name, len);
    if (equals && (common || !option->argument))
        return args_usage_error(args, "--%.*s takes no value", (int)len, name);
    if (common) {
        wish(args, common);
        return EXIT_CODE_DONE;
    }
    if (equals || !option->argument || option->optional_argument) {
        set(args, option, equals ? equals + 1 : "");
        return EXIT_CODE_DONE;
    }
    if (words->at == words->count)
        return args_usage_error(args, "--%s needs a value: --%s %s", option->name, option->name,
                                option->argument);
    set(args, option, words->words[words->at++]);
    return EXIT_CODE_DONE;
}

/* One word of short options: flags, the last of which may take the rest, or the next word. */
static enum exit_code take_short(struct args *args, struct words *words)
{
    const char *at = words->words[words->at++] + 1;
    for (; *at; at++) {
        const struct option *option = find_letter(args->cmd->options, *at);
        const struct option *common = option ? NULL : find_letter(help_common, *at);
        if (common) {
            wish(args, common);
            continue;
        }
        if (!option)
            return args_usage_error(args, "-%.*s: there is no such option; see debate %s --help",
                                    (int)(print_width(at) ? print_width(at) : 1), at,
                                    args->cmd->name);
        if (!option->argument) {
            set(args, option, "");
            continue;
        }
        if (at[1] || option->optional_argument) {
            set(args, option, at + 1);
            return EXIT_CODE_DONE;
        }
        if (words->at == words->count)
            return args_usage_error(args, "-%c needs a value: -%c %s", *at, *at, option->argument);
        set(args, option, words->words[words->at++]);
        return EXIT_CODE_DONE;
    }
    return EXIT_CODE_DONE;
}

static enum exit_code take_words(struct args *args, struct words *words)
{
    bool only_operands = false;
    enum exit_code code = EXIT_CODE_DONE;
    while (!code && words->at < words->count) {
        const char *word = words->words[words->at];
        if (only_operands || word[0] != '-' || !word[1]) {
            args->operands[args->operand_count++] = word;
            words->at++;
        } else if (strcmp(word, "--") == 0) {
            only_operands = true;
            words->at++;
        } else {
            code = word[1] == '-' ? take_long(args, words) : take_short(args, words);
        }
    }
    return code;
}

/* What the command line leaves open; a variable that is set but empty gives nothing. */
static void take_variables(struct args *args)
{
    for (const struct option *o = args->cmd->options; o && o->name; o++) {
        const char **value = &args->values[o - args->cmd->options];
        const char *given = o->variable ? getenv(o->variable) : NULL;
        if (!*value && given && given[0]) {
            *value = given;
            args->is_variable[o - args->cmd->options] = true;
        }
    }
}

/* The word of "ROOM CHOICE" that stands at this place. */
static void operand_name(const char *operands, int index, char *out, size_t out_size)
{
    for (; index > 0; index--) {
        operands += strcspn(operands, " ");
        operands += strspn(operands, " ");
    }
    snprintf(out, out_size, "%.*s", (int)strcspn(operands, " ."), operands);
}

static enum exit_code check_operands(const struct args *args)
{
    const struct cmd *cmd = args->cmd;
    char name[32];
    if (args->operand_count > cmd->operands_max) {
        const char *extra = args->operands[cmd->operands_max];
        if (!cmd->operands)
            return args_usage_error(args, "%s: debate %s takes options alone", extra, cmd->name);
        return args_usage_error(args, "%s: one too many; it is debate %s %s", extra, cmd->name,
                                cmd->operands);
    }
    if (args->operand_count < cmd->operands_min) {
        operand_name(cmd->operands, args->operand_count, name, sizeof name);
        return args_usage_error(args, "%s is missing; it is debate %s %s", name, cmd->name,
                                cmd->operands);
    }
    return EXIT_CODE_DONE;
}

enum exit_code args_parse(struct args *args, const struct cmd *cmd, int argc, char *const *argv)
{
    struct words words = {.count = argc, .words = argv};
    *args = (struct args){.cmd = cmd};
    buf_init(&args->config, ARGS_CONFIG_MAX);
    args->operands = mem_alloc(sizeof *args->operands * ((size_t)argc + 1));
    if (!args->operands)
        return args_error(args, EXIT_CODE_FAILED, "no memory");
    enum exit_code code = take_words(args, &words);
    if (code || args->wish)
        return code;
    take_variables(args);
    code = config_take(args);
    return code ? code : check_operands(args);
}

void args_release(struct args *args)
{
    buf_release(&args->config);
    mem_free(args->operands);
    args->operands = NULL;
}

enum exit_code args_run(const struct cmd *cmd, int argc, char *const *argv)
{
    struct args args;
    enum exit_code code = args_parse(&args, cmd, argc, argv);
    if (!code && args.wish == WISH_HELP)
        help_print(cmd, stdout);
    else if (!code && args.wish == WISH_VERSION)
        printf("debate %s\n", DEBATE_VERSION);
    else if (!code)
        code = cmd->run(&args);
    args_release(&args);
    return code;
}

/* ---- asking ---- */

static const struct option *find(const struct args *args, const char *name)
{
    const struct option *option = args_find(args->cmd->options, name, strlen(name));
    if (!option) {
        /* A subcommand asks for what its own table has not: a bug that any run of it shows. */
        fprintf(stderr, "debate %s: --%s is not in the table\n", args->cmd->name, name);
        abort();
    }
    return option;
}

bool args_given(const struct args *args, const char *name)
{
    return args->values[find(args, name) - args->cmd->options] != NULL;
}

bool args_asked(const struct args *args, const char *name)
{
    return args_given(args, name) && !args->standing_line[find(args, name) - args->cmd->options];
}

const char *args_get(const struct args *args, const char *name)
{
    const struct option *option = find(args, name);
    const char *value = args->values[option - args->cmd->options];
    return value ? value : option->fallback;
}

int args_operand_count(const struct args *args)
{
    return args->operand_count;
}

const char *args_operand(const struct args *args, int index)
{
    return index >= 0 && index < args->operand_count ? args->operands[index] : NULL;
}

bool args_number(const struct args *args, const char *name, int64_t min, int64_t max, int64_t *out)
{
    const char *value = args_get(args, name);
    bool is_negative = value && *value == '-';
    uint64_t magnitude;
    if (value && str_to_u64(value + is_negative, INT64_MAX, &magnitude)) {
        *out = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
        if (*out >= min && *out <= max)
            return true;
    }
    args_usage_error(args, "--%s %s: it takes a whole number from %lld to %lld", name,
                     value ? value : "", (long long)min, (long long)max);
    return false;
}

bool args_bytes(const struct args *args, const char *name, uint64_t *out)
{
    static const char units[] = "KMGT";
    const char *value = args_get(args, name);
    size_t digits = value ? strspn(value, "0123456789") : 0;
    const char *unit = value && value[digits] ? strchr(units, value[digits]) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    char number[24];
    bool is_whole = digits > 0 && digits < sizeof number && (!value[digits] || unit) &&
                    (!unit || !value[digits + 1]);
    if (is_whole) {
        snprintf(number, sizeof number, "%.*s", (int)digits, value);
        if (str_to_u64(number, (UINT64_MAX >> 1) >> shift, out)) {
            *out <<= shift;
            return true;
        }
    }
    args_usage_error(args, "--%s %s: it takes a number of bytes, such as 500M or 20G", name,
                     value ? value : "");
    return false;
}

/* Digits, and maybe a point and more digits: what strtod takes beyond that (hex, inf) is refused.
 */
static bool is_decimal(const char *s)
{
    size_t digits = strspn(s, "0123456789"), more = 0;
    const char *rest = s + digits;
    if (*rest == '.') {
        more = strspn(rest + 1, "0123456789");
        rest += 1 + more;
    }
    return digits + more > 0 && !*rest;
}

/* `what` is named in the error. */
static bool take_decimal(const struct args *args, const char *name, const char *what, double min,
                         double max, double *out)
{
    const char *value = args_get(args, name);
    if (value && is_decimal(value)) {
        *out = strtod(value, NULL);
        if (*out >= min && *out <= max)
            return true;
    }
    args_usage_error(args, "--%s %s: it takes %s from %g to %.10g", name, value ? value : "", what,
                     min, max);
    return false;
}

bool args_decimal(const struct args *args, const char *name, double min, double max, double *out)
{
    return take_decimal(args, name, "a number", min, max, out);
}

bool args_seconds(const struct args *args, const char *name, int64_t min_ms, int64_t max_ms,
                  int64_t *out_ms)
{
    double seconds;
    if (!take_decimal(args, name, "seconds", (double)min_ms / 1000, (double)max_ms / 1000,
                      &seconds))
        return false;
    *out_ms = (int64_t)round(seconds * 1000);
    return true;
}
