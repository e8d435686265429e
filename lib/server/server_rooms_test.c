/* Rooms, sessions and guests over HTTP (protocol, sections 2, 3 and 10). */
#include "server/debate_testing.h"

static void want_room(struct answer answer, const char *code)
{
    want_types_(answer.json, "sssnan", "code session_id phase seats participants page");
    want_(answer.json, "code", code);
    if (!session_id_valid(shown(answer.json, "session_id")))
        fail_here("not a session's id: %s", shown(answer.json, "session_id"));
}

static void a_new_room_is_201_and_its_maker_becomes_host_by_sitting_down(void **state)
{
    (void)state;
    struct answer made =
        want_status(post("/api/rooms", token("kim"), "{\"code\":\"new_Room-1\"}"), 201);
    want_room(made, "new_Room-1");
    want(made.json, "phase", "lobby");
    want(made.json, "seats", "3");
    want(made.json, "page", "1");
    want_types(made.json, "0", "host");
    want(made.json, "participants", "[]");
    const char *session = shown(made.json, "session_id");
    seated(session, "lee");
    struct answer seen = want_status(get("/api/rooms/new_Room-1", token("lee")), 200);
    want_types(seen.json, "0", "host");
    want(seen.json, "participants.0.participant_id", "p1");
    want(seen.json, "participants.0.nickname", "lee");
    seated(session, "kim");
    seen = want_status(get("/api/rooms/new_Room-1", token("lee")), 200);
    want_room(seen, "new_Room-1");
    want(seen.json, "host", "p2");
    want(seen.json, "participants.1.participant_id", "p2");
}

static void a_room_with_a_session_is_reused_with_200_and_nothing_changes(void **state)
{
    (void)state;
    struct answer made = want_status(post("/api/rooms", token("kim"),
                                          room_body("reused", 2,
                                                    "{\"title\":\"A\",\"pages\":[{"
                                                    "\"title\":\"One\"}]}")),
                                     201);
    const char *session = shown(made.json, "session_id");
    struct answer again = want_status(post("/api/rooms", token("lee"),
                                           room_body("reused", 5,
                                                     "{\"title\":\"B\",\"pages\":[{"
                                                     "\"title\":\"Two\"}]}")),
                                      200);
    want_room(again, "reused");
    want(again.json, "", shown(made.json, ""));
    seated(session, "lee");
    struct socket *kim = voice_open(session, token("kim"));
    const struct json *welcome = sit(kim, "Kim");
    want(welcome, "data.host", "p2");
    want(welcome, "data.seats", "2");
    want(welcome, "data.agenda.title", "A");
    again = want_status(post("/api/rooms", token("park"), "{\"code\":\"reused\"}"), 200);
    want(again.json, "session_id", session);
    want(again.json, "host", "p2");
}

static void on_200_seats_and_agenda_are_checked_for_their_types_alone(void **state)
{
    (void)state;
    room_made("types-alone", 2, NULL, token("kim"));
    const char *kim = token("kim");
    want_status(post("/api/rooms", kim, "{\"code\":\"types-alone\",\"seats\":99}"), 200);
    want_status(post("/api/rooms", kim, "{\"code\":\"types-alone\",\"agenda\":{}}"), 200);
    want_bad_field(post("/api/rooms", kim, "{\"code\":\"types-alone\",\"seats\":\"2\"}"), "seats");
    want_bad_field(post("/api/rooms", kim, "{\"code\":\"types-alone\",\"agenda\":[]}"), "agenda");
}

