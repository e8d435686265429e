/* Two sessions with a server of their own, and a network that goes away: the voices come back by
 * themselves, by an ICE restart where the sockets to the server live and where they don't. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/folder_testing.h"
#include "loop/ticker.h"
#include "session/session.h"

enum {
    TICK_US = MEDIA_FRAME_MS * 1000,
    PATIENCE_MS = 40000,
    PEOPLE = 2,
    TONE_HZ = 400,
    TONE_PEAK = 8000,
    AUDIBLE_RMS = 1000,
    NOTICED_MS_MAX = 6000, /* after 3 s of silence, on a busy machine */
    BACK_MS_MAX = 4000,    /* 2 s is the aim */
};

/* ---- the network ---- */

static bool is_cut;

/* In place of libc's: what goes out by UDP is lost while the network is away. */
ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    int type = 0;
    socklen_t len = sizeof type;
    if (is_cut && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_DGRAM) {
        size_t sum = 0;
        for (size_t i = 0; i < message->msg_iovlen; i++)
            sum += message->msg_iov[i].iov_len;
        return (ssize_t)sum;
    }
    return (ssize_t)syscall(SYS_sendmsg, fd, message, flags);
}

/* ---- the people ---- */

struct person {
    struct session *session;
    enum peer_state peer;
    int connected, disconnected; /* how often that was said */
    int64_t heard_us;            /* when the other was audible last; 0: never */
    int64_t tone_at;
};

static char folder[] = "/tmp/debate-path-XXXXXX";
static char url[128];
static pid_t server;
static uv_loop_t *loop;
static struct session_runtime *runtime;
static struct ticker *ticker;
static uv_timer_t deadline;
static bool time_is_up;
static struct person people[PEOPLE];

static void on_peer(void *context, unsigned participant, enum peer_state state, const char *why)
{
    struct person *person = context;
    (void)participant;
    (void)why;
    person->peer = state;
    person->connected += state == PEER_CONNECTED;
    person->disconnected += state == PEER_DISCONNECTED;
}

static void on_heard(void *context, unsigned participant, const int16_t *pcm, bool has_sound)
{
    struct person *person = context;
    double energy = 0;
    (void)participant;
    for (size_t i = 0; i < MEDIA_FRAME_SAMPLES; i++)
        energy += (double)pcm[i] * pcm[i];
    if (has_sound && sqrt(energy / MEDIA_FRAME_SAMPLES) > AUDIBLE_RMS)
        person->heard_us = monotonic_us();
}

static void on_tick(void *context, int64_t due_us)
{
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    (void)context;
    for (size_t i = 0; i < PEOPLE; i++) {
        for (size_t n = 0; n < MEDIA_FRAME_SAMPLES; n++)
            pcm[n] = (int16_t)(TONE_PEAK * sin(2 * M_PI * TONE_HZ / MEDIA_RATE_HZ *
                                               (double)(people[i].tone_at++ % MEDIA_RATE_HZ)));
        session_capture(people[i].session, pcm, due_us - TICK_US);
        session_playout(people[i].session, due_us, pcm);
    }
}

static void on_deadline(uv_timer_t *timer)
{
    (void)timer;
    time_is_up = true;
}

/* Runs until `is_so`, or so many milliseconds have passed: then false. NULL: for so long. */
static bool run_until(bool (*is_so)(void), int ms)
{
    time_is_up = false;
    uv_timer_start(&deadline, on_deadline, (uint64_t)ms, 0);
    while (!time_is_up && !(is_so && is_so()))
        uv_run(loop, UV_RUN_ONCE);
    uv_timer_stop(&deadline);
    return is_so && is_so();
}

static int64_t since_us; /* what is to be heard is to be heard after this */

static bool both_are_heard(void)
{
    return people[0].heard_us > since_us && people[1].heard_us > since_us;
}

static bool both_know(void)
{
    return people[0].peer == PEER_DISCONNECTED && people[1].peer == PEER_DISCONNECTED;
}

static bool both_are_in(void)
{
    return session_state(people[0].session) == SESSION_IN &&
           session_state(people[1].session) == SESSION_IN;
}

static bool stats_of(size_t who, struct peer_stats *peer)
{
    struct jitter_stats jitter;
    return session_peer_stats(people[who].session, session_self(people[!who].session), peer,
                              &jitter);
}

static bool both_know_the_round_trip(void)
{
    struct peer_stats kim, lee;
    return stats_of(0, &kim) && stats_of(1, &lee) && kim.round_trip_ms >= 0 &&
           lee.round_trip_ms >= 0;
}

static void they_hear_each_other(void)
{
    since_us = monotonic_us();
    assert_true(run_until(both_are_heard, PATIENCE_MS));
    /* After some seconds of talk; how often is tried to come back depends on it. */
    assert_true(run_until(both_know_the_round_trip, PATIENCE_MS));
}

