/* Who is let in, and what is said to those who are not (protocol, section 2). */
#include "server/debate_testing.h"

static const char one_code[] = "identity";
static const char *one_session;

static int identity_begin(void **state)
{
    group_begin(state);
    one_session = room_made(one_code, 3, NULL, token("maker"));
    return 0;
}

static const char *room_path(const char *code)
{
    return text("/api/rooms/%s", code);
}

static void a_token_opens_as_query_in_quotes_and_as_bearer(void **state)
{
    (void)state;
    const char *good = token("kim");
    want_status(get(room_path(one_code), good), 200);
    want_status(get(text("%s?token=%s", room_path(one_code), good), NULL), 200);
    want_status(get(text("%s?token=%%22%s%%22", room_path(one_code), good), NULL), 200);
    want_status(get(text("%s?token=\"%s\"", room_path(one_code), good), NULL), 200);
    want_status(get(text("%s?other=1&token=%s", room_path(one_code), good), NULL), 200);
    socket_open_with(text("%s?token=%s", voice_path(one_session), good), "", false);
    socket_open_with(text("%s?token=%%22%s%%22", voice_path(one_session), good), "", false);
    socket_open(voice_path(one_session), good);
    want_refusal(get(text("%s?token=%%22%s", room_path(one_code), good), NULL), 401, "bad_token");
}

static void the_query_token_counts_where_both_are_given(void **state)
{
    (void)state;
    const char *good = token("kim"), *bad = token_signed("{\"alg\":\"HS256\"}", "{}", "no");
    want_status(get(text("%s?token=%s", room_path(one_code), good), bad), 200);
    want_refusal(get(text("%s?token=%s", room_path(one_code), bad), good), 401, "bad_token");
    socket_open(text("%s?token=%s", voice_path(one_session), good), bad);
    want_refusal(socket_refused(text("%s?token=%s", voice_path(one_session), bad), good), 401,
                 "bad_token");
}

static void refused_everywhere(const char *bad)
{
    want_refusal_(get(room_path(one_code), bad), 401, "bad_token");
    want_refusal_(post("/api/rooms", bad, "{}"), 401, "bad_token");
    want_refusal_(get(text("/api/sessions/%s", one_session), bad), 401, "bad_token");
    want_refusal_(socket_refused(voice_path(one_session), bad), 401, "bad_token");
    want_refusal_(socket_refused(signaling_path(one_code), bad), 401, "bad_token");
    want_refusal_(http_with("DELETE", text("/api/uploads/1?token=%s", bad ? bad : ""), NULL,
                            "Tus-Resumable: 1.0.0\r\n", NULL, 0),
                  401, "bad_token");
}

static const char *claims(const char *rest)
{
    return token_of("{\"sub\":\"kim\"%s}", rest);
}

static void no_token_or_a_malformed_one_is_401(void **state)
{
    (void)state;
    const char *good = token("kim");
    const char *bad[] = {
        "x",
        "..",
        "a.b.c",
        text("%s.", good),
        text("%s=", good),
        text("%s.x", good),
        text(".%s", good),
        text("%.*s", (int)(strrchr(good, '.') - good), good),
        text("%.*s.", (int)(strrchr(good, '.') - good), good),
        text("%.*s", (int)strlen(good) - 1, good),
        token_signed("{\"alg\":\"HS256\"}", "no object", server.secret),
        token_signed("{\"alg\":\"HS256\"}", "[]", server.secret),
        token_signed("no object", text("{\"sub\":\"kim\",\"exp\":%ld}", (long)in_an_hour()),
                     server.secret),
        many('a', 3000),
    };
    here(__FILE__, __LINE__);
    refused_everywhere(NULL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        print_message("%zu: %.60s\n", i, bad[i]);
        refused_everywhere(bad[i]);
    }
}

static void a_bad_signature_is_401(void **state)
{
    (void)state;
    const char *good_claims = text("{\"sub\":\"kim\",\"exp\":%ld}", (long)in_an_hour());
    char *changed = strdup(token("kim"));
    char *last = keep(changed, free);
    last += strlen(last) - 3;
    *last = *last == 'A' ? 'B' : 'A';
    here(__FILE__, __LINE__);
    refused_everywhere(token_signed("{\"alg\":\"HS256\"}", good_claims, "another secret"));
    refused_everywhere(token_signed("{\"alg\":\"HS256\"}", good_claims, ""));
    refused_everywhere(changed);
    /* The newline at the end of the secret file does not count. */
    refused_everywhere(
        token_signed("{\"alg\":\"HS256\"}", good_claims, text("%s\n", server.secret)));
}

