#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/rand.h"
#include "base/str.h"
#include "cmd.h"
#include "input.h"
#include "online.h"
#include "print.h"
#include "proto/json_writer.h"

enum { MADE_UP_CODE = 9 /* letters: guessing one takes years */ };

/* ---- printing ---- */

/* How many columns a text takes, near enough: a character each. */
static int pad(const char *text, int width)
{
    int length = utf8_valid(text, strlen(text)) ? (int)utf8_length(text) : width;
    return length < width ? width - length : 0;
}

static void put_cell(const char *text, int width)
{
    print_safely(stdout, text);
    printf("%*s  ", pad(text, width), "");
}

static void put_fact(const char *name, const char *value)
{
    printf("%-8s ", name);
    print_safely(stdout, value);
    putchar('\n');
}

static void put_number(const struct json *object, const char *field, const char *name)
{
    char text[32];
    snprintf(text, sizeof text, "%.0f", json_number(object, field, 0));
    put_fact(name, text);
}

static const char *text_of(const struct json *object, const char *name)
{
    const char *text = json_string(object, name);
    return text ? text : "-";
}

static const char *nickname_of(const struct json *room, const char *participant_id)
{
    const struct json *person =
        json_item_with(json_member(room, "participants"), "participant_id", participant_id);
    if (person)
        return text_of(person, "nickname");
    if (participant_id)
        return participant_id;
    return strcmp(text_of(room, "phase"), "ended") == 0 ? "nobody" : "nobody yet";
}

static void put_participants(const struct json *room)
{
    const struct json *first = json_first(json_member(room, "participants"));
    for (const struct json *one = first; one; one = json_next(one)) {
        printf("%-8s ", one == first ? "seated" : "");
        put_cell(text_of(one, "participant_id"), 3);
        put_cell(text_of(one, "nickname"), 0);
        printf("%s%s%s\n", json_bool(one, "connected", false) ? "connected" : "away",
               json_bool(one, "is_mic_on", false) ? ", microphone on" : "",
               json_bool(one, "is_recording", false) ? ", recording" : "");
    }
}

static void put_room(const struct json *room)
{
    put_fact("room", text_of(room, "code"));
    put_fact("session", text_of(room, "session_id"));
    put_fact("phase", text_of(room, "phase"));
    put_number(room, "page", "page");
    put_number(room, "seats", "seats");
    put_fact("host", nickname_of(room, json_string(room, "host")));
    put_participants(room);
}

/* The answer as it came, on one line. `len` leaves the spaces at its end out. */
static size_t answer_length(const struct online *online)
{
    size_t len = online->body.len;
    while (len > 0 && strchr(" \t\r\n", online->body.data[len - 1]))
        len--;
    return len;
}

static void put_json(const struct online *online)
{
    fwrite(online->body.data, 1, answer_length(online), stdout);
    putchar('\n');
}

/* ---- create ---- */

/* A code that can be said over a telephone: no letter that looks or sounds like another. */
static void make_up_code(char out[MADE_UP_CODE + 1])
{
    static const char letters[32] = "23456789abcdefghijkmnpqrstuvwxyz";
    uint8_t bits[MADE_UP_CODE];
    rand_bytes(bits, sizeof bits);
    for (size_t i = 0; i < sizeof bits; i++)
        out[i] = letters[bits[i] % sizeof letters];
    out[MADE_UP_CODE] = '\0';
}

static enum exit_code put_request(const struct args *args, const char *room_code, struct buf *body)
{
    const char *path = args_get(args, "agenda");
    struct agenda *agenda = NULL;
    struct json_writer json;
    int64_t seats;
    if (args_given(args, "seats") &&
        !args_number(args, "seats", LIMIT_SEATS_MIN, LIMIT_SEATS_MAX, &seats))
        return EXIT_CODE_USAGE;
    enum exit_code code = path ? input_agenda(args, path, &agenda) : EXIT_CODE_DONE;
    if (code)
        return code;
    json_write_begin(&json, body);
    if (room_code)
        json_write_string(&json, "code", room_code);
    if (args_given(args, "seats"))
        json_write_integer(&json, "seats", seats);
    if (agenda)
        agenda_write(&json, agenda);
    agenda_unref(agenda);
    enum err e = json_write_end(&json);
    if (e == ERR_FULL)
        return args_error(args, EXIT_CODE_FAILED, "the request is too long");
    return e ? args_error(args, EXIT_CODE_FAILED, "no memory") : EXIT_CODE_DONE;
}