static void after_the_end_the_same_code_makes_a_new_session(void **state)
{
    (void)state;
    const char *kim = token("kim");
    const char *first = room_made("once-more", 2, NULL, kim);
    seated(first, "kim");
    want_status(post(text("/api/sessions/%s/end", first), kim, "{}"), 200);
    struct answer seen = want_status(get("/api/rooms/once-more", token("lee")), 200);
    want(seen.json, "session_id", first);
    want(seen.json, "phase", "ended");
    const char *second = room_made("once-more", 2, NULL, token("lee"));
    assert_string_not_equal(first, second);
    seen = want_status(get("/api/rooms/once-more", kim), 200);
    want(seen.json, "session_id", second);
    want(seen.json, "phase", "lobby");
    want(want_status(get(text("/api/sessions/%s", first), kim), 200).json, "phase", "ended");
}

static double sessions_kept(void)
{
    static const char name[] = "\ndebate_sessions_kept ";
    const char *found = strstr(get("/metrics", NULL).body, name);
    assert_non_null(found);
    return atof(found + strlen(name));
}

static void of_the_sessions_that_ended_256_at_most_are_kept_in_memory(void **state)
{
    (void)state;
    const char *boss = token_with_role("boss", "operator");
    for (int i = 0; i < 256 + 20; i++) {
        const char *session = room_made(text("kept-%d", i), 2, NULL, boss);
        want_status(post(text("/api/sessions/%s/end", session), boss, "{}"), 200);
    }
    assert_in_range((unsigned)sessions_kept(), 200, 256);
}

static void without_a_code_the_server_makes_one_up(void **state)
{
    (void)state;
    struct answer first = want_status(post("/api/rooms", token("kim"), "{}"), 201);
    struct answer second = want_status(post("/api/rooms", token("kim"), "{\"more\":1}"), 201);
    assert_true(room_code_valid(shown(first.json, "code")));
    assert_true(room_code_valid(shown(second.json, "code")));
    assert_string_not_equal(shown(first.json, "code"), shown(second.json, "code"));
    assert_string_not_equal(shown(first.json, "session_id"), shown(second.json, "session_id"));
    want_status(get(text("/api/rooms/%s", shown(first.json, "code")), token("lee")), 200);
}

static void one_code_asked_for_at_once_makes_one_session(void **state)
{
    (void)state;
    enum { AT_ONCE = 16 };
    int fds[AT_ONCE], made = 0;
    const char *session = NULL;
    const char *body = room_body("at-once", 3, NULL);
    for (int i = 0; i < AT_ONCE; i++) {
        const char *request =
            text("POST /api/rooms HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: "
                 "Bearer %s\r\nContent-Length: %zu\r\n\r\n%s",
                 token(text("user%d", i)), strlen(body), body);
        fds[i] = connect_sized(false);
        send_bytes(fds[i], request, strlen(request));
    }
    for (int i = 0; i < AT_ONCE; i++) {
        struct buf in;
        buf_init(&in, 100000);
        struct answer answer = answer_read(fds[i], &in, false);
        assert_true(answer.status == 200 || answer.status == 201);
        made += answer.status == 201;
        if (!session)
            session = shown(answer.json, "session_id");
        want(answer.json, "session_id", session);
        buf_release(&in);
        close(fds[i]);
    }
    assert_int_equal(made, 1);
}

static void a_room_code_has_1_to_64_of_its_alphabet(void **state)
{
    (void)state;
    static const char *const bad[] = {"\"\"",       "\"a b\"", "\"a/b\"",   "\"a.b\"",
                                      "\"\u00e9\"", "\"a+b\"", "\"a\\nb\"", "\"a\\u0000\"",
                                      "7",          "[\"a\"]", "true"};
    const char *kim = token("kim");
    want_status(post("/api/rooms", kim, text("{\"code\":\"%s\"}", many('c', 64))), 201);
    want_status(get(text("/api/rooms/%s", many('c', 64)), kim), 200);
    want_bad_field(post("/api/rooms", kim, text("{\"code\":\"%s\"}", many('c', 65))), "code");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        want_bad_field(post("/api/rooms", kim, text("{\"code\":%s}", bad[i])), "code");
}