static void an_algorithm_other_than_hs256_is_401(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{\"alg\":\"none\"}",  "{\"alg\":\"None\"}",  "{\"alg\":\"HS384\"}",
        "{\"alg\":\"HS512\"}", "{\"alg\":\"RS256\"}", "{\"alg\":\"hs256\"}",
        "{\"alg\":256}",       "{\"typ\":\"JWT\"}",   "{}",
    };
    const char *good_claims = text("{\"sub\":\"kim\",\"exp\":%ld}", (long)in_an_hour());
    here(__FILE__, __LINE__);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        print_message("%s\n", headers[i]);
        refused_everywhere(token_signed(headers[i], good_claims, server.secret));
    }
    refused_everywhere(text("%s.%s.", base64url("{\"alg\":\"none\"}", 14),
                            base64url(good_claims, strlen(good_claims))));
    want_status(
        get(room_path(one_code), token_signed("{\"alg\":\"HS256\"}", good_claims, server.secret)),
        200);
}

static void an_expired_or_not_yet_valid_token_is_401_without_leeway(void **state)
{
    (void)state;
    long now = (long)(wall_ms() / 1000);
    here(__FILE__, __LINE__);
    refused_everywhere(claims(text(",\"exp\":%ld", now - 3600)));
    refused_everywhere(claims(text(",\"exp\":%ld", now - 1)));
    refused_everywhere(claims(text(",\"exp\":%ld", now)));
    refused_everywhere(claims(",\"exp\":0"));
    refused_everywhere(claims(",\"exp\":-1"));
    refused_everywhere(claims(text(",\"exp\":%ld,\"nbf\":%ld", now + 3600, now + 60)));
    want_status(
        get(room_path(one_code), claims(text(",\"exp\":%ld,\"nbf\":%ld", now + 3600, now - 1))),
        200);
    /* RFC 7519, section 2: a NumericDate may have a fraction. */
    want_status(get(room_path(one_code), claims(text(",\"exp\":%ld.5", now + 3600))), 200);
    want_status(get(room_path(one_code), claims(text(",\"exp\":%ld", now + 5))), 200);
}

static void a_claim_that_is_missing_or_of_the_wrong_type_is_401(void **state)
{
    (void)state;
    long exp = (long)in_an_hour();
    here(__FILE__, __LINE__);
    refused_everywhere(token_of("{\"sub\":\"kim\"}"));
    refused_everywhere(token_of("{\"exp\":%ld}", exp));
    refused_everywhere(token_of("{\"sub\":\"\",\"exp\":%ld}", exp));
    refused_everywhere(token_of("{\"sub\":7,\"exp\":%ld}", exp));
    refused_everywhere(token_of("{\"sub\":null,\"exp\":%ld}", exp));
    refused_everywhere(token_of("{\"sub\":\"a\\u0000b\",\"exp\":%ld}", exp));
    refused_everywhere(token_of("{\"sub\":\"%s\",\"exp\":%ld}", many('u', 129), exp));
    refused_everywhere(token_of("{\"sub\":\"kim\",\"exp\":\"%ld\"}", exp));
    refused_everywhere(token_of("{\"sub\":\"kim\",\"exp\":true}"));
    refused_everywhere(token_of("{\"sub\":\"kim\",\"exp\":%ld,\"nbf\":\"1\"}", exp));
    refused_everywhere(token_of("{\"sub\":\"kim\",\"exp\":%ld,\"room\":7}", exp));
    refused_everywhere(token_of("{\"sub\":\"kim\",\"exp\":%ld,\"role\":7}", exp));
    refused_everywhere(token_of("{\"sub\":\"kim\",\"exp\":%ld,\"name\":7}", exp));
}

static void a_user_id_has_up_to_128_characters(void **state)
{
    (void)state;
    const char *longest =
        token_of("{\"sub\":\"%s\",\"exp\":%ld}", repeat("\xed\x95\x9c", 128), (long)in_an_hour());
    want_status(get(room_path(one_code), longest), 200);
    want_status(get(room_path(one_code), token(many('u', 128))), 200);
}

static void a_claimed_name_is_the_default_nickname(void **state)
{
    (void)state;
    const char *session = room_made("default-name", 3, NULL, token("maker"));
    const char *named =
        token_of("{\"sub\":\"n1\",\"exp\":%ld,\"name\":\"Kim\"}", (long)in_an_hour());
    const char *renamed =
        token_of("{\"sub\":\"n2\",\"exp\":%ld,\"name\":\"Lee\"}", (long)in_an_hour());
    struct socket *first = voice_open(session, named);
    init(first, "{}");
    want(heard(first, "join"), "data.nickname", "Kim");
    struct socket *second = voice_open(session, renamed);
    init(second, "{\"nickname\":\"Park\"}");
    want(heard(first, "join"), "data.nickname", "Park");
}

