/* The log against what was promised: what is committed, what survives, what was asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/disk.h"
#include "sim/watch.h"
#include "sim/watch_inner.h"

enum { PROBE_ONE_IN = 150 };

/* In the order in which the server took them. */
struct choice_sent {
    char session_id[LIMIT_SESSION_ID + 1], user[64];
    unsigned page; /* 0: that of the moment */
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

static void on_line_left(void *context, int64_t key, uint64_t seq, const char *line, size_t len)
{
    struct ledger *ledger = ledger_by_key(key);
    (void)context;
    if (!ledger || (seq > 0 && !ledger_line(ledger, seq))) {
        ledger_add(key, seq, line, len); /* committed in the last moment */
        ledger = ledger_by_key(key);
    }
    const struct ledger_line *known = ledger_line(ledger, seq);
    const char *text = known ? known->whole : ledger->header;
    if (strlen(text) != len || memcmp(text, line, len) != 0)
        broken("acked-is-in-the-log", "%s, line %llu was %s and is now %.*s", ledger->session_id,
               (unsigned long long)seq, text, (int)len, line);
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
    watch.row = look ? look_lines(look, 0, on_line_left, NULL) : 0;
    look_free(look);
    disk_forget_shared_memory();
    disk_free(copy);
    disk_at_hand = at_hand;
    for (struct ledger *ledger = ledgers.first, *next; ledger; ledger = next) {
        next = ledger->next;
        settle(ledger, ledger->found, is_power_cut);
    }
    watch_count_choices();
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

void watch_probe(const struct ledger *ledger)
{
    uint64_t left[2] = {(uint64_t)ledger->key, 0};
    struct disk *at_hand = disk_at_hand;
    if (watch.acks % PROBE_ONE_IN != 0)
        return;
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

/* ---- what was asked ---- */

void watch_choice_sent(const char *session_id, const char *user, unsigned page, int choice)
{
    if (watch.choice_count == watch.choice_size) {
        watch.choice_size = watch.choice_size ? watch.choice_size * 2 : 256;
        watch.choices = realloc(watch.choices, watch.choice_size * sizeof *watch.choices);
        if (!watch.choices)
            abort();
    }
    struct choice_sent *sent = &watch.choices[watch.choice_count++];
    snprintf(sent->session_id, sizeof sent->session_id, "%s", session_id);
    snprintf(sent->user, sizeof sent->user, "%s", user);
    sent->page = page;
    sent->choice = choice;
}

/* Each choice in the log came of one that was sent, in the same order: no command counts twice. */
static void count_choices_of(const struct ledger *ledger, unsigned participant)
{
    const char *user = ledger->persons[participant].user;
    size_t next = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_line *line = &ledger->lines[i];
        if (line->type != EVENT_CHOICE_SUBMITTED || line->actor != participant)
            continue;
        while (next < watch.choice_count &&
               (watch.choices[next].choice != line->choice ||
                (watch.choices[next].page && watch.choices[next].page != line->page) ||
                strcmp(watch.choices[next].user, user) != 0 ||
                strcmp(watch.choices[next].session_id, ledger->session_id) != 0))
            next++;
        if (next == watch.choice_count)
            broken("a-command-counts-once", "%s: nobody asked for %s, or not twice",
                   ledger->session_id, line->whole);
        next++;
    }
}

void watch_count_choices(void)
{
    for (const struct ledger *ledger = ledgers.first; ledger; ledger = ledger->next) {
        for (unsigned i = 1; i <= ledger->people; i++)
            count_choices_of(ledger, i);
    }
}
