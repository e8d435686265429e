/* `debate join`: a person, or a script, takes part in a debate. Main thread; runs uv_default_loop()
 * until the debate is over for this participant. */
#ifndef DEBATE_TERMINAL_JOIN_H
#define DEBATE_TERMINAL_JOIN_H

#include <stdbool.h>

#include "sound/sound.h"

enum join_record { JOIN_RECORD_ASK, JOIN_RECORD_YES, JOIN_RECORD_NO };

struct join_config {
    const char *server, *room_code;
    const char *token;  /* NULL: come as a guest */
    const char *name;   /* NULL: as the token says */
    int seats;          /* of a room that is made; 0: the server's choice */
    const char *agenda; /* JSON text of a room that is made; NULL: none */
    enum join_record record;
    const char *folder; /* where recordings are kept */
    struct sound_config sound;
    bool is_talk_key; /* push-to-talk from the start */
    bool is_script;   /* JSON lines instead of a screen */
};

enum join_end { JOIN_DONE, JOIN_FAILED, JOIN_UNREACHABLE, JOIN_REFUSED };

/* `why` gets one line on what went wrong, unless it is JOIN_DONE. */
enum join_end join_run(const struct join_config *config, char *why, size_t why_size);

#endif
