/* What happens by the clock alone, 10, 15 and 30 s after something else. All of it is begun before
 * the first test and goes on side by side; each test looks at one rule. */
#include "server/debate_testing.h"

/* Earlier than said is wrong; so much later is bearable. */
enum { LATE_MS = 2000 };

static int64_t began_ms;
static struct socket *no_init, *no_init_but_talks, *mute, *mute_signaling, *mute_but_pings,
    *signaling, *quiet_one;
static struct debate mute_room, silent_room, host_gone, both_gone, lobby_gone, all_gone, host_back,
    without_host, awaited;
static int64_t init_awaited_ms, cut_ms, silent_since_ms, opened_ms;

static void begin_sockets(void)
{
    const char *session = room_made("no-init", 3, NULL, token("maker"));
    opened_ms = clock_ms();
    no_init = voice_open(session, token("u1"));
    no_init_but_talks = voice_open(session, token("u2"));
    debate_begin(&mute_room, "mute", 3, 2, NULL);
    mute = mute_room.seat[1];
    debate_begin(&silent_room, "silent", 4, 3, NULL);
    signaling = socket_open(signaling_path("silent"), token("u1"));
    mute_signaling = socket_open(signaling_path("silent"), token("u2"));
    heard(mute_signaling, "peers");
    heard(signaling, "peers");
    heard(signaling, "peer_joined");
    mute_but_pings = silent_room.seat[2];
    quiet_one = silent_room.seat[0];
    mute->is_mute = mute_signaling->is_mute = mute_but_pings->is_mute = true;
    silent_since_ms = clock_ms();
}

static void begin_await(void)
{
    awaited.session = room_made("awaited", 2, NULL, token("u1"));
    awaited.seat[0] = voice_open(awaited.session, token("u1"));
    init_awaited_ms = wall_ms();
    init(awaited.seat[0], "{\"await_voice\":true}");
    heard(awaited.seat[0], "join");
    awaited.seat[1] = seated(awaited.session, "u2");
    heard(awaited.seat[0], "join");
}

static int waits_begin(void **state)
{
    (void)state;
    server_start((const char *[]){"--countdown", "0.2", NULL});
    began_ms = clock_ms();
    begin_sockets();
    begin_await();
    debate_begin(&host_gone, "host-gone", 3, 3, NULL);
    debate_begin(&both_gone, "both-gone", 3, 3, NULL);
    debate_begin(&lobby_gone, "lobby-gone", 3, 2, NULL);
    debate_begin(&all_gone, "all-gone", 3, 3, NULL);
    debate_begin(&host_back, "host-back", 3, 3, NULL);
    without_host.session = room_made("without-host", 2, NULL, token("maker"));
    without_host.seats = 2;
    without_host.seat[0] = seated(without_host.session, "u1");
    without_host.seat[1] = seated(without_host.session, "u2");
    heard(without_host.seat[0], "join");
    struct debate *all[] = {&host_gone, &both_gone, &all_gone, &host_back, &without_host};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        debate_live(all[i]);
    socket_cut(host_gone.seat[0]);
    socket_cut(both_gone.seat[1]);
    socket_cut(both_gone.seat[0]);
    socket_cut(lobby_gone.seat[0]);
    for (int i = 0; i < 3; i++)
        socket_cut(all_gone.seat[i]);
    socket_cut(host_back.seat[0]);
    cut_ms = clock_ms();
    return 0;
}

/* Keeps one socket going by what it sends itself, until 13 s have passed. */
static void any_traffic_keeps_a_socket_open(void **state)
{
    (void)state;
    int64_t next = clock_ms() + 2500;
    while (clock_ms() < silent_since_ms + 13000) {
        socket_pump(100);
        if (clock_ms() < next)
            continue;
        next = clock_ms() + 2500;
        send_frame(mute_but_pings, 0x80 | OP_PONG, "", 0);
        if (!no_init_but_talks->code)
            refused(no_init_but_talks, "ready", "{}", "wrong_phase");
    }
    assert_int_equal(mute_but_pings->code, 0);
    assert_int_equal(quiet_one->code, 0);
    /* Signaling knows no init. */
    assert_int_equal(signaling->code, 0);
    catch_up(mute_but_pings);
    mute_but_pings->is_mute = false; /* nobody sends for it any more */
}

static void the_server_pings_every_5_s(void **state)
{
    (void)state;
    print_message("%d pings within %ld ms\n", quiet_one->pings, (long)(clock_ms() - began_ms));
    assert_in_range(quiet_one->pings, 2, 3);
    assert_in_range(signaling->pings, 2, 3);
}

static void want_over_after(const struct socket *socket, int64_t since_ms, int64_t ms)
{
    int64_t took = socket->over_ms - since_ms;
    if (took < ms - 50 || took > ms + LATE_MS)
        fail_here("over after %ld ms, not %ld", (long)took, (long)ms);
}

static void without_init_within_10_s_it_is_4003(void **state)
{
    (void)state;
    want_close(no_init, 4003);
    want_over_after(no_init, opened_ms, 10000);
    want_close(no_init_but_talks, 4003);
    want_over_after(no_init_but_talks, opened_ms, 10000);
}

