/* What a client may not do, and what a careful server bears (protocol, section 4; RFC 6455). */
#include "server/debate_testing.h"

enum { VOICE_MAX = 16 * 1024, SIGNALING_MAX = 64 * 1024 };

/* Rooms with a free seat each, so that nothing happens in them by itself. */
static struct debate new_room(void)
{
    static int count;
    struct debate debate;
    debate_begin_(&debate, text("limits-%d", count++), 4, 2, NULL);
    return debate;
}

/* A ping of exactly `len` bytes. */
static const char *long_ping(size_t len)
{
    const char *head = "{\"type\":\"ping\",\"id\":\"long\",\"data\":{\"t0\":1},\"x\":\"";
    return text("%s%s\"}", head, many('x', len - strlen(head) - 2));
}

static void ten_bad_messages_close_with_1008_nine_do_not(void **state)
{
    (void)state;
    static const char *const bad[] = {"",          "hello",         "[1]",   "7",
                                      "\"x\"",     "null",          "{}",    "{\"type\":7}",
                                      "{\"type\"", "{\"data\":{}}", "{} {}x"};
    struct debate debate = new_room();
    struct socket *one = debate.seat[0];
    for (int i = 0; i < 9; i++) {
        send_text(one, "%s", bad[i]);
        want(want_error(one, NULL, "bad_message"), "id", "(absent)");
        /* What is understood makes no difference to the count. */
        refused(one, "no_such_type", "{}", "unknown_type");
        refused(one, "consent", "{}", "bad_request");
    }
    quiet(one);
    send_text(one, "%s", bad[9]);
    want_close(one, 1008);
    heard(debate.seat[1], "disconnected");
    struct socket *two = debate.seat[1];
    for (int i = 0; i < 9; i++) {
        send_frame(two, 0x80 | OP_BINARY, "{\"type\":\"ping\",\"data\":{\"t0\":1}}", 31);
        want_error(two, NULL, "bad_message");
    }
    quiet(two);
    send_frame(two, 0x80 | OP_BINARY, "\0\1\2", 3);
    want_close(two, 1008);
}

static void unknown_types_and_bad_requests_never_close(void **state)
{
    (void)state;
    struct debate debate = new_room();
    for (int i = 0; i < 30; i++) {
        refused(debate.seat[0], "no_such_type", "{}", "unknown_type");
        refused(debate.seat[0], "goto_page", "{\"page\":[]}", "bad_request");
        refused(debate.seat[1], "end_session", "{}", "forbidden");
    }
    quiet(debate.seat[0]);
}

static void bad_utf8_closes_with_1007(void **state)
{
    (void)state;
    static const char *const bad[] = {"\xff",     "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                      "\xe2\x82", "\x80"};
    struct debate debate = new_room();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct socket *socket = voice_open(debate.session, token("u3"));
        send_text(socket, "{\"type\":\"ping\",\"data\":{\"t0\":1},\"x\":\"%s\"}", bad[i]);
        want_close(socket, 1007);
    }
    struct socket *socket = socket_open(signaling_path(debate.code), token("u1"));
    send_text(socket, "{\"type\":\"bye\",\"data\":{\"x\":\"\xff\"}}");
    want_close(socket, 1007);
    /* In fragments: a character in two parts is whole, one that never ends is not. */
    socket = debate.seat[0];
    send_frame(socket, OP_TEXT, "{\"type\":\"ping\",\"id\":\"\xed\x95", 23);
    send_frame(socket, 0x80 | OP_MORE, "\x9c\",\"data\":{\"t0\":1}}", 19);
    want_answer(socket, "pong", "\xed\x95\x9c");
    send_frame(socket, OP_TEXT, "{\"type\":\"ping\",\"x\":\"\xed\x95", 22);
    send_frame(socket, 0x80 | OP_MORE, "\",\"data\":{\"t0\":1}}", 18);
    want_close(socket, 1007);
}

static void a_voice_message_has_at_most_16_kib(void **state)
{
    (void)state;
    struct debate debate = new_room();
    struct socket *one = debate.seat[0], *two = debate.seat[1];
    send_text(one, "%s", long_ping(VOICE_MAX));
    want_answer(one, "pong", "long");
    send_text(one, "%s", long_ping(VOICE_MAX + 1));
    want_close(one, 1009);
    heard(two, "disconnected");
    const char *message = long_ping(VOICE_MAX + 1);
    send_frame(two, OP_TEXT, message, 6000);
    send_frame(two, OP_MORE, message + 6000, 6000);
    here(__FILE__, __LINE__);
    catch_up_below_(two);
    send_frame(two, 0x80 | OP_MORE, message + 12000, VOICE_MAX + 1 - 12000);
    want_close(two, 1009);
}

