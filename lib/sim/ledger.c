#include "sim/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/world.h"

struct ledgers ledgers;

static char *copy(const char *text, size_t len)
{
    char *out = malloc(len + 1);
    if (!out)
        abort();
    memcpy(out, text, len);
    out[len] = '\0';
    return out;
}

struct ledger *ledger_by_key(int64_t key)
{
    struct ledger *ledger = ledgers.first;
    while (ledger && ledger->key != key)
        ledger = ledger->next;
    return ledger;
}

struct ledger *ledger_by_id(const char *session_id)
{
    struct ledger *ledger = ledgers.first;
    while (ledger && strcmp(ledger->session_id, session_id) != 0)
        ledger = ledger->next;
    return ledger;
}

const struct ledger_line *ledger_line(const struct ledger *ledger, uint64_t seq)
{
    return seq >= 1 && seq <= ledger->count ? &ledger->lines[seq - 1] : NULL;
}

/* ---- adding ---- */

static void reset_state(struct ledger *ledger)
{
    size_t from = offsetof(struct ledger, ts_ms);
    memset((char *)ledger + from, 0, sizeof *ledger - from);
    ledger->page = 1;
    ledger->is_reached[1] = true;
}

static void check_one_session(const struct ledger *ledger)
{
    for (const struct ledger *other = ledgers.first; other; other = other->next) {
        if (other != ledger && !other->is_ended && strcmp(other->room_code, ledger->room_code) == 0)
            broken("one-session-a-room", "%s has %s and %s", ledger->room_code, other->session_id,
                   ledger->session_id);
    }
}

static void add_header(int64_t key, const char *line, size_t len)
{
    struct log_header_doc doc;
    if (ledger_by_key(key))
        broken("the-log-can-be-read", "session %lld has two headers", (long long)key);
    if (log_header_parse(line, len, &doc))
        broken("the-log-can-be-read", "a header that is none: %.200s", line);
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        abort();
    ledger->key = key;
    ledger->header = copy(line, len);
    snprintf(ledger->session_id, sizeof ledger->session_id, "%s", doc.header.session_id);
    snprintf(ledger->room_code, sizeof ledger->room_code, "%s", doc.header.room_code);
    snprintf(ledger->host_user, sizeof ledger->host_user, "%s", doc.header.host_user);
    ledger->seats = doc.header.seats;
    ledger->agenda = agenda_ref(doc.agenda);
    log_header_doc_release(&doc);
    reset_state(ledger);
    check_one_session(ledger);
    ledger->next = ledgers.first;
    ledgers.first = ledger;
}

static bool is_public(const struct ledger *ledger, const struct event *event)
{
    if (event->type != EVENT_CHOICE_SUBMITTED)
        return false;
    const struct page *page = agenda_page(ledger->agenda, event->choice_submitted.page);
    return page && page->reveal == REVEAL_NOW;
}

static struct ledger_line *append(struct ledger *ledger)
{
    if (ledger->count == ledger->size) {
        ledger->size = ledger->size ? ledger->size * 2 : 64;
        ledger->lines = realloc(ledger->lines, ledger->size * sizeof *ledger->lines);
        if (!ledger->lines)
            abort();
    }
    struct ledger_line *line = &ledger->lines[ledger->count++];
    *line = (struct ledger_line){.choice = -1};
    return line;
}

static void fill(struct ledger *ledger, struct ledger_line *line, const struct event *event)
{
    struct buf text;
    struct event shown = event_public(event, is_public(ledger, event));
    buf_init(&text, LIMIT_LOG_LINE);
    if (event_print(&shown, &text))
        abort();
    line->shown = copy(text.data, text.len);
    line->shown_len = text.len;
    buf_release(&text);
    line->type = event->type;
    line->actor = event->actor;
    line->ts_ms = event->ts_ms;
    if (event->type == EVENT_CHOICE_SUBMITTED) {
        const struct page *page = agenda_page(ledger->agenda, event->choice_submitted.page);
        line->page = event->choice_submitted.page;
        line->choice = page && event->choice_submitted.choice
                           ? page_choice_index(page, event->choice_submitted.choice)
                           : -1;
    }
}

void ledger_add(int64_t key, uint64_t seq, const char *text, size_t len)
{
    struct event_doc doc;
    if (seq == 0) {
        add_header(key, text, len);
        return;
    }
    struct ledger *ledger = ledger_by_key(key);
    if (!ledger || seq != ledger->count + 1)
        broken("no-gaps-in-the-log", "session %lld: line %llu comes after %zu", (long long)key,
               (unsigned long long)seq, ledger ? ledger->count : 0);
    if (event_parse(text, len, &doc) || doc.event.seq != seq)
        broken("the-log-can-be-read", "%s, line %llu: %.200s", ledger->session_id,
               (unsigned long long)seq, text);
    struct ledger_line *line = append(ledger);
    line->whole = copy(text, len);
    line->whole_len = len;
    fill(ledger, line, &doc.event);
    ledger_apply(ledger, &doc.event);
    event_doc_release(&doc);
    ledgers.events++;
}

/* ---- losing ---- */

static void drop_lines(struct ledger *ledger, uint64_t seq)
{
    while (ledger->count > seq) {
        struct ledger_line *line = &ledger->lines[--ledger->count];
        free(line->whole);
        free(line->shown);
    }
}

void ledger_cut(struct ledger *ledger, uint64_t seq)
{
    drop_lines(ledger, seq);
    reset_state(ledger);
    for (size_t i = 0; i < ledger->count; i++) {
        struct event_doc doc;
        if (event_parse(ledger->lines[i].whole, ledger->lines[i].whole_len, &doc))
            abort();
        ledger_apply(ledger, &doc.event);
        event_doc_release(&doc);
    }
}

void ledger_forget(struct ledger *ledger)
{
    struct ledger **at = &ledgers.first;
    while (*at != ledger)
        at = &(*at)->next;
    *at = ledger->next;
    drop_lines(ledger, 0);
    free(ledger->lines);
    free(ledger->header);
    agenda_unref(ledger->agenda);
    free(ledger);
}

void ledgers_release(void)
{
    while (ledgers.first)
        ledger_forget(ledgers.first);
    ledgers = (struct ledgers){.events = 0};
}

unsigned ledger_participant_of(const struct ledger *ledger, const char *user)
{
    for (unsigned i = 1; i <= ledger->people; i++) {
        if (strcmp(ledger->persons[i].user, user) == 0)
            return i;
    }
    return 0;
}

bool ledger_anybody_is_connected(const struct ledger *ledger)
{
    for (unsigned i = 1; i <= ledger->people; i++) {
        if (ledger->persons[i].connected)
            return true;
    }
    return false;
}
