/* Seats: taken, kept, given up, replaced; those who watch (protocol, sections 2, 4 and 5). */
#include "server/debate_testing.h"

static void a_full_room_refuses_strangers_and_takes_its_own_back(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "full", 2, 2, NULL);
    want_refusal(socket_refused(voice_path(debate.session), token("u3")), 409, "room_full");
    socket_cut(debate.seat[1]);
    heard_at_last(debate.seat[0], "disconnected");
    /* The seat stays theirs, however the socket was closed. */
    want_refusal(socket_refused(voice_path(debate.session), token("u3")), 409, "room_full");
    struct socket *back = voice_open(debate.session, token("u2"));
    want(sit(back, "u2"), "data.participant_id", "p2");
}

static void a_seat_lost_between_101_and_init_is_room_full_then_1008(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "lost-seat", 2, 1, NULL);
    struct socket *quick = voice_open(debate.session, token("u2"));
    struct socket *slow = voice_open(debate.session, token("u3"));
    sit(quick, "u2");
    send_text(slow, "{\"type\":\"init\",\"id\":\"i\",\"data\":{}}");
    want_error(slow, "i", "room_full");
    want_close(slow, 1008);
    want(heard(debate.seat[0], "join"), "data.participant_id", "p2");
    heard(debate.seat[0], "countdown");
}

static void leave_is_acked_heard_and_closed_with_1000(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "leaves", 3, 2, NULL);
    struct socket *two = debate.seat[1];
    const struct json *ack = acked(two, "leave", "{}");
    const struct json *leave = heard(debate.seat[0], "leave");
    want(leave, "data.participant_id", "p2");
    want(leave, "actor", "p2");
    want(ack, "data.seq", shown(leave, "seq"));
    want_close(two, 1000);
    quiet(debate.seat[0]); /* no disconnected after it */
}

static void a_seat_given_up_goes_to_others_and_the_id_stays_theirs(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "given-up", 3, 3, NULL);
    heard(debate.seat[0], "countdown");
    acked(debate.seat[1], "leave", "{}");
    heard_at_last(debate.seat[0], "countdown_cancelled");
    catch_up(debate.seat[0]);
    forget(debate.seat[0]);
    struct socket *back = voice_open(debate.session, token("u2"));
    const struct json *welcome = init(back, "{\"nickname\":\"Lee\"}");
    want(welcome, "data.participant_id", "p2");
    const struct json *join = heard(back, "join");
    want(join, "data.participant_id", "p2");
    want(join, "data.nickname", "Lee");
    want(heard(debate.seat[0], "join"), "", shown(join, ""));
    heard(debate.seat[0], "countdown");
    acked(back, "leave", "{}");
    struct socket *fourth = voice_open(debate.session, token("u4"));
    want(sit(fourth, "u4"), "data.participant_id", "p4");
    want_refusal(socket_refused(voice_path(debate.session), token("u2")), 409, "room_full");
    acked(fourth, "leave", "{}");
    want(sit(voice_open(debate.session, token("u2")), "u2"), "data.participant_id", "p2");
}

static void when_the_last_leaves_the_session_is_empty_and_ends(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "empty", 3, 2, NULL);
    struct socket *watcher = voice_open(debate.session, token_with_role("watcher", "observer"));
    init(watcher, "{}");
    acked(debate.seat[0], "leave", "{}");
    want(heard(debate.seat[1], "leave"), "data.participant_id", "p1");
    want(heard(debate.seat[1], "host_changed"), "data.participant_id", "p2");
    acked(debate.seat[1], "leave", "{}");
    want_close(debate.seat[1], 1000);
    want(heard_at_last(watcher, "session_ended"), "data.reason", "empty");
    want_close(watcher, 1000);
    want(session_seen(&debate), "phase", "ended");
    want_refusal(socket_refused(voice_path(debate.session), token("u1")), 410, "ended");
}