static void without_any_traffic_for_10_s_it_is_closed(void **state)
{
    (void)state;
    assert_int_not_equal(mute->code, 0);
    want_over_after(mute, silent_since_ms, 10000);
    want(heard(mute_room.seat[0], "disconnected"), "data.participant_id", "p2");
    assert_int_not_equal(mute_signaling->code, 0);
    want_over_after(mute_signaling, silent_since_ms, 10000);
    want(heard(signaling, "peer_left"), "data.participant_id", "p2");
    quiet(mute_room.seat[0]);
    quiet(silent_room.seat[0]);
}

static void await_voice_is_waited_for_15_s_from_that_init(void **state)
{
    (void)state;
    const struct json *countdown = heard(awaited.seat[1], "countdown");
    double took = number(countdown, "ts") - (double)init_awaited_ms;
    if (took < 15000 || took > 15000 + LATE_MS)
        fail_msg("after %g ms", took);
    heard(awaited.seat[0], "countdown");
    heard(awaited.seat[0], "start");
}

static void a_host_who_returns_within_30_s_stays_host(void **state)
{
    (void)state;
    assert_true(clock_ms() < cut_ms + 29000);
    host_back.seat[0] = voice_open(host_back.session, token("u1"));
    want(sit(host_back.seat[0], "u1"), "data.host", "p1");
}

static void want_after_30_s(const struct json *event, double since, const char *host)
{
    double took = number(event, "ts") - since;
    if (took < 30000 || took > 30000 + LATE_MS)
        fail_here("after %g ms", took);
    want_(event, "data.participant_id", host);
    want_(event, "actor", "(absent)");
}

static void a_host_gone_for_30_s_is_followed_by_the_longest_seated(void **state)
{
    (void)state;
    struct socket *next = host_gone.seat[1];
    double since = number(heard(next, "disconnected"), "ts");
    const struct json *changed = heard_within(next, "host_changed", 31000 + LATE_MS);
    want_after_30_s(changed, since, "p2");
    acked(next, "end_session", "{}");
    /* In the lobby as well. */
    next = lobby_gone.seat[1];
    since = number(heard(next, "disconnected"), "ts");
    want_after_30_s(heard_within(next, "host_changed", LATE_MS), since, "p2");
    want(session_seen(&lobby_gone), "host", "p2");
}

static void only_somebody_connected_follows_the_host(void **state)
{
    (void)state;
    struct socket *third = both_gone.seat[2];
    heard(third, "disconnected");
    double since = number(heard(third, "disconnected"), "ts");
    want_after_30_s(heard_within(third, "host_changed", LATE_MS), since, "p3");
    /* Who comes back is not host again. */
    want(sit(voice_open(both_gone.session, token("u1")), "u1"), "data.host", "p3");
}

static void with_nobody_connected_the_next_who_connects_is_host(void **state)
{
    (void)state;
    while (clock_ms() < cut_ms + 30000 + LATE_MS)
        socket_pump(100);
    want(session_seen(&all_gone), "host", "p1");
    struct socket *next = voice_open(all_gone.session, token("u2"));
    sit(next, "u2");
    want(heard(next, "host_changed"), "data.participant_id", "p2");
    want(session_seen(&all_gone), "host", "p2");
    quiet(next);
}

static void a_host_who_never_came_is_followed_30_s_after_start(void **state)
{
    (void)state;
    struct socket *first = without_host.seat[0];
    const struct json *changed = heard_within(first, "host_changed", 10000);
    struct socket *watcher = voice_open(without_host.session, token_with_role("w", "observer"));
    double start_at = number(init(watcher, "{}"), "data.start_at");
    want_after_30_s(changed, start_at, "p1");
    acked(first, "end_session", "{}");
}

static void a_host_who_came_back_in_time_is_still_host(void **state)
{
    (void)state;
    heard(host_back.seat[1], "disconnected");
    heard(host_back.seat[1], "connected");
    quiet(host_back.seat[1]);
    want(session_seen(&host_back), "host", "p1");
    quiet(silent_room.seat[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_traffic_keeps_a_socket_open),
        cmocka_unit_test(the_server_pings_every_5_s),
        cmocka_unit_test(without_init_within_10_s_it_is_4003),
        cmocka_unit_test(without_any_traffic_for_10_s_it_is_closed),
        cmocka_unit_test(await_voice_is_waited_for_15_s_from_that_init),
        cmocka_unit_test(a_host_who_returns_within_30_s_stays_host),
        cmocka_unit_test(a_host_gone_for_30_s_is_followed_by_the_longest_seated),
        cmocka_unit_test(only_somebody_connected_follows_the_host),
        cmocka_unit_test(with_nobody_connected_the_next_who_connects_is_host),
        cmocka_unit_test(a_host_who_never_came_is_followed_30_s_after_start),
        cmocka_unit_test(a_host_who_came_back_in_time_is_still_host),
    };
    return cmocka_run_group_tests(tests, waits_begin, group_end);
}
