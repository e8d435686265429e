/* Clients that are too slow, and much at once for those who are not (protocol, sections 4 and 5).
 */
#include "server/debate_testing.h"

enum { EVENTS = 4000, EVENTS_MAX = 40000, A_ROUND = 50 };

/* 64 characters of 4 bytes: events as long as events get. */
static const char *long_name(void)
{
    return repeat("\xf0\x9f\x98\x80", 64);
}

static int slow_begin(void **state)
{
    (void)state;
    server_start((const char *[]){"--rate-limit", "0", "--countdown", "0.2", NULL});
    return 0;
}

static const char *bearer(const char *user)
{
    return text("Authorization: Bearer %s\r\n", token(user));
}

/* Switches a microphone `count` times, without asking for acks. */
static void talk(struct socket *socket, int count)
{
    static bool is_on;
    for (int i = 0; i < count; i++) {
        is_on = !is_on;
        send_text(socket, "{\"type\":\"voice_status_update\",\"data\":{\"is_mic_on\":%s}}",
                  is_on ? "true" : "false");
    }
    catch_up_(socket);
}

/* Waits until this event has come: an answer may overtake a long catching up. */
static void wait_seq(struct socket *socket, int64_t seq)
{
    int64_t end = clock_ms() + PATIENCE_MS;
    while (socket->seq < seq && !socket->code && clock_ms() < end)
        socket_pump(20);
    if (socket->seq < seq)
        fail_msg("up to %ld of %ld; closed with %d", (long)socket->seq, (long)seq, socket->code);
}