static void there_are_2_to_8_seats(void **state)
{
    (void)state;
    static const char *const bad[] = {"1",     "9",    "0",    "-3",  "2.5", "1e9",
                                      "\"3\"", "true", "null", "[3]", "{}",  "4294967298"};
    const char *kim = token("kim");
    want(want_status(post("/api/rooms", kim, "{\"code\":\"two\",\"seats\":2}"), 201).json, "seats",
         "2");
    want(want_status(post("/api/rooms", kim, "{\"code\":\"eight\",\"seats\":8}"), 201).json,
         "seats", "8");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        want_bad_field(post("/api/rooms", kim, text("{\"seats\":%s}", bad[i])), "seats");
}

static void a_body_that_is_no_json_object_is_400(void **state)
{
    (void)state;
    static const char *const bad[] = {"{",     "{\"code\":}", "[]",      "7",
                                      "\"x\"", "null",        "{} {}",   "{\"code\":\"\xff\"}",
                                      "{,}",   "nope",        "{'a':1}", "{\"a\":1,}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        print_message("%s\n", bad[i]);
        want_refusal(post("/api/rooms", token("kim"), bad[i]), 400, "bad_request");
    }
    const char *deep = text("{\"agenda\":%s", many('[', 100000));
    want_refusal(post("/api/rooms", token("kim"), deep), 400, "bad_request");
}

static const char *agenda_page(const char *page)
{
    return text("{\"agenda\":{\"title\":\"T\",\"pages\":[%s]}}", page);
}

static void an_agenda_that_breaks_a_rule_is_400_and_names_the_field(void **state)
{
    (void)state;
#define CHOICES(inner) "{\"title\":\"P\",\"choices\":[" inner "]}"
    static const char *const pages[][2] = {
        {"7", "pages"},
        {"{}", "title"},
        {"{\"title\":7}", "title"},
        {"{\"title\":\"a\\u0000b\"}", "title"},
        {"{\"title\":\"P\",\"text\":7}", "text"},
        {"{\"title\":\"P\",\"id\":7}", "id"},
        {"{\"title\":\"P\",\"seconds\":0}", "seconds"},
        {"{\"title\":\"P\",\"seconds\":-1}", "seconds"},
        {"{\"title\":\"P\",\"seconds\":\"9\"}", "seconds"},
        {"{\"title\":\"P\",\"reveal\":\"some\"}", "reveal"},
        {"{\"title\":\"P\",\"reveal\":7}", "reveal"},
        {"{\"title\":\"P\",\"gate\":\"some\"}", "gate"},
        {"{\"title\":\"P\",\"gate\":true}", "gate"},
        {"{\"title\":\"P\",\"choices\":{}}", "choices"},
        {CHOICES("7"), "choices"},
        {CHOICES("{\"label\":\"L\"}"), "id"},
        {CHOICES("{\"id\":7,\"label\":\"L\"}"), "id"},
        {CHOICES("{\"id\":\"a\"}"), "label"},
        {CHOICES("{\"id\":\"a\",\"label\":7}"), "label"},
    };
#undef CHOICES
    const char *kim = token("kim");
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        print_message("%s\n", pages[i][0]);
        want_bad_field(post("/api/rooms", kim, agenda_page(pages[i][0])), pages[i][1]);
    }
    want_bad_field(post("/api/rooms", kim, "{\"agenda\":7}"), "agenda");
    want_bad_field(post("/api/rooms", kim, "{\"agenda\":{\"title\":\"T\"}}"), "pages");
    want_bad_field(post("/api/rooms", kim, "{\"agenda\":{\"title\":\"T\",\"pages\":{}}}"), "pages");
    want_bad_field(post("/api/rooms", kim, "{\"agenda\":{\"pages\":[{\"title\":\"P\"}]}}"),
                   "title");
    want_bad_field(
        post("/api/rooms", kim, "{\"agenda\":{\"title\":7,\"pages\":[{\"title\":\"P\"}]}}"),
        "title");
}

