/* The log against what was promised: what is committed, what survives, what was asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/disk.h"
#include "sim/watch.h"
#include "sim/watch_inner.h"

enum { PROBE_ONE_IN = 150 };

/* In the order in which the server took them. */
struct asked {
    char session_id[LIMIT_SESSION_ID + 1], user[64];
    enum command_type type;
    unsigned page; /* submit_choice; 0: that of the moment */
    int choice;
};

static void on_line(void *context, int64_t key, uint64_t seq, const char *line, size_t len)
{
    (void)context;
    ledger_add(key, seq, line, len);
    const struct ledger *ledger = ledger_by_key(key);
    if (seq > 0 && ledger_line(ledger, seq)->type == EVENT_START &&
        watch_server_ms() < ledger->start_at_ms)
        broken("no-start-before-start-at", "%s starts %lld ms early", ledger->session_id,
               (long long)(ledger->start_at_ms - watch_server_ms()));
}

void watch_look(void)
{
    if (!watch.look)
        watch.look = look_new();
    if (watch.look)
        watch.row = look_lines(watch.look, watch.row, on_line, NULL);
}

/* ---- what a process leaves behind ---- */

static bool is_what_it_was(const struct ledger *ledger, uint64_t seq, const char *text, size_t len)
{
    const struct ledger_line *known = ledger_line(ledger, seq);
    const char *was = known ? known->whole : ledger->header;
    return strlen(was) == len && memcmp(was, text, len) == 0;
}

/* Of two events that were written in one place and never acknowledged, a power cut may leave the
 * older: where the younger one's sectors are the same, they complete it. */
static struct ledger *replace(struct ledger *ledger, uint64_t seq)
{
    if (seq > 0)
        ledger_cut(ledger, seq - 1);
    else
        ledger_forget(ledger);
    return seq > 0 ? ledger : NULL;
}

static void on_line_left(void *context, int64_t key, uint64_t seq, const char *line, size_t len)
{
    bool is_power_cut = *(bool *)context;
    struct ledger *ledger = ledger_by_key(key);
    bool is_known = ledger && (seq == 0 || ledger_line(ledger, seq));
    if (is_known && !is_what_it_was(ledger, seq, line, len)) {
        if (!is_power_cut || (ledger->acked && seq <= ledger->acked))
            broken("acked-is-in-the-log", "%s, line %llu has become %.*s", ledger->session_id,
                   (unsigned long long)seq, (int)len, line);
        uint64_t found = ledger->found;
        ledger = replace(ledger, seq);
        if (ledger)
            ledger->found = found;
        is_known = false;
    }
    if (!is_known) {
        ledger_add(key, seq, line, len); /* committed in the last moment */
        ledger = ledger_by_key(key);
    }
    if (ledger->found != seq)
        broken("no-gaps-in-the-log", "%s: line %llu is the %llu. that is left", ledger->session_id,
               (unsigned long long)seq, (unsigned long long)ledger->found);
    ledger->found = seq + 1;
}

static void settle(struct ledger *ledger, uint64_t count, bool is_power_cut)
{
    uint64_t lines = count ? count - 1 : 0;
    if (ledger->acked > lines)
        broken("acked-is-in-the-log", "%s: event %llu was acknowledged, and %llu are left",
               ledger->session_id, (unsigned long long)ledger->acked, (unsigned long long)lines);
    if (lines < ledger->count && !is_power_cut)
        broken("committed-then-sent", "%s: %zu events were committed, and %llu are left",
               ledger->session_id, ledger->count, (unsigned long long)lines);
    if (count == 0 && ledger->is_promised)
        broken("acked-is-in-the-log", "%s was made, and is not left", ledger->session_id);
    if (count == 0)
        ledger_forget(ledger);
    else if (lines < ledger->count)
        ledger_cut(ledger, lines);
}

void watch_disk_left(struct disk *disk, bool is_power_cut)
{
    struct node *before = node_enter(NULL);
    struct disk *at_hand = disk_at_hand;
    struct disk *copy = disk_copy(disk);
    disk_at_hand = copy;
    struct look *look = look_new();
    for (struct ledger *ledger = ledgers.first; ledger; ledger = ledger->next)
        ledger->found = 0;
    watch.row = look ? look_lines(look, 0, on_line_left, &is_power_cut) : 0;
    look_free(look);
    disk_forget_shared_memory();
    disk_free(copy);
    disk_at_hand = at_hand;
    for (struct ledger *ledger = ledgers.first, *next; ledger; ledger = next) {
        next = ledger->next;
        settle(ledger, ledger->found, is_power_cut);
    }
    watch_count();
    node_enter(before);
}

/* ---- what would be left ---- */

