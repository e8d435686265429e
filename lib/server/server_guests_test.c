/* Guests (protocol, section 2). */
#include "server/debate_testing.h"

static const char *guests_path(const char *code)
{
    return text("/api/rooms/%s/guests", code);
}

static struct answer guest_made(const char *code, const char *nickname)
{
    struct answer answer = post(guests_path(code), NULL, text("{\"nickname\":\"%s\"}", nickname));
    want_status_(answer, 201);
    want_types_(answer.json, "ss", "token guest_id");
    return answer;
}

static void a_guest_is_201_with_a_token_for_that_room_only(void **state)
{
    (void)state;
    const char *session = room_made("guests", 3, NULL, token("maker"));
    const char *other = room_made("no-guests", 3, NULL, token("maker"));
    struct answer guest = guest_made("guests", "Kim");
    const char *id = shown(guest.json, "guest_id"), *key = shown(guest.json, "token");
    assert_int_equal(strncmp(id, "g_", 2), 0);
    want_status(get("/api/rooms/guests", key), 200);
    want_refusal(get("/api/rooms/no-guests", key), 403, "forbidden");
    want_refusal(socket_refused(voice_path(other), key), 403, "forbidden");
    want_refusal(post("/api/rooms", key, room_body("elsewhere", 3, NULL)), 403, "forbidden");
    struct socket *socket = voice_open(session, key);
    init(socket, "{}");
    want(heard(socket, "join"), "data.nickname", "Kim");
    want(log_last(log_whole(session), "join"), "data.user", id);
}

static void a_guest_token_says_who_and_where(void **state)
{
    (void)state;
    uint8_t claims[2000];
    size_t len = 0;
    room_made("guest-claims", 3, NULL, token("maker"));
    struct answer guest = guest_made("guest-claims", "Kim");
    const char *payload = strchr(shown(guest.json, "token"), '.') + 1;
    assert_int_equal(
        base64url_decode(payload, strcspn(payload, "."), claims, sizeof claims - 1, &len),
        ERR_NONE);
    const struct json *json = parse((char *)claims, len);
    want_types(json, "ssn", "sub room exp");
    want(json, "sub", shown(guest.json, "guest_id"));
    want(json, "room", "guest-claims");
    struct answer second = guest_made("guest-claims", "Kim");
    assert_string_not_equal(shown(guest.json, "guest_id"), shown(second.json, "guest_id"));
}

static void on_loopback_guests_may_make_rooms(void **state)
{
    (void)state;
    struct answer guest = guest_made("room-of-guests", "Kim");
    const char *key = shown(guest.json, "token");
    want_refusal(get("/api/rooms/room-of-guests", key), 404, "not_found");
    want_refusal(post("/api/rooms", key, room_body("another", 2, NULL)), 403, "forbidden");
    const char *session = room_made("room-of-guests", 2, NULL, key);
    struct socket *socket = voice_open(session, key);
    want(sit(socket, "Kim"), "data.host", "p1");
}

static void a_guest_nickname_has_1_to_64_characters(void **state)
{
    (void)state;
    static const char *const bad[] = {"7", "null", "\"\"", "[\"Kim\"]", "\"a\\u0000b\"", "true"};
    room_made("nicknames", 3, NULL, token("maker"));
    guest_made("nicknames", repeat("\xed\x95\x9c", 64));
    const char *path = guests_path("nicknames");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        want_bad_field(post(path, NULL, text("{\"nickname\":%s}", bad[i])), "nickname");
    want_bad_field(post(path, NULL, text("{\"nickname\":\"%s\"}", many('k', 65))), "nickname");
    want_bad_field(post(path, NULL, "{}"), "nickname");
    want_refusal(post(path, NULL, "{\"nickname\""), 400, "bad_request");
    want_refusal(post(path, NULL, "[]"), 400, "bad_request");
}

/* A server that is started with other rules: the last test of this file. */
static void where_guests_are_not_allowed_it_is_403(void **state)
{
    (void)state;
    server_kill();
    server_start((const char *[]){"--guests=off", NULL});
    want_refusal(post(guests_path("guests"), NULL, "{\"nickname\":\"Kim\"}"), 403, "forbidden");
    /* Those who were let in before stay guests. */
    server_kill();
    server_start((const char *[]){"--guests=on", NULL});
    guest_made("guests", "Lee");
    struct answer answer = post(guests_path("not-there"), NULL, "{\"nickname\":\"Kim\"}");
    want_refusal(answer, 404, "not_found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_is_201_with_a_token_for_that_room_only),
        cmocka_unit_test(a_guest_token_says_who_and_where),
        cmocka_unit_test(on_loopback_guests_may_make_rooms),
        cmocka_unit_test(a_guest_nickname_has_1_to_64_characters),
        cmocka_unit_test(where_guests_are_not_allowed_it_is_403),
    };
    return cmocka_run_group_tests(tests, group_begin, group_end);
}
