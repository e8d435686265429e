/* Uploads: tus 1.0.0 (protocol, section 7; https://tus.io/protocols/resumable-upload). */
#include "server/tus_testing.h"

static const char *const quick[] = {"--countdown", "0.2", "--record", "manual", NULL};
static const struct bytes nothing;
static struct debate debate;

static int uploads_begin(void **state)
{
    (void)state;
    server_start(quick);
    debate_begin(&debate, "uploads", 3, 3, NULL);
    debate_live(&debate);
    for (int i = 0; i < 3; i++)
        acked(debate.seat[i], "consent", "{\"recording\":true}");
    return 0;
}

/* A recording of this participant's, from start to end, or still running. */
static const char *recorded(int who, bool is_over)
{
    struct socket *socket = debate.seat[who];
    forget(socket);
    acked_(socket, "start_recording", "{}");
    const struct json *start = heard_at_last_(socket, "recording_started", PATIENCE_MS)->json;
    if (is_over) {
        acked_(socket, "stop_recording", "{}");
        heard_at_last_(socket, "recording_stopped", PATIENCE_MS);
    }
    return shown(start, "data.recording_id");
}

static const struct json *recording_seen(const char *id)
{
    const struct json *session = session_seen(&debate), *recording;
    for (size_t i = 0; (recording = json_item(at(session, "recordings"), i)); i++)
        if (strcmp(shown(recording, "recording_id"), id) == 0)
            return recording;
    fail_here("no recording %s in %s", id, shown(session, ""));
}

static void options_tell_what_is_spoken(void **state)
{
    (void)state;
    struct answer answer = http_with("OPTIONS", "/api/uploads", token("u1"), "", NULL, 0);
    assert_true(answer.status == 200 || answer.status == 204);
    assert_string_equal(header_of(&answer, "Tus-Version"), "1.0.0");
    assert_string_equal(header_of(&answer, "Tus-Max-Size"), "536870912");
    const char *extensions = text(",%s,", header_of(&answer, "Tus-Extension"));
    static const char *const all[] = {",creation,", ",termination,", ",expiration,", ",checksum,"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strstr(extensions, all[i]))
            fail_msg("%s is not among %s", all[i], extensions);
    const char *algorithms = text(",%s,", header_of(&answer, "Tus-Checksum-Algorithm"));
    assert_non_null(strstr(algorithms, ",sha1,"));
    assert_non_null(strstr(algorithms, ",sha256,"));
}

static void a_recording_goes_up_in_parts_and_is_told_of(void **state)
{
    (void)state;
    struct bytes file = speech();
    const char *id = recorded(0, true), *u1 = token("u1");
    struct answer answer = want_status(upload_created(id, u1, file.len), 201);
    const char *path = strstr(header_of(&answer, "Location"), "/api/uploads/");
    assert_non_null(path);
    answer = want_status(tus("HEAD", path, u1, "", nothing), 200);
    assert_string_equal(header_of(&answer, "Upload-Offset"), "0");
    assert_string_equal(header_of(&answer, "Upload-Length"), text("%zu", file.len));
    assert_string_equal(header_of(&answer, "Cache-Control"), "no-store");
    assert_non_null(header_of(&answer, "Upload-Metadata"));
    answer = want_status(patch(path, u1, 0, part_of(file, 0, 1000), ""), 204);
    assert_string_equal(header_of(&answer, "Upload-Offset"), "1000");
    /* RFC 9110, section 5.6.7: a date; "Wed, 25 Jun 2014 16:00:00 GMT" */
    struct tm when = {0};
    const char *expires = header_of(&answer, "Upload-Expires");
    assert_non_null(expires);
    assert_non_null(strptime(expires, "%a, %d %b %Y %H:%M:%S GMT", &when));
    assert_true(timegm(&when) > wall_ms() / 1000);
    want_offset(path, u1, 1000);
    forget(debate.seat[1]);
    quiet(debate.seat[1]);
    want_status(patch(path, u1, 1000, part_of(file, 1000, 5000), ""), 204);
    answer = want_status(patch(path, u1, 5000, part_of(file, 5000, file.len), ""), 204);
    assert_string_equal(header_of(&answer, "Upload-Offset"), text("%zu", file.len));
    const char *sha256 = digest(HASH_SHA256, file, true);
    const struct json *event = heard(debate.seat[1], "recording_uploaded");
    want_types(event, "ssns", "data.participant_id data.recording_id data.bytes data.sha256");
    want(event, "data.participant_id", "p1");
    want(event, "data.recording_id", id);
    want(event, "data.bytes", text("%zu", file.len));
    want(event, "data.sha256", sha256);
    want(recording_seen(id), "bytes", text("%zu", file.len));
    want(recording_seen(id), "sha256", sha256);
    want_status(upload_created(id, u1, file.len), 409);
}

