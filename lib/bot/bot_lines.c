/* When the lines of a scenario are due, and whether what they expect has come. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "bot/bot_inner.h"
#include "proto/json_reader.h"

/* The first event that a moment names, as this role saw it. */
static bool find_event(const struct role *role, const struct moment *moment, int64_t *at_us)
{
    unsigned of = moment->of == WHO_NOBODY ? 0 : bot_role_participant(role, moment->of);
    if (moment->of != WHO_NOBODY && !of)
        return false;
    for (size_t i = 0; i < role->seen_count; i++) {
        if (role->seen[i].type == moment->event && (!of || role->seen[i].participant == of)) {
            *at_us = role->seen[i].at_us;
            return true;
        }
    }
    return false;
}

static bool find_page(const struct role *role, unsigned page, int64_t *at_us)
{
    if (page == 1 && role->start_us) {
        *at_us = role->start_us;
        return true;
    }
    for (size_t i = 0; i < role->seen_count; i++) {
        if (role->seen[i].type == EVENT_NEXT_PAGE && role->seen[i].page == page) {
            *at_us = role->seen[i].at_us;
            return true;
        }
    }
    return false;
}

/* When a line's moment is, or will be, for this role; false: that is not known yet. */
static bool when(const struct role *role, const struct moment *moment, int64_t *at_us)
{
    bool known = false;
    switch (moment->kind) {
    case MOMENT_BEGIN:
        *at_us = role->bot->begin_us;
        known = role->bot->has_begun;
        break;
    case MOMENT_START:
        *at_us = role->start_us;
        known = role->start_us != 0;
        break;
    case MOMENT_PAGE:
        known = find_page(role, moment->page, at_us);
        break;
    case MOMENT_EVENT:
        known = find_event(role, moment, at_us);
        break;
    }
    *at_us += moment->plus_ms * 1000;
    return known;
}

static bool is_about(const struct scenario_line *line, const struct role *role)
{
    return role->is_played &&
           (line->who == role->index ||
            (line->who == WHO_ALL &&
             !(line->claim == CLAIM_HEARS && line->is_expectation && line->heard == role->index)));
}

/* ---- misses ---- */

static void say_notes(struct role *role, const struct line_state *state)
{
    if (state->instead) {
        bot_say(role->bot, "    %s saw instead %s", role->cast->name, state->instead);
        return;
    }
    size_t first = role->note_count > BOT_NOTES ? role->note_count - BOT_NOTES : 0;
    if (role->note_count == 0)
        bot_say(role->bot, "    to %s nothing had happened", role->cast->name);
    else if (role->notes_said == role->note_count)
        bot_say(role->bot, "    %s: nothing has happened since", role->cast->name);
    if (first < role->notes_said)
        first = role->notes_said;
    role->notes_said = role->note_count;
    for (size_t i = first; i < role->note_count; i++)
        bot_say(role->bot, "    %s: %s", role->cast->name, role->notes[i % BOT_NOTES]);
}

static void miss(struct role *role, const struct scenario_line *line, struct line_state *state,
                 const char *what)
{
    struct bot *bot = role->bot;
    state->is_done = true;
    bot->misses++;
    bot_say(bot, "%s:%d: %s", bot->scenario->path, line->number, line->text);
    bot_say(bot, "    %s: %s", role->cast->name, what);
    say_notes(role, state);
}

static void met(struct role *role, const struct scenario_line *line, struct line_state *state)
{
    if (line->is_negated)
        miss(role, line, state, "it came, and was not to");
    else
        state->is_done = true;
}

/* Whether an expectation's window is open for this role now. */
static bool is_open(const struct role *role, const struct scenario_line *line,
                    const struct line_state *state, int64_t now_us)
{
    int64_t from_us;
    if (state->is_done || !line->is_expectation || !is_about(line, role) ||
        !when(role, &line->moment, &from_us))
        return false;
    return now_us >= from_us - BOT_SLACK_US &&
           (line->within_ms < 0 || now_us <= from_us + line->within_ms * 1000);
}

/* The next open expectation of this kind behind *index. */
static const struct scenario_line *next_open(struct role *role, enum claim claim, size_t *index,
                                             struct line_state **state)
{
    struct bot *bot = role->bot;
    int64_t now_us = monotonic_us();
    while (*index < bot->scenario->line_count) {
        const struct scenario_line *line = &bot->scenario->lines[*index];
        *state = &bot->states[*index][role->index];
        ++*index;
        if (line->is_expectation && line->claim == claim && is_open(role, line, *state, now_us))
            return line;
    }
    return NULL;
}

/* ---- what came ---- */

/* A value of an event as text: `participant` is participant_id in `data`; then come `data` itself,
 * the top of the event, and the choices. */
static bool find_value(const struct role *role, const struct json *event, const struct match *match,
                       struct buf *out)
{
    const struct json *data = json_member(event, "data");
    const struct json *value =
        json_member(data, strcmp(match->key, "participant") == 0 ? "participant_id" : match->key);
    if (!value)
        value = json_member(event, match->key);
    if (!value && match->key_role != WHO_NOBODY) {
        char id[16];
        snprintf(id, sizeof id, "p%u", bot_role_participant(role, match->key_role));
        value = json_member(json_member(data, "choices"), id);
    }
    buf_clear(out);
    return value && json_value_print(value, out) == ERR_NONE && out->data;
}