static void what_never_ends_is_closed_at_the_limit(void **state)
{
    (void)state;
    struct debate debate = new_room();
    static const unsigned char gigabyte[] = {0x81, 0xff, 0, 0, 0, 0, 0x40, 0,
                                             0,    0,    1, 2, 3, 4, 'x'};
    socket_send_bytes(debate.seat[0], gigabyte, sizeof gigabyte);
    socket_send_bytes(debate.seat[0], many('x', 2 * VOICE_MAX), 2 * VOICE_MAX);
    want_close(debate.seat[0], 1009);
    /* Fragments without an end. */
    struct socket *two = debate.seat[1];
    const char *part = many('x', 1000);
    send_frame(two, OP_TEXT, part, 1000);
    for (int i = 0; i < 40; i++)
        send_frame(two, OP_MORE, part, 1000);
    want_close(two, 1009);
}

static void a_signaling_message_has_at_most_64_kib(void **state)
{
    (void)state;
    struct debate debate = new_room();
    struct socket *one = socket_open(signaling_path(debate.code), token("u1"));
    struct socket *two = socket_open(signaling_path(debate.code), token("u2"));
    heard(one, "peers");
    heard(two, "peers");
    heard(one, "peer_joined");
    const char *head = "{\"type\":\"offer\",\"to\":\"p2\",\"data\":{\"sdp\":\"";
    const char *longest = text("%s%s\"}}", head, many('x', SIGNALING_MAX - strlen(head) - 3));
    assert_int_equal(strlen(longest), SIGNALING_MAX);
    send_text(one, "%s", longest);
    const struct json *offer = heard(two, "offer");
    want(offer, "from", "p1");
    assert_int_equal(strlen(shown(offer, "data.sdp")), SIGNALING_MAX - strlen(head) - 3);
    send_text(one, "%s ", longest);
    want_close(one, 1009);
    heard(two, "peer_left");
    quiet(two);
}

static void want_pong(struct socket *socket, const char *payload, int count)
{
    int64_t end = clock_ms() + PATIENCE_MS;
    while (socket->pongs < count && clock_ms() < end)
        socket_pump(20);
    assert_int_equal(socket->pongs, count);
    assert_string_equal(socket->pong, payload);
}

static void a_message_may_come_in_fragments_with_pings_between(void **state)
{
    (void)state;
    struct debate debate = new_room();
    struct socket *one = debate.seat[0];
    const char *message = "{\"type\":\"ping\",\"id\":\"parts\",\"data\":{\"t0\":1}}";
    size_t len = strlen(message);
    send_frame(one, OP_TEXT, message, 1);
    send_frame(one, 0x80 | OP_PING, "between", 7);
    for (size_t i = 1; i < len; i++)
        send_frame(one, OP_MORE, message + i, 1);
    send_frame(one, OP_MORE, "", 0);
    send_frame(one, 0x80 | OP_PONG, "unasked", 7);
    send_frame(one, 0x80 | OP_MORE, "", 0);
    want_answer(one, "pong", "parts");
    want_pong(one, "between", 1);
    send_frame(one, 0x80 | OP_PING, many('p', 125), 125);
    want_pong(one, many('p', 125), 2);
    send_frame(one, 0x80 | OP_PING, "", 0);
    want_pong(one, "", 3);
}

static void bytes_may_come_one_by_one_or_all_at_once(void **state)
{
    (void)state;
    const char *session = room_made("bytes", 3, NULL, token("u1"));
    struct buf frames;
    buf_init(&frames, 10000);
    const char *message = "{\"type\":\"init\",\"data\":{\"nickname\":\"Kim\"}}";
    frame_print(&frames, 0x80 | OP_TEXT, message, strlen(message));
    message = "{\"type\":\"ping\",\"id\":1,\"data\":{\"t0\":1}}";
    for (int i = 0; i < 5; i++)
        frame_print(&frames, 0x80 | OP_TEXT, message, strlen(message));
    struct socket *socket = voice_open(session, token("u1"));
    socket_send_bytes(socket, frames.data, frames.len);
    heard(socket, "welcome");
    heard(socket, "join");
    for (int i = 0; i < 5; i++)
        want_answer(socket, "pong", "1");
    for (size_t i = frames.len - strlen(message) - 6; i < frames.len; i++) {
        socket_send_bytes(socket, frames.data + i, 1);
        pass_time(2);
    }
    want_answer(socket, "pong", "1");
    quiet(socket);
    buf_release(&frames);
}

static bool is_broken(struct socket *socket)
{
    int64_t end = clock_ms() + 2000;
    while (!socket->code && clock_ms() < end)
        socket_pump(20);
    /* libwebsockets answers a close frame that is none with one that has no code. */
    return socket->code == 1002 || socket->code == 1005 || socket->code == CUT;
}