static void an_init_of_the_same_user_replaces_the_older_with_4001(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "replaced", 3, 2, NULL);
    struct socket *older = debate.seat[1];
    struct socket *newer = voice_open(debate.session, token("u2"));
    /* Not before its init was taken. */
    refused(newer, "ready", "{}", "wrong_phase");
    refused(newer, "init", "{\"nickname\":7}", "bad_request");
    acked(older, "voice_status_update", "{\"is_mic_on\":true}");
    want(heard(debate.seat[0], "voice_status"), "data.participant_id", "p2");
    const struct json *welcome = init(newer, "{}");
    want(welcome, "data.participant_id", "p2");
    want(welcome, "data.seq", "3");
    want(welcome, "data.participants.1.is_mic_on", "true");
    /* The older one's messages are ignored from then on. */
    older->keeps_open = true;
    send_text(older, "{\"type\":\"voice_status_update\",\"data\":{\"is_mic_on\":false}}");
    send_text(older, "{\"type\":\"leave\",\"data\":{}}");
    want_close(older, 4001);
    socket_cut(older);
    quiet(newer);
    quiet(debate.seat[0]); /* no event */
    acked(newer, "voice_status_update", "{\"is_mic_on\":false}");
    want(heard(debate.seat[0], "voice_status"), "data.is_mic_on", "false");
    want(session_seen(&debate), "participants.1.connected", "true");
}

static void a_chain_of_replacements_leaves_one_connection(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "chain", 3, 2, NULL);
    struct socket *sockets[6] = {debate.seat[1]};
    for (int i = 1; i < 6; i++)
        sockets[i] = voice_open(debate.session, token("u2"));
    for (int i = 1; i < 6; i++)
        init(sockets[i], "{}");
    for (int i = 0; i < 5; i++)
        want_close(sockets[i], 4001);
    quiet(sockets[5]);
    quiet(debate.seat[0]);
    acked(sockets[5], "consent", "{\"recording\":true}");
    heard(debate.seat[0], "consent");
    socket_cut(sockets[5]);
    heard(debate.seat[0], "disconnected");
    quiet(debate.seat[0]);
}

static void who_waits_in_two_rooms_is_replaced_in_neither(void **state)
{
    (void)state;
    struct debate one, two;
    debate_begin(&one, "room-a", 3, 2, NULL);
    debate_begin(&two, "room-b", 3, 2, NULL);
    for (int i = 0; i < 2; i++) {
        quiet(one.seat[i]);
        quiet(two.seat[i]);
    }
}

static void an_observer_has_no_seat_hears_events_and_may_ping_alone(void **state)
{
    (void)state;
    static const char *const forbidden[][2] = {
        {"ready", "{}"},
        {"consent", "{\"recording\":true}"},
        {"voice_status_update", "{\"is_mic_on\":true}"},
        {"start_recording", "{}"},
        {"stop_recording", "{}"},
        {"submit_choice", "{\"choice\":\"a\"}"},
        {"next_page", "{}"},
        {"goto_page", "{\"page\":1}"},
        {"end_session", "{}"},
        {"leave", "{}"},
    };
    struct debate debate;
    const char *watching = token_with_role("watcher", "observer");
    debate_begin(&debate, "observed", 2, 2, NULL);
    heard(debate.seat[0], "countdown");
    struct socket *watcher = voice_open(debate.session, watching);
    const struct json *welcome = init(watcher, "{\"nickname\":\"W\",\"last_seq\":0}");
    want_types(welcome, "0", "data.participant_id");
    want(welcome, "data.participants.1.participant_id", "p2");
    want(welcome, "data.participants.2", "(absent)");
    heard(watcher, "join");
    heard(watcher, "join");
    heard(watcher, "countdown");
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        refused(watcher, forbidden[i][0], forbidden[i][1], "forbidden");
    quiet(watcher); /* asks with a ping */
    quiet(debate.seat[0]);
    acked(debate.seat[0], "voice_status_update", "{\"is_mic_on\":true}");
    heard(watcher, "voice_status");
    heard(debate.seat[0], "voice_status");
    want_refusal(socket_refused(signaling_path(debate.code), watching), 403, "forbidden");
    want_refusal(post(text("%s/end", session_path(&debate)), watching, "{}"), 403, "forbidden");
    want_refusal(
        post(text("%s/choices", session_path(&debate)), watching, "{\"page\":1,\"choice\":\"a\"}"),
        403, "forbidden");
    want_refusal(get(text("%s/log", session_path(&debate)), watching), 403, "forbidden");
    socket_cut(watcher);
    quiet(debate.seat[0]); /* nobody hears of it */
    want(session_seen(&debate), "participants.2", "(absent)");
}

