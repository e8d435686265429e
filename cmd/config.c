#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"

enum { CONFIG_PATH_SIZE = 4096 };

/* Later lines count more than earlier ones, a section's more than those before all sections. */
enum rank { RANK_NONE, RANK_ALL, RANK_SECTION };

/* What the lines read so far say of an option of this subcommand. */
struct setting {
    enum rank rank;
    int line_number;
    const char *value; /* NULL: a flag that is off */
};

struct reading {
    struct args *args;
    const char *path;
    int line_number;
    const struct cmd *section; /* NULL: before the first */
    struct setting settings[ARGS_OPTIONS_MAX];
};

/* ---- errors ---- */

__attribute__((format(printf, 2, 3))) static enum exit_code wrong(const struct reading *reading,
                                                                  const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return args_usage_error(reading->args, "%s:%d: %s", reading->path, reading->line_number, text);
}

static enum exit_code unknown_section(const struct reading *reading, const char *name)
{
    const char *names[ARGS_COMMANDS_MAX + 1];
    size_t count = 0;
    for (; cmd_table[count] && count < ARGS_COMMANDS_MAX; count++)
        names[count] = cmd_table[count]->name;
    names[count] = NULL;
    const char *near = suggest(name, names);
    return wrong(reading, "[%.60s]: there is no such subcommand%s%s%s", name,
                 near ? "; did you mean [" : "", near ? near : "", near ? "]?" : "");
}

static enum exit_code unknown_option(const struct reading *reading, const char *name)
{
    const char *near = NULL;
    for (const struct cmd *const *cmd = cmd_table; *cmd && !near; cmd++) {
        const char *names[ARGS_OPTIONS_MAX + 1];
        size_t count = 0;
        if (reading->section && reading->section != *cmd)
            continue;
        for (const struct option *o = (*cmd)->options; o && o->name; o++)
            names[count++] = o->name;
        names[count] = NULL;
        near = suggest(name, names);
    }
    return wrong(reading, "%.60s: %s%s has no such option%s%s%s", name,
                 reading->section ? "debate " : "",
                 reading->section ? reading->section->name : "debate",
                 near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

/* ---- lines ---- */

/* Without the blanks around it; cuts the text. */
static char *trim(char *text)
{
    static const char blanks[] = " \t\r";
    text += strspn(text, blanks);
    size_t len = strlen(text);
    while (len && strchr(blanks, text[len - 1]))
        len--;
    text[len] = '\0';
    return text;
}

static enum exit_code take_section(struct reading *reading, char *line)
{
    size_t len = strlen(line);
    if (line[len - 1] != ']')
        return wrong(reading, "%.60s: a section is [SUBCOMMAND]", line);
    line[len - 1] = '\0';
    const char *name = trim(line + 1);
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++) {
        if (strcmp((*cmd)->name, name) == 0) {
            reading->section = *cmd;
            return EXIT_CODE_DONE;
        }
    }
    return unknown_section(reading, name);
}

static enum exit_code check_value(const struct reading *reading, const struct option *option,
                                  const char *value)
{
    if (option->argument && !value[0])
        return wrong(reading, "%s needs a value: %s = %s", option->name, option->name,
                     option->argument);
    if (!option->argument && strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        return wrong(reading, "%s = %.60s: it takes on or off", option->name, value);
    return EXIT_CODE_DONE;
}

/* The option as the subcommands know it for which the line is; all of them must take the value. */
static enum exit_code take_setting(struct reading *reading, const char *name, const char *value)
{
    enum rank rank = reading->section ? RANK_SECTION : RANK_ALL;
    bool is_known = false;
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++) {
        const struct option *option = args_find((*cmd)->options, name, strlen(name));
        if (!option || (reading->section && reading->section != *cmd))
            continue;
        is_known = true;
        enum exit_code code = check_value(reading, option, value);
        if (code)
            return code;
        if (*cmd != reading->args->cmd)
            continue;
        struct setting *setting = &reading->settings[option - (*cmd)->options];
        bool is_off = !option->argument && strcmp(value, "off") == 0;
        if (rank >= setting->rank)
            *setting = (struct setting){.rank = rank,
                                        .line_number = reading->line_number,
                                        .value = is_off             ? NULL
                                                 : option->argument ? value
                                                                    : ""};
    }
    return is_known ? EXIT_CODE_DONE : unknown_option(reading, name);
}

static enum exit_code take_line(struct reading *reading, char *line)
{
    line = trim(line);
    if (!line[0] || line[0] == '#' || line[0] == ';')
        return EXIT_CODE_DONE;
    if (line[0] == '[')
        return take_section(reading, line);
    char *equals = strchr(line, '=');
    if (!equals || equals == line)
        return wrong(reading, "%.60s: a line is NAME = VALUE, [SUBCOMMAND] or # and a comment",
                     line);
    *equals = '\0';
    return take_setting(reading, trim(line), trim(equals + 1));
}

/* ---- the file ---- */

/* False: there can be none. A relative path in the variable does not count (XDG Base Directory
 * Specification, "Environment variables"). */
static bool find_path(char out[CONFIG_PATH_SIZE])
{
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int len = -1;
    if (folder && folder[0] == '/')
        len = snprintf(out, CONFIG_PATH_SIZE, "%s/debate/config", folder);
    else if (home && home[0])
        len = snprintf(out, CONFIG_PATH_SIZE, "%s/.config/debate/config", home);
    return len > 0 && len < CONFIG_PATH_SIZE &&
           (access(out, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR));
}

static enum exit_code take_text(struct reading *reading, char *text, size_t len)
{
    enum exit_code code = EXIT_CODE_DONE;
    for (char *line = text; !code && line < text + len;) {
        char *stop = memchr(line, '\n', (size_t)(text + len - line));
        char *next = stop ? stop + 1 : text + len;
        reading->line_number++;
        if (stop)
            *stop = '\0';
        if (strlen(line) < (size_t)((stop ? stop : next) - line))
            return wrong(reading, "not text");
        code = take_line(reading, line);
        line = next;
    }
    return code;
}

enum exit_code config_take(struct args *args)
{
    char path[CONFIG_PATH_SIZE];
    struct reading reading = {.args = args, .path = path};
    if (!find_path(path))
        return EXIT_CODE_DONE;
    enum exit_code code = input_read(args, path, &args->config);
    if (!code && args->config.len)
        code = take_text(&reading, args->config.data, args->config.len);
    for (const struct option *o = args->cmd->options; !code && o && o->name; o++) {
        size_t at = (size_t)(o - args->cmd->options);
        const char *value = reading.settings[at].value;
        if (!args->values[at] && value) {
            args->values[at] = value;
            args->standing_line[at] = reading.settings[at].line_number;
        }
    }
    return code;
}
