/* What one address, one connection and one user may take of a server: it bears what is within the
 * limits, says what is beyond them, and serves the others meanwhile. */
#include <sys/resource.h>
#include <sys/stat.h>

#include "proto/limits.h"
#include "server/tus_testing.h"

enum { SLACK_MS = 15000 }; /* for a busy machine */

/* Limits count on loopback as well, and are met only on purpose. */
static const char *const limited[] = {"--rate-limit", "100000", "--countdown", "0.2",
                                      "--record",     "manual", NULL};
static struct debate debate;

static int strangers_begin(void **state)
{
    const struct rlimit files = {.rlim_cur = 2048, .rlim_max = 2048};
    (void)state;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    server_start(limited);
    debate_begin(&debate, "strangers", 3, 3, NULL);
    debate_live(&debate);
    for (int i = 0; i < 3; i++)
        acked(debate.seat[i], "consent", "{\"recording\":true}");
    return 0;
}

/* A recording of this participant's that is over. */
static const char *recorded(int who)
{
    struct socket *socket = debate.seat[who];
    forget(socket);
    acked_(socket, "start_recording", "{}");
    const struct json *start = heard_at_last_(socket, "recording_started", PATIENCE_MS)->json;
    acked_(socket, "stop_recording", "{}");
    return shown(start, "data.recording_id");
}

/* ---- slow ---- */

#define HOST        "Host: x\r\n"
#define HEAD        "GET /healthz HTTP/1.1\r\n" HOST
#define GUEST(size) "POST /api/rooms/x/guests HTTP/1.1\r\n" HOST "Content-Length: " size "\r\n\r\n"

/* A client that sends `first`, and every half second `step` bytes more. */
struct slow {
    const char *name, *first;
    int64_t limit_ms; /* when it is cut; 0: not */
    int status;       /* of the last answer that it gets; 0: none */
    size_t step;
    const char *more; /* NULL: letters */
    bool reads_nothing;
    int fd, got;
    int64_t ended_ms;
};

static void slow_read(struct slow *slow, int64_t now_ms)
{
    char part[4096];
    struct pollfd end = {.fd = slow->fd};
    if (slow->reads_nothing) {
        if (poll(&end, 1, 0) > 0) /* an error, or a hang-up */
            slow->ended_ms = now_ms;
        return;
    }
    ssize_t count = recv(slow->fd, part, sizeof part - 1, 0);
    if (count > 0) {
        part[count] = '\0';
        slow->got = atoi(part + strcspn(part, " "));
    } else if (count == 0 || errno != EAGAIN) {
        slow->ended_ms = now_ms;
    }
}

static void slow_write(struct slow *slow)
{
    if (slow->step == 0 || slow->ended_ms)
        return;
    (void)send(slow->fd, slow->more ? slow->more : many('a', slow->step), slow->step, MSG_NOSIGNAL);
    slow->more += slow->more ? slow->step : 0;
}

static bool all_have_ended(const struct slow *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (all[i].limit_ms && !all[i].ended_ms)
            return false;
    }
    return true;
}

/* Until a little after the longest limit, or longer where the machine is busy. */
static void slow_clients(struct slow *all, size_t count)
{
    int64_t begin_ms = clock_ms(), now_ms = 0;
    for (size_t i = 0; i < count; i++) {
        all[i].fd = connect_sized(all[i].reads_nothing);
        send_bytes(all[i].fd, all[i].first, strlen(all[i].first));
    }
    while (now_ms < LIMIT_BODY_MS + 3000 ||
           (!all_have_ended(all, count) && now_ms < LIMIT_BODY_MS + SLACK_MS)) {
        now_ms = clock_ms() - begin_ms;
        for (size_t i = 0; i < count; i++) {
            if (!all[i].ended_ms)
                slow_read(&all[i], now_ms);
            slow_write(&all[i]);
        }
        pass_time(500); /* the debate's sockets answer pings */
    }
}

/* Whose answers are more than any buffer holds, while the requests are not. */
static const char *many_requests(void)
{
    enum { COUNT = 10000 };
    static const char one[] = "GET /metrics HTTP/1.1\r\n" HOST "\r\n";
    char *all = keep_zalloc(COUNT * strlen(one) + 1);
    for (size_t i = 0; i < COUNT; i++)
        memcpy(all + i * strlen(one), one, strlen(one));
    return all;
}

