/* What happens to a connection when its path loses, doubles, spoils or stops what is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rtc/peer_inner.h"
#include "rtc/peer_testing.h"

/* How long things may take that must happen: long, for machines that do much else. */
enum { PATIENCE_MS = 30000, FRAME_US = 20000 };

static struct call call;

/* Both sides send a frame every 20 ms. */
static struct rtc_timer *speaker;
static uint32_t spoken;
static int64_t next_us, last_us, longest_us; /* when b heard, and the longest it did not */

static void on_speak(void *user)
{
    (void)user;
    next_us += FRAME_US;
    peer_send(call.a.peer, (const uint8_t *)"a frame of a", 12, spoken * 960, spoken == 0);
    if (call.b.peer)
        peer_send(call.b.peer, (const uint8_t *)"a frame of b", 12, spoken * 960, spoken == 0);
    spoken++;
    rtc_timer_set(speaker, next_us);
}

static void on_hear(struct call_side *side, const struct rtp_packet *packet)
{
    (void)side;
    if (last_us && packet->received_us - last_us > longest_us)
        longest_us = packet->received_us - last_us;
    last_us = packet->received_us;
}

static void speak(void)
{
    spoken = 0;
    last_us = longest_us = 0;
    call.b.on_rtp = on_hear;
    next_us = rtc_now_us();
    speaker = rtc_timer_new(call.loop, on_speak, NULL);
    assert_non_null(speaker);
    rtc_timer_set(speaker, next_us);
}

static int close_call(void **state)
{
    (void)state;
    rtc_timer_free(speaker);
    speaker = NULL;
    call_close(&call);
    return 0;
}

static struct peer_stats stats_of(const struct call_side *side)
{
    struct peer_stats stats;
    peer_stats(side->peer, &stats);
    return stats;
}

static bool some_is_heard(const struct call *c)
{
    return c->a.received >= 25 && c->b.received >= 25;
}

static bool both_came_back(const struct call *c)
{
    return call_is_connected(c) && c->a.connected >= 2 && c->b.connected >= 2;
}

static bool one_is_down(const struct call *c)
{
    return c->a.state == PEER_DISCONNECTED || c->b.state == PEER_DISCONNECTED;
}

static bool both_are_down(const struct call *c)
{
    return c->a.state == PEER_DISCONNECTED && c->b.state == PEER_DISCONNECTED;
}

static void the_sound_of_both_arrives(void)
{
    call.a.received = call.b.received = 0;
    assert_true(call_until(&call, some_is_heard, PATIENCE_MS));
}

static void through_a_relay_it_connects_and_the_relay_is_the_only_way(void **state)
{
    (void)state;
    call_open(&call, true);
    call_connect(&call, &call.a);
    assert_true(call.relayed_count > 0);
    speak();
    the_sound_of_both_arrives();
    uint64_t before = call.relayed_count;
    call_until(&call, NULL, 200);
    assert_true(call.relayed_count >= before + 10);
}

static void a_quarter_lost_and_a_quarter_doubled_connects_all_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        call_open(&call, true);
        call.random = seed;
        call.loss_percent = call.double_percent = 25;
        call_connect(&call, seed % 2 ? &call.a : &call.b);
        if (seed < 3)
            call_close(&call);
    }
    assert_true(call.lost_count > 0);
    speak();
    the_sound_of_both_arrives();
    /* What was doubled is heard once, what was lost is counted. */
    struct peer_stats b = stats_of(&call.b), a = stats_of(&call.a);
    assert_true(b.packets_received <= a.packets_sent);
    assert_true(b.packets_lost > 0);
}

static bool loss_is_reported(const struct call *c)
{
    return stats_of(&c->a).remote_loss > 0;
}

static void the_other_sides_loss_is_reported(void **state)
{
    (void)state;
    call_open(&call, true);
    call_connect(&call, &call.a);
    call.loss_percent = 30;
    speak();
    assert_true(call_until(&call, loss_is_reported, PATIENCE_MS));
    assert_true(stats_of(&call.a).remote_loss < 0.8);
}

static void garbage_between_does_no_harm(void **state)
{
    (void)state;
    call_open(&call, true);
    call.garbage_percent = 100;
    call_connect(&call, &call.a);
    speak();
    the_sound_of_both_arrives();
    assert_int_equal(call.b.gaps, 0);
    assert_int_equal(call.b.payload_len, 12);
    assert_memory_equal(call.b.payload, "a frame of a", 12);
    assert_true(call_is_connected(&call));
}

