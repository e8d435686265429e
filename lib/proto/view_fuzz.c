#include "base/fuzz_testing.h"
#include "base/str.h"
#include "proto/view.h"

static void said(enum err e, const struct problem *why)
{
    struct buf out;
    buf_init(&out, 4096);
    fuzz_holds(why->code == e && error_body_print(why, LANG_EN, &out) == ERR_NONE);
    buf_release(&out);
}

/* The input as each of the bodies that a request may have. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct create_room_request request;
    struct command command;
    struct problem why;
    char nickname[LIMIT_NICKNAME_CHARS * 4 + 1];
    enum err e = create_room_parse(text, size, &request, &why);
    if (e) {
        said(e, &why);
        (void)create_room_types_are_right(&why);
    } else {
        fuzz_holds(!request.code[0] || room_code_valid(request.code));
        fuzz_holds(!request.has_seats ||
                   (request.seats >= LIMIT_SEATS_MIN && request.seats <= LIMIT_SEATS_MAX));
        agenda_unref(request.agenda);
    }
    e = guest_parse(text, size, nickname, &why);
    if (e)
        said(e, &why);
    else
        fuzz_holds(utf8_valid(nickname, strlen(nickname)) && utf8_length(nickname) >= 1 &&
                   utf8_length(nickname) <= LIMIT_NICKNAME_CHARS);
    e = choice_body_parse(text, size, &command, &why);
    if (e)
        said(e, &why);
    else
        fuzz_holds(command.type == COMMAND_SUBMIT_CHOICE &&
                   strlen(command.submit_choice.choice) <= LIMIT_CHOICE_ID);
    return 0;
}
