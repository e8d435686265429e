/* When a recording of one's own begins, though the server does not answer or the connection breaks.
 * A session with connections that this test plays: what stands here takes ws_client_lws.c's place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/folder_testing.h"
#include "session/session_inner.h"

/* ---- its connections ---- */

struct ws_client {
    struct ws_handler handler;
    bool is_voice;
};

static struct {
    struct ws_client *voice;
    int starts, stops; /* start_recording and stop_recording that were sent */
    char folder[64], path[96];
} world;

enum err ws_runtime_new(uv_loop_t *loop, struct ws_runtime **out)
{
    (void)loop;
    *out = NULL;
    return ERR_NONE;
}

void ws_runtime_free(struct ws_runtime *runtime)
{
    (void)runtime;
}

enum err ws_connect(struct ws_runtime *runtime, const char *url, const char *token,
                    const char *language, const struct ws_handler *handler, struct ws_client **out)
{
    (void)runtime;
    (void)token;
    (void)language;
    struct ws_client *client = calloc(1, sizeof *client);
    assert_non_null(client);
    client->handler = *handler;
    client->is_voice = strstr(url, "/ws/voice/") != NULL;
    if (client->is_voice) {
        world.voice = client;
        uv_stop(uv_default_loop()); /* that is what come_back waits for */
    }
    *out = client;
    return ERR_NONE;
}

enum err ws_send(struct ws_client *client, const char *text, size_t len)
{
    (void)client;
    world.starts += memmem(text, len, "\"start_recording\"", 17) != NULL;
    world.stops += memmem(text, len, "\"stop_recording\"", 16) != NULL;
    return ERR_NONE;
}

void ws_close(struct ws_client *client, int code)
{
    (void)client;
    (void)code;
}

void ws_cut(struct ws_client *client)
{
    (void)client;
}

bool ws_is_stranded(const struct ws_client *client)
{
    (void)client;
    return false;
}

void ws_free(struct ws_client *client)
{
    if (client == world.voice)
        world.voice = NULL;
    free(client);
}

static void hear(const char *text)
{
    world.voice->handler.on_text(world.voice->handler.context, text, strlen(text));
}

/* ---- a debate ---- */

static void welcome(unsigned seq)
{
    char text[600];
    snprintf(text, sizeof text,
             "{\"type\":\"welcome\",\"data\":{\"session_id\":\"s_AbCdEfGhIjKlMnOpQrStUv\","
             "\"room_code\":\"r\",\"participant_id\":\"p1\",\"host\":\"p1\",\"phase\":\"live\","
             "\"page\":1,\"seats\":2,\"seq\":%u,\"ts\":1000,\"start_at\":900,\"participants\":[],"
             "\"agenda\":{\"title\":\"T\",\"pages\":[{\"title\":\"P\"}]},\"ice_servers\":[],"
             "\"record\":\"manual\"}}",
             seq);
    world.voice->handler.on_open(world.voice->handler.context);
    hear(text);
}