static bool matches(const struct role *role, const struct json *event,
                    const struct scenario_line *line)
{
    struct buf value;
    bool all = true;
    buf_init(&value, 4096);
    for (size_t i = 0; i < line->match_count && all; i++) {
        const struct match *match = &line->matches[i];
        char id[16] = "";
        if (match->value_role != WHO_NOBODY)
            snprintf(id, sizeof id, "p%u", bot_role_participant(role, match->value_role));
        all = find_value(role, event, match, &value) &&
              (strcmp(value.data, match->value) == 0 || (id[0] && strcmp(value.data, id) == 0));
    }
    buf_release(&value);
    return all;
}

void bot_lines_saw(struct role *role, const struct event *event)
{
    struct buf text;
    struct json *document = NULL;
    struct line_state *state;
    size_t index = 0;
    buf_init(&text, LIMIT_LOG_LINE);
    if (event_print(event, &text) || json_read(text.data, text.len, &document))
        goto out;
    bot_role_note(role, "saw %s", text.data);
    for (const struct scenario_line *line; (line = next_open(role, CLAIM_SEES, &index, &state));) {
        if (line->event != event->type)
            continue;
        if (matches(role, document, line)) {
            met(role, line, state);
        } else {
            mem_free(state->instead);
            state->instead = mem_strdup(text.data);
        }
    }
out:
    json_free(document);
    buf_release(&text);
}

void bot_lines_refused(struct role *role, enum command_type command, const char *code)
{
    struct line_state *state;
    size_t index = 0;
    for (const struct scenario_line *line;
         (line = next_open(role, CLAIM_REFUSED, &index, &state));) {
        if (line->refused == command && strcmp(line->code, code) == 0)
            met(role, line, state);
    }
}

void bot_lines_closed(struct role *role, int code)
{
    struct line_state *state;
    size_t index = 0;
    for (const struct scenario_line *line;
         (line = next_open(role, CLAIM_CLOSED, &index, &state));) {
        if (line->close_code == code)
            met(role, line, state);
    }
}

void bot_lines_heard(struct role *role, int of)
{
    struct line_state *state;
    size_t index = 0;
    for (const struct scenario_line *line; (line = next_open(role, CLAIM_HEARS, &index, &state));) {
        if (line->heard == of && ++state->heard_frames == BOT_HEARD_FRAMES)
            met(role, line, state);
    }
}

void bot_lines_uploaded(struct role *role)
{
    struct line_state *state;
    size_t index = 0;
    for (const struct scenario_line *line; (line = next_open(role, CLAIM_UPLOADS, &index, &state));)
        met(role, line, state);
}

/* ---- time passes ---- */

static void tick_line(struct role *role, size_t index, int64_t now_us)
{
    struct bot *bot = role->bot;
    const struct scenario_line *line = &bot->scenario->lines[index];
    struct line_state *state = &bot->states[index][role->index];
    int64_t at_us;
    if (state->is_done || !is_about(line, role) || !when(role, &line->moment, &at_us) ||
        now_us < at_us)
        return;
    if (!line->is_expectation) {
        state->is_done = true;
        bot_role_do(role, line, &bot->sounds[index]);
    } else if (line->within_ms >= 0 && now_us > at_us + line->within_ms * 1000) {
        if (line->is_negated)
            state->is_done = true;
        else
            miss(role, line, state, "it did not come in time");
    }
}

/* The server's own deeds go by what the first played role has seen. */
static void tick_server_line(struct bot *bot, size_t index, int64_t now_us)
{
    const struct scenario_line *line = &bot->scenario->lines[index];
    struct line_state *state = &bot->states[index][0];
    int64_t at_us;
    if (state->is_done || !when(&bot->roles[0], &line->moment, &at_us) || now_us < at_us)
        return;
    state->is_done = true;
    if (bot->config->with_server)
        bot_server_do(bot, line->verb);
}

void bot_lines_tick(struct bot *bot, int64_t now_us)
{
    for (size_t i = 0; i < bot->scenario->line_count && !bot->is_over; i++) {
        if (bot->scenario->lines[i].who == WHO_SERVER) {
            tick_server_line(bot, i, now_us);
            continue;
        }
        for (size_t r = 0; r < bot->scenario->role_count; r++)
            tick_line(&bot->roles[r], i, now_us);
    }
}

void bot_lines_finish(struct bot *bot)
{
    for (size_t i = 0; i < bot->scenario->line_count; i++) {
        const struct scenario_line *line = &bot->scenario->lines[i];
        for (size_t r = 0; r < bot->scenario->role_count; r++) {
            struct line_state *state = &bot->states[i][r];
            /* Why somebody did not come in at all has been said. */
            if (!state->is_done && line->is_expectation && is_about(line, &bot->roles[r]) &&
                !line->is_negated && (bot->roles[r].was_in || !bot->roles[r].session_count))
                miss(&bot->roles[r], line, state, "it never came");
        }
    }
}

bool bot_lines_wait_for(const struct role *role, enum verb verb)
{
    const struct bot *bot = role->bot;
    for (size_t i = 0; i < bot->scenario->line_count; i++) {
        const struct scenario_line *line = &bot->scenario->lines[i];
        if (!line->is_expectation && line->who != WHO_SERVER && is_about(line, role) &&
            line->verb == verb && !bot->states[i][role->index].is_done)
            return true;
    }
    return false;
}

void bot_lines_release(struct bot *bot)
{
    for (size_t i = 0; bot->states && i < bot->scenario->line_count; i++) {
        for (size_t r = 0; r < LIMIT_SEATS_MAX; r++)
            mem_free(bot->states[i][r].instead);
    }
    mem_free(bot->states);
    bot->states = NULL;
}