/* From a socket that no candidate named. */
static void strangers_are_not_listened_to(void **state)
{
    (void)state;
    struct sockaddr_in from, to = {.sin_family = AF_INET};
    char address[64];
    unsigned port;
    call_open(&call, false);
    call_connect(&call, &call.a);
    speak();
    assert_int_equal(sscanf(stats_of(&call.b).local_candidate, "%63[0-9.]:%u", address, &port), 2);
    assert_int_equal(inet_pton(AF_INET, address, &to.sin_addr), 1);
    to.sin_port = htons((uint16_t)port);
    int fd = call_socket(&from);
    call.random = 5;
    for (int n = 0; n < 500; n++) {
        uint8_t junk[200];
        for (size_t i = 0; i < sizeof junk; i++)
            junk[i] = (uint8_t)call_random(&call);
        sendto(fd, junk, 1 + call_random(&call) % (sizeof junk - 1), 0, (struct sockaddr *)&to,
               sizeof to);
        if (n % 10 == 0)
            rtc_loop_turn(call.loop, false);
    }
    close(fd);
    the_sound_of_both_arrives();
    assert_int_equal(call.b.gaps, 0);
    assert_true(call_is_connected(&call));
}

/* ---- restarts ---- */

static char candidate_before[64];

static bool a_has_a_new_path(const struct call *c)
{
    return strcmp(stats_of(&c->a).local_candidate, candidate_before) != 0;
}

static void a_restart_from_either_side_keeps_the_sound_going(void **state)
{
    (void)state;
    for (int n = 0; n < 2; n++) {
        call_open(&call, false);
        call_connect(&call, &call.a);
        speak();
        the_sound_of_both_arrives();
        strcpy(candidate_before, stats_of(&call.a).local_candidate);
        longest_us = 0;
        call.hold_answers = true; /* the old path has to do for a while */
        assert_int_equal(peer_offer(n ? call.b.peer : call.a.peer), ERR_NONE);
        call_until(&call, NULL, 500);
        assert_non_null(call.answer);
        call_give_description(call.answer_to, false, call.answer);
        assert_true(call_until(&call, a_has_a_new_path, PATIENCE_MS));
        call_until(&call, NULL, 3000); /* until the old path is gone as well */
        the_sound_of_both_arrives();
        print_message("restart by %c: the longest without sound: %.0f ms\n", n ? 'b' : 'a',
                      (double)longest_us / 1000);
        assert_true(longest_us < 200 * 1000);
        /* On a busy machine a frame a side can still be under way when the old path goes. */
        assert_in_range(call.a.gaps + call.b.gaps, 0, 2);
        assert_int_equal(call.a.connected + call.b.connected, 2);
        assert_int_equal(call.a.disconnected + call.b.disconnected, 0);
        if (n == 0)
            close_call(NULL);
    }
}

/* As Firefox does: whoever answers is active, whatever it was before. */
static void answer_as_active(char *sdp, bool is_offer)
{
    char *role = strstr(sdp, "passive\r\n");

    if (is_offer || !role)
        return;
    memmove(role, role + 1, strlen(role)); /* "assive" */
    memcpy(role, "active", 6);
}

static void an_answer_that_forgets_its_dtls_role_restarts_all_the_same(void **state)
{
    (void)state;
    call_open(&call, false);
    call_connect(&call, &call.a); /* b answered: it is the active one */
    speak();
    strcpy(candidate_before, stats_of(&call.a).local_candidate);
    call.tamper = answer_as_active;
    assert_int_equal(peer_offer(call.b.peer), ERR_NONE);
    assert_true(call_until(&call, a_has_a_new_path, PATIENCE_MS));
    the_sound_of_both_arrives();
    assert_int_equal(call.a.connected + call.b.connected, 2);
    assert_int_equal(call.a.disconnected + call.b.disconnected, 0);
}

static void two_restarts_at_once_end_well(void **state)
{
    (void)state;
    call_open(&call, false);
    call_connect(&call, &call.a);
    speak();
    strcpy(candidate_before, stats_of(&call.a).local_candidate);
    assert_int_equal(peer_offer(call.a.peer), ERR_NONE);
    assert_int_equal(peer_offer(call.b.peer), ERR_NONE);
    assert_true(call_until(&call, a_has_a_new_path, PATIENCE_MS));
    the_sound_of_both_arrives();
    assert_int_equal(call.a.disconnected + call.b.disconnected, 0);
    assert_int_equal(call.a.gaps + call.b.gaps, 0);
}

