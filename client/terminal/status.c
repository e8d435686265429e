#include "terminal/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "terminal/story.h"
#include "terminal/words_intl.h"

enum { LEVEL_CELLS = 5, LEVEL_FLOOR_DBFS = -60, LEVEL_CELL_DB = 12 };

__attribute__((format(printf, 2, 3))) static void add(struct status *status, const char *format,
                                                      ...)
{
    va_list list;
    if (status->count == STATUS_PARTS)
        return;
    va_start(list, format);
    vsnprintf(status->text[status->count], STATUS_PART_SIZE, format, list);
    va_end(list);
    status->parts[status->count] = status->text[status->count];
    status->count++;
}

static void add_moment(struct status *status, const struct status_facts *facts)
{
    char clock[32];
    if (facts->state == SESSION_FINISHING && facts->upload_percent >= 0) {
        add(status, _("uploading %d %%"), facts->upload_percent);
        return;
    }
    switch (facts->phase) {
    case PHASE_LOBBY:
        add(status, _("lobby %d/%d"), facts->present, facts->seats);
        return;
    case PHASE_COUNTDOWN:
        add(status, _("starts in %.0f"), facts->starts_in_s > 0 ? facts->starts_in_s : 0);
        return;
    case PHASE_LIVE:
        story_clock(facts->page_left_s >= 0 ? facts->page_left_s : facts->page_s, clock);
        if (facts->page_left_s >= 0)
            add(status, _("page %u/%u, %s left"), facts->page, facts->page_count, clock);
        else
            add(status, _("page %u/%u, %s"), facts->page, facts->page_count, clock);
        return;
    case PHASE_ENDED:
        add(status, "%s", _("ended"));
        return;
    }
}

static void add_microphone(struct status *status, const struct status_facts *facts)
{
    char meter[LEVEL_CELLS + 1];
    if (!facts->has_microphone) {
        add(status, "%s", _("no microphone"));
        return;
    }
    if (facts->is_muted) {
        add(status, "%s", _("muted"));
        return;
    }
    if (facts->is_talk_key && !facts->is_talking) {
        add(status, "%s", _("hold space to talk"));
        return;
    }
    for (int i = 0; i < LEVEL_CELLS; i++)
        meter[i] = facts->level_dbfs > LEVEL_FLOOR_DBFS + i * LEVEL_CELL_DB ? '#' : '-';
    meter[LEVEL_CELLS] = '\0';
    add(status, _("mic %s"), meter);
}

void status_write(struct status *status, const struct status_facts *facts)
{
    char clock[32];
    status->count = 0;
    if (facts->state == SESSION_AWAY || facts->state == SESSION_CONNECTING)
        add(status, "%s", _("no connection"));
    if (facts->seats > 0)
        add_moment(status, facts);
    else
        add(status, "%s", _("at the door"));
    add_microphone(status, facts);
    if (facts->speakers[0])
        add(status, _("speaking: %s"), facts->speakers);
    story_clock(facts->recorded_s, clock);
    if (facts->is_recording)
        add(status, _("recording %s"), clock);
    else if (facts->phase == PHASE_LIVE)
        add(status, "%s", _("not recorded"));
    if (facts->quality != QUALITY_UNKNOWN)
        add(status, _("line %s"), quality_word(facts->quality));
}

/* ITU-T G.114: up to 150 ms one way nobody minds, above 400 ms nobody bears it. Opus with FEC hides
 * 2 % of loss; 10 % is heard by everybody. */
enum quality status_quality(double lost_share, double delay_ms)
{
    if (lost_share > 0.10 || delay_ms > 400)
        return QUALITY_POOR;
    if (lost_share > 0.02 || delay_ms > 150)
        return QUALITY_FAIR;
    return QUALITY_GOOD;
}

const char *quality_word(enum quality quality)
{
    switch (quality) {
    case QUALITY_UNKNOWN:
        return _("unknown");
    case QUALITY_GOOD:
        return _("good");
    case QUALITY_FAIR:
        return _("fair");
    case QUALITY_POOR:
        return _("poor");
    }
    return "";
}
