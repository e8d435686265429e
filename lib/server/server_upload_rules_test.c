/* Who may upload what, and what is refused by its content (protocol, section 7). */
#include "server/tus_testing.h"

static const char *const quick[] = {"--countdown", "0.2", "--record", "manual", NULL};
static const struct bytes nothing;
static struct debate debate, over;

static int rules_begin(void **state)
{
    (void)state;
    server_start(quick);
    debate_begin(&debate, "rules", 2, 2, NULL);
    debate_begin(&over, "rules-over", 2, 2, NULL);
    debate_live(&debate);
    debate_live(&over);
    return 0;
}

static const char *recorded(struct debate *where, int who, bool is_over)
{
    struct socket *socket = where->seat[who];
    acked_(socket, "consent", "{\"recording\":true}");
    forget(socket);
    acked_(socket, "start_recording", "{}");
    const struct json *start = heard_at_last_(socket, "recording_started", PATIENCE_MS)->json;
    if (is_over)
        acked_(socket, "stop_recording", "{}");
    return shown(start, "data.recording_id");
}

static void an_unknown_recording_is_404_a_running_one_409(void **state)
{
    (void)state;
    const char *u1 = token("u1"), *running = recorded(&debate, 0, false);
    want_refusal(upload_created("r_nothing", u1, 100), 404, "not_found");
    want_refusal(upload_created("", u1, 100), 404, "not_found");
    want_refusal(upload_created("../../../etc/passwd", u1, 100), 404, "not_found");
    want_status(upload_created(running, u1, 100), 409);
    acked(debate.seat[0], "stop_recording", "{}");
    upload_new(running, u1, 100);
}

static void only_who_recorded_the_host_and_operators_may_upload(void **state)
{
    (void)state;
    const char *of_host = recorded(&debate, 0, true), *of_other = recorded(&debate, 1, true);
    want_refusal(upload_created(of_host, token("u2"), 100), 403, "forbidden");
    want_refusal(upload_created(of_other, token("stranger"), 100), 403, "forbidden");
    want_refusal(upload_created(of_other, token_for_room("u2", "elsewhere"), 100), 403,
                 "forbidden");
    want_refusal(upload_created(of_other, NULL, 100), 401, "bad_token");
    const char *path = upload_new(of_other, token("u2"), 100);
    want_status(tus("HEAD", path, token("stranger"), "", nothing), 403);
    want_status(tus("HEAD", path, NULL, "", nothing), 401);
    want_status(patch(path, token("stranger"), 0, part_of(speech(), 0, 50), ""), 403);
    want_status(tus("DELETE", path, token("stranger"), "", nothing), 403);
    want_offset(path, token("u2"), 0);
    want_offset(path, token("u1"), 0); /* the host */
    const char *boss = token_with_role("boss", "operator");
    struct bytes file = speech();
    path = upload_new(recorded(&debate, 1, true), boss, file.len);
    want_status(patch(path, boss, 0, file, ""), 204);
    path = upload_new(recorded(&debate, 1, true), token("u1"), file.len);
    want_status(patch(path, token("u1"), 0, file, ""), 204);
}

static struct answer created_with(const char *headers)
{
    return tus("POST", "/api/uploads", token("u1"), text("%sContent-Length: 0\r\n", headers),
               nothing);
}

static void a_creation_without_length_or_recording_is_refused(void **state)
{
    (void)state;
    const char *id = recorded(&debate, 0, true), *meta = metadata(id);
    want_status(created_with(meta), 400);
    want_status(created_with("Upload-Length: 100\r\n"), 400);
    want_status(created_with(text("Upload-Length: x\r\n%s", meta)), 400);
    want_status(created_with(text("Upload-Length: -1\r\n%s", meta)), 400);
    want_status(created_with("Upload-Length: 100\r\nUpload-Metadata: filename a2lt\r\n"), 400);
    want_status(created_with("Upload-Length: 100\r\nUpload-Metadata: recording_id !!!\r\n"), 400);
    want_status(created_with(text("Upload-Length: 536870913\r\n%s", meta)), 413);
    want_status(created_with(text("Upload-Length: 9999999999999\r\n%s", meta)), 413);
    const char *path = upload_new(id, token("u1"), 536870912);
    want_offset(path, token("u1"), 0);
    struct answer answer = tus("HEAD", path, token("u1"), "", nothing);
    assert_string_equal(header_of(&answer, "Upload-Length"), "536870912");
}

static void want_415(const char *what, struct bytes file, size_t first)
{
    const char *u1 = token("u1"), *id = recorded(&debate, 0, true);
    const char *path = upload_new_(id, u1, file.len);
    print_message("%s\n", what);
    struct answer answer = patch(path, u1, 0, part_of(file, 0, first), "");
    if (answer.status == 204 && first < file.len)
        answer = patch(path, u1, first, part_of(file, first, file.len), "");
    want_status_(answer, 415);
    want_types_(answer.json, "ss", "error.code error.message");
    want_gone_(path, u1);
    /* The recording itself can still be uploaded. */
    path = upload_new_(id, u1, speech().len);
    want_status_(patch(path, u1, 0, speech(), ""), 204);
}

static struct bytes changed(struct bytes file, const char *from, const char *to)
{
    char *copy = keep_zalloc(file.len);
    memcpy(copy, file.data, file.len);
    char *found = memmem(copy, file.len, from, strlen(from));
    assert_non_null(found);
    memcpy(found, to, strlen(to));
    return (struct bytes){copy, file.len};
}

