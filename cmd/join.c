#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "cmd.h"
#include "input.h"
#include "online.h"
#include "terminal/join.h"
#include "terminal/memory.h"
#include "terminal/words_intl.h"

/* ---- who ---- */

/* The login's name, when nobody gives one. */
static const char *login_name(void)
{
    const struct passwd *entry = getpwuid(getuid());
    return entry && entry->pw_name[0] ? entry->pw_name : "guest";
}

static enum exit_code take_name(const struct args *args, struct join_config *config)
{
    config->name = args_get(args, "name");
    if (!config->name && config->token)
        return EXIT_CODE_DONE; /* the token knows */
    if (!config->name)
        config->name = login_name();
    if (!utf8_valid(config->name, strlen(config->name)))
        return args_usage_error(args, "--name: not UTF-8");
    size_t chars = utf8_length(config->name);
    if (chars < 1 || chars > LIMIT_NICKNAME_CHARS)
        return args_usage_error(args, "--name %.60s: it takes 1 to %d characters", config->name,
                                LIMIT_NICKNAME_CHARS);
    return EXIT_CODE_DONE;
}

/* ---- how ---- */

static enum exit_code take_record(const struct args *args, struct join_config *config)
{
    const char *given = args_get(args, "record");
    bool agrees;
    if (strcmp(given, "yes") == 0)
        config->record = JOIN_RECORD_YES;
    else if (strcmp(given, "no") == 0)
        config->record = JOIN_RECORD_NO;
    else if (strcmp(given, "ask") != 0)
        return args_usage_error(args, "--record %s: it takes yes, no or ask", given);
    else if (!config->is_script && memory_consent(&agrees))
        config->record = agrees ? JOIN_RECORD_YES : JOIN_RECORD_NO;
    else
        config->record = JOIN_RECORD_ASK;
    return EXIT_CODE_DONE;
}

static enum exit_code take_sound(const struct args *args, struct join_config *config)
{
    const char *echo = args_get(args, "echo-cancel"), *talk = args_get(args, "talk");
    config->sound.input = args_get(args, "input");
    config->sound.output = args_get(args, "output");
    config->sound.holds_file = true;
    if (strcmp(echo, "on") == 0)
        config->sound.echo_cancel = SOUND_ECHO_ON;
    else if (strcmp(echo, "off") == 0)
        config->sound.echo_cancel = SOUND_ECHO_OFF;
    else if (strcmp(echo, "auto") != 0)
        return args_usage_error(args, "--echo-cancel %s: it takes auto, on or off", echo);
    config->is_talk_key = strcmp(talk, "key") == 0;
    if (!config->is_talk_key && strcmp(talk, "open") != 0)
        return args_usage_error(args, "--talk %s: it takes open or key", talk);
    return EXIT_CODE_DONE;
}

/* The agenda as JSON text, `text`'s. */
static enum exit_code take_room(const struct args *args, struct join_config *config,
                                struct buf *text)
{
    const char *path = args_get(args, "agenda");
    struct agenda *agenda = NULL;
    int64_t seats = 0;
    enum exit_code code = online_check_room(args, "ROOM", args_operand(args, 0));
    if (!code)
        code = online_check(args);
    if (!code && args_given(args, "seats") &&
        !args_number(args, "seats", LIMIT_SEATS_MIN, LIMIT_SEATS_MAX, &seats))
        code = EXIT_CODE_USAGE;
    if (!code && path)
        code = input_agenda(args, path, &agenda);
    if (!code && path && agenda_print(agenda, text))
        code = args_error(args, EXIT_CODE_FAILED, "%s: too long", path);
    agenda_unref(agenda);
    config->room_code = args_operand(args, 0);
    config->seats = (int)seats;
    config->agenda = path ? text->data : NULL;
    return code;
}

static enum exit_code exit_code_of(enum join_end end)
{
    switch (end) {
    case JOIN_DONE:
        return EXIT_CODE_DONE;
    case JOIN_FAILED:
        return EXIT_CODE_FAILED;
    case JOIN_UNREACHABLE:
        return EXIT_CODE_UNREACHABLE;
    case JOIN_REFUSED:
        return EXIT_CODE_REFUSED;
    }
    return EXIT_CODE_FAILED;
}

