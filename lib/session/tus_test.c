#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rand.h"
#include "base/str.h"
#include "session/tus.h"

enum { FILE_BYTES = 3500, CHUNK = 1000 };

/* A tus server for one upload, on a free port, that fails when told to. */
static struct {
    int socket, port;
    pthread_t thread;
    bool exists;
    size_t length, offset;
    uint8_t data[8192];
    int posts, heads, patches, checksums;
    int fail_status;  /* of the next requests */
    int fail_count;   /* how many of them */
    int cut_in_patch; /* the nth PATCH is taken by half, then the line breaks; 0: none */
    const char *fail_body;
    char session[512]; /* what the session says; empty: there is none */
    char metadata[2048], authorization[128];
} fake;

static char path[64], note[80], url[64];
static uint8_t content[FILE_BYTES];

static const char *header(const char *request, const char *name, char *out, size_t out_size)
{
    size_t len = strlen(name);
    out[0] = '\0';
    for (const char *line = request; (line = strstr(line, "\r\n"));) {
        line += 2;
        if (strncasecmp(line, name, len) != 0 || line[len] != ':')
            continue;
        snprintf(out, out_size, "%.*s", (int)strcspn(line + len + 2, "\r"), line + len + 2);
    }
    return out;
}

static void answer(int connection, const char *status, const char *headers, const char *body)
{
    char text[1024];
    int len = snprintf(text, sizeof text,
                       "HTTP/1.1 %s\r\nTus-Resumable: 1.0.0\r\nConnection: close\r\n"
                       "Content-Length: %zu\r\n%s\r\n%s",
                       status, strlen(body), headers, body);
    if (write(connection, text, (size_t)len) != len)
        abort();
}

static void answer_offset(int connection, const char *status)
{
    char text[64];
    snprintf(text, sizeof text, "Upload-Offset: %zu\r\n", fake.offset);
    answer(connection, status, text, "");
}

static void take_patch(int connection, const char *request, const uint8_t *body, size_t len)
{
    char value[128];
    fake.patches++;
    if (!fake.exists) {
        answer(connection, "404 Not Found", "", "");
    } else if ((size_t)atol(header(request, "Upload-Offset", value, sizeof value)) != fake.offset) {
        answer(connection, "409 Conflict", "", "");
    } else {
        fake.checksums +=
            strncmp(header(request, "Upload-Checksum", value, sizeof value), "sha256 ", 7) == 0;
        bool cut = fake.patches == fake.cut_in_patch;
        size_t taken = cut ? len / 2 : len;
        memcpy(fake.data + fake.offset, body, taken);
        fake.offset += taken;
        if (!cut)
            answer_offset(connection, "204 No Content");
    }
}

static void serve(int connection, const char *request, const uint8_t *body, size_t len)
{
    char value[128], text[128];
    header(request, "Authorization", fake.authorization, sizeof fake.authorization);
    if (fake.fail_count > 0) {
        fake.fail_count--;
        snprintf(text, sizeof text, "%d Failure", fake.fail_status);
        answer(connection, text, "", fake.fail_body ? fake.fail_body : "");
    } else if (strncmp(request, "POST /api/uploads ", 18) == 0) {
        fake.posts++;
        fake.exists = true;
        fake.offset = 0;
        fake.length = (size_t)atol(header(request, "Upload-Length", value, sizeof value));
        header(request, "Upload-Metadata", fake.metadata, sizeof fake.metadata);
        answer(connection, "201 Created", "Location: /api/uploads/u1\r\n", "");
    } else if (strncmp(request, "HEAD /api/uploads/u1 ", 21) == 0) {
        fake.heads++;
        if (fake.exists)
            answer_offset(connection, "200 OK");
        else
            answer(connection, "404 Not Found", "", "");
    } else if (strncmp(request, "PATCH /api/uploads/u1 ", 22) == 0) {
        take_patch(connection, request, body, len);
    } else if (strncmp(request, "GET /api/sessions/s_1 ", 22) == 0 && fake.session[0]) {
        answer(connection, "200 OK", "", fake.session);
    } else {
        answer(connection, "404 Not Found", "", "");
    }
}

