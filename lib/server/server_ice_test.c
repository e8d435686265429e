/* The ICE servers that `welcome` names (protocol, section 5), and the logins for the TURN server.
 */
#include "server/debate_testing.h"

static const char turn_secret[] = "what a TURN server and debate both know";

enum { HALF_A_DAY_S = 12 * 3600, CLOCK_SLACK_S = 60 };

static int ice_begin(void **state)
{
    (void)state;
    server_prepare();
    const char *path = text("%s/turn-secret", server.folder);
    FILE *file = fopen(path, "wx");
    assert_non_null(file);
    fprintf(file, "%s\n", turn_secret);
    assert_int_equal(fclose(file), 0);
    server_start((const char *[]){"--stun", "stun.example.org", "--turn",
                                  "turn:[2001:db8::7]:443?transport=tcp", "--turn-secret-file",
                                  path, NULL});
    return 0;
}

static void welcome_names_the_servers(void **state)
{
    (void)state;
    const char *session = room_made("servers", 3, NULL, token("u1"));
    const struct json *welcome = sit(voice_open(session, token("u1")), "Kim");
    want(welcome, "data.ice_servers.0", "{\"urls\":[\"stun:stun.example.org\"]}");
    want_types(welcome, "ass",
               "data.ice_servers.1.urls data.ice_servers.1.username data.ice_servers.1.credential");
    want(welcome, "data.ice_servers.1.urls", "[\"turn:[2001:db8::7]:443?transport=tcp\"]");
    want(welcome, "data.ice_servers.2", "(absent)");
}

/* coturn's use-auth-secret: "EXPIRY:NAME", and the base64 of the HMAC-SHA1 of that. */
static void a_login_is_one_that_the_turn_server_can_prove(void **state)
{
    (void)state;
    const char *session = room_made("logins", 3, NULL, token("u1"));
    const struct json *welcome = sit(voice_open(session, token("u1")), "Kim");
    const char *username = shown(welcome, "data.ice_servers.1.username");
    const char *credential = shown(welcome, "data.ice_servers.1.credential");
    char *name = NULL;
    int64_t expires_in_s = strtoll(username, &name, 10) - wall_ms() / 1000;
    assert_true(expires_in_s > HALF_A_DAY_S - CLOCK_SLACK_S && expires_in_s <= HALF_A_DAY_S);
    assert_string_equal(name, text(":%s-p1", session));
    uint8_t mac[SHA1_SIZE], given[SHA1_SIZE + 4];
    size_t len;
    assert_int_equal(strlen(credential), 28);
    assert_int_equal(base64_decode(credential, strlen(credential), given, sizeof given, &len),
                     ERR_NONE);
    assert_int_equal(hmac_sha1((const uint8_t *)turn_secret, strlen(turn_secret), username,
                               strlen(username), mac),
                     ERR_NONE);
    assert_int_equal(len, sizeof mac);
    assert_memory_equal(given, mac, sizeof mac);
}

static void each_participant_has_a_login_of_its_own(void **state)
{
    (void)state;
    const char *session = room_made("own", 3, NULL, token("u1"));
    const struct json *kim = sit(voice_open(session, token("u1")), "Kim");
    const struct json *lee = sit(voice_open(session, token("u2")), "Lee");
    const char *path = "data.ice_servers.1.username";
    assert_string_not_equal(shown(kim, path), shown(lee, path));
    assert_string_equal(strrchr(shown(lee, path), '-'), "-p2");
    path = "data.ice_servers.1.credential";
    assert_string_not_equal(shown(kim, path), shown(lee, path));
}

static void who_only_watches_gets_none(void **state)
{
    (void)state;
    const char *session = room_made("watched", 3, NULL, token("u1"));
    struct socket *socket = voice_open(session, token_with_role("o", "observer"));
    want(init(socket, "{}"), "data.ice_servers", "[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(welcome_names_the_servers),
        cmocka_unit_test(a_login_is_one_that_the_turn_server_can_prove),
        cmocka_unit_test(each_participant_has_a_login_of_its_own),
        cmocka_unit_test(who_only_watches_gets_none),
    };
    return cmocka_run_group_tests(tests, ice_begin, group_end);
}