/* `pages` pages of `choices` choices. */
static const char *agenda_of(size_t pages, size_t choices)
{
    struct buf out;
    buf_init(&out, 1024 * 1024);
    buf_append_str(&out, "{\"title\":\"T\",\"pages\":[");
    for (size_t page = 0; page < pages; page++) {
        buf_printf(&out, "%s{\"title\":\"P\",\"choices\":[", page ? "," : "");
        for (size_t i = 0; i < choices; i++)
            buf_printf(&out, "%s{\"id\":\"c%zu\",\"label\":\"L\"}", i ? "," : "", i);
        buf_append_str(&out, "]}");
    }
    buf_append_str(&out, "]}");
    assert_false(out.failed);
    return keep(buf_take(&out), free);
}

static void an_agenda_has_64_pages_of_16_choices(void **state)
{
    (void)state;
    const char *session = room_made("largest", 2, agenda_of(64, 16), token("kim"));
    const struct json *welcome = sit(voice_open(session, token("kim")), "Kim");
    want_types(welcome, "oss",
               "data.agenda.pages.63 data.agenda.pages.63.choices.15.id "
               "data.agenda.pages.63.choices.15.label");
    want_bad_field(post("/api/rooms", token("kim"), room_body("more", 2, agenda_of(65, 1))),
                   "pages");
    want_bad_field(post("/api/rooms", token("kim"), room_body("more", 2, agenda_of(1, 17))),
                   "choices");
    want_refusal(get("/api/rooms/more", token("kim")), 404, "not_found");
}

static void a_body_has_at_most_256_kib(void **state)
{
    (void)state;
    const char *kim = token("kim");
    const char *session = room_made("limits", 2, NULL, kim);
    const char *head = "{\"code\":\"full-body\"}";
    const char *full = text("%s%s", head, many(' ', 256 * 1024 - strlen(head)));
    want_status(post("/api/rooms", kim, full), 201);
    want_refusal(post("/api/rooms", kim, text("%s ", full)), 413, "too_large");
    want_refusal(post("/api/rooms/limits/guests", NULL, text("%s ", full)), 413, "too_large");
    want_refusal(post(text("/api/sessions/%s/choices", session), kim, text("%s ", full)), 413,
                 "too_large");
    want_refusal(post("/api/rooms", kim, many(' ', 4 * 1024 * 1024)), 413, "too_large");
    /* Announced, never sent. */
    const char *request = text("POST /api/rooms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                               "%s\r\nContent-Length: 99999999999\r\n\r\n",
                               kim);
    want_refusal(http_bytes(request, strlen(request)), 413, "too_large");
    /* In chunks, without a length given before. */
    request = text("POST /api/rooms HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: "
                   "Bearer %s\r\nTransfer-Encoding: chunked\r\n\r\n%s0\r\n\r\n",
                   kim, repeat(text("1000\r\n%s\r\n", many(' ', 4096)), 65));
    want_refusal(http_bytes(request, strlen(request)), 413, "too_large");
}

static void the_largest_agenda_reaches_everybody(void **state)
{
    (void)state;
    const char *head = "{\"title\":\"T\",\"pages\":[{\"title\":\"P\",\"text\":\"";
    size_t len = 256 * 1024 - strlen(head) - strlen(room_body("huge", 2, "\"}]}"));
    const char *session =
        room_made("huge", 2, text("%s%s\"}]}", head, many('x', len)), token("kim"));
    const struct json *welcome = sit(voice_open(session, token("kim")), "Kim");
    assert_int_equal(strlen(shown(welcome, "data.agenda.pages.0.text")), len);
    struct socket *lee = voice_open(session, token("lee"));
    sit(lee, "Lee");
    heard(lee, "countdown");
}