static void the_session_object_shows_all_but_secrets(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "session-object", 3, 2, NULL);
    const struct json *session = session_seen(&debate);
    want_types(session, "snsnaao0", "phase seats host page participants recordings choices report");
    want(session, "phase", "lobby");
    want(session, "seats", "3");
    want(session, "host", "p1");
    want(session, "page", "1");
    want(session, "recordings", "[]");
    want(session, "choices", "{}");
    want_types(session, "ssbbb",
               "participants.0.participant_id participants.0.nickname participants.0.is_mic_on "
               "participants.0.is_speaking participants.0.connected");
    want(session, "participants.1.participant_id", "p2");
    want(session, "participants.1.nickname", "u2");
    want(session, "participants.1.connected", "true");
    want(want_status(get(session_path(&debate), token("anybody")), 200).json, "",
         shown(session, ""));
}

static void end_is_for_the_host_once(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "ends", 3, 2, NULL);
    const char *path = text("%s/end", session_path(&debate));
    want_refusal(post(path, token("u2"), "{}"), 403, "forbidden");
    want_refusal(post(path, token("stranger"), "{}"), 403, "forbidden");
    want_status(post(path, token("u1"), "{}"), 200);
    want(all_heard(&debate, "session_ended"), "data.reason", "host");
    want_close(debate.seat[0], 1000);
    want_close(debate.seat[1], 1000);
    want_refusal(post(path, token("u1"), "{}"), 410, "ended");
    want_refusal(socket_refused(voice_path(debate.session), token("u1")), 410, "ended");
    want_refusal(post(text("%s/choices", session_path(&debate)), token("u1"),
                      "{\"page\":1,\"choice\":\"a\"}"),
                 410, "ended");
}

static void end_session_is_acked_before_the_close(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "acked-end", 3, 2, NULL);
    struct socket *reader = voice_open(debate.session, token("u3")); /* sent no init */
    const struct json *ack = acked(debate.seat[0], "end_session", "{}");
    const struct json *end = all_heard(&debate, "session_ended");
    want(end, "data.reason", "host");
    want(end, "actor", "p1");
    want(ack, "data.seq", shown(end, "seq"));
    want_close(debate.seat[0], 1000);
    want_close(debate.seat[1], 1000);
    want_close(reader, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_room_refuses_strangers_and_takes_its_own_back),
        cmocka_unit_test(a_seat_lost_between_101_and_init_is_room_full_then_1008),
        cmocka_unit_test(leave_is_acked_heard_and_closed_with_1000),
        cmocka_unit_test(a_seat_given_up_goes_to_others_and_the_id_stays_theirs),
        cmocka_unit_test(when_the_last_leaves_the_session_is_empty_and_ends),
        cmocka_unit_test(an_init_of_the_same_user_replaces_the_older_with_4001),
        cmocka_unit_test(a_chain_of_replacements_leaves_one_connection),
        cmocka_unit_test(who_waits_in_two_rooms_is_replaced_in_neither),
        cmocka_unit_test(an_observer_has_no_seat_hears_events_and_may_ping_alone),
        cmocka_unit_test(the_session_object_shows_all_but_secrets),
        cmocka_unit_test(end_is_for_the_host_once),
        cmocka_unit_test(end_session_is_acked_before_the_close),
    };
    return cmocka_run_group_tests(tests, group_begin, group_end);
}
