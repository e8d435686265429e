/* What programs of this project keep on this machine for the person who runs them:
 * $XDG_STATE_HOME/debate, or ~/.local/state/debate (XDG Base Directory Specification). Any thread;
 * blocks on the disk. */
#ifndef DEBATE_SESSION_STATE_FOLDER_H
#define DEBATE_SESSION_STATE_FOLDER_H

#include <stddef.h>

#include "base/err.h"

/* The path of `name` in it; "" names the folder itself. Makes nothing. ERR_NOT_FOUND: there is no
 * home; ERR_BAD_REQUEST: the path is too long. */
enum err state_folder_path(const char *name, char *out, size_t out_size) MUST_CHECK;
/* Makes each folder of a path that is not there, 0700. ERR_IO with errno. */
enum err state_folder_make(char *path) MUST_CHECK;

#endif