static void a_room_is_seen_with_any_token_that_may_open_it(void **state)
{
    (void)state;
    room_made("seen", 2, NULL, token("kim"));
    const char *shows[] = {token("x"), token_for_room("x", "seen"), token_with_role("x", "host"),
                           token_with_role("x", "observer"), token_with_role("x", "operator")};
    for (size_t i = 0; i < sizeof shows / sizeof *shows; i++)
        want_room(want_status(get("/api/rooms/seen", shows[i]), 200), "seen");
    want_refusal(get("/api/rooms/seen", token_for_room("x", "other")), 403, "forbidden");
}

static void a_method_that_a_route_does_not_know_is_405(void **state)
{
    (void)state;
    const char *kim = token("kim");
    static const char *const paths[] = {"/healthz", "/metrics", "/api/rooms/seen"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct answer answer = want_status(http_with("DELETE", paths[i], kim, "", NULL, 0), 405);
        const char *allow = header_of(&answer, "Allow");
        assert_non_null(allow);
        assert_non_null(strstr(allow, "GET"));
        want_types(answer.json, "ss", "error.code error.message");
    }
    want_status(http_with("PUT", "/api/rooms", kim, "", "{}", 2), 405);
}

static void a_connection_serves_several_requests(void **state)
{
    (void)state;
    struct buf in;
    int fd = connect_sized(false);
    buf_init(&in, 100000);
    for (int i = 0; i < 3; i++) {
        const char *request =
            text("POST /api/rooms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                 "Content-Length: 20\r\n\r\n{\"code\":\"kept-open\"}",
                 token("kim"));
        /* In two parts, the second when the first has arrived. */
        send_bytes(fd, request, 40);
        poll(NULL, 0, 20);
        send_bytes(fd, request + 40, strlen(request) - 40);
        want_status(answer_read(fd, &in, false), i ? 200 : 201);
    }
    close(fd);
    buf_release(&in);
}

/* A request that makes a room, or is refused for want of a token. */
static const char *asks_for_room(const char *token_line, const char *code)
{
    const char *body = text("{\"code\":\"%s\"}", code);
    return text("POST /api/rooms HTTP/1.1\r\nHost: x\r\n%sContent-Length: %zu\r\n\r\n%s",
                token_line, strlen(body), body);
}

/* RFC 9112, section 9.3.2: who does not wait for responses gets them in order, as far as the
 * connection goes; what is not answered has not been done. */
static void requests_sent_without_waiting_are_answered_in_order_or_not_at_all(void **state)
{
    (void)state;
    const char *look = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    const char *bearer = text("Authorization: Bearer %s\r\n", token("kim"));
    const char *refused = asks_for_room("", "behind"), *nothing = "";
    const struct {
        const char *requests[4];
        int statuses[3], sure; /* so many of them come for sure */
    } rows[] = {
        {{look, look, look, nothing}, {200, 200, 200}, 3},
        {{asks_for_room(bearer, "before-a"), look, look, nothing}, {201, 200, 200}, 3},
        {{refused, look, look, nothing}, {401, 200, 200}, 3},
        {{look, asks_for_room(bearer, "behind"), look, nothing}, {200, 201, 200}, 1},
        {{look, refused, look, nothing}, {200, 401, 200}, 1},
        {{asks_for_room(bearer, "before-b"), asks_for_room(bearer, "behind"), look, nothing},
         {201, 201, 200},
         1},
        {{refused, refused, refused, nothing}, {401, 401, 401}, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const *asked = rows[i].requests;
        const char *all = text("%s%s%s", asked[0], asked[1], asked[2]);
        struct buf in;
        int fd = connect_sized(false), status = 1, came = 0;
        buf_init(&in, 100000);
        send_request(fd, all, strlen(all));
        for (; came < 3 && status; came += status != 0) {
            status = answer_read(fd, &in, false).status;
            if (status && status != rows[i].statuses[came])
                fail_here("row %zu: status %d for request %d", i, status, came);
        }
        if (came < rows[i].sure)
            fail_here("row %zu: %d responses", i, came);
        close(fd);
        buf_release(&in);
        want_status(get("/healthz", NULL), 200);
    }
}

/* RFC 9112, section 6.3. */
static void a_body_whose_length_cannot_be_told_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        int status;
    } rows[] = {
        {"Content-Length: -2\r\n", 400},
        {"Content-Length: +2\r\n", 400},
        {"Content-Length: 2x\r\n", 400},
        {"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", 400},
        {"Transfer-Encoding: gzip, chunked\r\n", 411},
        {"Transfer-Encoding: chunked\r\n", 400}, /* it is not in chunks */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *request = text("POST /api/rooms HTTP/1.1\r\nHost: x\r\n"
                                   "Authorization: Bearer %s\r\n%s\r\n{}",
                                   token("kim"), rows[i].headers);
        struct answer answer = http_bytes(request, strlen(request));
        want_refusal(answer, rows[i].status, "bad_request");
        assert_string_equal(header_of(&answer, "Connection"), "close");
    }
}

