/* For tests: two peers in one process, the signaling between them, and a relay that loses, doubles,
 * delays or spoils what they send. One thread: everything runs in call_until. Whoever includes this
 * also includes cmocka.
 *
 * With a relay, each side is told of the relay's sockets instead of the other's candidates: the nth
 * pair of sockets stands for the nth 127.0.0.1 candidate of both, so that an ICE restart, which
 * brings new ones, passes through as well. */
#ifndef DEBATE_RTC_PEER_TESTING_H
#define DEBATE_RTC_PEER_TESTING_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "rtc/peer.h"
#include "rtc/rtc_timer.h"
#include "rtc/rtp.h"
#include "rtc/sdp.h"

enum {
    CALL_LEGS_MAX = 8,
    CALL_HELD_MAX = 64,
    CALL_DATAGRAM_MAX = 2048,
    CALL_RELAY_TICK_US = 500,
    CALL_LATE_MAX = 128
};

struct call;

struct call_side {
    struct peer *peer;
    struct call *call;
    struct call_side *other;
    enum peer_state state;
    char why[160];                 /* of the last state */
    int connected;                 /* how often CONNECTED was said */
    int disconnected;              /* and DISCONNECTED */
    bool yields;                   /* on glare */
    enum err description;          /* what the peer said to the last description */
    char refusal[160];             /* and why */
    size_t candidates;             /* that were handed to this side */
    size_t legs;                   /* 127.0.0.1 candidates of this side so far */
    char held[CALL_HELD_MAX][512]; /* candidates for the other side that wait */
    size_t held_count;
    struct rtp_packet last; /* without its payload */
    uint8_t payload[1500];
    size_t payload_len;
    uint64_t received;
    uint64_t gaps; /* steps of the sequence number that are not 1 */
    void (*on_rtp)(struct call_side *side, const struct rtp_packet *packet);
    void *user;
};

struct call_leg {
    int fd[2];                   /* [0] faces a, [1] faces b */
    struct sockaddr_in peers[2]; /* who is there */
    bool known[2];
};

/* A datagram that the relay keeps back for a while. */
struct call_late {
    int64_t due_us;
    struct call_leg *leg; /* NULL: none */
    size_t to, len;
    uint8_t data[CALL_DATAGRAM_MAX];
};

struct call {
    void *loop;
    bool loop_is_lent;
    struct dtls_identity *identities[2];
    struct call_side a, b;
    struct rtc_timer *deadline, *relay_timer;
    bool time_is_up;
    bool may_refuse; /* a candidate, because memory runs out */

    /* How signaling is done */
    bool candidates_first; /* those in a description overtake it */
    bool hold_answers;     /* the answer waits in `answer` */
    char *answer;
    struct call_side *answer_to;
    void (*tamper)(char *sdp, bool is_offer);

    /* The relay */
    bool relayed;
    struct call_leg legs[CALL_LEGS_MAX];
    size_t leg_count;
    unsigned loss_percent, double_percent, garbage_percent;
    bool cut, cut_media; /* nothing passes; nothing but STUN and DTLS does */
    /* Each datagram takes delay_us, plus or minus up to jitter_us, evenly spread: some overtake. */
    unsigned delay_us, jitter_us;
    struct call_late late[CALL_LATE_MAX];
    uint64_t random, relayed_count, lost_count;
};

static inline unsigned call_random(struct call *call)
{
    call->random = call->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(call->random >> 33);
}

static inline int call_socket(struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t len = sizeof *address;

    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof *address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, &len), 0);
    return fd;
}

