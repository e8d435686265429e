#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "rtc/dtls.h"
#include "rtc/rtc_timer.h"

enum { QUEUE_MAX = 64 };

/* Two sides and the datagrams between them. */
struct side {
    struct dtls *dtls;
    enum dtls_status status;
    struct {
        size_t len;
        uint8_t data[2048];
    } queue[QUEUE_MAX]; /* to the other side */
    size_t count, sent;
};

struct link {
    struct side client, server;
    bool (*lose)(size_t n, bool from_client); /* whether the nth datagram is lost */
    int copies;
};

static struct dtls_identity *identity, *other_identity;

static int make_identities(void **state)
{
    (void)state;
    identity = dtls_identity_new();
    other_identity = dtls_identity_new();
    return identity && other_identity ? 0 : -1;
}

static int free_identities(void **state)
{
    (void)state;
    dtls_identity_free(identity);
    dtls_identity_free(other_identity);
    return 0;
}

static void on_send(void *context, const uint8_t *data, size_t len)
{
    struct side *side = context;

    assert_true(len <= DTLS_MTU);
    assert_true(side->count < QUEUE_MAX);
    side->queue[side->count].len = len;
    memcpy(side->queue[side->count++].data, data, len);
}

static void link_open(struct link *link, bool right_for_client, bool right_for_server)
{
    uint8_t of_client[SHA256_SIZE], of_server[SHA256_SIZE];

    *link = (struct link){.copies = 1};
    dtls_identity_fingerprint(identity, of_client);
    dtls_identity_fingerprint(other_identity, of_server);
    of_server[31] ^= right_for_client ? 0 : 1;
    of_client[0] ^= right_for_server ? 0 : 1;
    link->client.dtls = dtls_new(identity, true, of_server, on_send, &link->client);
    link->server.dtls = dtls_new(other_identity, false, of_client, on_send, &link->server);
    assert_non_null(link->client.dtls);
    assert_non_null(link->server.dtls);
    link->client.status = dtls_start(link->client.dtls);
    link->server.status = dtls_start(link->server.dtls);
}

static void link_close(struct link *link)
{
    dtls_free(link->client.dtls);
    dtls_free(link->server.dtls);
}

/* Carries what `from` has sent; false when there was nothing. */
static bool carry(struct link *link, struct side *from, struct side *to)
{
    struct side flight = *from;

    from->count = 0;
    for (size_t i = 0; i < flight.count; i++) {
        if (link->lose && link->lose(from->sent++, from == &link->client))
            continue;
        for (int n = 0; n < link->copies; n++)
            to->status = dtls_input(to->dtls, flight.queue[i].data, flight.queue[i].len);
    }
    return flight.count > 0;
}

static void on_time(void *user)
{
    struct side *side = user;
    side->status = dtls_retransmit(side->dtls);
}

static void arm(struct rtc_timer *timer, struct side *side)
{
    int64_t left_us = dtls_timeout_us(side->dtls);
    rtc_timer_set(timer, left_us < 0 ? -1 : rtc_now_us() + left_us);
}

static bool done(const struct link *link)
{
    return (link->client.status == DTLS_UP && link->server.status == DTLS_UP) ||
           link->client.status == DTLS_FAILED || link->server.status == DTLS_FAILED;
}

/* Carries datagrams, and lets the timers run where nothing moves, until both are up or one has
 * failed. Returns how long it took. */
static int64_t shake_hands(struct link *link)
{
    void *loop = rtc_loop_new();
    struct rtc_timer *client = rtc_timer_new(loop, on_time, &link->client);
    struct rtc_timer *server = rtc_timer_new(loop, on_time, &link->server);
    int64_t began_us = rtc_now_us();

    while (!done(link)) {
        bool moved = carry(link, &link->client, &link->server);
        moved |= carry(link, &link->server, &link->client);
        if (moved || done(link))
            continue;
        arm(client, &link->client);
        arm(server, &link->server);
        assert_true(dtls_timeout_us(link->client.dtls) >= 0 ||
                    dtls_timeout_us(link->server.dtls) >= 0);
        rtc_loop_turn(loop, true);
    }
    /* An alert of the one that failed is still to come. */
    carry(link, &link->client, &link->server);
    carry(link, &link->server, &link->client);
    rtc_timer_free(client);
    rtc_timer_free(server);
    rtc_loop_free(loop);
    return rtc_now_us() - began_us;
}

static void the_keys_agree(struct link *link)
{
    struct srtp_keys client, server;

    if (link->client.status == DTLS_FAILED || link->server.status == DTLS_FAILED)
        fail_msg("client: %s; server: %s", dtls_why(link->client.dtls),
                 dtls_why(link->server.dtls));
    assert_int_equal(link->client.status, DTLS_UP);
    assert_int_equal(link->server.status, DTLS_UP);
    assert_true(dtls_srtp_keys(link->client.dtls, &client));
    assert_true(dtls_srtp_keys(link->server.dtls, &server));
    assert_int_equal(client.suite, SRTP_SUITE_GCM_128);
    assert_int_equal(client.suite, server.suite);
    size_t len = SRTP_KEY_LEN + srtp_salt_len(client.suite);
    assert_memory_equal(client.local, server.remote, len);
    assert_memory_equal(client.remote, server.local, len);
    assert_memory_not_equal(client.local, client.remote, len);
}

static void two_sides_agree_on_keys_without_waiting(void **state)
{
    (void)state;
    struct link link;
    link_open(&link, true, true);
    int64_t took_us = shake_hands(&link);
    the_keys_agree(&link);
    print_message("a handshake in memory: %.1f ms\n", (double)took_us / 1000);
    assert_true(took_us < 100 * 1000); /* no timer was needed */
    link_close(&link);
}