/* RFC 9112, section 9.6: a reset would take the answer away before it is read. */
static void who_sends_a_body_to_its_end_is_told_that_it_was_refused(void **state)
{
    (void)state;
    const char *body = many(' ', 8 * 1024 * 1024);
    for (int is_used = 0; is_used < 2; is_used++) {
        struct buf in;
        int fd = connect_sized(false);
        buf_init(&in, 100000);
        if (is_used) {
            send_bytes(fd, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 34);
            want_status(answer_read(fd, &in, false), 200);
        }
        const char *head = text(
            "POST /api/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", strlen(body));
        assert_true(send_bytes(fd, head, strlen(head)));
        assert_true(wait_for(fd, POLLIN, clock_ms() + PATIENCE_MS));
        assert_true(send_bytes(fd, body, strlen(body)));
        want_refusal(answer_read(fd, &in, false), 401, "bad_token");
        close(fd);
        buf_release(&in);
    }
}

/* RFC 9112, section 7.1: what many libraries send when they write JSON as it arises. */
static void a_body_may_come_in_chunks(void **state)
{
    (void)state;
    struct buf in;
    const char *head = text("POST /api/rooms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                            "Transfer-Encoding: Chunked\r\n\r\n",
                            token("kim"));
    const char *body = "2;x=\"y\"\r\n{\"\r\n10\r\ncode\":\"chunked\"}\r\n0\r\nDigest: no\r\n\r\n";
    int fd = connect_sized(false);
    buf_init(&in, 100000);
    send_bytes(fd, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 34);
    want_status(answer_read(fd, &in, false), 200);
    send_bytes(fd, head, strlen(head));
    for (size_t i = 0; i < strlen(body); i++)
        send_bytes(fd, body + i, 1);
    struct answer answer = want_status(answer_read(fd, &in, false), 201);
    want(answer.json, "code", "chunked");
    assert_string_equal(header_of(&answer, "Connection"), "close");
    close(fd);
    /* Who is refused may send on, and then read why. */
    fd = connect_sized(false);
    send_bytes(fd, head, strlen(head));
    send_bytes(fd, "2\r\n[]\r\n", 7);
    for (int i = 0; i < 100; i++)
        assert_true(send_bytes(fd, text("1000\r\n%s\r\n", many(' ', 4096)), 4104));
    assert_true(wait_for(fd, POLLIN, clock_ms() + PATIENCE_MS));
    assert_true(send_bytes(fd, "1\r\n \r\n", 6));
    assert_true(send_bytes(fd, "0\r\n\r\n", 5));
    want_refusal(answer_read(fd, &in, false), 413, "too_large");
    assert_int_equal(answer_read(fd, &in, false).status, 0);
    close(fd);
    buf_release(&in);
}