static void put_created(const struct online *online, bool is_guest)
{
    bool created = online->status == 201;
    const char *token = is_guest ? online->token : NULL;
    if (args_given(online->args, "json")) {
        /* The server's object, and two members more before its brace. */
        size_t len = answer_length(online) - 1;
        bool is_empty = !json_string(online->answer, "code");
        fwrite(online->body.data, 1, len, stdout);
        printf("%s\"created\":%s", is_empty ? "" : ",", created ? "true" : "false");
        if (token)
            printf(",\"token\":\"%s\"", token);
        printf("}\n");
        return;
    }
    put_room(online->answer);
    bool brings = args_given(online->args, "agenda") || args_given(online->args, "seats");
    put_fact("created", created  ? "yes"
                        : brings ? "no, it was there, with its own seats and agenda"
                                 : "no, it was there");
    if (token)
        put_fact("token", token);
}

static enum exit_code create(struct online *online, const char *room_code)
{
    char made_up[MADE_UP_CODE + 1];
    const char *code_there;
    struct buf body;
    bool is_guest = !online->token[0];
    buf_init(&body, LIMIT_HTTP_BODY);
    /* A guest's token is for one room: its code comes first. */
    if (!room_code && is_guest) {
        make_up_code(made_up);
        room_code = made_up;
    }
    enum exit_code code = put_request(online->args, room_code, &body);
    if (!code && is_guest)
        code = online_be_guest(online, room_code, args_get(online->args, "name"));
    if (!code)
        code = online_ask(online, "POST", "/api/rooms", &body);
    if (!code)
        code = online_string(online, "code", &code_there);
    if (!code)
        put_created(online, is_guest);
    buf_release(&body);
    return code;
}

/* ---- show, list, end ---- */

static enum exit_code show(struct online *online, const char *room_code)
{
    enum exit_code code = EXIT_CODE_DONE;
    if (!online->token[0])
        code = online_be_guest(online, room_code, args_get(online->args, "name"));
    if (!code)
        code = online_room(online, room_code);
    if (code)
        return code;
    if (args_given(online->args, "json"))
        put_json(online);
    else
        put_room(online->answer);
    return EXIT_CODE_DONE;
}

static void put_rooms(const struct json *rooms)
{
    int width = 4;
    if (!json_first(rooms)) {
        printf("no room has a session that goes on\n");
        return;
    }
    for (const struct json *room = json_first(rooms); room; room = json_next(room)) {
        int length = (int)strlen(text_of(room, "code"));
        width = length > width ? length : width;
    }
    put_cell("ROOM", width);
    printf("PHASE      SEATED  PAGE  SESSION\n");
    for (const struct json *room = json_first(rooms); room; room = json_next(room)) {
        put_cell(text_of(room, "code"), width);
        put_cell(text_of(room, "phase"), 9);
        printf("%2zu of %-2.0f %4.0f  ", json_count(json_member(room, "participants")),
               json_number(room, "seats", 0), json_number(room, "page", 0));
        print_safely(stdout, text_of(room, "session_id"));
        putchar('\n');
    }
}

static enum exit_code list(struct online *online)
{
    enum exit_code code = online_need_token(online);
    if (!code)
        code = online_ask(online, "GET", "/api/rooms", NULL);
    if (code)
        return code;
    if (args_given(online->args, "json"))
        put_json(online);
    else
        put_rooms(json_member(online->answer, "rooms"));
    return EXIT_CODE_DONE;
}

static enum exit_code end(struct online *online, const char *room_code)
{
    char path[LIMIT_SESSION_ID + 32];
    const char *session_id;
    struct buf body;
    enum exit_code code = online_need_token(online);
    if (!code)
        code = online_room(online, room_code);
    if (!code)
        code = online_string(online, "session_id", &session_id);
    if (code)
        return code;
    snprintf(path, sizeof path, "/api/sessions/%s/end", session_id);
    buf_init(&body, LIMIT_HTTP_BODY);
    code = buf_append_str(&body, "{}") ? args_error(online->args, EXIT_CODE_FAILED, "no memory")
                                       : online_ask(online, "POST", path, &body);
    buf_release(&body);
    if (code)
        return code;
    if (args_given(online->args, "json"))
        put_json(online);
    else
        printf("ended: %s\n", room_code);
    return EXIT_CODE_DONE;
}

/* ---- the command line ---- */

enum room_deed { DEED_CREATE, DEED_SHOW, DEED_LIST, DEED_END, DEED_COUNT };

