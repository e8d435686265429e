/* Who is host (protocol, sections 1, 2 and 5), as far as it takes no waiting. */
#include "server/debate_testing.h"

static int host_begin(void **state)
{
    (void)state;
    server_start((const char *[]){"--countdown", "0.2", NULL});
    return 0;
}

static void a_host_who_leaves_is_followed_by_the_longest_seated_connected(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "host-leaves", 4, 4, NULL);
    debate_live(&debate);
    socket_cut(debate.seat[1]);
    heard(debate.seat[2], "disconnected");
    acked(debate.seat[0], "leave", "{}");
    want(heard(debate.seat[2], "leave"), "data.participant_id", "p1");
    want(heard(debate.seat[2], "host_changed"), "data.participant_id", "p3");
    want(session_seen(&debate), "host", "p3");
    acked(debate.seat[2], "goto_page", "{\"page\":1}");
    /* The first one, back again, is a debater like others. */
    debate.seat[0] = voice_open(debate.session, token("u1"));
    want(sit(debate.seat[0], "u1"), "data.host", "p3");
    refused(debate.seat[0], "next_page", "{}", "forbidden");
    want_refusal(post(text("%s/end", session_path(&debate)), token("u1"), "{}"), 403, "forbidden");
}

static void a_seat_taken_again_counts_from_then(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "seated-again", 4, 3, NULL);
    acked(debate.seat[1], "leave", "{}");
    heard(debate.seat[2], "leave");
    debate.seat[1] = seated(debate.session, "u2");
    heard(debate.seat[2], "join");
    acked(debate.seat[0], "leave", "{}");
    heard(debate.seat[2], "leave");
    want(heard(debate.seat[2], "host_changed"), "data.participant_id", "p3");
}

static void with_nobody_connected_the_next_who_connects_follows(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "nobody-connected", 3, 2, NULL);
    socket_cut(debate.seat[1]);
    heard(debate.seat[0], "disconnected");
    acked(debate.seat[0], "leave", "{}");
    want_close(debate.seat[0], 1000);
    debate.seat[1] = voice_open(debate.session, token("u2"));
    sit(debate.seat[1], "u2");
    want(heard(debate.seat[1], "host_changed"), "data.participant_id", "p2");
    acked(debate.seat[1], "end_session", "{}");
}

static void the_role_host_takes_over_on_init(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "takes-over", 3, 1, NULL);
    want(debate.welcome[0], "data.host", "p1");
    struct socket *boss = voice_open(debate.session, token_with_role("boss", "host"));
    quiet(debate.seat[0]);
    init(boss, "{\"nickname\":\"Boss\"}");
    want(heard(boss, "join"), "data.participant_id", "p2");
    want(heard(boss, "host_changed"), "data.participant_id", "p2");
    heard(debate.seat[0], "join");
    want(heard(debate.seat[0], "host_changed"), "data.participant_id", "p2");
    want(session_seen(&debate), "host", "p2");
    refused(debate.seat[0], "end_session", "{}", "forbidden");
    /* Host already: nothing changes when they come back. */
    socket_cut(boss);
    heard(debate.seat[0], "disconnected");
    boss = voice_open(debate.session, token_with_role("boss", "host"));
    sit(boss, "Boss");
    heard(debate.seat[0], "connected");
    quiet(debate.seat[0]);
    acked(boss, "end_session", "{}");
}

static void without_the_maker_there_is_no_host_until_one_comes(void **state)
{
    (void)state;
    const char *session = room_made("no-maker", 3, NULL, token("maker"));
    struct socket *one = voice_open(session, token("u1"));
    want_types(sit(one, "u1"), "0", "data.host");
    refused(one, "end_session", "{}", "forbidden");
    struct socket *maker = voice_open(session, token("maker"));
    want(sit(maker, "Maker"), "data.host", "p2");
    heard(one, "join");
    acked(maker, "end_session", "{}");
    want(heard_at_last(one, "session_ended"), "data.reason", "host");
}

static void an_operator_may_end_without_a_seat_others_may_not(void **state)
{
    (void)state;
    const char *session = room_made("made-and-ended", 3, NULL, token("maker"));
    const char *path = text("/api/sessions/%s/end", session);
    want_refusal(post(path, token("u1"), "{}"), 403, "forbidden");
    want_status(post(path, token_with_role("boss", "operator"), "{}"), 200);
    want_refusal(post(path, token_with_role("boss", "operator"), "{}"), 410, "ended");
}

/* The last test of this file: with a server of other rules. */
static void with_nobody_connected_for_long_the_session_is_empty(void **state)
{
    (void)state;
    struct debate debate, watched;
    server_kill();
    server_start((const char *[]){"--empty", "1", "--countdown", "0.2", NULL});
    debate_begin(&debate, "empties", 2, 2, NULL);
    debate_begin(&watched, "watched", 2, 1, NULL);
    debate_live(&debate);
    int64_t gone = wall_ms();
    socket_cut(debate.seat[0]);
    socket_cut(debate.seat[1]);
    pass_time(500);
    want(session_seen(&debate), "phase", "live");
    for (int64_t end = clock_ms() + PATIENCE_MS; clock_ms() < end; pass_time(50))
        if (strcmp(shown(session_seen(&debate), "phase"), "ended") == 0)
            break;
    const struct json *event = log_last(log_whole(debate.session), "session_ended");
    want(event, "data.reason", "empty");
    assert_in_range((int64_t)number(event, "ts") - gone, 1000, 2000);
    quiet(watched.seat[0]);
    want(session_seen(&watched), "phase", "lobby");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_who_leaves_is_followed_by_the_longest_seated_connected),
        cmocka_unit_test(a_seat_taken_again_counts_from_then),
        cmocka_unit_test(with_nobody_connected_the_next_who_connects_follows),
        cmocka_unit_test(the_role_host_takes_over_on_init),
        cmocka_unit_test(without_the_maker_there_is_no_host_until_one_comes),
        cmocka_unit_test(an_operator_may_end_without_a_seat_others_may_not),
        cmocka_unit_test(with_nobody_connected_for_long_the_session_is_empty),
    };
    return cmocka_run_group_tests(tests, host_begin, group_end);
}