static void who_is_slow_is_cut_and_who_is_not_goes_on(void **state)
{
    (void)state;
    const char *user = token("u1"), *upload = upload_new(recorded(0), user, speech().len);
    const char *patch_head =
        text("PATCH %s HTTP/1.1\r\n" HOST TUS OFFSET_TYPE
             "Authorization: Bearer %s\r\nUpload-Offset: 0\r\nContent-Length: %zu\r\n\r\n",
             upload, user, speech().len);
    struct slow all[] = {
        {.name = "silence", .first = "", .limit_ms = LIMIT_HEAD_MS},
        {.name = "half a head", .first = HEAD "X: ", .limit_ms = LIMIT_HEAD_MS},
        {.name = "a head by letters", .first = HEAD "X: ", .limit_ms = LIMIT_HEAD_MS, .step = 1},
        {.name = "a handshake by letters",
         .first = "GET /ws/signaling HTTP/1.1\r\nUpgrade: websocket\r\nX: ",
         .limit_ms = LIMIT_HEAD_MS,
         .step = 1},
        {.name = "nothing more",
         .first = HEAD "\r\n",
         .limit_ms = LIMIT_NEXT_HEAD_MS,
         .status = 200},
        {.name = "a second head by letters",
         .first = HEAD "\r\n" HEAD "X: ",
         .limit_ms = LIMIT_HEAD_MS,
         .status = 200,
         .step = 1},
        {.name = "no body", .first = GUEST("100"), .limit_ms = LIMIT_BODY_MS, .status = 408},
        {.name = "a body by letters",
         .first = GUEST("100"),
         .limit_ms = LIMIT_BODY_MS,
         .status = 408,
         .step = 1},
        {.name = "an upload by letters",
         .first = patch_head,
         .limit_ms = LIMIT_BODY_MS,
         .status = 408,
         .step = 1,
         .more = speech().data},
        {.name = "answers that nobody reads",
         .first = many_requests(),
         .limit_ms = LIMIT_TAKING_MS,
         .reads_nothing = true},
        {.name = "a body that takes its time",
         .first = GUEST("200000"),
         .step = LIMIT_BODY_BYTES_MIN / 20},
    };
    size_t count = sizeof all / sizeof *all;
    slow_clients(all, count);
    for (size_t i = 0; i < count; i++) {
        const struct slow *slow = &all[i];
        print_message("%s: %d, ended after %ld ms\n", slow->name, slow->got, (long)slow->ended_ms);
        assert_int_equal(slow->got, slow->status);
        if (slow->limit_ms)
            assert_true(slow->ended_ms >= slow->limit_ms - 1000);
        else
            assert_int_equal(slow->ended_ms, 0);
        close(slow->fd);
    }
    /* What has come of the upload is kept, and is gone on with. */
    size_t offset = (size_t)offset_of(upload, user);
    assert_true(offset > 0 && offset < speech().len);
    want_status(patch(upload, user, offset, part_of(speech(), offset, speech().len), ""), 204);
    catch_up(debate.seat[0]);
}

/* ---- large ---- */

static void a_head_over_16_kib_is_431(void **state)
{
    (void)state;
    const char *large = many('x', LIMIT_HEAD),
               *bearer = text("Authorization: Bearer %s\r\n", large);
    want_refusal(get(text("/healthz?x=%s", large), NULL), 431, "bad_request");
    want_refusal(get("/healthz", large), 431, "bad_request");
    want_refusal(http_with("GET", "/healthz", NULL, text("Cookie: %s\r\n", large), NULL, 0), 431,
                 "bad_request");
    const char *request = handshake(voice_path(debate.session), bearer);
    want_refusal(http_bytes(request, strlen(request)), 431, "bad_request");
    /* One far beyond it may be cut without an answer. */
    assert_int_not_equal(get("/healthz", many('x', 10 * LIMIT_HEAD)).status, 200);
    want_status(get(text("/healthz?x=%s", many('x', LIMIT_HEAD / 2)), NULL), 200);
}

/* ---- many ---- */

enum { KNOCKS = LIMIT_CONNECTIONS + LIMIT_CONNECTIONS_TOLD + 20 };

/* The status that a connection gets, which stays open; 0: it was cut. */
static int knock(int fd)
{
    static const char request[] = HEAD "\r\n";
    struct buf in;
    buf_init(&in, 64 * 1024);
    send_request(fd, request, strlen(request));
    int status = answer_read(fd, &in, false).status;
    buf_release(&in);
    return status;
}

static void an_address_has_512_connections(void **state)
{
    int fds[KNOCKS], open = 0, told = 0, cut = 0;
    (void)state;
    for (int i = 0; i < KNOCKS; i++)
        fds[i] = connect_sized(false);
    for (int i = 0; i < KNOCKS; i++) {
        int status = knock(fds[i]);
        assert_true(status == 200 || status == 429 || status == 0);
        assert_true(status != 200 || told + cut == 0);
        open += status == 200;
        told += status == 429;
        cut += status == 0;
    }
    print_message("%d are served, %d told, %d cut\n", open, told, cut);
    assert_in_range(open, LIMIT_CONNECTIONS - 10, LIMIT_CONNECTIONS); /* the debate has some */
    assert_int_equal(told, LIMIT_CONNECTIONS_TOLD);
    catch_up(debate.seat[0]);
    for (int i = 0; i < KNOCKS; i++)
        close(fds[i]);
    int status = 0;
    for (int64_t end = clock_ms() + PATIENCE_MS; status != 200 && clock_ms() < end;)
        status = get("/healthz", NULL).status;
    assert_int_equal(status, 200);
}