static void a_token_for_one_room_opens_that_alone(void **state)
{
    (void)state;
    const char *bound = token_for_room("kim", one_code);
    const char *other = room_made("not-this-room", 3, NULL, token("maker"));
    want_status(get(room_path(one_code), bound), 200);
    want_status(get(text("/api/sessions/%s", one_session), bound), 200);
    want_status(post("/api/rooms", bound, room_body(one_code, 3, NULL)), 200);
    voice_open(one_session, bound);
    want_refusal(get(room_path("not-this-room"), bound), 403, "forbidden");
    want_refusal(get(text("/api/sessions/%s", other), bound), 403, "forbidden");
    want_refusal(get(text("/api/sessions/%s/log", other), bound), 403, "forbidden");
    want_refusal(post(text("/api/sessions/%s/end", other), bound, "{}"), 403, "forbidden");
    want_refusal(post("/api/rooms", bound, room_body("not-this-room", 3, NULL)), 403, "forbidden");
    want_refusal(post("/api/rooms", bound, room_body("a-new-room", 3, NULL)), 403, "forbidden");
    want_refusal(get(room_path("a-new-room"), token("kim")), 404, "not_found");
    want_refusal(socket_refused(voice_path(other), bound), 403, "forbidden");
    want_refusal(socket_refused(signaling_path("not-this-room"), bound), 403, "forbidden");
}

static void the_404_of_a_route_comes_before_401(void **state)
{
    (void)state;
    static const char *const none[] = {
        "/api",
        "/api/nothing",
        "/api/sessions",
        "/ws",
        "/ws/other",
        "/ws/voice",
        "/ws/voice/",
        "/ws/voice/signaling",
        "/ws/voice/s_short",
        "/ws/voice/s_AbCdEfGhIjKlMnOpQrSt!v",
        "/ws/voice/AbCdEfGhIjKlMnOpQrStUvWx",
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        print_message("%s\n", none[i]);
        want_refusal(get(none[i], NULL), 404, "not_found");
        want_refusal(socket_refused(none[i], NULL), 404, "not_found");
        want_refusal(socket_refused(none[i], token("kim")), 404, "not_found");
    }
    want_refusal(socket_refused("/api/rooms/none/nothing", NULL), 404, "not_found");
    want_refusal(get(text("/api/sessions/%s/nothing", one_session), NULL), 404, "not_found");
    want_refusal(get("/api/sessions/signaling", token("kim")), 404, "not_found");
}

static void a_401_comes_before_the_404_of_a_room_or_session(void **state)
{
    (void)state;
    static const char unknown[] = "s_AbCdEfGhIjKlMnOpQrStUv";
    const char *good = token("kim");
    want_refusal(get("/api/rooms/nobody", NULL), 401, "bad_token");
    want_refusal(get("/api/rooms/nobody", good), 404, "not_found");
    want_refusal(get(text("/api/sessions/%s", unknown), NULL), 401, "bad_token");
    want_refusal(get(text("/api/sessions/%s", unknown), good), 404, "not_found");
    want_refusal(get(text("/api/sessions/%s/log", unknown), good), 404, "not_found");
    want_refusal(post(text("/api/sessions/%s/end", unknown), good, "{}"), 404, "not_found");
    want_refusal(socket_refused(voice_path(unknown), NULL), 401, "bad_token");
    want_refusal(socket_refused(voice_path(unknown), good), 404, "not_found");
    want_refusal(socket_refused(signaling_path("nobody"), NULL), 401, "bad_token");
    want_refusal(socket_refused(signaling_path("nobody"), good), 404, "not_found");
}

static void the_404_of_a_room_comes_before_403(void **state)
{
    (void)state;
    const char *bound = token_for_room("kim", one_code);
    want_refusal(get("/api/rooms/nobody", bound), 404, "not_found");
    want_refusal(socket_refused(signaling_path("nobody"), bound), 404, "not_found");
    want_refusal(socket_refused(voice_path("s_AbCdEfGhIjKlMnOpQrStUv"), bound), 404, "not_found");
}