/* A file under the data folder whose content is this. */
static struct bytes searched;
static bool is_found;

static int look_at(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)walk;
    if (kind != FTW_F || (size_t)status->st_size != searched.len)
        return 0;
    struct bytes bytes = file_bytes(path);
    is_found = is_found || memcmp(bytes.data, searched.data, searched.len) == 0;
    return 0;
}

static void the_file_is_there_when_the_last_part_is_answered(void **state)
{
    (void)state;
    searched = file_bytes("testdata/speech/lee-2.opus");
    const char *id = recorded(1, true), *u2 = token("u2");
    const char *path = upload_new(id, u2, searched.len);
    want_status(patch(path, u2, 0, searched, ""), 204);
    is_found = false;
    nftw(server.folder, look_at, 8, FTW_PHYS);
    assert_true(is_found);
    const char *name = shown(recording_seen(id), "path");
    struct stat status;
    assert_int_equal(stat(text("%s/data/%s", server.folder, name), &status), 0);
    assert_int_equal(status.st_size, searched.len);
}

static void webm_opus_is_taken_as_well(void **state)
{
    (void)state;
    struct bytes file = webm_opus();
    const char *id = recorded(0, true), *u1 = token("u1");
    const char *path = upload_new(id, u1, file.len);
    want_status(patch(path, u1, 0, file, ""), 204);
    want(recording_seen(id), "sha256", digest(HASH_SHA256, file, true));
}

static void a_part_is_not_bound_by_the_limit_of_other_bodies(void **state)
{
    (void)state;
    struct bytes file = ogg_opus(20);
    const char *id = recorded(0, true), *u1 = token("u1");
    assert_true(file.len > 1024 * 1024);
    const char *path = upload_new(id, u1, file.len);
    want_status(patch(path, u1, 0, file, ""), 204);
    want(recording_seen(id), "sha256", digest(HASH_SHA256, file, true));
    /* In chunks, without a length. */
    struct buf request;
    id = recorded(0, true);
    path = upload_new(id, u1, file.len);
    buf_init(&request, 8 * 1024 * 1024);
    buf_printf(&request,
               "PATCH %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n"
               "Transfer-Encoding: chunked\r\nUpload-Offset: 0\r\n" TUS OFFSET_TYPE "\r\n%zx\r\n",
               path, u1, file.len);
    assert_int_equal(buf_append(&request, file.data, file.len), ERR_NONE);
    buf_append_str(&request, "\r\n0\r\n\r\n");
    want_status(http_bytes(request.data, request.len), 204);
    buf_release(&request);
    want(recording_seen(id), "sha256", digest(HASH_SHA256, file, true));
}

static void an_upload_goes_on_after_a_broken_line(void **state)
{
    (void)state;
    struct bytes file = ogg_opus(10);
    const char *id = recorded(2, true), *u3 = token("u3");
    const char *path = upload_new(id, u3, file.len);
    const char *head =
        text("PATCH %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %zu\r\n"
             "Upload-Offset: 0\r\n" TUS OFFSET_TYPE "\r\n",
             path, u3, file.len);
    int fd = connect_sized(false);
    send_bytes(fd, head, strlen(head));
    send_bytes(fd, file.data, 200000);
    poll(NULL, 0, 200);
    close(fd);
    long offset = 0;
    for (int64_t end = clock_ms() + 3000; offset < 200000 && clock_ms() < end; pass_time(50))
        offset = offset_of(path, u3);
    print_message("%ld of 200000 bytes were kept\n", offset);
    assert_in_range(offset, 1, 200000); /* "the Server SHOULD store as much as possible" */
    want_status(patch(path, u3, (size_t)offset, part_of(file, (size_t)offset, file.len), ""), 204);
    want(recording_seen(id), "sha256", digest(HASH_SHA256, file, true));
}

static void an_upload_goes_on_after_kill_9(void **state)
{
    (void)state;
    struct bytes file = speech();
    const char *id = recorded(2, true), *u3 = token("u3");
    const char *path = upload_new(id, u3, file.len);
    want_status(patch(path, u3, 0, part_of(file, 0, 7000), ""), 204);
    server_kill();
    server_start(quick);
    want_offset(path, u3, 7000);
    for (int i = 0; i < 3; i++) {
        debate.seat[i] = voice_open(debate.session, token(user_of(i)));
        sit(debate.seat[i], user_of(i));
    }
    want_status(patch(path, u3, 7000, part_of(file, 7000, file.len), ""), 204);
    want(heard_at_last(debate.seat[0], "recording_uploaded"), "data.sha256",
         digest(HASH_SHA256, file, true));
}