/* In, live, agreed to be recorded; the next event is the fifth. */
static struct session *begin(uv_loop_t *loop)
{
    static const char *const events[] = {
        "{\"type\":\"join\",\"seq\":1,\"ts\":1,\"actor\":\"p1\",\"data\":{\"participant_id\":"
        "\"p1\","
        "\"nickname\":\"Kim\"}}",
        ("{\"type\":\"consent\",\"seq\":2,\"ts\":2,\"actor\":\"p1\",\"data\":{\"participant_id\":"
         "\"p1\",\"recording\":true}}"),
        "{\"type\":\"countdown\",\"seq\":3,\"ts\":3,\"data\":{\"seconds\":1,\"start_at\":900}}",
        "{\"type\":\"start\",\"seq\":4,\"ts\":900,\"data\":{\"start_at\":900}}"};
    struct session_runtime *runtime;
    struct session_handler handler = {.context = NULL};
    struct session *session;
    snprintf(world.folder, sizeof world.folder, "/tmp/debate-capture-test-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    snprintf(world.path, sizeof world.path, "%s/kim.opus", world.folder);
    world.starts = world.stops = 0;
    const struct session_config config = {.server = "http://127.0.0.1:1",
                                          .room_code = "r",
                                          .nickname = "Kim",
                                          .token = "t",
                                          .recording_path = world.path};
    assert_int_equal(session_runtime_new(loop, &runtime), ERR_NONE);
    assert_int_equal(session_new(runtime, &config, &handler, &session), ERR_NONE);
    session_runtime_free(runtime); /* the session has its own hold of it */
    strcpy(session->ticket.session_id, "s_AbCdEfGhIjKlMnOpQrStUv");
    session->state = SESSION_ENTERING;
    session->is_entered = true;
    session_sit_down(session);
    welcome(4);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        hear(events[i]);
    assert_int_equal(session_record(session), ERR_NONE);
    return session;
}

static void end(struct session *session, uv_loop_t *loop)
{
    session_free(session);
    while (uv_run(loop, UV_RUN_DEFAULT))
        continue;
    folder_remove(world.folder);
}

static void say(struct session *session, int frames)
{
    static const int16_t pcm[MEDIA_FRAME_SAMPLES];
    static int64_t at_us;
    if (at_us < session->start_us)
        at_us = session->start_us;
    for (int i = 0; i < frames; i++, at_us += MEDIA_FRAME_MS * 1000)
        session_record_frame(session, pcm, at_us);
}

/* Breaks the connection and waits for the next. */
static void come_back(uv_loop_t *loop)
{
    world.voice->handler.on_close(world.voice->handler.context, 1006, 0, "");
    while (!world.voice)
        uv_run(loop, UV_RUN_DEFAULT);
}

static void started(unsigned seq)
{
    char text[300];
    snprintf(text, sizeof text,
             "{\"type\":\"recording_started\",\"seq\":%u,\"ts\":2000,\"actor\":\"p1\",\"data\":{"
             "\"participant_id\":\"p1\",\"recording_id\":\"r_AbCdEfGhIjKlMnOpQrStUv_%u\",\"path\":"
             "\"recordings/s_AbCdEfGhIjKlMnOpQrStUv/p1-%u.opus\",\"started_at\":950}}",
             seq, seq, seq);
    hear(text);
}

static void a_recording_asked_for_on_a_connection_that_broke_is_asked_for_again(void **state)
{
    uv_loop_t *loop = uv_default_loop();
    struct session *session = begin(loop);
    (void)state;
    say(session, 50);
    assert_int_equal(world.starts, 1);
    come_back(loop);
    welcome(4); /* the server never heard of it */
    assert_int_equal(world.starts, 2);
    started(5);
    say(session, 10);
    assert_int_equal(world.starts, 2);
    assert_int_equal(session_recording_count(session), 1);
    session_recording_ends(session);
    /* What was said meanwhile is in it. */
    struct session_recording recording = session_recording_at(session, 0);
    assert_int_equal(recording.summary.samples, 60 * MEDIA_FRAME_SAMPLES);
    end(session, loop);
}

static void a_recording_that_was_named_meanwhile_is_not_asked_for_again(void **state)
{
    uv_loop_t *loop = uv_default_loop();
    struct session *session = begin(loop);
    (void)state;
    say(session, 50);
    come_back(loop);
    welcome(5);
    started(5);
    say(session, 10);
    assert_int_equal(world.starts, 1);
    assert_int_equal(session_recording_count(session), 1);
    end(session, loop);
}

static void a_recording_that_is_named_too_late_is_stopped_and_another_begins(void **state)
{
    uv_loop_t *loop = uv_default_loop();
    struct session *session = begin(loop);
    (void)state;
    say(session, SESSION_HELD_FRAMES + 10);
    assert_int_equal(world.starts, 1);
    started(5);
    assert_int_equal(world.stops, 1);
    hear("{\"type\":\"recording_stopped\",\"seq\":6,\"ts\":9000,\"actor\":\"p1\",\"data\":{"
         "\"participant_id\":\"p1\",\"recording_id\":\"r_AbCdEfGhIjKlMnOpQrStUv_5\",\"path\":"
         "\"recordings/s_AbCdEfGhIjKlMnOpQrStUv/p1-5.opus\",\"ended_at\":950,\"duration\":0}}");
    say(session, 1);
    assert_int_equal(world.starts, 2);
    started(7);
    say(session, 1);
    assert_int_equal(session_recording_count(session), 1);
    end(session, loop);
}

static void a_recording_that_was_not_named_in_time_begins_after_coming_back(void **state)
{
    uv_loop_t *loop = uv_default_loop();
    struct session *session = begin(loop);
    (void)state;
    say(session, SESSION_HELD_FRAMES + 10);
    come_back(loop);
    welcome(4);
    say(session, 1);
    assert_int_equal(world.starts, 2);
    end(session, loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_asked_for_on_a_connection_that_broke_is_asked_for_again),
        cmocka_unit_test(a_recording_that_was_named_meanwhile_is_not_asked_for_again),
        cmocka_unit_test(a_recording_that_is_named_too_late_is_stopped_and_another_begins),
        cmocka_unit_test(a_recording_that_was_not_named_in_time_begins_after_coming_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