static int meet(void **state)
{
    (void)state;
    static const char *const names[PEOPLE] = {"Kim", "Lee"};
    static int debates;
    char room[32];
    snprintf(room, sizeof room, "path-%d", ++debates);
    is_cut = false;
    assert_int_equal(session_runtime_new(loop, &runtime), ERR_NONE);
    for (size_t i = 0; i < PEOPLE; i++) {
        const struct session_config config = {.server = url,
                                              .room_code = room,
                                              .nickname = names[i],
                                              .create = i == 0,
                                              .seats = PEOPLE,
                                              .wait_room_ms = PATIENCE_MS,
                                              .voice = true};
        people[i] = (struct person){.peer = PEER_NEW};
        const struct session_handler handler = {
            .context = &people[i], .on_peer = on_peer, .on_heard = on_heard};
        assert_int_equal(session_new(runtime, &config, &handler, &people[i].session), ERR_NONE);
        session_enter(people[i].session);
    }
    assert_int_equal(ticker_new(loop, on_tick, NULL, &ticker), ERR_NONE);
    assert_int_equal(ticker_set(ticker, monotonic_us() + TICK_US, TICK_US), ERR_NONE);
    they_hear_each_other();
    return 0;
}

static int part(void **state)
{
    (void)state;
    is_cut = false;
    for (size_t i = 0; i < PEOPLE; i++)
        session_free(people[i].session);
    session_runtime_free(runtime);
    ticker_free(ticker);
    while (uv_run(loop, UV_RUN_NOWAIT) && uv_loop_alive(loop) && run_until(NULL, 100))
        continue;
    return 0;
}

static void the_network_goes(void)
{
    is_cut = true;
    int64_t cut_us = monotonic_us();
    assert_true(run_until(both_know, PATIENCE_MS));
    int64_t noticed_ms = (monotonic_us() - cut_us) / 1000;
    print_message("noticed after %d ms\n", (int)noticed_ms);
    assert_true(noticed_ms < NOTICED_MS_MAX);
}

static void the_network_returns_and_so_do_the_voices(void)
{
    is_cut = false;
    since_us = monotonic_us();
    assert_true(run_until(both_are_heard, PATIENCE_MS));
    int64_t back_ms = (monotonic_us() - since_us) / 1000;
    print_message("back after %d ms\n", (int)back_ms);
    assert_true(back_ms < BACK_MS_MAX);
}

/* Which sockets the voice goes by: a restart takes others. */
static void local_end(char out[64])
{
    struct peer_stats peer;
    struct jitter_stats jitter;
    assert_true(
        session_peer_stats(people[0].session, session_self(people[1].session), &peer, &jitter));
    memcpy(out, peer.local_candidate, 64);
}

static void a_short_silence_is_noticed_and_the_voices_return_with_the_network(void **state)
{
    (void)state;
    the_network_goes();
    the_network_returns_and_so_do_the_voices();
}

static void a_long_one_needs_an_ice_restart_which_comes_by_itself(void **state)
{
    (void)state;
    char before[64], after[64];
    local_end(before);
    the_network_goes();
    run_until(NULL, 12000); /* consent is over (RFC 7675): the old path is dead for good */
    the_network_returns_and_so_do_the_voices();
    local_end(after);
    assert_string_not_equal(before, after);
    assert_true(both_are_in());
}

static void when_the_sockets_die_as_well_both_return_to_their_seats_and_voices(void **state)
{
    (void)state;
    unsigned seats[PEOPLE];
    for (size_t i = 0; i < PEOPLE; i++) {
        seats[i] = session_self(people[i].session);
        session_drop(people[i].session);
    }
    the_network_goes();
    run_until(NULL, 3000);
    for (size_t i = 0; i < PEOPLE; i++) {
        assert_int_equal(session_state(people[i].session), SESSION_AWAY);
        session_return(people[i].session);
    }
    the_network_returns_and_so_do_the_voices();
    assert_true(run_until(both_are_in, PATIENCE_MS));
    for (size_t i = 0; i < PEOPLE; i++)
        assert_int_equal(session_self(people[i].session), seats[i]);
}

/* ---- the server ---- */

static int start_server(void **state)
{
    (void)state;
    const char *program = getenv("DEBATE_BIN");
    char data[64], said[256] = "";
    int ends[2];
    if (!program || !mkdtemp(folder) || pipe2(ends, O_CLOEXEC))
        return -1;
    snprintf(data, sizeof data, "%s/data", folder);
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(ends[1], STDOUT_FILENO);
        execl(program, program, "serve", "--listen", "127.0.0.1:0", "--data", data, "--countdown",
              "0.2", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *out = fdopen(ends[0], "r");
    if (server < 0 || !out || !fgets(said, sizeof said, out) ||
        sscanf(said, "listening on %127s", url) != 1)
        return -1;
    fclose(out);
    loop = uv_default_loop();
    return uv_timer_init(loop, &deadline);
}

static int stop_server(void **state)
{
    (void)state;
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    return folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_short_silence_is_noticed_and_the_voices_return_with_the_network, meet, part),
        cmocka_unit_test_setup_teardown(a_long_one_needs_an_ice_restart_which_comes_by_itself, meet,
                                        part),
        cmocka_unit_test_setup_teardown(
            when_the_sockets_die_as_well_both_return_to_their_seats_and_voices, meet, part),
    };
    return cmocka_run_group_tests_name("session_path", tests, start_server, stop_server);
}