/* Puts the relay's socket that faces the other side in place of a candidate; false: it has none. */
static inline bool call_relay_candidate(struct call_side *from, struct ice_candidate *candidate)
{
    struct call *call = from->call;
    size_t me = from == &call->b;
    struct sockaddr_in address;

    if (strcmp(candidate->address, "127.0.0.1") != 0 || from->legs == CALL_LEGS_MAX)
        return false;
    if (from->legs == call->leg_count) {
        struct call_leg *made = &call->legs[call->leg_count++];
        made->fd[0] = call_socket(&address);
        made->fd[1] = call_socket(&address);
    }
    struct call_leg *leg = &call->legs[from->legs++];
    leg->peers[me] = (struct sockaddr_in){.sin_family = AF_INET,
                                          .sin_port = htons(candidate->port),
                                          .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    leg->known[me] = true;
    socklen_t len = sizeof address;
    assert_int_equal(getsockname(leg->fd[!me], (struct sockaddr *)&address, &len), 0);
    candidate->port = ntohs(address.sin_port);
    return true;
}

static inline void call_garbage(struct call *call, struct call_leg *leg, size_t to)
{
    uint8_t junk[100];

    for (size_t i = 0; i < sizeof junk; i++)
        junk[i] = (uint8_t)call_random(call);
    if (call_random(call) % 2) /* half of it looks like DTLS 1.2, RTP or RTCP at first */
        memcpy(junk, (const char *[]){"\x16\xfe\xfd", "\x80\x6f\x01", "\x80\xc8\x00"}[junk[9] % 3],
               3);
    sendto(leg->fd[to], junk, call_random(call) % sizeof junk, 0,
           (struct sockaddr *)&leg->peers[to], sizeof leg->peers[to]);
}

static inline void call_send_on(struct call_leg *leg, size_t to, const uint8_t *data, size_t len)
{
    sendto(leg->fd[to], data, len, 0, (struct sockaddr *)&leg->peers[to], sizeof leg->peers[to]);
}

static inline void call_keep_back(struct call *call, struct call_leg *leg, size_t to,
                                  const uint8_t *data, size_t len)
{
    size_t i = 0;
    while (i < CALL_LATE_MAX && call->late[i].leg)
        i++;
    assert_true(i < CALL_LATE_MAX);
    struct call_late *late = &call->late[i];
    *late = (struct call_late){.leg = leg, .to = to, .len = len};
    late->due_us = rtc_now_us() + call->delay_us - call->jitter_us;
    if (call->jitter_us)
        late->due_us += call_random(call) % (2 * call->jitter_us);
    memcpy(late->data, data, len);
}

static inline void call_send_late(struct call *call)
{
    int64_t now_us = rtc_now_us();
    for (size_t i = 0; i < CALL_LATE_MAX; i++) {
        struct call_late *late = &call->late[i];
        if (!late->leg || late->due_us > now_us)
            continue;
        call_send_on(late->leg, late->to, late->data, late->len);
        late->leg = NULL;
    }
}

static inline void call_pass_on(struct call *call, struct call_leg *leg, size_t to,
                                const uint8_t *data, size_t len)
{
    enum packet_kind kind = packet_kind(data, len);
    bool media = kind == PACKET_RTP || kind == PACKET_RTCP;

    call->relayed_count++;
    if (call->cut || (media && call->cut_media) || call_random(call) % 100 < call->loss_percent) {
        call->lost_count++;
        return;
    }
    if (call_random(call) % 100 < call->garbage_percent)
        call_garbage(call, leg, to);
    int copies = call_random(call) % 100 < call->double_percent ? 2 : 1;
    for (int i = 0; i < copies; i++) {
        if (call->delay_us)
            call_keep_back(call, leg, to, data, len);
        else
            call_send_on(leg, to, data, len);
    }
}

static inline void call_on_relay_time(void *user)
{
    struct call *call = user;
    uint8_t data[CALL_DATAGRAM_MAX];

    rtc_timer_set(call->relay_timer, rtc_now_us() + CALL_RELAY_TICK_US);
    call_send_late(call);
    for (size_t i = 0; i < 2 * call->leg_count; i++) {
        struct call_leg *leg = &call->legs[i / 2];
        size_t from = i % 2;
        struct sockaddr_in source;
        socklen_t source_len = sizeof source;
        ssize_t len;
        while ((len = recvfrom(leg->fd[from], data, sizeof data, 0, (struct sockaddr *)&source,
                               &source_len)) >= 0) {
            /* A side may try from its other addresses too; the relay stands for one of them. */
            if (leg->known[0] && leg->known[1] && source.sin_port == leg->peers[from].sin_port)
                call_pass_on(call, leg, !from, data, (size_t)len);
            source_len = sizeof source;
        }
    }
}

static inline void call_give_candidate(struct call_side *to, const char *text)
{
    to->candidates++;
    if (to->peer && peer_remote_candidate(to->peer, text) != ERR_NONE)
        assert_true(to->call->may_refuse);
}

static inline void call_on_candidate(void *context, const char *text, const char *mid, int index)
{
    struct call_side *from = context;
    struct ice_candidate candidate;
    struct buf b;

    assert_string_equal(mid, "0");
    assert_int_equal(index, 0);
    if (!from->call->relayed || !text[0]) {
        call_give_candidate(from->other, text);
        return;
    }
    assert_int_equal(ice_candidate_parse(text, &candidate), ERR_NONE);
    if (!call_relay_candidate(from, &candidate))
        return;
    buf_init(&b, 1024);
    ice_candidate_print(&b, &candidate);
    assert_false(b.failed);
    call_give_candidate(from->other, b.data);
    buf_release(&b);
}

/* Takes the candidates out of a description, into `held`. */
static inline void call_strip(struct call_side *from, char *sdp)
{
    char *out = sdp;

    for (char *line = sdp; *line;) {
        size_t len = strcspn(line, "\n");
        len += line[len] == '\n';
        if (!strncmp(line, "a=candidate:", 12)) {
            assert_true(from->held_count < CALL_HELD_MAX);
            snprintf(from->held[from->held_count++], sizeof *from->held, "%.*s",
                     (int)strcspn(line, "\r\n") - 2, line + 2);
        } else if (strncmp(line, "a=end-of-candidates", 19) != 0) {
            memmove(out, line, len);
            out += len;
        }
        line += len;
    }
    *out = '\0';
}

static inline void call_release_held(struct call_side *from)
{
    size_t count = from->held_count;

    from->held_count = 0;
    for (size_t i = 0; i < count; i++)
        call_on_candidate(from, from->held[i], "0", 0);
}

static inline void call_give_description(struct call_side *to, bool is_offer, const char *sdp)
{
    if (to->peer)
        to->description = peer_remote_description(to->peer, is_offer, sdp, to->yields, to->refusal,
                                                  sizeof to->refusal);
}

static inline void call_on_description(void *context, bool is_offer, const char *sdp)
{
    struct call_side *from = context;
    struct call *call = from->call;
    char *text = strdup(sdp);

    assert_non_null(text);
    call_strip(from, text);
    if (call->tamper)
        call->tamper(text, is_offer);
    if (call->candidates_first)
        call_release_held(from);
    if (call->hold_answers && !is_offer && !call->answer) {
        call->answer = strdup(text);
        call->answer_to = from->other;
    } else {
        call_give_description(from->other, is_offer, text);
    }
    call_release_held(from);
    free(text);
}

static inline void call_on_state(void *context, enum peer_state state, const char *why)
{
    struct call_side *side = context;

    side->state = state;
    side->connected += state == PEER_CONNECTED;
    side->disconnected += state == PEER_DISCONNECTED;
    snprintf(side->why, sizeof side->why, "%s", why);
}

static inline void call_on_rtp(void *context, const struct rtp_packet *packet)
{
    struct call_side *side = context;

    if (side->received++ && (uint16_t)(packet->seq - side->last.seq) != 1)
        side->gaps++;
    side->last = *packet;
    side->payload_len = packet->payload_len;
    assert_true(packet->payload_len <= sizeof side->payload);
    memcpy(side->payload, packet->payload, packet->payload_len);
    if (side->on_rtp)
        side->on_rtp(side, packet);
}

static inline void call_on_deadline(void *user)
{
    struct call *call = user;
    call->time_is_up = true;
}

static inline void call_add_peer(struct call *call, struct call_side *side)
{
    const struct ice_config ice = {.loopback = true};
    const struct peer_handler handler = {.context = side,
                                         .on_description = call_on_description,
                                         .on_candidate = call_on_candidate,
                                         .on_state = call_on_state,
                                         .on_rtp = call_on_rtp};

    side->call = call;
    side->other = side == &call->a ? &call->b : &call->a;
    side->yields = side == &call->b;
    side->peer = peer_new(call->loop, call->identities[side == &call->b], &ice, &handler);
    assert_non_null(side->peer);
}

/* In a loop that outlives the call, so that several calls can go on at once; NULL: one of its own.
 */
static inline void call_open_in(struct call *call, void *loop, bool relayed)
{
    memset(call, 0, sizeof *call);
    call->loop_is_lent = loop;
    call->loop = loop ? loop : rtc_loop_new();
    call->identities[0] = dtls_identity_new();
    call->identities[1] = dtls_identity_new();
    call->deadline = rtc_timer_new(call->loop, call_on_deadline, call);
    call->relay_timer = rtc_timer_new(call->loop, call_on_relay_time, call);
    assert_non_null(call->deadline);
    assert_non_null(call->relay_timer);
    call->relayed = relayed;
    call->random = 1;
    if (relayed)
        rtc_timer_set(call->relay_timer, 0);
    call_add_peer(call, &call->a);
    call_add_peer(call, &call->b);
}

static inline void call_open(struct call *call, bool relayed)
{
    call_open_in(call, NULL, relayed);
}

static inline void call_close(struct call *call)
{
    peer_free(call->a.peer);
    peer_free(call->b.peer);
    rtc_timer_free(call->deadline);
    rtc_timer_free(call->relay_timer);
    for (size_t i = 0; i < call->leg_count; i++) {
        close(call->legs[i].fd[0]);
        close(call->legs[i].fd[1]);
    }
    free(call->answer);
    /* What libnice puts off until the next turn. */
    for (int i = 0; i < 10; i++)
        rtc_loop_turn(call->loop, false);
    if (!call->loop_is_lent)
        rtc_loop_free(call->loop);
    dtls_identity_free(call->identities[0]);
    dtls_identity_free(call->identities[1]);
}

/* Runs until `is_so`, or `ms` have passed: then false. NULL: for so long. */
static inline bool call_until(struct call *call, bool (*is_so)(const struct call *call), int ms)
{
    call->time_is_up = false;
    rtc_timer_set(call->deadline, rtc_now_us() + ms * 1000ll);
    while (!call->time_is_up && !(is_so && is_so(call)))
        rtc_loop_turn(call->loop, true);
    rtc_timer_set(call->deadline, -1);
    return is_so && is_so(call);
}

static inline bool call_is_connected(const struct call *call)
{
    return call->a.state == PEER_CONNECTED && call->b.state == PEER_CONNECTED;
}

static inline bool call_is_over(const struct call *call)
{
    return call->a.state >= PEER_FAILED && call->b.state >= PEER_FAILED;
}

/* Lets a call; fails the test when it does not come to be. */
static inline void call_connect(struct call *call, struct call_side *offerer)
{
    assert_int_equal(peer_offer(offerer->peer), ERR_NONE);
    if (!call_until(call, call_is_connected, 20000))
        fail_msg("a: %s (%s, %s), b: %s (%s, %s)", peer_state_name(call->a.state), call->a.why,
                 call->a.refusal, peer_state_name(call->b.state), call->b.why, call->b.refusal);
}

#endif