static void a_frame_that_breaks_rfc_6455_ends_the_connection(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        {"\xc1\x82\0\0\0\0{}", 8},                    /* RSV1 */
        {"\x83\x82\0\0\0\0{}", 8},                    /* a reserved opcode */
        {"\x8b\x82\0\0\0\0{}", 8},                    /* a reserved control opcode */
        {"\x09\x80\0\0\0\0", 6},                      /* a ping in fragments */
        {"\x89\xfe\x00\x7e\0\0\0\0", 8},              /* a ping of 126 bytes */
        {"\x80\x82\0\0\0\0{}", 8},                    /* more of nothing */
        {"\x01\x81\0\0\0\0{\x81\x82\0\0\0\0{}", 15},  /* a new one within another */
        {"\x88\x81\0\0\0\0\x03", 7},                  /* half a close code */
        {"\x88\x82\0\0\0\0\x03\xed", 8},              /* 1005 on the wire */
        {"\x88\x82\0\0\0\0\x00\x01", 8},              /* close code 1 */
        {"\x81\xff\x80\0\0\0\0\0\0\x01\0\0\0\0", 14}, /* a length with its top bit set */
    };
    struct debate debate = new_room();
    int borne = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        /* Not all are noticed to be gone when the next comes, which then replaces them. */
        struct socket *socket = voice_open(debate.session, token("u3"));
        init(socket, "{}");
        socket_send_bytes(socket, bad[i].bytes, bad[i].len);
        if (!is_broken(socket)) {
            print_error("frame %zu is borne: %d\n", i, socket->code);
            borne++;
        }
    }
    assert_int_equal(borne, 0);
    refused(debate.seat[0], "next_page", "{}", "wrong_phase");
}

static void a_close_is_answered(void **state)
{
    (void)state;
    struct debate debate = new_room();
    send_close(debate.seat[0], 1000);
    want_close(debate.seat[0], 1000);
    heard(debate.seat[1], "disconnected");
    send_frame(debate.seat[1], 0x80 | OP_CLOSE, "", 0);
    int64_t end = clock_ms() + PATIENCE_MS;
    while (!debate.seat[1]->code && clock_ms() < end)
        socket_pump(20);
    assert_true(debate.seat[1]->code == CLOSED_WITHOUT_CODE || debate.seat[1]->code == 1000);
    end = clock_ms() + 3000;
    while (debate.seat[1]->fd >= 0 && clock_ms() < end)
        socket_pump(20);
    assert_int_equal(debate.seat[1]->fd, -1); /* and the connection is over */
}

/* Sends `count` pings in one go. */
static void flood(struct socket *socket, int count)
{
    struct buf frames;
    buf_init(&frames, 4 * 1024 * 1024);
    const char *message = "{\"type\":\"ping\",\"data\":{\"t0\":1}}";
    for (int i = 0; i < count; i++)
        frame_print(&frames, 0x80 | OP_TEXT, message, strlen(message));
    socket_send_bytes(socket, frames.data, frames.len);
    buf_release(&frames);
}

/* How many answers of this type have come; they are taken. */
static int answers_taken(struct socket *socket, const char *type)
{
    int count = 0;
    for (struct message **link = &socket->first; *link;) {
        if (strcmp(shown((*link)->json, "type"), type) == 0) {
            *link = (*link)->next;
            count++;
        } else {
            link = &(*link)->next;
        }
    }
    socket->last = &socket->first;
    while (*socket->last)
        socket->last = &(*socket->last)->next;
    return count;
}

static void a_flood_is_told_once_and_closed_at_the_hundredth_dropped(void **state)
{
    (void)state;
    struct debate debate = new_room();
    struct socket *one = debate.seat[0];
    pass_time(1000);
    flood(one, 600);
    want_close(one, 1008);
    int pongs = answers_taken(one, "pong");
    print_message("%d pongs\n", pongs);
    assert_in_range(pongs, 195, 240);
    want_error(one, NULL, "rate_limited");
    assert_int_equal(answers_taken(one, "error"), 0);
    heard(debate.seat[1], "disconnected");
    quiet(debate.seat[1]);
}

static void a_close_reaches_a_client_that_goes_on_sending(void **state)
{
    (void)state;
    struct debate debate = new_room();
    struct socket *one = debate.seat[0];
    for (int i = 0; i < 20; i++) {
        one->is_deaf = true;
        flood(one, 1000);
        pass_time(20);
    }
    one->is_deaf = false;
    want_close(one, 1008);
}