static void take_connection(int connection)
{
    char request[16384], value[64];
    size_t len = 0, head = 0, want = 0;
    while (head == 0 || len < head + want) {
        ssize_t got = read(connection, request + len, sizeof request - 1 - len);
        if (got <= 0)
            return;
        len += (size_t)got;
        request[len] = '\0';
        char *end = head ? NULL : strstr(request, "\r\n\r\n");
        if (end) {
            head = (size_t)(end - request) + 4;
            want = (size_t)atol(header(request, "Content-Length", value, sizeof value));
        }
    }
    serve(connection, request, (uint8_t *)request + head, want);
}

static void *run_server(void *context)
{
    for (int connection; (connection = accept(fake.socket, NULL, NULL)) >= 0;) {
        take_connection(connection);
        close(connection);
    }
    return context;
}

static int set_up(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    memset(&fake, 0, sizeof fake);
    fake.socket = socket(AF_INET, SOCK_STREAM, 0);
    if (fake.socket < 0 || bind(fake.socket, (struct sockaddr *)&address, len) < 0 ||
        listen(fake.socket, 8) < 0 ||
        getsockname(fake.socket, (struct sockaddr *)&address, &len) < 0 ||
        pthread_create(&fake.thread, NULL, run_server, NULL) != 0)
        return -1;
    snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    strcpy(path, "/tmp/debate-tus-XXXXXX");
    int file = mkstemp(path);
    rand_bytes(content, sizeof content);
    if (file < 0 || write(file, content, sizeof content) != (ssize_t)sizeof content)
        return -1;
    close(file);
    snprintf(note, sizeof note, "%s.upload", path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shutdown(fake.socket, SHUT_RDWR);
    pthread_join(fake.thread, NULL);
    close(fake.socket);
    unlink(path);
    unlink(note);
    return 0;
}

static struct tus_request request_for_test(void)
{
    return (struct tus_request){.server = url,
                                .token = "t0ken",
                                .path = path,
                                .recording_id = "r_1",
                                .chunk_len = CHUNK,
                                .tries_max = 4,
                                .first_delay_ms = 1};
}

static void assert_arrived(const struct tus_result *result)
{
    assert_int_equal(fake.offset, FILE_BYTES);
    assert_memory_equal(fake.data, content, FILE_BYTES);
    assert_int_equal(result->bytes, FILE_BYTES);
    assert_int_equal(strlen(result->sha256), 64);
    assert_int_equal(access(note, F_OK), -1);
}

static void a_file_arrives_whole_in_chunks_with_checksums(void **state)
{
    (void)state;
    struct tus_request request = request_for_test();
    struct tus_result result;
    assert_int_equal(tus_upload(&request, &result), ERR_NONE);
    assert_arrived(&result);
    assert_int_equal(fake.posts, 1);
    assert_int_equal(fake.patches, 4);
    assert_int_equal(fake.checksums, 4);
    assert_int_equal(result.resumed, 0);
    /* "r_1" in base64 */
    assert_non_null(strstr(fake.metadata, "recording_id cl8x"));
    assert_string_equal(fake.authorization, "Bearer t0ken");
}

/* The value of a key in the metadata, decoded. */
static const char *metadata_value(const char *key, char *out, size_t out_size)
{
    size_t len = 0;
    const char *at = strstr(fake.metadata, key);
    assert_non_null(at);
    at += strlen(key);
    assert_int_equal(base64_decode(at, strcspn(at, ","), (uint8_t *)out, out_size - 1, &len),
                     ERR_NONE);
    out[len] = '\0';
    return out;
}

static void the_timeline_beside_the_file_goes_along_in_a_few_lines(void **state)
{
    (void)state;
    struct tus_request request = request_for_test();
    struct tus_result result;
    char beside[80], text[2048];
    snprintf(beside, sizeof beside, "%s.timeline", path);
    FILE *file = fopen(beside, "w");
    assert_non_null(file);
    fputs("debate-timeline 1\nrecording_id r_1\nstarted_at_ms 1763872345678\nrate 48000\n", file);
    for (long i = 0; i < 360; i++) /* an hour at +100 ppm, with a gap of 100 ms in the middle */
        fprintf(file, "%sat %ld %ld\n", i == 180 ? "gap 86403840 4800\n" : "", i * 480048,
                i * 10000000);
    fclose(file);
    assert_int_equal(tus_upload(&request, &result), ERR_NONE);
    assert_non_null(strstr(fake.metadata, "recording_id cl8x,"));
    assert_string_equal(metadata_value("timeline ", text, sizeof text),
                        "debate-timeline 1\nrecording_id r_1\nstarted_at_ms 1763872345678\n"
                        "rate 48000\nat 0 0\nat 172337232 3590000000\ngap 86403840 4800\n");
    request.recording_id = "r_2"; /* not its timeline */
    fake.exists = false;
    assert_int_equal(tus_upload(&request, &result), ERR_NONE);
    unlink(beside);
    assert_null(strstr(fake.metadata, "timeline"));
}

static void a_broken_line_is_resumed_at_the_servers_offset(void **state)
{
    (void)state;
    struct tus_request request = request_for_test();
    struct tus_result result;
    fake.cut_in_patch = 2;
    assert_int_equal(tus_upload(&request, &result), ERR_NONE);
    assert_arrived(&result);
    assert_int_equal(fake.posts, 1);
    assert_int_equal(fake.heads, 1);
    assert_int_equal(result.resumed, 1);
}

static void a_server_that_fails_is_asked_again(void **state)
{
    (void)state;
    struct tus_request request = request_for_test();
    struct tus_result result;
    fake.fail_status = 503;
    fake.fail_count = 2;
    assert_int_equal(tus_upload(&request, &result), ERR_NONE);
    assert_arrived(&result);
}

static void tries_end(void **state)
{
    (void)state;
    struct tus_request request = request_for_test();
    struct tus_result result;
    fake.fail_status = 503;
    fake.fail_count = 100;
    assert_int_equal(tus_upload(&request, &result), ERR_UNREACHABLE);
    assert_int_equal(100 - fake.fail_count, request.tries_max);
}

static void a_refusal_is_final_and_says_why(void **state)
{
    (void)state;
    struct tus_request request = request_for_test();
    struct tus_result result;
    fake.fail_status = 415;
    fake.fail_count = 1;
    fake.fail_body = "{\"error\":{\"code\":\"unsupported_media\",\"message\":\"No Opus.\"}}";
    assert_int_equal(tus_upload(&request, &result), ERR_REFUSED);
    assert_string_equal(result.why, "No Opus.");
    assert_int_equal(result.status, 415);
    assert_int_equal(access(note, F_OK), -1);
}

/* The server has the recording already: of this length and digest. */
static void server_has(size_t bytes, const char *sha256)
{
    snprintf(fake.session, sizeof fake.session,
             "{\"recordings\":[{\"recording_id\":\"r_1\",\"bytes\":%zu,\"sha256\":\"%s\"}]}", bytes,
             sha256);
}

static void what_has_arrived_before_is_done_even_when_uploads_are_over(void **state)
{
    (void)state;
    static const int statuses[] = {409, 410};
    struct tus_request request = request_for_test();
    struct tus_result first, result;
    assert_int_equal(tus_upload(&request, &first), ERR_NONE);
    assert_false(first.checked);
    request.session_id = "s_1";
    for (size_t i = 0; i < 2; i++) {
        fake.fail_status = statuses[i];
        fake.fail_count = 1;
        server_has(FILE_BYTES, first.sha256);
        assert_int_equal(tus_upload(&request, &result), ERR_NONE);
        assert_true(result.checked);
        fake.fail_count = 1;
        first.sha256[0] ^= 1;
        server_has(FILE_BYTES, first.sha256);
        first.sha256[0] ^= 1;
        assert_int_equal(tus_upload(&request, &result), ERR_CORRUPT);
    }
}

static void what_comes_too_late_is_refused(void **state)
{
    (void)state;
    struct tus_request request = request_for_test();
    struct tus_result result;
    request.session_id = "s_1";
    snprintf(fake.session, sizeof fake.session, "{\"recordings\":[{\"recording_id\":\"r_1\"}]}");
    fake.fail_status = 410;
    fake.fail_count = 1;
    assert_int_equal(tus_upload(&request, &result), ERR_REFUSED);
    assert_int_equal(result.status, 410);
    assert_int_equal(fake.posts, 0);
}

static bool stop_at_once(void *context, uint64_t sent, uint64_t total)
{
    (void)context;
    (void)total;
    return sent >= CHUNK;
}

static void a_later_run_goes_on_where_the_first_one_stopped(void **state)
{
    (void)state;
    struct tus_request request = request_for_test();
    struct tus_result result;
    request.on_progress = stop_at_once;
    assert_int_equal(tus_upload(&request, &result), ERR_UNAVAILABLE);
    assert_int_equal(fake.offset, CHUNK);
    assert_int_equal(access(note, F_OK), 0);
    request.on_progress = NULL;
    assert_int_equal(tus_upload(&request, &result), ERR_NONE);
    assert_arrived(&result);
    assert_int_equal(fake.posts, 1);
    assert_int_equal(result.resumed, 1);
}

static void an_upload_that_is_gone_begins_anew(void **state)
{
    (void)state;
    struct tus_request request = request_for_test();
    struct tus_result result;
    request.on_progress = stop_at_once;
    assert_int_equal(tus_upload(&request, &result), ERR_UNAVAILABLE);
    fake.exists = false;
    request.on_progress = NULL;
    assert_int_equal(tus_upload(&request, &result), ERR_NONE);
    assert_arrived(&result);
    assert_int_equal(fake.posts, 2);
}

static void a_note_that_names_another_server_is_not_followed(void **state)
{
    (void)state;
    struct tus_request request = request_for_test();
    struct tus_result result;
    FILE *file = fopen(note, "we");
    assert_non_null(file);
    fputs("http://127.0.0.2:9/api/uploads/u1\n", file);
    fclose(file);
    assert_int_equal(tus_upload(&request, &result), ERR_NONE);
    assert_arrived(&result);
    assert_int_equal(fake.heads, 0);
}

static void a_file_that_is_not_there_is_said(void **state)
{
    (void)state;
    struct tus_request request = request_for_test();
    struct tus_result result;
    request.path = "/nonexistent/kim.opus";
    assert_int_equal(tus_upload(&request, &result), ERR_IO);
    assert_string_equal(result.why, "/nonexistent/kim.opus: No such file or directory");
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_file_arrives_whole_in_chunks_with_checksums),
        WITH_SERVER(the_timeline_beside_the_file_goes_along_in_a_few_lines),
        WITH_SERVER(a_broken_line_is_resumed_at_the_servers_offset),
        WITH_SERVER(a_server_that_fails_is_asked_again),
        WITH_SERVER(tries_end),
        WITH_SERVER(a_refusal_is_final_and_says_why),
        WITH_SERVER(what_has_arrived_before_is_done_even_when_uploads_are_over),
        WITH_SERVER(what_comes_too_late_is_refused),
        WITH_SERVER(a_later_run_goes_on_where_the_first_one_stopped),
        WITH_SERVER(an_upload_that_is_gone_begins_anew),
        WITH_SERVER(a_note_that_names_another_server_is_not_followed),
        WITH_SERVER(a_file_that_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