/* RFC 9110, section 7.8. Java's HttpClient makes this one with its first request. */
static void an_offer_to_speak_http_2_is_passed_over(void **state)
{
    (void)state;
    static const char offer[] = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                                "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n";
    struct buf in;
    const char *request = text("POST /api/rooms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                               "Content-Length: 17\r\n%s\r\n",
                               token("kim"), offer);
    int fd = connect_sized(false);
    buf_init(&in, 100000);
    send_bytes(fd, request, strlen(request));
    send_bytes(fd, "{\"code\":\"http-2\"}", 17);
    want_status(answer_read(fd, &in, false), 201);
    request = text("GET /healthz HTTP/1.1\r\nHost: x\r\n%s\r\n", offer);
    send_bytes(fd, request, strlen(request));
    want_status(answer_read(fd, &in, false), 200);
    close(fd);
    buf_release(&in);
}

static void who_asks_whether_its_body_is_wanted_is_told(void **state)
{
    (void)state;
    static const char told[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct buf in;
    char part[sizeof told] = "";
    int fd = connect_sized(false);
    const char *head = text("POST /api/rooms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                            "Expect: 100-continue\r\nContent-Length: 17\r\n\r\n",
                            token("kim"));
    buf_init(&in, 100000);
    send_bytes(fd, head, strlen(head));
    assert_true(wait_for(fd, POLLIN, clock_ms() + PATIENCE_MS));
    assert_int_equal(recv(fd, part, sizeof told - 1, 0), sizeof told - 1);
    assert_string_equal(part, told);
    send_bytes(fd, "{\"code\":\"wanted\"}", 17);
    want_status(answer_read(fd, &in, false), 201);
    close(fd);
    /* What is refused is refused at once. */
    fd = connect_sized(false);
    head = "POST /api/rooms HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
           "Content-Length: 17\r\n\r\n";
    send_bytes(fd, head, strlen(head));
    assert_true(wait_for(fd, POLLIN, clock_ms() + PATIENCE_MS));
    assert_int_equal(recv(fd, part, 12, 0), 12);
    assert_memory_equal(part, "HTTP/1.1 401", 12);
    close(fd);
    buf_release(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_room_is_201_and_its_maker_becomes_host_by_sitting_down),
        cmocka_unit_test(a_room_with_a_session_is_reused_with_200_and_nothing_changes),
        cmocka_unit_test(on_200_seats_and_agenda_are_checked_for_their_types_alone),
        cmocka_unit_test(after_the_end_the_same_code_makes_a_new_session),
        cmocka_unit_test(of_the_sessions_that_ended_256_at_most_are_kept_in_memory),
        cmocka_unit_test(without_a_code_the_server_makes_one_up),
        cmocka_unit_test(one_code_asked_for_at_once_makes_one_session),
        cmocka_unit_test(a_room_code_has_1_to_64_of_its_alphabet),
        cmocka_unit_test(there_are_2_to_8_seats),
        cmocka_unit_test(a_body_that_is_no_json_object_is_400),
        cmocka_unit_test(an_agenda_that_breaks_a_rule_is_400_and_names_the_field),
        cmocka_unit_test(an_agenda_has_64_pages_of_16_choices),
        cmocka_unit_test(a_body_has_at_most_256_kib),
        cmocka_unit_test(the_largest_agenda_reaches_everybody),
        cmocka_unit_test(a_room_is_seen_with_any_token_that_may_open_it),
        cmocka_unit_test(a_method_that_a_route_does_not_know_is_405),
        cmocka_unit_test(a_connection_serves_several_requests),
        cmocka_unit_test(requests_sent_without_waiting_are_answered_in_order_or_not_at_all),
        cmocka_unit_test(a_body_whose_length_cannot_be_told_is_refused),
        cmocka_unit_test(who_sends_a_body_to_its_end_is_told_that_it_was_refused),
        cmocka_unit_test(a_body_may_come_in_chunks),
        cmocka_unit_test(an_offer_to_speak_http_2_is_passed_over),
        cmocka_unit_test(who_asks_whether_its_body_is_wanted_is_told),
    };
    return cmocka_run_group_tests(tests, group_begin, group_end);
}
