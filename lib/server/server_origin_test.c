/* Whose pages may act in a browser (protocol, section 2; debate-protocol(7), ORIGINS). */
#include "server/debate_testing.h"
#include "server/origin.h"
#include "server/tus_testing.h"

static const char foreign[] = "https://evil.example", listed[] = "https://debate.example.org";
static const char *const options[] = {"--origin",
                                      "https://debate.example.org,http://localhost:3000", NULL};

static int origin_begin(void **state)
{
    (void)state;
    server_start(options);
    return 0;
}

static const char *origin_line(const char *origin)
{
    return text("Origin: %s\r\n", origin);
}

static struct answer from(const char *origin, const char *method, const char *path,
                          const char *token, const char *body)
{
    return http_with(method, path, token, origin_line(origin), body, body ? strlen(body) : 0);
}

static struct answer socket_from(const char *origin, const char *path, const char *token)
{
    const char *request =
        handshake(path, text("Authorization: Bearer %s\r\n%s", token, origin_line(origin)));
    return http_bytes(request, strlen(request));
}

static void want_cors(struct answer answer, const char *origin)
{
    const char *is = header_of(&answer, "Access-Control-Allow-Origin");
    if (origin ? !is || strcmp(is, origin) != 0 : is != NULL)
        fail_here("Access-Control-Allow-Origin: %s", is ? is : "(absent)");
    is = header_of(&answer, "Vary");
    if (!is || strcmp(is, "Origin") != 0)
        fail_here("Vary: %s", is ? is : "(absent)");
}

