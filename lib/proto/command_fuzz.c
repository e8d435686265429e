#include "base/fuzz_testing.h"
#include "proto/message.h"

static void print(const struct command *command, struct buf *out)
{
    buf_init(out, 4 * LIMIT_VOICE_MESSAGE);
    if (command_print(command, out))
        abort();
}

/* What was read once is written in a form that gives the same command again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct command command, again;
    struct problem why;
    struct buf first, second, sentence;
    enum err e = command_parse((const char *)data, size, &command, &why);
    if (e) {
        buf_init(&sentence, 1000);
        if (error_print(&command.id, &why, LANG_EN, &sentence) || why.code != e)
            abort();
        buf_release(&sentence);
        return 0;
    }
    print(&command, &first);
    if (command_parse(first.data, first.len, &again, NULL))
        abort();
    print(&again, &second);
    if (strcmp(first.data, second.data) != 0)
        abort();
    buf_release(&first);
    buf_release(&second);
    return 0;
}
