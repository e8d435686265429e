#include "analysis/calls.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "analysis/posts.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "proto/json_reader.h"

enum {
    AT_ONCE_DEFAULT = 4,
    PATIENCE_DEFAULT_MS = 15 * 60 * 1000,
    FIRST_DELAY_DEFAULT_MS = 500,
    TIMEOUT_DEFAULT_MS = 5 * 60 * 1000,
    DELAY_MAX_MS = 60 * 1000,
    TRIES_FAILED = 5,
    TRIES_USELESS = 3,
    GIVEN_UP_IN_A_ROW = 3,
    GOOD_IN_A_ROW = 8, /* until one more may be under way again */
    WAIT_MAX_MS = 1000,
    MESSAGE_SIZE = 240,
};

struct slot {
    enum { SLOT_FREE, SLOT_WAITS, SLOT_FLIES } state;
    size_t index;
    int failed, useless; /* tries */
    double due_ms;
};

struct run {
    const struct calls *calls;
    struct posts *posts;
    char *url;
    char name[128];
    struct slot slots[POSTS_MAX];
    size_t next; /* the first call that was not begun */
    unsigned at_once, allowed, good_in_a_row, given_up_in_a_row;
    bool answered;  /* the service has given a usable answer, in this run or before */
    double good_ms; /* when the last one came; or the run began */
    double held_ms; /* nothing is asked before */
    double patience_ms, first_delay_ms, timeout_ms;
    char last[MESSAGE_SIZE + 64]; /* what the last failure was */
    char *why;
    size_t why_size;
};

static double clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double or_default(double value, double fallback)
{
    return value > 0 ? value : fallback;
}

/* What the service says of an error, as one line: OpenAI's {"error":{"message"}}, others'
 * {"error":"..."}, {"detail":"..."} or plain text. */
