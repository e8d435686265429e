#include "cmd.h"

extern const struct cmd cmd_serve, cmd_bot;

const struct cmd *const cmd_table[] = {
    &cmd_serve,
    &cmd_bot,
    NULL,
};