static const struct {
    const char *name;
    int codes_min, codes_max;
} deeds[] = {[DEED_CREATE] = {"create", 0, 1},
             [DEED_SHOW] = {"show", 1, 1},
             [DEED_LIST] = {"list", 0, 0},
             [DEED_END] = {"end", 1, 1}};

static enum exit_code take_deed(const struct args *args, enum room_deed *deed)
{
    const char *word = args_operand(args, 0), *room_code = args_operand(args, 1);
    int codes = args_operand_count(args) - 1, at = 0;
    if (!word)
        return args_usage_error(args, "what? It takes create, show, list or end");
    while (at < DEED_COUNT && strcmp(deeds[at].name, word) != 0)
        at++;
    if (at == DEED_COUNT)
        return args_usage_error(args, "%s: it takes create, show, list or end", word);
    *deed = (enum room_deed)at;
    if (codes < deeds[at].codes_min)
        return args_usage_error(args, "CODE is missing; it is debate room %s CODE", word);
    if (codes > deeds[at].codes_max)
        return args_usage_error(args, "%s: one too many; debate room list takes no CODE",
                                room_code);
    if (*deed != DEED_CREATE && (args_asked(args, "seats") || args_asked(args, "agenda")))
        return args_usage_error(args, "--%s goes with create alone",
                                args_asked(args, "seats") ? "seats" : "agenda");
    return room_code ? online_check_room(args, "CODE", room_code) : EXIT_CODE_DONE;
}

static enum exit_code check_name(const struct args *args)
{
    const char *name = args_get(args, "name");
    if (utf8_valid(name, strlen(name)) && name[0] && utf8_length(name) <= LIMIT_NICKNAME_CHARS)
        return EXIT_CODE_DONE;
    return args_usage_error(args, "--name %.60s: it takes 1 to %d characters of UTF-8", name,
                            (int)LIMIT_NICKNAME_CHARS);
}

static enum exit_code do_deed(struct online *online, enum room_deed deed, const char *room_code)
{
    switch (deed) {
    case DEED_CREATE:
        return create(online, room_code);
    case DEED_SHOW:
        return show(online, room_code);
    case DEED_LIST:
        return list(online);
    case DEED_END:
        return end(online, room_code);
    case DEED_COUNT:
        break;
    }
    return EXIT_CODE_FAILED;
}

static enum exit_code run(const struct args *args)
{
    struct online online;
    enum room_deed deed = DEED_SHOW;
    enum exit_code code = take_deed(args, &deed);
    if (!code)
        code = check_name(args);
    if (code)
        return code;
    code = online_init(&online, args);
    if (!code)
        code = do_deed(&online, deed, args_operand(args, 1));
    online_release(&online);
    return code;
}

static const struct option options[] = {
    {.name = "agenda",
     .argument = "FILE",
     .help = "create: the pages of the debate, as JSON. Without it, the server's own."},
    {.name = "json", .help = "Print JSON, one object on a line."},
    {.name = "name",
     .letter = 'n',
     .argument = "NICKNAME",
     .help = "Of a guest, that is, without a token.",
     .fallback = "guest",
     .variable = "DEBATE_NAME"},
    {.name = "seats",
     .argument = "N",
     .help = "create: for how many, 2 to 8. Without it, as the server has it."},
    OPTION_SERVER,
    {.name = "token",
     .argument = "TOKEN",
     .help = "Who asks. Without it, create and show ask as a guest, where the server allows it. "
             "list needs an operator's, end the host's or an operator's.",
     .variable = "DEBATE_TOKEN"},
    {0},
};

static const char *const examples[] = {
    "debate room create sunday --agenda library.json",
    "Make a room; print it, and the guest's token of its maker.",
    "debate room create --json --seats 2",
    "Make a room with a code that nobody guesses, for a script to read.",
    "debate room end sunday --token $OPERATOR",
    "End its session.",
    NULL,
};

const struct cmd cmd_room = {
    .name = "room",
    .summary = "make, show, list and end rooms",
    .operands = "create [CODE] | show CODE | list | end CODE",
    .operands_min = 0,
    .operands_max = 2,
    .description =
        "create makes a room with a new session, or finds the session that the room holds; its "
        "maker becomes the host. Without CODE one is made up. A guest's token is printed as well: "
        "with it the maker comes back as the same person. show prints a room's last session, list "
        "those that have not ended, end ends one for everybody.",
    .options = options,
    .examples = examples,
    .run = run,
};