static void a_list_holds_origins_as_browsers_write_them(void **state)
{
    (void)state;
    static const char *const right[] = {"https://debate.example.org", "http://localhost:3000",
                                        "http://127.0.0.1:1",         "https://[2001:db8::1]:8443",
                                        "https://a,http://b:65535",   "HTTPS://Debate.Example.org"};
    static const char *const wrong[] = {"",
                                        "*",
                                        "null",
                                        "debate.example.org",
                                        "ftp://debate.example.org",
                                        "https://",
                                        "https://debate.example.org/",
                                        "https://debate.example.org/r",
                                        "https://debate.example.org:443",
                                        "http://debate.example.org:80",
                                        "https://debate.example.org:0x50",
                                        "https://debate.example.org:65536",
                                        "https://debate.example.org:",
                                        "https://kim@debate.example.org",
                                        "https://[2001:db8::1",
                                        "https://a,",
                                        ",https://a",
                                        "https://a, https://b",
                                        "https://a b"};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        if (!origin_list_valid(right[i]))
            fail_here("%s is refused", right[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (origin_list_valid(wrong[i]))
            fail_here("%s is taken", wrong[i]);
    assert_false(origin_list_valid(text("https://%s", many('a', ORIGIN_SIZE))));
}

static void an_origin_is_the_servers_own_listed_or_foreign(void **state)
{
    (void)state;
    static const struct {
        const char *origin, *host;
        bool is_tls;
        enum origin expected;
    } cases[] = {
        {NULL, "a.org", false, ORIGIN_NONE},
        {"http://a.org", "a.org", false, ORIGIN_FOREIGN}, /* whose name may lead anywhere */
        {"http://localhost:81", "LocalHost:81", false, ORIGIN_OWN},
        {"http://192.0.2.1", "192.0.2.1", false, ORIGIN_OWN},
        {"http://192.0.2.1:81", "192.0.2.1:81", false, ORIGIN_OWN},
        {"http://[2001:db8::1]:81", "[2001:db8::1]:81", false, ORIGIN_OWN},
        {"http://192.0.2.1", "192.0.2.1", true, ORIGIN_FOREIGN},
        {"http://192.0.2.1.a.org", "192.0.2.1.a.org", false, ORIGIN_FOREIGN},
        {"http://localhost.a.org", "localhost.a.org", false, ORIGIN_FOREIGN},
        {"https://a.org", "a.org", false, ORIGIN_OWN}, /* a proxy has added TLS */
        {"https://a.org", "a.org", true, ORIGIN_OWN},
        {"http://a.org", "a.org", true, ORIGIN_FOREIGN},
        {"https://A.ORG:81", "a.org:81", false, ORIGIN_OWN},
        {"https://a.org", "a.org:81", false, ORIGIN_FOREIGN},
        {"https://a.org.evil.org", "a.org", false, ORIGIN_FOREIGN},
        {"https://a.org", NULL, false, ORIGIN_FOREIGN},
        {"http://", "", false, ORIGIN_FOREIGN},
        {"null", "null", false, ORIGIN_FOREIGN},
        {"", "", false, ORIGIN_FOREIGN},
        {"https://b.org", "a.org", true, ORIGIN_LISTED},
        {"https://c.org:81", "a.org", true, ORIGIN_LISTED},
        {"https://c.org", "a.org", true, ORIGIN_FOREIGN},
        {"https://b.org:81", "a.org", true, ORIGIN_FOREIGN},
        {"http://b.org", "a.org", true, ORIGIN_FOREIGN},
        {"https://b.org,https://c.org:81", "a.org", true, ORIGIN_FOREIGN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (origin_judge(cases[i].origin, cases[i].host, cases[i].is_tls,
                         "https://b.org,https://c.org:81") != cases[i].expected)
            fail_here("%s", cases[i].origin);
    assert_int_equal(origin_judge("https://b.org", "a.org", true, NULL), ORIGIN_FOREIGN);
}

static void a_foreign_page_changes_nothing(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "foreign", 3, 2, NULL);
    const char *host = token("u1");
    static const char *const pages[] = {foreign, "null", "https://debate.example.org.evil.example"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        const char *page = pages[i];
        want_refusal(from(page, "POST", "/api/rooms", host, "{\"code\":\"theirs\"}"), 403,
                     "forbidden");
        want_refusal(get("/api/rooms/theirs", host), 404, "not_found");
        want_refusal(from(page, "POST", "/api/rooms", host, "{\"code\":\"foreign\"}"), 403,
                     "forbidden");
        want_refusal(from(page, "POST", "/api/rooms/foreign/guests", NULL, "{\"nickname\":\"X\"}"),
                     403, "forbidden");
        want_refusal(from(page, "POST", text("%s/choices", session_path(&debate)), host,
                          "{\"page\":1,\"choice\":\"yes\"}"),
                     403, "forbidden");
        want_refusal(from(page, "POST", text("%s/end", session_path(&debate)), host, "{}"), 403,
                     "forbidden");
        want_refusal(socket_from(page, voice_path(debate.session), host), 403, "forbidden");
        want_refusal(socket_from(page, signaling_path("foreign"), host), 403, "forbidden");
    }
    want(session_seen(&debate), "phase", "lobby");
    /* What it may ask, its browser does not let it read. */
    struct answer answer =
        want_status(from(foreign, "GET", session_path(&debate), host, NULL), 200);
    want_cors(answer, NULL);
    want_cors(from(foreign, "POST", "/api/rooms", host, "{}"), NULL);
}

static void a_foreign_page_uploads_nothing(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "uploads", 2, 2, NULL);
    debate_live(&debate);
    acked(debate.seat[0], "consent", "{\"recording\":true}");
    acked(debate.seat[0], "start_recording", "{}");
    const char *recording =
        shown(heard_at_last(debate.seat[0], "recording_started"), "data.recording_id");
    acked(debate.seat[0], "stop_recording", "{}");
    const char *headers = text("Upload-Length: 1000\r\n%s", metadata(recording));
    want_refusal(tus("POST", "/api/uploads", token("u1"),
                     text("%s%s", headers, origin_line(foreign)), (struct bytes){0}),
                 403, "forbidden");
    const char *path = upload_new(recording, token("u1"), 1000);
    const char *chunk =
        text("Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n%s",
             origin_line(foreign));
    want_refusal(tus("PATCH", path, token("u1"), chunk, (struct bytes){"OggS", 4}), 403,
                 "forbidden");
    want_refusal(tus("POST", path, token("u1"), text("X-HTTP-Method-Override: PATCH\r\n%s", chunk),
                     (struct bytes){"OggS", 4}),
                 403, "forbidden");
    want_refusal(tus("DELETE", path, token("u1"), origin_line(foreign), (struct bytes){0}), 403,
                 "forbidden");
    want_offset(path, token("u1"), 0);
    struct answer made = tus("HEAD", path, token("u1"), origin_line(listed), (struct bytes){0});
    want_cors(want_status(made, 200), listed);
    assert_non_null(strstr(header_of(&made, "Access-Control-Expose-Headers"), "Upload-Offset"));
    want_status(tus("DELETE", path, token("u1"), origin_line(listed), (struct bytes){0}), 204);
}

static void the_origin_is_looked_at_after_route_token_and_room(void **state)
{
    (void)state;
    const char *session = room_made("order", 2, NULL, token("u1"));
    want_refusal(from(foreign, "POST", "/api/no-such", token("u1"), "{}"), 404, "not_found");
    want_refusal(from(foreign, "POST", text("/api/sessions/%s/end", session), "bad", "{}"), 401,
                 "bad_token");
    want_refusal(
        from(foreign, "POST", "/api/sessions/s_0123456789012345678901/end", token("u1"), "{}"), 404,
        "not_found");
    want_refusal(socket_from(foreign, voice_path(session), "bad"), 401, "bad_token");
    want_refusal(socket_from(foreign, signaling_path("nowhere"), token("u1")), 404, "not_found");
    want_status(post(text("/api/sessions/%s/end", session), token("u1"), "{}"), 200);
    want_refusal(socket_from(foreign, voice_path(session), token("u1")), 403, "forbidden");
}

static void pages_of_its_own_and_those_listed_act(void **state)
{
    (void)state;
    const char *pages[] = {text("http://127.0.0.1:%d", server.port),
                           text("https://127.0.0.1:%d", server.port), listed,
                           "http://localhost:3000"};
    for (int i = 0; i < 4; i++) {
        const char *code = text("acts-%d", i);
        struct answer made = want_status(
            from(pages[i], "POST", "/api/rooms", token("u1"), text("{\"code\":\"%s\"}", code)),
            201);
        want_cors(made, i < 2 ? NULL : pages[i]);
        want_status(from(pages[i], "POST", text("/api/rooms/%s/guests", code), NULL,
                         "{\"nickname\":\"X\"}"),
                    201);
        want_status(socket_from(pages[i], voice_path(shown(made.json, "session_id")), token("u1")),
                    101);
    }
    /* It can read why it was refused, too. */
    want_cors(want_refusal(from(listed, "POST", "/api/rooms", "bad", "{}"), 401, "bad_token"),
              listed);
    want_cors(want_refusal(from(listed, "GET", "/api/no-such", NULL, NULL), 404, "not_found"),
              listed);
}

static struct answer preflight(const char *origin, const char *path, const char *method)
{
    return http_with("OPTIONS", path, NULL,
                     text("%sAccess-Control-Request-Method: %s\r\nAccess-Control-Request-Headers: "
                          "authorization,content-type\r\n",
                          origin_line(origin), method),
                     NULL, 0);
}

static void a_listed_page_is_told_before_what_it_may_ask(void **state)
{
    (void)state;
    static const struct {
        const char *path, *method;
    } asked[] = {{"/api/rooms", "POST"},
                 {"/api/rooms/any", "GET"},
                 {"/api/rooms/any/guests", "POST"},
                 {"/api/sessions/s_0123456789012345678901/choices", "POST"},
                 {"/api/uploads", "POST"},
                 {"/api/uploads/u_0123456789012345678901", "PATCH"}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct answer answer = want_status(preflight(listed, asked[i].path, asked[i].method), 204);
        want_cors(answer, listed);
        assert_non_null(
            strstr(header_of(&answer, "Access-Control-Allow-Methods"), asked[i].method));
        assert_non_null(
            strstr(header_of(&answer, "Access-Control-Allow-Headers"), "Authorization"));
        assert_non_null(
            strstr(header_of(&answer, "Access-Control-Allow-Headers"), "Upload-Metadata"));
        assert_null(header_of(&answer, "Access-Control-Allow-Credentials"));
        want_cors(preflight(foreign, asked[i].path, asked[i].method), NULL);
    }
    want_refusal(preflight(listed, "/api/no-such", "POST"), 404, "not_found");
    want_refusal(preflight(foreign, "/api/rooms", "POST"), 405, "bad_request");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_holds_origins_as_browsers_write_them),
        cmocka_unit_test(an_origin_is_the_servers_own_listed_or_foreign),
        cmocka_unit_test(a_foreign_page_changes_nothing),
        cmocka_unit_test(a_foreign_page_uploads_nothing),
        cmocka_unit_test(the_origin_is_looked_at_after_route_token_and_room),
        cmocka_unit_test(pages_of_its_own_and_those_listed_act),
        cmocka_unit_test(a_listed_page_is_told_before_what_it_may_ask),
    };
    return cmocka_run_group_tests(tests, origin_begin, group_end);
}
