#include "room/replay.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

/* A log that is being read. */
struct replay {
    struct room *room;
    const struct room_config *config;
    replay_event_fn *on_event;
    void *context;
    struct buf printed; /* one line, written anew */
    struct replay_result *result;
};

static enum err damage(struct replay *replay, const char *what)
{
    replay->result->what = what;
    return ERR_CORRUPT;
}

/* Whether what was printed is the line, to the byte. */
static enum err compare(struct replay *replay, enum err printed, const char *line, size_t len)
{
    const struct buf *b = &replay->printed;
    bool differs = printed == ERR_FULL || b->len != len || memcmp(b->data, line, len) != 0;
    if ((printed == ERR_NONE || printed == ERR_FULL) && differs)
        return damage(replay, "written differently than the server writes it");
    return printed;
}

static enum err check_header(struct replay *replay, const struct log_header *header)
{
    if (header->seats < LIMIT_SEATS_MIN || header->seats > LIMIT_SEATS_MAX ||
        !session_id_valid(header->session_id) || !room_code_valid(header->room_code))
        return damage(replay, "not the first line of a session log");
    replay->room = room_new(header, replay->config);
    return replay->room ? ERR_NONE : ERR_NO_MEMORY;
}

static enum err read_header(struct replay *replay, const char *line, size_t len)
{
    struct log_header_doc doc;
    enum err e = log_header_parse(line, len, &doc);
    if (e == ERR_NO_MEMORY)
        return e;
    if (e != ERR_NONE)
        return damage(replay, "not the first line of a session log");
    buf_clear(&replay->printed);
    e = compare(replay, log_header_print(&doc.header, &replay->printed), line, len);
    if (e == ERR_NONE)
        e = check_header(replay, &doc.header);
    log_header_doc_release(&doc);
    return e;
}

/* The host's log leaves out users, and choices that were not revealed. Something stands in for
 * them: the participant's own id, and any choice of the page, which no later line can contradict.
 * `user` holds what the event then points to. */
static struct event fill_in(struct replay *replay, const struct event *event, char user[16])
{
    struct event filled = *event;
    const struct page *page;
    if (event->type == EVENT_JOIN && !event->join.user) {
        /* Never the maker's own name: the room would take a stranger for the host. */
        bool is_makers = participant_number(room_header(replay->room)->host_user) != 0;
        snprintf(user, 16, is_makers ? "user %u" : "p%u", event->participant);
        filled.join.user = user;
    } else if (event->type == EVENT_CHOICE_SUBMITTED && !event->choice_submitted.choice &&
               (page = agenda_page(room_agenda(replay->room), event->choice_submitted.page)) &&
               page->choice_count > 0) {
        filled.choice_submitted.choice = page->choices[0].id;
    } else {
        return filled;
    }
    replay->result->is_public = true;
    return filled;
}

static enum err take_event(struct replay *replay, const struct event *event, const char *line,
                           size_t len)
{
    char user[16];
    buf_clear(&replay->printed);
    enum err e = compare(replay, event_print(event, &replay->printed), line, len);
    if (e != ERR_NONE)
        return e;
    if (event->seq != room_seq(replay->room) + 1)
        return damage(replay, "seq is not the next one");
    struct event filled = fill_in(replay, event, user);
    e = room_apply(replay->room, &filled);
    if (e == ERR_CORRUPT)
        return damage(replay, "cannot follow what came before");
    if (e == ERR_NONE) {
        replay->result->events++;
        if (replay->on_event)
            replay->on_event(replay->context, replay->room, event);
    }
    return e;
}

/* `is_cut`: it has no newline. What was torn off somewhere is not a whole object any more. */
static enum err read_event(struct replay *replay, const char *line, size_t len, bool is_cut)
{
    struct event_doc doc;
    enum err e = event_parse(line, len, &doc);
    if (e == ERR_NO_MEMORY)
        return e;
    if (e != ERR_NONE && is_cut) {
        replay->result->torn = true;
        return ERR_NONE;
    }
    if (e != ERR_NONE)
        return damage(replay, "not an event");
    e = take_event(replay, &doc.event, line, len);
    event_doc_release(&doc);
    return e;
}

static enum err read_lines(struct replay *replay, const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    size_t number = 0;
    enum err e = ERR_NONE;
    do {
        const char *newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        size_t line_len = (size_t)((newline ? newline : end) - at);
        number++;
        if (line_len > LIMIT_LOG_LINE)
            e = damage(replay, "line too long");
        else if (number == 1)
            e = read_header(replay, at, line_len);
        else
            e = read_event(replay, at, line_len, !newline);
        at = newline ? newline + 1 : end;
    } while (e == ERR_NONE && at < end);
    if (e == ERR_CORRUPT)
        replay->result->line = number;
    return e;
}

enum err replay_log(const char *text, size_t len, const struct room_config *config,
                    replay_event_fn *on_event, void *context, struct room **room,
                    struct replay_result *result)
{
    struct replay replay = {
        .config = config, .on_event = on_event, .context = context, .result = result};
    *result = (struct replay_result){0};
    buf_init(&replay.printed, LIMIT_LOG_LINE);
    enum err e = read_lines(&replay, text, len);
    buf_release(&replay.printed);
    if (e == ERR_NONE && room)
        *room = replay.room;
    else
        room_free(replay.room);
    if (e != ERR_NONE && room)
        *room = NULL;
    return e;
}
