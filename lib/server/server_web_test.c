/* The page for browsers: how its files are handed out. */
#include "server/debate_testing.h"

static void want_header(const struct answer *answer, const char *name, const char *value)
{
    const char *is = header_of(answer, name);
    if (!is || strcmp(is, value) != 0)
        fail_here("%s: %s instead of %s", name, is ? is : "(absent)", value);
}

static void the_page_is_at_every_room_code_and_needs_no_token(void **state)
{
    (void)state;
    struct answer page = get("/r/not-made-yet", NULL);
    want_status(page, 200);
    want_header(&page, "Content-Type", "text/html; charset=utf-8");
    assert_int_equal(strncasecmp(page.body, "<!doctype html>", 15), 0);
    assert_string_equal(get("/r/Another_1", NULL).body, page.body);
    want_refusal(get("/r/no%20code", NULL), 404, "not_found");
    want_refusal(get(text("/r/%s", many('c', 65)), NULL), 404, "not_found");
    want_refusal(get("/r/", NULL), 404, "not_found");
}

static void each_asset_has_its_type(void **state)
{
    (void)state;
    struct answer style = want_status(get("/web/style.css", NULL), 200);
    want_header(&style, "Content-Type", "text/css; charset=utf-8");
    struct answer script = want_status(get("/web/door.js", NULL), 200);
    want_header(&script, "Content-Type", "text/javascript; charset=utf-8");
    struct answer icon = want_status(get("/web/icon.svg", NULL), 200);
    want_header(&icon, "Content-Type", "image/svg+xml");
}

static void nothing_leaves_the_folder_or_is_no_part_of_the_page(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/web/",
        "/web/../web/door.js/..",
        "/web/..%2fterminal%2fjoin.c",
        "/web/%2e%2e/terminal/join.c",
        "/web/....//terminal/join.c",
        "/web/page_test.sh",
        "/web/no-such.js",
        "/web//etc/passwd",
        "/web",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct answer answer = get(paths[i], NULL);
        if (answer.status < 400)
            fail_here("%s: %d", paths[i], answer.status);
    }
}

static void the_page_is_shut_off_from_everybody_else(void **state)
{
    (void)state;
    static const char *const paths[] = {"/r/sunday", "/web/door.js", "/web/style.css"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct answer answer = want_status(get(paths[i], NULL), 200);
        want_header(&answer, "X-Content-Type-Options", "nosniff");
        want_header(&answer, "Referrer-Policy", "no-referrer");
        const char *policy = header_of(&answer, "Content-Security-Policy");
        assert_non_null(policy);
        assert_int_equal(strncmp(policy, "default-src 'none';", 19), 0);
        assert_non_null(strstr(policy, "script-src 'self';"));
        assert_non_null(strstr(policy, "frame-ancestors 'none'"));
        assert_null(strstr(policy, "unsafe"));
    }
}

static void what_a_browser_has_already_is_not_sent_again(void **state)
{
    (void)state;
    struct answer first = want_status(get("/web/door.js", NULL), 200);
    const char *etag = header_of(&first, "ETag");
    assert_non_null(etag);
    want_header(&first, "Cache-Control", "no-cache");
    const char *known = text("If-None-Match: \"other\", %s\r\n", etag);
    struct answer again = http_with("GET", "/web/door.js", NULL, known, NULL, 0);
    want_status(again, 304);
    want_header(&again, "ETag", etag);
    assert_null(header_of(&again, "Content-Length"));
    assert_int_equal(again.body_len, 0);
    struct answer changed =
        http_with("GET", "/web/door.js", NULL, "If-None-Match: \"other\"\r\n", NULL, 0);
    want_status(changed, 200);
}

static void only_get_and_head_are_taken(void **state)
{
    (void)state;
    struct answer page = want_status(get("/r/sunday", NULL), 200);
    struct answer head = http_with("HEAD", "/r/sunday", NULL, "", NULL, 0);
    want_status(head, 200);
    want_header(&head, "Content-Length", text("%zu", page.body_len));
    struct answer posted = post("/r/sunday", NULL, "{}");
    want_status(posted, 405);
    want_header(&posted, "Allow", "GET, HEAD");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_at_every_room_code_and_needs_no_token),
        cmocka_unit_test(each_asset_has_its_type),
        cmocka_unit_test(nothing_leaves_the_folder_or_is_no_part_of_the_page),
        cmocka_unit_test(the_page_is_shut_off_from_everybody_else),
        cmocka_unit_test(what_a_browser_has_already_is_not_sent_again),
        cmocka_unit_test(only_get_and_head_are_taken),
    };
    return cmocka_run_group_tests(tests, group_begin, group_end);
}