static void a_403_comes_before_410_and_that_before_409(void **state)
{
    (void)state;
    struct debate full;
    const char *stranger = token("stranger"), *bound = token_for_room("kim", one_code);
    debate_begin(&full, "refused-in-order", 2, 2, NULL);
    want_refusal(socket_refused(voice_path(full.session), bound), 403, "forbidden");
    want_refusal(socket_refused(voice_path(full.session), stranger), 409, "room_full");
    want_refusal(socket_refused(signaling_path(full.code), stranger), 403, "forbidden");
    want_status(post(text("%s/end", session_path(&full)), token("u1"), "{}"), 200);
    want_refusal(socket_refused(voice_path(full.session), bound), 403, "forbidden");
    want_refusal(socket_refused(voice_path(full.session), stranger), 410, "ended");
    want_refusal(socket_refused(signaling_path(full.code), stranger), 403, "forbidden");
    want_refusal(socket_refused(signaling_path(full.code), token("u1")), 410, "ended");
    want_refusal(post(text("%s/end", session_path(&full)), bound, "{}"), 403, "forbidden");
    want_refusal(post(text("%s/end", session_path(&full)), token("u2"), "{}"), 403, "forbidden");
    want_refusal(post(text("%s/end", session_path(&full)), token("u1"), "{}"), 410, "ended");
}

static void health_and_metrics_need_no_token(void **state)
{
    (void)state;
    struct answer health = want_status(get("/healthz", NULL), 200);
    want_types(health.json, "ss", "status version");
    want(health.json, "status", "ok");
    struct answer metrics = want_status(get("/metrics", NULL), 200);
    const char *type = header_of(&metrics, "Content-Type");
    assert_non_null(type);
    assert_int_equal(strncmp(type, "text/plain", 10), 0);
    size_t samples = 0;
    for (const char *line = metrics.body; line && *line;) {
        char name[200];
        double value;
        if (*line != '#' && *line != '\n') {
            if (sscanf(line, "%199[a-zA-Z0-9_:]%*[^ \n] %lf", name, &value) != 2 &&
                sscanf(line, "%199[a-zA-Z0-9_:] %lf", name, &value) != 2)
                fail_msg("not Prometheus's text: %.80s", line);
            samples++;
        }
        line = strchr(line, '\n');
        assert_non_null(line);
        line++;
    }
    assert_true(samples > 0);
}

static void loopback_is_never_told_to_slow_down(void **state)
{
    (void)state;
    const char *good = token("kim");
    for (int i = 0; i < 400; i++)
        want_status(get(room_path(one_code), good), 200);
}

static void a_refusal_speaks_the_language_that_was_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *asked;
        bool is_korean;
    } rows[] = {
        {"", false},
        {"Accept-Language: ko\r\n", true},
        {"Accept-Language: ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7\r\n", true},
        {"accept-language: KO\r\n", true},
        {"Accept-Language: en\r\n", false},
        {"Accept-Language: en-GB, en;q=0.9, ko;q=0.1\r\n", false},
        {"Accept-Language: en;q=0.5, ko;q=0.9\r\n", true},
        {"Accept-Language: fr, ko;q=0.5\r\n", true},
        {"Accept-Language: fr\r\n", false},
        {"Accept-Language: *\r\n", false},
        {"Accept-Language: ko;q=0, en\r\n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer =
            http_with("GET", "/api/rooms/nobody", token("kim"), rows[i].asked, NULL, 0);
        want_refusal(answer, 404, "not_found");
        const char *message = shown(answer.json, "error.message");
        /* Hangul syllables, U+AC00 to U+D7A3, begin with 0xEA to 0xED. */
        bool is_korean = strpbrk(message, "\xea\xeb\xec\xed") != NULL;
        if (is_korean != rows[i].is_korean)
            fail_msg("%s: %s", rows[i].asked, message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_opens_as_query_in_quotes_and_as_bearer),
        cmocka_unit_test(the_query_token_counts_where_both_are_given),
        cmocka_unit_test(no_token_or_a_malformed_one_is_401),
        cmocka_unit_test(a_bad_signature_is_401),
        cmocka_unit_test(an_algorithm_other_than_hs256_is_401),
        cmocka_unit_test(an_expired_or_not_yet_valid_token_is_401_without_leeway),
        cmocka_unit_test(a_claim_that_is_missing_or_of_the_wrong_type_is_401),
        cmocka_unit_test(a_user_id_has_up_to_128_characters),
        cmocka_unit_test(a_claimed_name_is_the_default_nickname),
        cmocka_unit_test(a_token_for_one_room_opens_that_alone),
        cmocka_unit_test(the_404_of_a_route_comes_before_401),
        cmocka_unit_test(a_401_comes_before_the_404_of_a_room_or_session),
        cmocka_unit_test(the_404_of_a_room_comes_before_403),
        cmocka_unit_test(a_403_comes_before_410_and_that_before_409),
        cmocka_unit_test(health_and_metrics_need_no_token),
        cmocka_unit_test(loopback_is_never_told_to_slow_down),
        cmocka_unit_test(a_refusal_speaks_the_language_that_was_asked_for),
    };
    return cmocka_run_group_tests(tests, identity_begin, group_end);
}
