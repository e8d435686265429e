/* The debate told in sentences, in the reader's language. Looks at the session and changes nothing;
 * the loop's thread. */
#ifndef DEBATE_TERMINAL_STORY_H
#define DEBATE_TERMINAL_STORY_H

#include "base/buf.h"
#include "session/rejoin.h"
#include "session/session.h"
#include "terminal/screen.h"

enum { STORY_NAME_SIZE = LIMIT_NICKNAME_CHARS * 4 + 16, STORY_MAX = 16 * 1024 };

/* "Kim", "Kim (you)", or "p3" when nobody of that number was heard of. */
void story_name(const struct session *session, unsigned participant, char out[STORY_NAME_SIZE]);

/* The label of a choice; its id when the page does not have it. Borrowed from the agenda. */
const char *story_choice(const struct session *session, unsigned page, const char *choice);

/* Appends what happened. False when there is nothing that people would want to be told: a page's
 * turn is shown as a page, and who speaks stands in the status. `mic_changed`: the microphone's
 * state is another than before. */
bool story_tell(const struct session *session, const struct event *event, bool mic_changed,
                enum tone *tone, struct buf *out);

bool story_peer(const struct session *session, unsigned participant, enum peer_state state,
                const char *why, enum tone *tone, struct buf *out);
void story_close(int code, int status, bool returns, enum tone *tone, struct buf *out);

/* 83.4: "1:23"; above an hour "1:02:03". */
void story_clock(double seconds, char out[32]);

#endif