/* Nobody speaks: only the checks of RFC 7675 can tell. */
static void when_the_path_is_gone_consent_ends_and_a_restart_brings_it_back(void **state)
{
    (void)state;
    call_open(&call, true);
    call_connect(&call, &call.a);
    call.cut = true;
    int64_t cut_us = rtc_now_us();
    assert_true(call_until(&call, both_are_down, PATIENCE_MS));
    print_message("noticed after %.1f s: %s\n", (double)(rtc_now_us() - cut_us) / 1e6, call.a.why);
    assert_non_null(strstr(call.a.why, "reaches"));
    assert_true(rtc_now_us() - cut_us < 30 * 1000000); /* RFC 7675, section 5.1 */
    call.cut = false;
    assert_true(call_until(&call, both_came_back, PATIENCE_MS));
    speak();
    the_sound_of_both_arrives();
}

static void hurry(struct peer *peer)
{
    peer->silence_us = 1500 * 1000;
    peer->reconnect_us = 3000 * 1000;
}

static bool both_gave_up(const struct call *c)
{
    return c->a.state == PEER_FAILED && c->b.state == PEER_FAILED;
}

static void who_never_comes_back_is_given_up(void **state)
{
    (void)state;
    call_open(&call, true);
    hurry(call.a.peer);
    hurry(call.b.peer);
    call_connect(&call, &call.a);
    speak();
    the_sound_of_both_arrives();
    call.cut = true;
    assert_true(call_until(&call, both_gave_up, 2 * PATIENCE_MS));
    assert_non_null(strstr(call.a.why, "brought back"));
}

/* A browser whose page was loaded again: another certificate, and no goodbye. */
static void the_other_side_may_begin_anew(void **state)
{
    (void)state;
    call_open(&call, true);
    call_connect(&call, &call.a);
    speak();
    the_sound_of_both_arrives();
    call.cut = true;
    peer_free(call.b.peer);
    call.b.peer = NULL;
    call_until(&call, NULL, 50);
    call.cut = false;
    dtls_identity_free(call.identities[1]);
    call.identities[1] = dtls_identity_new();
    assert_non_null(call.identities[1]);
    call_add_peer(&call, &call.b);
    call.b.state = PEER_NEW;
    assert_int_equal(peer_offer(call.b.peer), ERR_NONE);
    assert_true(call_until(&call, both_came_back, PATIENCE_MS));
    the_sound_of_both_arrives();
    assert_string_equal(stats_of(&call.a).remote_fingerprint, stats_of(&call.b).local_fingerprint);
    assert_int_equal(call.a.connected, 2);
}

static void when_only_sound_stops_the_timer_for_silence_restarts(void **state)
{
    (void)state;
    call_open(&call, true);
    hurry(call.a.peer);
    hurry(call.b.peer);
    call_connect(&call, &call.a);
    speak();
    the_sound_of_both_arrives();
    call.cut_media = true;
    int64_t cut_us = rtc_now_us();
    assert_true(call_until(&call, one_is_down, PATIENCE_MS));
    print_message("silence noticed after %.1f s\n", (double)(rtc_now_us() - cut_us) / 1e6);
    assert_in_range(rtc_now_us() - cut_us, 1500 * 1000, 4000 * 1000);
    size_t legs = call.leg_count;
    call.cut_media = false;
    assert_true(call_until(&call, call_is_connected, PATIENCE_MS));
    the_sound_of_both_arrives();
    assert_true(call.leg_count >= legs);
}

int main(void)
{
#define CALL_TEST(name) cmocka_unit_test_teardown(name, close_call)
    const struct CMUnitTest tests[] = {
        CALL_TEST(through_a_relay_it_connects_and_the_relay_is_the_only_way),
        CALL_TEST(a_quarter_lost_and_a_quarter_doubled_connects_all_the_same),
        CALL_TEST(the_other_sides_loss_is_reported),
        CALL_TEST(garbage_between_does_no_harm),
        CALL_TEST(strangers_are_not_listened_to),
        CALL_TEST(a_restart_from_either_side_keeps_the_sound_going),
        CALL_TEST(an_answer_that_forgets_its_dtls_role_restarts_all_the_same),
        CALL_TEST(two_restarts_at_once_end_well),
        CALL_TEST(when_the_path_is_gone_consent_ends_and_a_restart_brings_it_back),
        CALL_TEST(who_never_comes_back_is_given_up),
        CALL_TEST(the_other_side_may_begin_anew),
        CALL_TEST(when_only_sound_stops_the_timer_for_silence_restarts),
    };
    return cmocka_run_group_tests_name("peer_path", tests, NULL, NULL);
}