static enum exit_code run(const struct args *args)
{
    struct join_config config = {.server = args_get(args, "server"),
                                 .token = args_get(args, "token"),
                                 .folder = args_get(args, "folder")};
    struct buf agenda;
    char why[512];
    words_init();
    buf_init(&agenda, INPUT_AGENDA_MAX);
    config.is_script =
        args_given(args, "json") || isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1;
    enum exit_code code = take_room(args, &config, &agenda);
    if (!code)
        code = take_name(args, &config);
    if (!code)
        code = take_record(args, &config);
    if (!code)
        code = take_sound(args, &config);
    if (!code) {
        enum join_end end = join_run(&config, why, sizeof why);
        code = exit_code_of(end);
        if (code && why[0])
            args_error(args, code, "%s", why);
    }
    buf_release(&agenda);
    return code;
}

static const struct option options[] = {
    {.name = "agenda",
     .argument = "FILE",
     .help = "The agenda of a room that is made, as JSON; \"-\" reads standard input."},
    {.name = "echo-cancel",
     .argument = "auto|on|off",
     .help = "Take the loudspeaker's echo, noise and uneven loudness out of the microphone: auto, "
             "on or off. auto does it unless headphones are in use.",
     .fallback = "auto",
     .variable = "DEBATE_ECHO_CANCEL"},
    {.name = "folder",
     .argument = "DIR",
     .help = "Where one's own recording is kept. Without it, debate/recordings in "
             "$XDG_STATE_HOME or ~/.local/state."},
    {.name = "input",
     .letter = 'i',
     .argument = "DEVICE",
     .help = "The microphone: a number or a part of the name as debate devices shows them, a "
             "sound file (NAME.wav, .opus or .ogg), or none. Without it, the system's. A file "
             "begins with the debate.",
     .variable = "DEBATE_INPUT"},
    {.name = "json",
     .help = "Write one JSON event a line and read one command a line, as without a terminal."},
    {.name = "name",
     .letter = 'n',
     .argument = "NAME",
     .help = "What the others call you. Without it, as the token says, or a guest by the login's "
             "name.",
     .variable = "DEBATE_NAME"},
    {.name = "output",
     .letter = 'o',
     .argument = "DEVICE",
     .help = "The loudspeaker: as --input; a sound file is written, as WAV.",
     .variable = "DEBATE_OUTPUT"},
    {.name = "record",
     .argument = "yes|no|ask",
     .help = "Whether your own voice may be recorded: yes, no or ask. Without a terminal, ask is "
             "no until a command agrees.",
     .fallback = "ask",
     .variable = "DEBATE_RECORD"},
    {.name = "seats", .argument = "N", .help = "Seats of a room that is made, 2 to 8."},
    OPTION_SERVER,
    {.name = "talk",
     .argument = "open|key",
     .help = "open: the microphone is open; key: only while the space bar is held.",
     .fallback = "open",
     .variable = "DEBATE_TALK"},
    {.name = "token",
     .argument = "TOKEN",
     .help = "Who you are. Without it, a guest.",
     .variable = "DEBATE_TOKEN"},
    {0},
};

static const char *const examples[] = {
    "debate join sunday",
    "Take part; the room is made when it is not there.",
    "debate join sunday --name Kim --input headset --output headset",
    "With a certain headset.",
    "debate join sunday --input kim.opus --output none --record yes --json",
    "A script takes part: it says what stands in a file, and reads events as JSON.",
    NULL,
};

const struct cmd cmd_join = {
    .name = "join",
    .summary = "take part in a debate from a terminal",
    .operands = "ROOM",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Takes a seat in a room, with a microphone, headphones and a keyboard. It shows who is "
        "here, tests the microphone, asks whether your voice may be recorded, counts down with the "
        "others and starts at the same instant. While you talk, the page and its choices are "
        "shown; what can be typed is told by /help.\n\n"
        "When the connection breaks, it comes back by itself to the same seat; your recording goes "
        "on meanwhile. Ctrl-C gives the seat up and sends the recording first.\n\n"
        "Without a terminal, or with --json, it writes one JSON object a line and reads commands "
        "of the protocol, one a line.",
    .options = options,
    .examples = examples,
    .run = run,
};