/* How many packets with data have come. */
static unsigned packets(const struct socket *socket)
{
    struct tcp_info info;
    socklen_t len = sizeof info;
    assert_int_equal(getsockopt(socket->fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
    return info.tcpi_data_segs_in;
}

static void the_events_of_one_turn_come_together(void **state)
{
    (void)state;
    enum { COUNT = 5 };
    struct debate debate;
    struct buf frames;
    debate_begin(&debate, "in-one", 3, 2, NULL);
    buf_init(&frames, 1000);
    for (int i = 0; i < COUNT; i++) {
        const char *said = text("{\"type\":\"voice_status_update\",\"data\":{\"is_mic_on\":%s}}",
                                i % 2 ? "false" : "true");
        frame_print(&frames, 0x80 | OP_TEXT, said, strlen(said));
    }
    unsigned before[2] = {packets(debate.seat[0]), packets(debate.seat[1])};
    socket_send_bytes(debate.seat[0], frames.data, frames.len); /* read by the server at once */
    buf_release(&frames);
    for (int i = 0; i < COUNT; i++)
        all_heard(&debate, "voice_status");
    /* The kernel parts them when the machine stands still for 200 ms in the middle (tcp(7)). */
    assert_in_range(packets(debate.seat[0]) - before[0], 1, 2);
    assert_in_range(packets(debate.seat[1]) - before[1], 1, 2);
}

static void what_was_missed_comes_in_full_packets(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "in-few", 3, 2, NULL);
    talk(debate.seat[0], 100);
    struct socket *late = voice_open(debate.session, token("u3"));
    unsigned before = packets(late);
    init(late, "{\"last_seq\":0}");
    wait_seq(late, 103); /* their own join is the last */
    assert_in_range(packets(late) - before, 1, 10);
}

/* Whether an event of this type about this participant has come; events are taken. */
static bool has_heard(struct socket *socket, const char *type, const char *participant)
{
    struct message *message;
    while ((message = take(socket, false, NULL)))
        if (strcmp(shown(message->json, "type"), type) == 0 &&
            strcmp(shown(message->json, "data.participant_id"), participant) == 0)
            return true;
    return false;
}

/* A room of four: p1 and p2 read, p3 and p4 do not. */
static void begin_slow(struct debate *debate, const char *code)
{
    *debate = (struct debate){.code = code, .seats = 4};
    debate->session = room_made_(code, 4, NULL, token("u1"));
    for (int i = 0; i < 4; i++) {
        debate->seat[i] = socket_open_with(voice_path(debate->session), bearer(user_of(i)), i >= 2);
        sit_(debate->seat[i], long_name());
    }
    heard_at_last_(debate->seat[0], "start", PATIENCE_MS);
    heard_at_last_(debate->seat[3], "start", PATIENCE_MS);
    debate->seat[2]->is_deaf = debate->seat[3]->is_deaf = true;
}

static void fill_up(struct debate *debate)
{
    bool is_third_gone = false, is_fourth_gone = false;
    int sent = 0;
    while (!(is_third_gone && is_fourth_gone) && sent < EVENTS_MAX) {
        talk(debate->seat[0], A_ROUND);
        sent += A_ROUND;
        is_third_gone = is_third_gone || has_heard(debate->seat[0], "disconnected", "p3");
        is_fourth_gone = is_fourth_gone || has_heard(debate->seat[1], "disconnected", "p4");
    }
    print_message("%d events\n", sent);
    if (!is_third_gone || !is_fourth_gone)
        fail_here("nobody was too slow");
}

static void who_reads_too_slowly_is_heard_to_go_and_gets_4002_or_is_cut(void **state)
{
    (void)state;
    struct debate debate;
    begin_slow(&debate, "slow");
    struct socket *late = debate.seat[2], *never = debate.seat[3];
    fill_up(&debate);
    int64_t full_ms = clock_ms();
    want(session_seen(&debate), "participants.2.connected", "false");
    /* Reads again after a while: what was on its way, in order, then the code. */
    pass_time(1000);
    late->is_deaf = false;
    want_close(late, 4002);
    print_message("read up to %ld\n", (long)late->seq);
    /* The seat is still theirs, and nothing is lost. */
    struct socket *back = voice_open(debate.session, token("u3"));
    const struct json *welcome = init(back, text("{\"last_seq\":%ld}", (long)late->seq));
    want(welcome, "data.participant_id", "p3");
    want(welcome, "data.reset", "(absent)");
    wait_seq(back, (int64_t)number(welcome, "data.seq") + 1);
    assert_true(has_heard(back, "connected", "p3"));
    /* The other one reads nothing: it is cut within 10 s. */
    pass_time(full_ms + 11500 - clock_ms());
    never->is_deaf = false;
    int64_t end = clock_ms() + 3000;
    while (never->fd >= 0 && clock_ms() < end)
        socket_pump(20);
    assert_int_equal(never->fd, -1);
    talk(debate.seat[0], 10);
    catch_up(debate.seat[1]);
    assert_int_equal(debate.seat[1]->seq, debate.seat[0]->seq);
}

static void a_slow_signaling_client_gets_4002_as_well(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "slow-signals", 4, 3, NULL);
    struct socket *one = socket_open(signaling_path(debate.code), token("u1"));
    struct socket *two = socket_open(signaling_path(debate.code), token("u2"));
    struct socket *slow = socket_open_with(signaling_path(debate.code), bearer("u3"), true);
    heard(slow, "peers");
    heard(two, "peers");
    slow->is_deaf = true;
    const char *large = text("{\"type\":\"offer\",\"data\":{\"sdp\":\"%s\"}}", many('x', 60000));
    bool is_gone = false;
    for (int i = 0; i < 200 && !is_gone; i++) {
        send_text(one, "%s", large);
        here(__FILE__, __LINE__);
        heard_at_last_(two, "offer", PATIENCE_MS);
        catch_up_below_(one);
        is_gone = has_heard(one, "peer_left", "p3");
    }
    assert_true(is_gone);
    slow->is_deaf = false;
    want_close(slow, 4002);
}

static void thousands_of_events_are_caught_up_with_in_order(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "long", 3, 2, NULL);
    int64_t middle = 0;
    for (int sent = 0; sent < EVENTS; sent += 100) {
        talk(debate.seat[0], 100);
        if (sent < EVENTS / 3)
            middle = debate.seat[0]->seq;
        forget(debate.seat[1]);
    }
    catch_up(debate.seat[1]);
    int64_t last = debate.seat[0]->seq;
    assert_int_equal(last, EVENTS + 2);
    assert_int_equal(debate.seat[1]->seq, last);
    /* From the start, by one who watches and one whose pipe is narrow; others talk on meanwhile. */
    struct socket *watcher = socket_open_with(
        voice_path(debate.session),
        text("Authorization: Bearer %s\r\n", token_with_role("w", "observer")), true);
    init(watcher, "{\"last_seq\":0}");
    struct socket *back = voice_open(debate.session, token("u2"));
    const struct json *welcome = init(back, text("{\"last_seq\":%ld}", (long)middle));
    want(welcome, "data.seq", text("%ld", (long)last));
    talk(debate.seat[0], 200);
    wait_seq(watcher, last + 200);
    wait_seq(back, last + 200);
    assert_int_equal(watcher->code, 0);
    want(heard(watcher, "join"), "seq", "1");
    assert_int_equal(log_count(log_whole(debate.session), "voice_status"), EVENTS + 200);
}