static void a_short_flood_is_dropped_and_forgiven(void **state)
{
    (void)state;
    struct debate debate = new_room();
    struct socket *one = debate.seat[0];
    pass_time(200);
    for (int round = 0; round < 2; round++) {
        flood(one, 270);
        catch_up(debate.seat[1]); /* who floods nobody is answered */
        pass_time(1500);
        quiet(debate.seat[1]);
        assert_int_equal(one->code, 0);
        print_message("%d pongs\n", answers_taken(one, "pong"));
        want_error(one, NULL, "rate_limited");
        quiet(one);
        pass_time(round ? 0 : 2500);
    }
}

static void a_handshake_that_is_none_is_refused(void **state)
{
    (void)state;
    struct debate debate = new_room();
    const char *path = voice_path(debate.session);
    const char *bearer = text("Host: x\r\nAuthorization: Bearer %s\r\n", token("u1"));
    const char *upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    const char *key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const char *const requests[] = {
        text("GET %s HTTP/1.1\r\n%sConnection: close\r\n\r\n", path, bearer),
        text("GET %s HTTP/1.1\r\n%s%s%sSec-WebSocket-Version: 8\r\n\r\n", path, bearer, upgrade,
             key),
        text("GET %s HTTP/1.1\r\n%s%sSec-WebSocket-Version: 13\r\n\r\n", path, bearer, upgrade),
        text("POST %s HTTP/1.1\r\n%s%s%sSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n",
             path, bearer, upgrade, key),
        text("GET %s HTTP/1.1\r\n%s%s%sSec-WebSocket-Version: 13\r\n\r\n", "/ws/signaling", bearer,
             upgrade, key),
        text("GET %s HTTP/1.1\r\n%s%s%sSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Protocol: chat, superchat\r\n\r\n",
             path, bearer, upgrade, key),
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct answer answer = http_bytes(requests[i], strlen(requests[i]));
        print_message("%zu: %d\n", i, answer.status);
        assert_true(answer.status >= 400 && answer.status < 500);
    }
    quiet(debate.seat[0]);
}

static void garbage_instead_of_http_harms_nobody(void **state)
{
    (void)state;
    struct debate debate = new_room();
    const char *const garbage[] = {
        "\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 tls? \r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /api/rooms/%zz%00%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "POST /api/rooms HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: -5\r\n\r\n",
        "POST /api/rooms HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: x\r\n\r\n{}",
        text("GET /%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", many('a', 100000)),
        text("GET /api/rooms/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n",
             repeat("X-Header: y\r\n", 10000)),
    };
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        int fd = connect_sized(false);
        char part[4096];
        send_bytes(fd, garbage[i], strlen(garbage[i]));
        shutdown(fd, SHUT_WR);
        int64_t end = clock_ms() + PATIENCE_MS;
        ssize_t count = 1;
        while (wait_for(fd, POLLIN, end) && (count = recv(fd, part, sizeof part, 0)) > 0)
            assert_null(memmem(part, (size_t)count, "HTTP/1.1 2", 10));
        if (count > 0)
            fail_msg("%zu: the connection stays open", i);
        close(fd);
        quiet(debate.seat[0]);
    }
    want_status(get("/healthz", NULL), 200);
}

/* The last test of this file, with a server that limits loopback as well. */
static void too_many_requests_are_429(void **state)
{
    (void)state;
    struct answer answer = {.status = 404};
    server_kill();
    server_start((const char *[]){"--rate-limit", "5", NULL});
    for (int i = 0; i < 2000 && answer.status == 404; i++)
        answer = get("/api/rooms/nobody", token("kim"));
    want_refusal(answer, 429, "rate_limited");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_bad_messages_close_with_1008_nine_do_not),
        cmocka_unit_test(unknown_types_and_bad_requests_never_close),
        cmocka_unit_test(bad_utf8_closes_with_1007),
        cmocka_unit_test(a_voice_message_has_at_most_16_kib),
        cmocka_unit_test(what_never_ends_is_closed_at_the_limit),
        cmocka_unit_test(a_signaling_message_has_at_most_64_kib),
        cmocka_unit_test(a_message_may_come_in_fragments_with_pings_between),
        cmocka_unit_test(bytes_may_come_one_by_one_or_all_at_once),
        cmocka_unit_test(a_frame_that_breaks_rfc_6455_ends_the_connection),
        cmocka_unit_test(a_close_is_answered),
        cmocka_unit_test(a_flood_is_told_once_and_closed_at_the_hundredth_dropped),
        cmocka_unit_test(a_close_reaches_a_client_that_goes_on_sending),
        cmocka_unit_test(a_short_flood_is_dropped_and_forgiven),
        cmocka_unit_test(a_handshake_that_is_none_is_refused),
        cmocka_unit_test(garbage_instead_of_http_harms_nobody),
        cmocka_unit_test(too_many_requests_are_429),
    };
    return cmocka_run_group_tests(tests, group_begin, group_end);
}