static void message_of(const struct post_answer *answer, const char *key, char out[MESSAGE_SIZE])
{
    struct json *json = NULL;
    const char *text = answer->body.data ? answer->body.data : "";
    if (answer->body.len && json_read(text, answer->body.len, &json) == ERR_NONE) {
        const struct json *error = json_member(json, "error");
        const char *said = json_string(error, "message");
        said = said ? said : json_text(error);
        said = said ? said : json_string(json, "detail");
        text = said ? said : json_string(json, "message");
    }
    snprintf(out, MESSAGE_SIZE, "%s", text ? text : "");
    for (char *at = out; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    size_t len = strlen(out);
    while (len && (out[len - 1] == ' ' || !utf8_valid(out, len)))
        out[--len] = '\0';
    post_blot(out, len, key);
    json_free(json);
}

static void describe(struct run *run, const struct post_answer *answer)
{
    char message[MESSAGE_SIZE];
    message_of(answer, run->calls->service->key, message);
    if (!answer->status)
        snprintf(run->last, sizeof run->last, "%.200s", answer->error);
    else
        snprintf(run->last, sizeof run->last, "%d%s%s", answer->status, message[0] ? ": " : "",
                 message);
}

static enum err give_up(struct run *run, struct slot *slot)
{
    run->calls->give_up(run->calls->context, slot->index, run->last);
    slot->state = SLOT_FREE;
    if (++run->given_up_in_a_row < GIVEN_UP_IN_A_ROW)
        return ERR_NONE;
    snprintf(run->why, run->why_size, "%s answers one after the other in no useful way: %s",
             run->name, run->last);
    return ERR_UNREACHABLE;
}

static double delay_ms(const struct run *run, int tries)
{
    double delay = run->first_delay_ms;
    for (int i = 1; i < tries && delay < DELAY_MAX_MS; i++)
        delay *= 2;
    uint16_t dice;
    rand_bytes(&dice, sizeof dice);
    delay = delay < DELAY_MAX_MS ? delay : DELAY_MAX_MS;
    return delay * (0.5 + dice / 65536.0);
}

static void slow_down(struct run *run)
{
    run->allowed = run->allowed > 1 ? run->allowed / 2 : 1;
    run->good_in_a_row = 0;
}

static enum err out_of_patience(struct run *run, double asked_ms)
{
    if (asked_ms > 0)
        snprintf(run->why, run->why_size,
                 "%s asks to wait for %.0f s (%s); what came is kept: run it again then", run->name,
                 asked_ms / 1000, run->last);
    else
        snprintf(run->why, run->why_size,
                 "%s gave no answer for %.0f s (%s); what came before is kept: run it again",
                 run->name, run->patience_ms / 1000, run->last);
    return ERR_UNREACHABLE;
}

/* No answer, or one that says: not now. */
static enum err on_failure(struct run *run, struct slot *slot, const struct post_answer *answer,
                           double now_ms)
{
    bool is_own = answer->status == 500 || answer->timed_out;
    double asked_ms = answer->retry_after_ms;
    slot->failed++;
    if (answer->status == 429 || answer->status == 503 || answer->timed_out)
        slow_down(run);
    if (is_own && run->answered && slot->failed >= TRIES_FAILED)
        return give_up(run, slot);
    if (now_ms - run->good_ms + (asked_ms > 0 ? asked_ms : 0) > run->patience_ms)
        return out_of_patience(run, asked_ms);
    slot->state = SLOT_WAITS;
    slot->due_ms = now_ms + delay_ms(run, slot->failed);
    if (asked_ms > 0 && slot->due_ms < now_ms + asked_ms)
        slot->due_ms = now_ms + asked_ms;
    if (answer->status == 429 && run->held_ms < slot->due_ms)
        run->held_ms = slot->due_ms;
    return ERR_NONE;
}

static enum err refuse(struct run *run, const struct post_answer *answer)
{
    const char *what = "refuses";
    if (answer->status < 400)
        what = "points to another address, which is not followed";
    else if (answer->status == 401 || answer->status == 403)
        what = run->calls->service->key ? "does not take the key" : "asks for a key";
    snprintf(run->why, run->why_size, "%s %s (%s)", run->name, what, run->last);
    return ERR_REFUSED;
}

static void on_good(struct run *run, struct slot *slot, double now_ms)
{
    slot->state = SLOT_FREE;
    run->answered = true;
    run->good_ms = now_ms;
    run->given_up_in_a_row = 0;
    if (run->allowed < run->at_once && ++run->good_in_a_row >= GOOD_IN_A_ROW) {
        run->allowed++;
        run->good_in_a_row = 0;
    }
}

/* An answer that the user has a word on. */
static enum err on_answer(struct run *run, struct slot *slot, const struct post_answer *answer,
                          double now_ms)
{
    const struct calls *calls = run->calls;
    enum call_next next = CALL_STOP;
    enum err e = calls->take(calls->context, slot->index, answer->status,
                             answer->body.data ? answer->body.data : "", answer->body.len, &next);
    if (e)
        return e;
    switch (next) {
    case CALL_DONE:
        on_good(run, slot, now_ms);
        return ERR_NONE;
    case CALL_OTHERWISE:
        slot->state = SLOT_WAITS;
        slot->due_ms = now_ms;
        return ERR_NONE;
    case CALL_AGAIN:
        if (++slot->useless >= TRIES_USELESS)
            return give_up(run, slot);
        slot->state = SLOT_WAITS;
        slot->due_ms = now_ms + delay_ms(run, slot->useless);
        return ERR_NONE;
    case CALL_GIVE_UP:
        return give_up(run, slot);
    case CALL_STOP:
        break;
    }
    return refuse(run, answer);
}

static bool is_for_later(const struct post_answer *answer)
{
    int status = answer->status;
    /* OpenAI's word for an account without money: no waiting helps. */
    if (status == 429 && answer->body.data && strstr(answer->body.data, "insufficient_quota"))
        return false;
    return status == 0 || status == 408 || status == 425 || status == 429 || status >= 500;
}

/* What no other way of asking helps against. */
static bool is_refusal(int status)
{
    return (status >= 300 && status < 400) || status == 401 || status == 403 || status == 407 ||
           status == 429;
}

static enum err on_arrival(struct run *run, struct slot *slot, const struct post_answer *answer)
{
    double now_ms = clock_ms();
    describe(run, answer);
    if (answer->untrusted) {
        snprintf(run->why, run->why_size, "%s: its certificate cannot be trusted (%s)", run->name,
                 run->last);
        return ERR_UNTRUSTED;
    }
    if (is_for_later(answer))
        return on_failure(run, slot, answer, now_ms);
    if (is_refusal(answer->status))
        return refuse(run, answer);
    return on_answer(run, slot, answer, now_ms);
}

static enum err begin(struct run *run, struct slot *slot)
{
    const struct calls *calls = run->calls;
    struct buf body;
    char type[CALL_TYPE_SIZE] = "application/json";
    buf_init(&body, CALL_BODY_MAX);
    enum err e = calls->ask(calls->context, slot->index, &body, type);
    if (!e && body.len == 0) {
        on_good(run, slot, clock_ms());
    } else if (!e) {
        struct post post = {.url = run->url,
                            .key = calls->service->key,
                            .content_type = type,
                            .timeout_ms = run->timeout_ms};
        e = posts_begin(run->posts, &post, &body, (size_t)(slot - run->slots));
        slot->state = SLOT_FLIES;
    }
    buf_release(&body);
    return e;
}

/* Gives free slots the next calls, and begins what is due. Says when the next is. */
static enum err begin_due(struct run *run, bool *busy, double *wait_ms)
{
    unsigned taken = 0;
    double now_ms = clock_ms();
    enum err e = ERR_NONE;
    *wait_ms = WAIT_MAX_MS;
    for (size_t i = 0; i < POSTS_MAX; i++)
        taken += run->slots[i].state != SLOT_FREE;
    for (size_t i = 0; i < POSTS_MAX && !e; i++) {
        struct slot *slot = &run->slots[i];
        while (!e && slot->state == SLOT_FREE && taken < run->allowed &&
               run->next < run->calls->count && now_ms >= run->held_ms) {
            *slot = (struct slot){.state = SLOT_WAITS, .index = run->next++};
            e = begin(run, slot);
            taken += slot->state != SLOT_FREE;
        }
        double due_ms = slot->due_ms > run->held_ms ? slot->due_ms : run->held_ms;
        if (!e && slot->state == SLOT_WAITS && due_ms <= now_ms)
            e = begin(run, slot);
        else if (slot->state == SLOT_WAITS && due_ms - now_ms < *wait_ms)
            *wait_ms = due_ms - now_ms + 1;
    }
    *busy = taken > 0 || run->next < run->calls->count;
    return e;
}

static enum err go(struct run *run)
{
    enum err e = ERR_NONE;
    for (bool busy = true; !e;) {
        double wait_ms;
        struct post_answer answer;
        e = begin_due(run, &busy, &wait_ms);
        if (e || !busy)
            break;
        if (!posts_wait(run->posts, wait_ms, &answer))
            continue;
        e = on_arrival(run, &run->slots[answer.tag], &answer);
        buf_release(&answer.body);
    }
    return e;
}

enum err calls_run(const struct calls *calls, char *why, size_t why_size)
{
    const struct service *service = calls->service;
    unsigned at_once = service->at_once ? service->at_once : AT_ONCE_DEFAULT;
    at_once = at_once < POSTS_MAX ? at_once : POSTS_MAX;
    struct run run = {
        .calls = calls,
        .at_once = at_once,
        .allowed = at_once,
        .good_ms = clock_ms(),
        .patience_ms = or_default(service->patience_ms, PATIENCE_DEFAULT_MS),
        .first_delay_ms = or_default(service->first_delay_ms, FIRST_DELAY_DEFAULT_MS),
        .timeout_ms = or_default(service->timeout_ms, TIMEOUT_DEFAULT_MS),
        .why = why,
        .why_size = why_size,
    };
    enum err e = service_check(service, why, why_size);
    if (e)
        return e;
    struct buf url;
    buf_init(&url, 4096);
    size_t base_len = strlen(service->base);
    while (base_len && service->base[base_len - 1] == '/')
        base_len--;
    service_name(service, run.name, sizeof run.name);
    e = buf_printf(&url, "%.*s%s", (int)base_len, service->base, calls->path);
    run.url = url.data;
    run.posts = e ? NULL : posts_new();
    if (!e)
        e = run.posts ? go(&run) : ERR_NO_MEMORY;
    posts_free(run.posts);
    buf_release(&url);
    return e;
}