static void a_wrong_offset_is_409_and_changes_nothing(void **state)
{
    (void)state;
    struct bytes file = speech();
    const char *u1 = token("u1"), *path = upload_new(recorded(0, true), u1, file.len);
    want_status(patch(path, u1, 10, part_of(file, 10, 100), ""), 409);
    want_status(patch(path, u1, 0, part_of(file, 0, 100), ""), 204);
    want_status(patch(path, u1, 0, part_of(file, 0, 100), ""), 409);
    want_status(patch(path, u1, 101, part_of(file, 101, 200), ""), 409);
    want_offset(path, u1, 100);
    struct answer answer = tus("PATCH", path, u1, OFFSET_TYPE, part_of(file, 100, 200));
    assert_in_range(answer.status, 400, 409);
    answer = tus("PATCH", path, u1, OFFSET_TYPE "Upload-Offset: -1\r\n", part_of(file, 100, 200));
    assert_in_range(answer.status, 400, 409);
    /* More than was announced. */
    answer = patch(path, u1, 100, (struct bytes){text("%s", many('x', file.len)), file.len}, "");
    assert_in_range(answer.status, 400, 415);
    assert_in_range(offset_of(path, u1), 100, file.len - 1);
}

static void a_part_of_another_content_type_is_415(void **state)
{
    (void)state;
    struct bytes file = speech();
    const char *u1 = token("u1"), *path = upload_new(recorded(0, true), u1, file.len);
    want_status(tus("PATCH", path, u1, "Upload-Offset: 0\r\nContent-Type: audio/ogg\r\n",
                    part_of(file, 0, 100)),
                415);
    want_status(tus("PATCH", path, u1, "Upload-Offset: 0\r\n", part_of(file, 0, 100)), 415);
    want_offset(path, u1, 0); /* the upload is still there */
}

static void another_version_of_tus_is_412(void **state)
{
    (void)state;
    struct bytes file = speech();
    const char *id = recorded(0, true), *u1 = token("u1");
    const char *path = upload_new(id, u1, file.len);
    static const char *const wrong[] = {"Tus-Resumable: 0.2.2\r\n", "Tus-Resumable: 2.0.0\r\n", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct answer answer = want_status(
            http_with("PATCH", path, u1, text("%sUpload-Offset: 0\r\n" OFFSET_TYPE, wrong[i]),
                      file.data, 100),
            412);
        assert_non_null(header_of(&answer, "Tus-Version"));
        assert_string_equal(header_of(&answer, "Tus-Version"), "1.0.0");
        want_status(http_with("HEAD", path, u1, wrong[i], NULL, 0), 412);
        want_status(http_with("DELETE", path, u1, wrong[i], NULL, 0), 412);
        want_status(http_with("POST", "/api/uploads", u1,
                              text("%sUpload-Length: 100\r\n%s", wrong[i], metadata(id)), "", 0),
                    412);
    }
    want_offset(path, u1, 0);
}

static void a_checksum_that_does_not_fit_is_460(void **state)
{
    (void)state;
    struct bytes file = speech(), first = part_of(file, 0, 3000);
    struct bytes second = part_of(file, 3000, 6000), rest = part_of(file, 6000, file.len);
    const char *id = recorded(0, true), *u1 = token("u1");
    const char *path = upload_new(id, u1, file.len);
    const char *wrong = digest(HASH_SHA1, second, false);
    want_status(patch(path, u1, 0, first, text("Upload-Checksum: sha1 %s\r\n", wrong)), 460);
    wrong = digest(HASH_SHA256, second, false);
    want_status(patch(path, u1, 0, first, text("Upload-Checksum: sha256 %s\r\n", wrong)), 460);
    want_offset(path, u1, 0);
    want_status(patch(path, u1, 0, first, text("Upload-Checksum: md5 %s\r\n", wrong)), 400);
    want_status(patch(path, u1, 0, first, "Upload-Checksum: sha1\r\n"), 400);
    want_offset(path, u1, 0);
    want_status(patch(path, u1, 0, first,
                      text("Upload-Checksum: sha1 %s\r\n", digest(HASH_SHA1, first, false))),
                204);
    want_status(patch(path, u1, 3000, second,
                      text("Upload-Checksum: sha256 %s\r\n", digest(HASH_SHA256, second, false))),
                204);
    /* The last part as well: nothing is finished before it fits. */
    want_status(patch(path, u1, 6000, rest, text("Upload-Checksum: sha256 %s\r\n", wrong)), 460);
    want_offset(path, u1, 6000);
    want(recording_seen(id), "sha256", "(absent)");
    want_status(patch(path, u1, 6000, rest,
                      text("Upload-Checksum: sha256 %s\r\n", digest(HASH_SHA256, rest, false))),
                204);
    want(recording_seen(id), "sha256", digest(HASH_SHA256, file, true));
}

