#include "cmd.h"

extern const struct cmd cmd_serve, cmd_join, cmd_room, cmd_token, cmd_choose, cmd_upload,
    cmd_replay, cmd_bot, cmd_devices, cmd_analyze, cmd_report, cmd_forget, cmd_mix;

const struct cmd *const cmd_table[] = {
    &cmd_serve, &cmd_join,    &cmd_room,   &cmd_token, &cmd_choose, &cmd_upload,  &cmd_replay,
    &cmd_bot,   &cmd_analyze, &cmd_report, &cmd_mix,   &cmd_forget, &cmd_devices, NULL,
};