static void a_wrong_fingerprint_fails_on_either_side_and_yields_no_keys(void **state)
{
    (void)state;
    for (int wrong = 0; wrong < 2; wrong++) {
        struct link link;
        link_open(&link, wrong != 0, wrong != 1);
        shake_hands(&link);
        struct side *judge = wrong == 0 ? &link.client : &link.server;
        struct side *judged = wrong == 0 ? &link.server : &link.client;
        assert_int_equal(judge->status, DTLS_FAILED);
        assert_non_null(strstr(dtls_why(judge->dtls), "fingerprint"));
        assert_int_equal(judged->status, DTLS_FAILED); /* by the alert */
        assert_true(dtls_why(judged->dtls)[0]);
        link_close(&link);
    }
}

static size_t lost_only;

static bool lose_one(size_t n, bool from_client)
{
    return from_client ? n == lost_only : n + 100 == lost_only;
}

static void any_lost_datagram_is_sent_again_after_100_ms(void **state)
{
    (void)state;
    const size_t losses[] = {0, 1, 2, 100, 101, 102};
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        struct link link;
        link_open(&link, true, true);
        lost_only = losses[i];
        link.lose = lose_one;
        int64_t took_us = shake_hands(&link);
        the_keys_agree(&link);
        assert_true(took_us < 900 * 1000); /* OpenSSL's own first timeout is 1 s */
        link_close(&link);
    }
}

static bool lose_first_flights(size_t n, bool from_client)
{
    return from_client && n < 3;
}

static void the_wait_doubles_from_100_ms(void **state)
{
    (void)state;
    struct link link;
    link_open(&link, true, true);
    link.lose = lose_first_flights;
    int64_t first_us = dtls_timeout_us(link.client.dtls);
    assert_in_range(first_us, 50 * 1000, 100 * 1000);
    int64_t took_us = shake_hands(&link);
    the_keys_agree(&link);
    assert_in_range(took_us, 690 * 1000, 1500 * 1000); /* 100 + 200 + 400 ms */
    link_close(&link);
}

static void every_datagram_twice_does_no_harm(void **state)
{
    (void)state;
    struct link link;
    link_open(&link, true, true);
    link.copies = 2;
    shake_hands(&link);
    the_keys_agree(&link);
    link_close(&link);
}

static bool lose_a_third(size_t n, bool from_client)
{
    (void)n;
    (void)from_client;
    return rand() % 3 == 0;
}

static void a_third_lost_and_all_doubled_still_connects(void **state)
{
    (void)state;
    srand(7);
    struct link link;
    link_open(&link, true, true);
    link.copies = 2;
    link.lose = lose_a_third;
    shake_hands(&link);
    the_keys_agree(&link);
    link_close(&link);
}

static void a_goodbye_closes_the_other_side(void **state)
{
    (void)state;
    struct link link;
    link_open(&link, true, true);
    shake_hands(&link);
    dtls_close(link.server.dtls);
    assert_true(carry(&link, &link.server, &link.client));
    assert_int_equal(link.client.status, DTLS_CLOSED);
    assert_true(dtls_timeout_us(link.client.dtls) < 0);
    link_close(&link);
}

/* Records whose type and version may be right, and whose rest is not. */
static void garbage(struct side *side)
{
    uint8_t data[64];

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)rand();
    data[0] = (uint8_t)(20 + rand() % 44);
    if (rand() % 2) {
        data[1] = 0xfe;
        data[2] = 0xfd;
    }
    side->status = dtls_input(side->dtls, data, (size_t)rand() % sizeof data);
}

static void garbage_after_the_handshake_changes_nothing(void **state)
{
    (void)state;
    srand(11);
    struct link link;
    link_open(&link, true, true);
    shake_hands(&link);
    for (int n = 0; n < 5000; n++) {
        garbage(&link.client);
        garbage(&link.server);
    }
    the_keys_agree(&link);
    dtls_close(link.client.dtls);
    carry(&link, &link.client, &link.server);
    assert_int_equal(link.server.status, DTLS_CLOSED);
    link_close(&link);
}

static void garbage_before_the_handshake_is_survived(void **state)
{
    (void)state;
    srand(12);
    struct link link;
    link_open(&link, true, true);
    for (int n = 0; n < 2000; n++) {
        garbage(&link.client);
        garbage(&link.server);
    }
    shake_hands(&link);
    the_keys_agree(&link);
    link_close(&link);
}

static void without_memory_there_is_no_association(void **state)
{
    (void)state;
    uint8_t fingerprint[SHA256_SIZE] = {0};
    mem_fail_after(0);
    assert_null(dtls_identity_new());
    assert_null(dtls_new(identity, true, fingerprint, on_send, NULL));
    mem_fail_after(-1);
    dtls_free(NULL);
    dtls_identity_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_sides_agree_on_keys_without_waiting),
        cmocka_unit_test(a_wrong_fingerprint_fails_on_either_side_and_yields_no_keys),
        cmocka_unit_test(any_lost_datagram_is_sent_again_after_100_ms),
        cmocka_unit_test(the_wait_doubles_from_100_ms),
        cmocka_unit_test(every_datagram_twice_does_no_harm),
        cmocka_unit_test(a_third_lost_and_all_doubled_still_connects),
        cmocka_unit_test(a_goodbye_closes_the_other_side),
        cmocka_unit_test(garbage_after_the_handshake_changes_nothing),
        cmocka_unit_test(garbage_before_the_handshake_is_survived),
        cmocka_unit_test(without_memory_there_is_no_association),
    };
    return cmocka_run_group_tests_name("dtls", tests, make_identities, free_identities);
}