static void what_is_no_opus_is_415_and_the_upload_gone(void **state)
{
    (void)state;
    struct bytes file = speech(), webm = webm_opus();
    const char *wave = text("RIFF%sWAVEfmt %s", "1234", many('x', 5000));
    here(__FILE__, __LINE__);
    want_415("text", (struct bytes){many('t', 5000), 5000}, 5000);
    want_415("text, in parts", (struct bytes){many('t', 5000), 5000}, 2500);
    want_415("one byte", (struct bytes){"O", 1}, 1);
    want_415("a wave file", (struct bytes){wave, strlen(wave)}, 1000);
    want_415("Ogg with something else in it", changed(file, "OpusHead", "SpeexHed"), file.len);
    want_415("WebM with something else in it", changed(webm, "A_OPUS", "A_VORB"), webm.len);
    want_415("Matroska with another name", changed(webm, "webm", "mkvx"), webm.len);
    want_415("Ogg's first bytes alone", part_of(file, 0, 20), 20);
    want_415("WebM's first bytes alone", part_of(webm, 0, 20), 10);
}

static void content_is_refused_as_soon_as_it_shows(void **state)
{
    (void)state;
    const char *u1 = token("u1");
    const char *path = upload_new(recorded(&debate, 0, true), u1, 10000000);
    want_status(patch(path, u1, 0, (struct bytes){many('t', 5000), 5000}, ""), 415);
    want_gone(path, u1);
}

static void two_uploads_of_one_recording_give_one_file(void **state)
{
    (void)state;
    struct bytes file = speech();
    const char *u1 = token("u1"), *id = recorded(&debate, 0, true);
    struct answer first = upload_created(id, u1, file.len);
    struct answer second = upload_created(id, u1, file.len);
    want_status(first, 201);
    const char *path = strstr(header_of(&first, "Location"), "/api/uploads/");
    assert_non_null(path);
    if (second.status == 201) {
        /* Whichever is there; the other is refused at its end. */
        const char *other = strstr(header_of(&second, "Location"), "/api/uploads/");
        assert_non_null(other);
        want_status(patch(other, u1, 0, file, ""), 204);
        struct answer late = patch(path, u1, 0, file, "");
        assert_in_range(late.status, 400, 499);
    } else {
        want_status(second, 409);
        want_status(patch(path, u1, 0, file, ""), 204);
    }
    assert_int_equal(log_count(log_whole(debate.session), "recording_uploaded") > 0, 1);
    want_status(upload_created(id, u1, file.len), 409);
}

static void after_the_end_uploads_go_on_to_the_log_alone(void **state)
{
    (void)state;
    struct bytes file = speech();
    const char *id = recorded(&over, 1, false), *u2 = token("u2");
    want_status(post(text("%s/end", session_path(&over)), token("u1"), "{}"), 200);
    want_close(over.seat[0], 1000);
    const char *path = upload_new(id, u2, file.len);
    want_status(patch(path, u2, 0, file, ""), 204);
    const struct json *event = log_last(log_whole(over.session), "recording_uploaded");
    want(event, "data.recording_id", id);
    want(event, "data.sha256", digest(HASH_SHA256, file, true));
    want(session_seen(&over), "phase", "ended");
    want(session_seen(&over), "recordings.0.sha256", digest(HASH_SHA256, file, true));
    want(session_seen(&over), "recordings.0.bytes", text("%zu", file.len));
}

static void an_upload_that_is_not_there_is_404(void **state)
{
    (void)state;
    const char *u1 = token("u1");
    static const char *const none[] = {"/api/uploads/nothing",
                                       "/api/uploads/u_AbCdEfGhIjKlMnOpQrStUv"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        want_status(tus("HEAD", none[i], u1, "", nothing), 404);
        want_refusal(patch(none[i], u1, 0, part_of(speech(), 0, 10), ""), 404, "not_found");
        want_refusal(tus("DELETE", none[i], u1, "", nothing), 404, "not_found");
    }
    /* No address of an upload at all. */
    want_status(http_with("HEAD", "/api/uploads/..%2f..%2fsecret", u1, TUS, NULL, 0), 404);
}

static void a_method_can_be_named_in_a_header(void **state)
{
    (void)state;
    struct bytes file = speech();
    const char *u1 = token("u1"), *path = upload_new(recorded(&debate, 0, true), u1, file.len);
    want_status(tus("POST", path, u1,
                    "X-HTTP-Method-Override: PATCH\r\nUpload-Offset: 0\r\n" OFFSET_TYPE,
                    part_of(file, 0, 100)),
                204);
    want_offset(path, u1, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_recording_is_404_a_running_one_409),
        cmocka_unit_test(only_who_recorded_the_host_and_operators_may_upload),
        cmocka_unit_test(a_creation_without_length_or_recording_is_refused),
        cmocka_unit_test(what_is_no_opus_is_415_and_the_upload_gone),
        cmocka_unit_test(content_is_refused_as_soon_as_it_shows),
        cmocka_unit_test(two_uploads_of_one_recording_give_one_file),
        cmocka_unit_test(after_the_end_uploads_go_on_to_the_log_alone),
        cmocka_unit_test(an_upload_that_is_not_there_is_404),
        cmocka_unit_test(a_method_can_be_named_in_a_header),
    };
    return cmocka_run_group_tests(tests, rules_begin, group_end);
}