static void on_line_probed(void *context, int64_t key, uint64_t seq, const char *line, size_t len)
{
    uint64_t *left = context;
    (void)line;
    (void)len;
    if ((uint64_t)key == left[0] && seq > left[1])
        left[1] = seq;
}

static void look_ahead(const struct ledger *ledger)
{
    uint64_t left[2] = {(uint64_t)ledger->key, 0};
    struct disk *at_hand = disk_at_hand;
    struct disk *copy = disk_copy(at_hand);
    disk_power_cut(copy, POWER_CUT_ALL);
    struct shared_memory *memory = disk_swap_shared_memory(NULL);
    disk_at_hand = copy;
    struct look *look = look_new();
    if (look)
        look_lines(look, 0, on_line_probed, left);
    look_free(look);
    disk_at_hand = at_hand;
    disk_forget_shared_memory();
    free(disk_swap_shared_memory(memory));
    disk_free(copy);
    if (left[1] < ledger->acked)
        broken("acked-is-in-the-log",
               "%s: event %llu is acknowledged, and a power cut would leave %llu",
               ledger->session_id, (unsigned long long)ledger->acked, (unsigned long long)left[1]);
}

void watch_probe(const struct ledger *ledger)
{
    if (watch.acks % PROBE_ONE_IN == 0)
        look_ahead(ledger);
}

void watch_chosen_before(struct ledger *ledger, unsigned participant, int choice)
{
    size_t seq = ledger->count;
    while (seq > 0 &&
           (ledger->lines[seq - 1].type != EVENT_CHOICE_SUBMITTED ||
            ledger->lines[seq - 1].actor != participant || ledger->lines[seq - 1].choice != choice))
        seq--;
    if (seq == 0)
        broken("acked-is-in-the-log", "%s: p%u is told of choice %d", ledger->session_id,
               participant, choice);
    if (seq <= ledger->acked)
        return;
    ledger->acked = seq;
    look_ahead(ledger);
}

/* ---- what was asked ---- */

void watch_asked(const char *session_id, const char *user, enum command_type type, unsigned page,
                 int choice)
{
    if (watch.asked_count == watch.asked_size) {
        watch.asked_size = watch.asked_size ? watch.asked_size * 2 : 256;
        watch.asked = realloc(watch.asked, watch.asked_size * sizeof *watch.asked);
        if (!watch.asked)
            abort();
    }
    struct asked *asked = &watch.asked[watch.asked_count++];
    snprintf(asked->session_id, sizeof asked->session_id, "%s", session_id);
    snprintf(asked->user, sizeof asked->user, "%s", user);
    asked->type = type;
    asked->page = page;
    asked->choice = choice;
}

/* Whether this may have come of that. */
static bool is_asked(const struct ledger_line *line, const struct asked *asked)
{
    switch ((int)line->type) {
    case EVENT_CHOICE_SUBMITTED:
        return asked->type == COMMAND_SUBMIT_CHOICE && asked->choice == line->choice &&
               (asked->page == 0 || asked->page == line->page);
    case EVENT_CONSENT:
        return asked->type == COMMAND_CONSENT;
    case EVENT_VOICE_STATUS:
        return asked->type == COMMAND_VOICE_STATUS_UPDATE;
    case EVENT_RECORDING_STARTED:
        return asked->type == COMMAND_START_RECORDING;
    case EVENT_NEXT_PAGE:
        return asked->type == COMMAND_NEXT_PAGE || asked->type == COMMAND_GOTO_PAGE;
    default:
        return false;
    }
}

static bool comes_of_a_command(const struct ledger_line *line)
{
    return line->type == EVENT_CHOICE_SUBMITTED || line->type == EVENT_CONSENT ||
           line->type == EVENT_VOICE_STATUS || line->type == EVENT_RECORDING_STARTED ||
           line->type == EVENT_NEXT_PAGE;
}

/* Each event that somebody caused came of a command, in the order in which they were taken: no
 * command counts twice. */
static void count_for(const struct ledger *ledger, unsigned participant)
{
    const char *user = ledger->persons[participant].user;
    size_t next = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_line *line = &ledger->lines[i];
        if (line->actor != participant || !comes_of_a_command(line))
            continue;
        while (next < watch.asked_count &&
               (!is_asked(line, &watch.asked[next]) || strcmp(watch.asked[next].user, user) != 0 ||
                strcmp(watch.asked[next].session_id, ledger->session_id) != 0))
            next++;
        if (next == watch.asked_count)
            broken("a-command-counts-once", "%s: nobody asked for %s, or not twice",
                   ledger->session_id, line->whole);
        next++;
    }
}

void watch_count(void)
{
    for (const struct ledger *ledger = ledgers.first; ledger; ledger = ledger->next) {
        for (unsigned i = 1; i <= ledger->people; i++)
            count_for(ledger, i);
    }
}
