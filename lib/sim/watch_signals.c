/* What is signaled: to the seated of its room alone, and from whom it is. Participants mark some of
 * what they signal with a number, which the server passes on as it does all that it does not know.
 */
#include <stdio.h>
#include <string.h>

#include "sim/server_process.h"
#include "sim/watch.h"
#include "sim/watch_inner.h"
#include "sim/wire.h"

enum { SIGNALS_KEPT = 4096 }; /* more than can wait for all the sockets of a run */

/* One that has reached the server. */
struct marked {
    uint64_t mark;
    char session_id[LIMIT_SESSION_ID + 1];
    unsigned from, to; /* to 0: all */
    uint64_t seated;   /* who had a seat then: a bit each */
};

static struct {
    struct marked kept[SIGNALS_KEPT];
    size_t count;
} signals;

void watch_signals_begin(void)
{
    signals.count = 0;
}

/* The number behind this in the text; 0: there is none. */
static uint64_t number_after(const char *text, const char *name)
{
    unsigned long long number = 0;
    const char *at = strstr(text, name);
    if (at)
        sscanf(at + strlen(name), "%llu", &number);
    return number;
}

static uint64_t seated_in(const struct ledger *ledger)
{
    uint64_t bits = 0;
    for (unsigned i = 1; i <= ledger->people; i++)
        bits |= ledger->persons[i].seated ? UINT64_C(1) << (i - 1) : 0;
    return bits;
}

void watch_signaling_opened(struct listener *listener, const char *room_code)
{
    if (process.node.is_ghost)
        return; /* nobody hears of it, and nothing of it is on the disk */
    watch_look();
    const struct ledger *ledger = ledgers.first;
    while (ledger && (ledger->is_ended || strcmp(ledger->room_code, room_code) != 0))
        ledger = ledger->next;
    unsigned participant = ledger ? ledger_participant_of(ledger, listener->user) : 0;
    if (!participant || !ledger->persons[participant].seated)
        broken("signals-reach-the-seated", "%s gets into the signaling of %s", listener->user,
               room_code);
    snprintf(listener->session_id, sizeof listener->session_id, "%s", ledger->session_id);
}

void watch_signal_taken(const struct listener *listener, const char *text)
{
    const struct ledger *ledger = ledger_by_id(listener->session_id);
    uint64_t mark = number_after(text, "\"mark\":");
    if (!mark || !ledger || process.node.is_ghost)
        return;
    watch_look();
    struct marked *marked = &signals.kept[signals.count++ % SIGNALS_KEPT];
    *marked = (struct marked){.mark = mark,
                              .from = ledger_participant_of(ledger, listener->user),
                              .to = (unsigned)number_after(text, "\"to\":\"p"),
                              .seated = seated_in(ledger)};
    snprintf(marked->session_id, sizeof marked->session_id, "%s", listener->session_id);
}

static const struct marked *find(uint64_t mark)
{
    for (size_t i = signals.count; i > 0 && i + SIGNALS_KEPT > signals.count; i--) {
        const struct marked *marked = &signals.kept[(i - 1) % SIGNALS_KEPT];
        if (marked->mark == mark)
            return marked;
    }
    return NULL;
}

static void check_marked(const struct listener *listener, unsigned self, const char *text)
{
    const struct marked *marked = find(number_after(text, "\"mark\":"));
    if (!marked)
        broken("signals-stay-in-the-room", "%s gets what nobody said: %.200s", listener->user,
               text);
    if (strcmp(marked->session_id, listener->session_id) != 0)
        broken("signals-stay-in-the-room", "%s in %s gets what was said in %s: %.200s",
               listener->user, listener->session_id, marked->session_id, text);
    char from[24];
    snprintf(from, sizeof from, "\"from\":\"p%u\"", marked->from);
    const char *at = strstr(text, "\"from\":");
    if (!at || strncmp(at, from, strlen(from)) != 0 || strstr(at + 1, "\"from\":"))
        broken("from-is-not-forged", "%s gets what p%u said as %.200s", listener->user,
               marked->from, text);
    if (marked->to ? marked->to != self : marked->from == self)
        broken("signals-reach-the-seated", "p%u gets what is for p%u: %.200s", self, marked->to,
               text);
    if (!(marked->seated >> (self - 1) & 1))
        broken("signals-reach-the-seated", "p%u had no seat when this was said: %.200s", self,
               text);
}

void watch_signal_sent(const struct listener *listener, const char *message, size_t len)
{
    char text[256]; /* what matters stands in front */
    snprintf(text, sizeof text, "%.*s", (int)(len < sizeof text ? len : sizeof text - 1), message);
    const struct ledger *ledger = ledger_by_id(listener->session_id);
    unsigned self = ledger ? ledger_participant_of(ledger, listener->user) : 0;
    uint64_t said_self = number_after(text, "{\"type\":\"peers\",\"data\":{\"self\":\"p");
    if (!self)
        return; /* a power cut has taken the session back; the socket goes with the server */
    if (said_self && said_self != self)
        broken("from-is-not-forged", "p%u of %s is told to be p%u", self, listener->session_id,
               (unsigned)said_self);
    if (strstr(text, "\"mark\":"))
        check_marked(listener, self, text);
}