static void after_20_failed_tokens_an_address_waits(void **state)
{
    (void)state;
    const char *path = voice_path(debate.session), *good = token("u1");
    struct answer answer = {0};
    for (int i = 0; i < LIMIT_BAD_TOKENS; i++)
        want_refusal(get("/api/rooms/strangers", "no.good.token"), 401, "bad_token");
    answer = want_refusal(get("/api/rooms/strangers", "no.good.token"), 429, "rate_limited");
    assert_non_null(header_of(&answer, "Retry-After"));
    want_refusal(get("/api/rooms/strangers", good), 429, "rate_limited");
    assert_int_equal(socket_refused(path, good).status, 429);
    want_status(get("/healthz", NULL), 200);
    catch_up(debate.seat[0]);
    for (int64_t end = clock_ms() + LIMIT_BAD_TOKEN_MS + SLACK_MS;
         answer.status != 200 && clock_ms() < end;) {
        pass_time(200);
        answer = get("/api/rooms/strangers", good);
    }
    assert_int_equal(answer.status, 200);
}

static void a_user_has_32_open_uploads(void **state)
{
    (void)state;
    const char *path = NULL, *user = token("u2");
    for (int i = 0; i < LIMIT_UPLOADS_USER; i++)
        path = upload_new(recorded(1), user, 100);
    const char *more = recorded(1);
    want_refusal(upload_created(more, user, 100), 429, "rate_limited");
    upload_new(recorded(2), token("u3"), 100);
    want_status(tus("DELETE", path, user, "", (struct bytes){0}), 204);
    path = upload_new(more, user, 100);
    upload_new(more, user, 200); /* in place of the former */
}

/* ---- the quota; the server is another ---- */

static void begin_again(const char *quota)
{
    server_kill();
    server_start((const char *[]){"--quota", quota, "--record", "manual", NULL});
}

static void beyond_the_quota_uploads_and_rooms_are_refused(void **state)
{
    (void)state;
    const char *first = recorded(0), *second = recorded(0), *user = token("u1");
    const char *folder = text("%s/data/recordings", server.folder);
    begin_again("20M");
    want_refusal(upload_created(first, user, 20 << 20), 507, "unavailable");
    upload_new(first, user, 10 << 20);
    want_refusal(upload_created(second, user, 10 << 20), 507, "unavailable");
    upload_new(first, user, 12 << 20); /* in place of the former */
    room_made("quota-a", 2, NULL, token("u1"));
    /* What lies there counts, and so does that it was deleted. */
    const char *old = text("%s/s_old/p1-1.opus", folder);
    mkdir(folder, 0700);
    assert_int_equal(mkdir(text("%s/s_old", folder), 0700), 0);
    assert_int_equal(creat(old, 0600) < 0, 0);
    assert_int_equal(truncate(old, 20 << 20), 0);
    begin_again("20M");
    want_refusal(post("/api/rooms", user, "{\"code\":\"quota-b\"}"), 507, "unavailable");
    want_status(post("/api/rooms", user, "{\"code\":\"quota-a\"}"), 200);
    assert_int_equal(unlink(old), 0);
    begin_again("20M");
    want_status(post("/api/rooms", user, "{\"code\":\"quota-b\"}"), 201);
}

static void beyond_the_quota_a_debate_goes_on(void **state)
{
    (void)state;
    begin_again("1");
    want_refusal(post("/api/rooms", token("u1"), "{\"code\":\"quota-c\"}"), 507, "unavailable");
    struct socket *socket = voice_open(debate.session, token("u1"));
    init(socket, "{}");
    acked(socket, "voice_status_update", "{\"is_mic_on\":false}");
    acked(socket, "end_session", "{}");
}

static void without_being_asked_to_it_limits_nobody_on_loopback(void **state)
{
    int fds[KNOCKS];
    (void)state;
    server_kill();
    server_start(NULL);
    for (int i = 0; i < KNOCKS; i++) {
        fds[i] = connect_sized(false);
        assert_int_equal(knock(fds[i]), 200);
    }
    for (int i = 0; i < KNOCKS; i++)
        close(fds[i]);
    for (int i = 0; i < 2 * LIMIT_BAD_TOKENS; i++)
        want_refusal(get("/api/rooms/strangers", "no.good.token"), 401, "bad_token");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_slow_is_cut_and_who_is_not_goes_on),
        cmocka_unit_test(a_head_over_16_kib_is_431),
        cmocka_unit_test(an_address_has_512_connections),
        cmocka_unit_test(after_20_failed_tokens_an_address_waits),
        cmocka_unit_test(a_user_has_32_open_uploads),
        cmocka_unit_test(beyond_the_quota_uploads_and_rooms_are_refused),
        cmocka_unit_test(beyond_the_quota_a_debate_goes_on),
        cmocka_unit_test(without_being_asked_to_it_limits_nobody_on_loopback),
    };
    return cmocka_run_group_tests(tests, strangers_begin, group_end);
}
