#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "bot/bot.h"
#include "bot/bot_report.h"
#include "cmd.h"
#include "online.h"

static void on_line(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "%s\n", line);
}

/* The report: the table for people, or the lines that it is made from. */
static enum exit_code print_report(const struct args *args, const struct buf *lines, bool json)
{
    struct buf table;
    if (json) {
        fwrite(lines->data, 1, lines->len, stdout);
        return EXIT_CODE_DONE;
    }
    buf_init(&table, BOT_REPORT_MAX);
    enum err e = bot_report_print(lines->data ? lines->data : "", lines->len, &table);
    if (!e)
        fwrite(table.data, 1, table.len, stdout);
    buf_release(&table);
    return e ? args_error(args, EXIT_CODE_FAILED, "the reports are damaged") : EXIT_CODE_DONE;
}

static enum exit_code summarise(const struct args *args)
{
    const char *folder = args_get(args, "summary");
    struct buf lines;
    buf_init(&lines, BOT_REPORT_MAX);
    enum err e = bot_report_read(folder, &lines);
    enum exit_code code =
        e ? args_error(args, EXIT_CODE_FAILED, "%s: no reports of bots are there", folder)
          : print_report(args, &lines, args_given(args, "json"));
    buf_release(&lines);
    return code;
}

static enum exit_code exit_code_of(enum bot_end end)
{
    switch (end) {
    case BOT_DONE:
        return EXIT_CODE_DONE;
    case BOT_FAILED:
        return EXIT_CODE_FAILED;
    case BOT_UNREACHABLE:
        return EXIT_CODE_UNREACHABLE;
    case BOT_REFUSED:
        return EXIT_CODE_REFUSED;
    }
    return EXIT_CODE_FAILED;
}

static bool has_host(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->role_count; i++) {
        if (scenario->roles[i].is_host)
            return true;
    }
    return false;
}

static enum exit_code play(const struct args *args, const struct scenario *scenario)
{
    struct bot_config config = {.scenario = scenario,
                                .server = args_get(args, "server"),
                                .room_code = args_get(args, "room"),
                                .as = args_get(args, "as"),
                                .token = args_get(args, "token"),
                                .output = args_get(args, "output"),
                                .with_server = args_given(args, "with-server"),
                                .on_line = on_line};
    struct buf lines;
    enum exit_code code = online_check(args);
    if (code)
        return code;
    if (config.as && scenario_role(scenario, config.as) == WHO_NOBODY)
        return args_usage_error(args, "--as %s: nobody in %s has that name", config.as,
                                scenario->path);
    if (config.as && !config.room_code)
        return args_usage_error(args, "--as needs --room, where the others are to be met");
    if (config.as && config.with_server)
        return args_usage_error(args, "--as and --with-server exclude each other");
    if (!config.as && !config.room_code && !has_host(scenario))
        return args_usage_error(args,
                                "%s: nobody is cast as host, who makes the room; --room CODE takes "
                                "one that is there",
                                scenario->path);
    if (config.token && !config.as)
        return args_usage_error(args, "--token needs --as: it is one person's");
    if (config.room_code && !room_code_valid(config.room_code))
        return args_usage_error(args, "--room %s: 1 to 64 of A-Z a-z 0-9 _ -", config.room_code);
    buf_init(&lines, BOT_REPORT_MAX);
    enum bot_end end = bot_run(&config, &lines);
    enum exit_code printed =
        lines.len ? print_report(args, &lines, args_given(args, "json")) : EXIT_CODE_DONE;
    buf_release(&lines);
    return end == BOT_DONE ? printed : exit_code_of(end);
}

static enum exit_code run(const struct args *args)
{
    char why[512];
    struct scenario *scenario;
    if (args_given(args, "summary"))
        return summarise(args);
    const char *path = args_operand(args, 0);
    if (!path)
        return args_usage_error(args, "which scenario?");
    enum err e = scenario_read(path, &scenario, why, sizeof why);
    if (e)
        return args_error(args, e == ERR_BAD_REQUEST ? EXIT_CODE_USAGE : EXIT_CODE_FAILED, "%s",
                          why);
    enum exit_code code = play(args, scenario);
    scenario_free(scenario);
    return code;
}

static const struct option options[] = {
    {.name = "as",
     .argument = "ROLE",
     .help = "Play this role alone; the others are played elsewhere. Without it, all are played."},
    {.name = "json", .help = "Print the report as JSON lines instead of a table."},
    {.name = "output",
     .letter = 'o',
     .argument = "DIR",
     .help = "Leave there, for each role, what it said (ROLE-said.wav), what it heard "
             "(ROLE-heard.wav, ROLE-heard-OTHER.wav), its recording (ROLE.opus) and its report. "
             "The WAV files begin at the common start."},
    {.name = "room", .argument = "CODE", .help = "The room to meet in. Without it one is made up."},
    OPTION_SERVER,
    {.name = "summary",
     .argument = "DIR",
     .help = "Play nothing: print one table of the reports that bots have left in DIR."},
    {.name = "token",
     .argument = "TOKEN",
     .help = "The token to come with. Without it, the role comes as a guest.",
     .variable = "DEBATE_TOKEN"},
    {.name = "with-server",
     .help = "Start a server for this debate alone, with the options that the scenario gives it, "
             "and end it after."},
    {0},
};

static const char *const examples[] = {
    "debate bot testdata/scenarios/plain.debate --with-server",
    "Play all roles of a scenario against a server of its own, and check what it expects.",
    "debate bot library.debate --as kim --room sunday --output demo",
    "Play one of the three; each of the others has a process, or a person, of its own.",
    "debate bot --summary demo",
    "Say how the debate went that these have held.",
    NULL,
};

const struct cmd cmd_bot = {
    .name = "bot",
    .summary = "play a scenario: a debate that is written down",
    .operands = "SCENARIO",
    .operands_min = 0,
    .operands_max = 1,
    .description =
        "Takes part in a debate as the scenario says: joins, speaks sound files, chooses, turns "
        "pages, loses its connection and comes back. Each role is a whole participant, with its "
        "own connections, voice and recording. Lines with `expect` make a scenario a test: one "
        "that is missed is printed with what came instead, and the exit code is 1.\n\n"
        "debate-scenario(5) describes the format.",
    .options = options,
    .examples = examples,
    .run = run,
};