static void last_seq_asks_for_what_came_after_it(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "catches-up", 3, 2, NULL);
    acked(debate.seat[0], "consent", "{\"recording\":true}");
    acked(debate.seat[0], "voice_status_update", "{\"is_mic_on\":true}");
    struct socket *late = voice_open(debate.session, token("u3"));
    const struct json *welcome = init(late, "{\"last_seq\":2}");
    want(welcome, "data.seq", "4");
    want(welcome, "data.reset", "(absent)");
    want(heard(late, "consent"), "seq", "3");
    want(heard(late, "voice_status"), "seq", "4");
    want(heard(late, "join"), "data.participant_id", "p3");
    heard(late, "countdown");
    /* Nothing to catch up with. */
    struct socket *again = voice_open(debate.session, token("u3"));
    welcome = init(again, text("{\"last_seq\":%ld}", (long)late->seq));
    want(welcome, "data.reset", "(absent)");
    want(heard(again, "start"), "seq", text("%ld", (long)late->seq + 1));
    /* All of it, and none of what the log alone holds. */
    struct socket *all = voice_open(debate.session, token("u3"));
    init(all, "{\"last_seq\":0}");
    const struct json *join = heard(all, "join");
    want(join, "seq", "1");
    want(join, "data.user", "(absent)");
    want(heard(all, "join"), "data.participant_id", "p2");
    heard_at_last(all, "start");
    quiet(all);
}

static void unrevealed_choices_are_not_caught_up_with(void **state)
{
    (void)state;
    struct debate debate;
    const char *agenda = "{\"title\":\"T\",\"pages\":[{\"title\":\"P\",\"choices\":[{\"id\":"
                         "\"a\",\"label\":\"A\"}]}]}";
    debate_begin(&debate, "choices-kept", 2, 2, agenda);
    debate_live(&debate);
    acked(debate.seat[0], "submit_choice", "{\"choice\":\"a\"}");
    struct socket *back = voice_open(debate.session, token("u2"));
    init(back, "{\"last_seq\":0}");
    const struct json *event = heard_at_last(back, "choice_submitted");
    want(event, "data.participant_id", "p1");
    want(event, "data.choice", "(absent)");
}

static void a_last_seq_beyond_the_end_is_a_reset(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "resets", 3, 2, NULL);
    struct socket *back = voice_open(debate.session, token("u2"));
    const struct json *welcome = init(back, "{\"last_seq\":1000000}");
    want(welcome, "data.reset", "true");
    want(welcome, "data.seq", "2");
    want(heard(back, "join"), "seq", "1");
    want(heard(back, "join"), "seq", "2");
    quiet(back);
    socket_cut(back);
    heard_at_last(debate.seat[0], "disconnected"); /* 3 */
    back = voice_open(debate.session, token("u2"));
    welcome = init(back, "{\"last_seq\":4}");
    want(welcome, "data.reset", "true");
    want(heard(back, "join"), "seq", "1");
    want(heard_at_last(back, "connected"), "seq", "4");
    quiet(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(last_seq_asks_for_what_came_after_it),
        cmocka_unit_test(the_events_of_one_turn_come_together),
        cmocka_unit_test(what_was_missed_comes_in_full_packets),
        cmocka_unit_test(unrevealed_choices_are_not_caught_up_with),
        cmocka_unit_test(a_last_seq_beyond_the_end_is_a_reset),
        cmocka_unit_test(thousands_of_events_are_caught_up_with_in_order),
        cmocka_unit_test(who_reads_too_slowly_is_heard_to_go_and_gets_4002_or_is_cut),
        cmocka_unit_test(a_slow_signaling_client_gets_4002_as_well),
    };
    return cmocka_run_group_tests(tests, slow_begin, group_end);
}