static void an_upload_can_be_deleted(void **state)
{
    (void)state;
    struct bytes file = speech();
    const char *id = recorded(0, true), *u1 = token("u1");
    const char *path = upload_new(id, u1, file.len);
    want_status(patch(path, u1, 0, part_of(file, 0, 1000), ""), 204);
    want_status(tus("DELETE", path, token("u2"), "", nothing), 403);
    want_status(tus("DELETE", path, u1, "", nothing), 204);
    want_gone(path, u1);
    struct answer answer = patch(path, u1, 1000, part_of(file, 1000, 2000), "");
    assert_true(answer.status == 404 || answer.status == 410);
    /* And begun again. */
    path = upload_new(id, u1, file.len);
    want_status(patch(path, u1, 0, file, ""), 204);
}

/* tus 1.0.0, HEAD: also when the upload is already considered completed. Whoever lost the last
 * answer asks so, and must not begin anew. */
static void an_upload_that_is_finished_says_so_when_asked(void **state)
{
    (void)state;
    struct bytes file = speech();
    const char *id = recorded(0, true), *u1 = token("u1");
    const char *path = upload_new(id, u1, file.len);
    want_status(patch(path, u1, 0, file, ""), 204);
    struct answer answer = want_status(tus("HEAD", path, u1, "", nothing), 200);
    assert_string_equal(header_of(&answer, "Upload-Offset"), text("%zu", file.len));
    assert_string_equal(header_of(&answer, "Upload-Length"), text("%zu", file.len));
    assert_string_equal(header_of(&answer, "Cache-Control"), "no-store");
    want_status(tus("HEAD", path, token("u2"), "", nothing), 403);
    want_refusal(patch(path, u1, file.len, nothing, ""), 409, "conflict");
    want_refusal(tus("DELETE", path, u1, "", nothing), 409, "conflict");
    want(recording_seen(id), "bytes", text("%zu", file.len));
}

static int patch_begun(const char *path, const char *token, size_t offset, struct bytes part)
{
    int fd = connect_sized(false);
    const char *head = text("PATCH %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" TUS OFFSET_TYPE
                            "Authorization: Bearer %s\r\nUpload-Offset: %zu\r\n"
                            "Content-Length: %zu\r\n\r\n",
                            path, token, offset, part.len);
    assert_true(send_bytes(fd, head, strlen(head)) && send_bytes(fd, part.data, part.len));
    return fd;
}

static int patch_ended(int fd)
{
    struct buf in;
    buf_init(&in, 100000);
    struct answer answer = answer_read(fd, &in, false);
    buf_release(&in);
    close(fd);
    return answer.status;
}

/* What is told of it while its end is not certain: here it fails, for something is in its place. */
static void all_of_it_is_there_only_when_it_is_finished(void **state)
{
    (void)state;
    struct bytes file = ogg_opus(100);
    const char *id = recorded(0, true), *u1 = token("u1");
    const char *place = text("%s/data/%s", server.folder, shown(recording_seen(id), "path"));
    const char *path = upload_new(id, u1, file.len);
    mkdir(text("%s/data/recordings", server.folder), 0700);
    mkdir(text("%.*s", (int)(strrchr(place, '/') - place), place), 0700);
    assert_int_equal(mkdir(place, 0700), 0);
    want_status(patch(path, u1, 0, file, ""), 500);
    for (int i = 0; i < 10; i++) {
        int fd = patch_begun(path, u1, file.len - 1, part_of(file, file.len - 1, file.len));
        want_offset(path, u1, file.len - 1);
        assert_int_equal(patch_ended(fd), 500);
    }
    assert_int_equal(rmdir(place), 0);
    want_status(patch(path, u1, file.len - 1, part_of(file, file.len - 1, file.len), ""), 204);
    want_offset(path, u1, file.len);
}

static void a_part_may_be_empty(void **state)
{
    (void)state;
    struct bytes file = speech();
    const char *u1 = token("u1"), *path = upload_new(recorded(0, true), u1, file.len);
    want_status(patch(path, u1, 0, part_of(file, 0, 1000), ""), 204);
    struct answer answer = want_status(patch(path, u1, 1000, part_of(file, 1000, 1000), ""), 204);
    assert_string_equal(header_of(&answer, "Upload-Offset"), "1000");
    want_status(patch(path, u1, 1000, part_of(file, 1000, file.len), ""), 204);
}

