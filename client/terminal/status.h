/* The status in words, the most important first. Pure. */
#ifndef DEBATE_TERMINAL_STATUS_H
#define DEBATE_TERMINAL_STATUS_H

#include "session/session.h"

enum quality { QUALITY_UNKNOWN, QUALITY_GOOD, QUALITY_FAIR, QUALITY_POOR };

struct status_facts {
    enum session_state state;
    enum phase phase;
    int present, seats;
    double starts_in_s; /* in the countdown */
    unsigned page, page_count;
    double page_s;      /* since the page was turned to */
    double page_left_s; /* negative: it has no time */
    bool has_microphone, is_muted, is_talk_key, is_talking;
    double level_dbfs;
    bool is_recording;
    double recorded_s;
    char speakers[256]; /* their names; "" when nobody speaks */
    enum quality quality;
    int upload_percent; /* -1: nothing is uploaded */
};

enum { STATUS_PARTS = 8, STATUS_PART_SIZE = 320 };

struct status {
    char text[STATUS_PARTS][STATUS_PART_SIZE];
    const char *parts[STATUS_PARTS];
    size_t count;
};

void status_write(struct status *status, const struct status_facts *facts);

/* The quality of a voice: how much of it was lost or had to be made up, and how late it is. */
enum quality status_quality(double lost_share, double delay_ms);
const char *quality_word(enum quality quality);

#endif
