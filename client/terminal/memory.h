/* What the terminal client remembers on this machine, in $XDG_STATE_HOME/debate (by default
 * ~/.local/state/debate): whether one's voice may be recorded, when that was to be remembered. */
#ifndef DEBATE_TERMINAL_MEMORY_H
#define DEBATE_TERMINAL_MEMORY_H

#include <stdbool.h>

#include "base/err.h"

/* False: nothing is remembered. */
bool memory_consent(bool *agrees);
/* ERR_IO with errno; ERR_NOT_FOUND, ERR_BAD_REQUEST as in session/state_folder.h. */
enum err memory_keep_consent(bool agrees) MUST_CHECK;

#endif