#define HEAD "debate-timeline 1\n"

/* Uploads a recording of u1 whole, with a timeline: `before`, its id, `after`. What lies beside it
 * then. */
static struct bytes timeline_kept(const char *before, const char *after, mode_t *mode)
{
    struct bytes file = file_bytes("testdata/speech/lee-2.opus");
    const char *id = recorded(0, true), *u1 = token("u1"),
               *said = text("%s%s%s", before, id, after);
    const char *meta = text("Upload-Metadata: recording_id %s,timeline %s\r\n",
                            base64(id, strlen(id)), base64(said, strlen(said)));
    struct answer answer =
        tus("POST", "/api/uploads", u1,
            text("Upload-Length: %zu\r\n%sContent-Length: 0\r\n", file.len, meta), nothing);
    want_status(answer, 201);
    const char *path = strstr(header_of(&answer, "Location"), "/api/uploads/");
    answer = want_status(tus("HEAD", path, u1, "", nothing), 200);
    assert_non_null(strstr(header_of(&answer, "Upload-Metadata"), base64(said, strlen(said))));
    want_status(patch(path, u1, 0, file, ""), 204);
    struct stat status;
    const char *name = shown(recording_seen(id), "path");
    const char *beside =
        text("%s/data/%.*s.timeline", server.folder, (int)(strrchr(name, '.') - name), name);
    if (stat(beside, &status) != 0)
        return nothing;
    *mode = status.st_mode & 0777;
    return file_bytes(beside);
}

static void a_timeline_that_comes_along_lies_beside_the_recording(void **state)
{
    (void)state;
    mode_t mode = 0;
    static const char after[] = "\nstarted_at_ms 1763872345678\nrate 48000\nat 0 0\n"
                                "at 96000 2000100\nend 97000 2021 -50.0 yes\n";
    struct bytes kept = timeline_kept(HEAD "recording_id ", after, &mode);
    assert_int_equal(mode, 0600);
    assert_memory_equal(kept.data, HEAD "recording_id r_", strlen(HEAD "recording_id r_"));
    assert_memory_equal(kept.data + kept.len - strlen(after), after, strlen(after));
}

static void a_timeline_that_is_none_is_left_out(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"no timeline of ", ""},
        {HEAD "recording_id other-", "\nrate 48000\n"},
        {HEAD "recording_id ", "\nrate 48000\nat 0 99999999999999999999\n"},
        {HEAD "recording_id ", "\nrate 48000\nat -1 0\n"},
        {HEAD "recording_id ", "\n"},
    };
    char longer[1300];
    mode_t mode;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (timeline_kept(wrong[i][0], wrong[i][1], &mode).len > 0)
            fail_msg("kept: %s…%s", wrong[i][0], wrong[i][1]);
    }
    memset(longer, '\n', sizeof longer);
    memcpy(longer, "\nrate 48000", strlen("\nrate 48000"));
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(timeline_kept(HEAD "recording_id ", longer, &mode).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_tell_what_is_spoken),
        cmocka_unit_test(a_recording_goes_up_in_parts_and_is_told_of),
        cmocka_unit_test(the_file_is_there_when_the_last_part_is_answered),
        cmocka_unit_test(a_timeline_that_comes_along_lies_beside_the_recording),
        cmocka_unit_test(a_timeline_that_is_none_is_left_out),
        cmocka_unit_test(webm_opus_is_taken_as_well),
        cmocka_unit_test(a_part_is_not_bound_by_the_limit_of_other_bodies),
        cmocka_unit_test(an_upload_goes_on_after_a_broken_line),
        cmocka_unit_test(an_upload_goes_on_after_kill_9),
        cmocka_unit_test(a_wrong_offset_is_409_and_changes_nothing),
        cmocka_unit_test(a_part_of_another_content_type_is_415),
        cmocka_unit_test(another_version_of_tus_is_412),
        cmocka_unit_test(a_checksum_that_does_not_fit_is_460),
        cmocka_unit_test(an_upload_can_be_deleted),
        cmocka_unit_test(an_upload_that_is_finished_says_so_when_asked),
        cmocka_unit_test(all_of_it_is_there_only_when_it_is_finished),
        cmocka_unit_test(a_part_may_be_empty),
    };
    return cmocka_run_group_tests(tests, uploads_begin, group_end);
}
