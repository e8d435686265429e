#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "store/store_testing.h"
#include "store/uploads.h"

/* FIPS 180-2, appendix B.1: SHA-256 of "abc". */
static const char abc_sha256[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char abc_path[] = "recordings/s_0123456789012345678901/p1-1.opus";

static struct uploads *open_at(const char *dir)
{
    struct uploads *uploads = NULL;
    assert_int_equal(uploads_open(dir, &uploads), ERR_NONE);
    return uploads;
}

static struct upload *create(struct uploads *uploads, uint64_t length)
{
    struct upload upload = {.session_id = "s_0123456789012345678901",
                            .recording_id = "r_1",
                            .user = "line\nbreak = \xed\x95\x9c",
                            .length = length,
                            .expires_ms = 5000,
                            .metadata = "recording_id cl8x,filename YQ=="};
    strcpy(upload.path, abc_path);
    assert_int_equal(uploads_create(uploads, &upload), ERR_NONE);
    assert_int_equal(strlen(upload.id), 22);
    struct upload *found = uploads_find(uploads, upload.id);
    assert_non_null(found);
    assert_int_equal(found->offset, 0);
    return found;
}

static size_t read_file(const char *dir, const char *path, char *out, size_t size)
{
    char full[4300];
    snprintf(full, sizeof full, "%s/%s", dir, path);
    FILE *file = fopen(full, "rb");
    assert_non_null(file);
    size_t len = fread(out, 1, size, file);
    fclose(file);
    return len;
}

static enum err finish(struct uploads *uploads, struct upload *upload,
                       char sha256[SHA256_TEXT_SIZE])
{
    enum err e = uploads_finish_files(uploads, upload, sha256);
    if (e == ERR_NONE)
        uploads_finished(uploads, upload);
    return e;
}

static void expect_mode(const char *dir, const char *path, mode_t mode)
{
    char full[4300];
    struct stat st;
    snprintf(full, sizeof full, "%s/%s", dir, path);
    assert_int_equal(stat(full, &st), 0);
    assert_int_equal(st.st_mode & 0777, mode);
}

static bool exists(const char *dir, const char *path)
{
    char full[4300];
    snprintf(full, sizeof full, "%s/%s", dir, path);
    return access(full, F_OK) == 0;
}

static void a_finished_upload_is_digested_and_under_its_final_name(void **state)
{
    mode_t mask = umask(0); /* the modes don't hang on it */
    struct uploads *uploads = open_at(*state);
    struct upload *upload = create(uploads, 3);
    char sha256[SHA256_TEXT_SIZE], bytes[8], id[32], info[48];
    strcpy(id, upload->id);
    snprintf(info, sizeof info, "uploads/%s.info", id);
    expect_mode(*state, info, 0600);
    assert_int_equal(uploads_write(uploads, upload, "a", 1), ERR_NONE);
    assert_int_equal(finish(uploads, upload, sha256), ERR_CONFLICT);
    assert_int_equal(uploads_write(uploads, upload, "bcd", 3), ERR_TOO_LARGE);
    assert_int_equal(uploads_write(uploads, upload, "bc", 2), ERR_NONE);
    assert_int_equal(finish(uploads, upload, sha256), ERR_NONE);
    assert_string_equal(sha256, abc_sha256);
    assert_int_equal(read_file(*state, abc_path, bytes, sizeof bytes), 3);
    assert_memory_equal(bytes, "abc", 3);
    expect_mode(*state, abc_path, 0600);
    expect_mode(*state, "recordings", 0700);
    expect_mode(*state, "uploads", 0700);
    assert_null(uploads_find(uploads, id));
    assert_int_equal(uploads_count(uploads), 0);
    assert_false(exists(*state, info));
    uploads_close(uploads);
    umask(mask);
}

static void what_could_not_be_finished_asks_for_its_last_byte(void **state)
{
    struct uploads *uploads = open_at(*state);
    struct upload *upload = create(uploads, 3);
    char sha256[SHA256_TEXT_SIZE], id[32];
    strcpy(id, upload->id);
    assert_int_equal(uploads_write(uploads, upload, "abc", 3), ERR_NONE);
    uploads_reopen(upload);
    assert_int_equal(upload->offset, 2);
    assert_int_equal(uploads_write(uploads, upload, "c", 1), ERR_NONE);
    uploads_close(uploads);

    uploads = open_at(*state);
    upload = uploads_find(uploads, id);
    assert_non_null(upload);
    assert_int_equal(upload->offset, 2);
    assert_int_equal(uploads_write(uploads, upload, "c", 1), ERR_NONE);
    assert_int_equal(finish(uploads, upload, sha256), ERR_NONE);
    assert_string_equal(sha256, abc_sha256);
    uploads_close(uploads);
}

static void what_is_on_its_way_in_is_counted_as_long_as_it_will_be(void **state)
{
    struct uploads *uploads = open_at(*state);
    char sha256[SHA256_TEXT_SIZE], id[sizeof((struct upload *)0)->id];
    assert_int_equal(uploads_bytes(uploads), 0);
    struct upload *upload = create(uploads, 3), *more = create(uploads, 500);
    assert_int_equal(uploads_bytes(uploads), 503);
    assert_int_equal(uploads_put_timeline(uploads, more, "debate-timeline 1\n"), ERR_NONE);
    assert_int_equal(uploads_bytes(uploads), 521);
    assert_int_equal(uploads_count_user(uploads, upload->user), 2);
    assert_int_equal(uploads_count_user(uploads, "somebody"), 0);
    assert_int_equal(uploads_write(uploads, upload, "abc", 3), ERR_NONE);
    assert_int_equal(finish(uploads, upload, sha256), ERR_NONE);
    assert_int_equal(uploads_bytes(uploads), 518);
    snprintf(id, sizeof id, "%s", more->id);
    uploads_close(uploads);

    uploads = open_at(*state);
    assert_int_equal(uploads_bytes(uploads), 518);
    uploads_remove(uploads, uploads_find(uploads, id));
    assert_int_equal(uploads_bytes(uploads), 0);
    uploads_close(uploads);
}

static void an_upload_goes_on_after_a_restart(void **state)
{
    struct uploads *uploads = open_at(*state);
    struct upload before = *create(uploads, 3);
    char sha256[SHA256_TEXT_SIZE];
    assert_int_equal(uploads_write(uploads, uploads_find(uploads, before.id), "ab", 2), ERR_NONE);
    uploads_close(uploads);

    uploads = open_at(*state);
    struct upload *upload = uploads_find(uploads, before.id);
    assert_non_null(upload);
    assert_ptr_equal(uploads_find_recording(uploads, "r_1"), upload);
    assert_null(uploads_find_recording(uploads, "r_2"));
    assert_int_equal(upload->offset, 2);
    assert_int_equal(upload->length, 3);
    assert_int_equal(upload->expires_ms, before.expires_ms);
    assert_string_equal(upload->user, before.user);
    assert_string_equal(upload->path, before.path);
    assert_string_equal(upload->session_id, before.session_id);
    assert_string_equal(upload->metadata, before.metadata);
    assert_int_equal(uploads_write(uploads, upload, "c", 1), ERR_NONE);
    assert_int_equal(finish(uploads, upload, sha256), ERR_NONE);
    assert_string_equal(sha256, abc_sha256);
    uploads_close(uploads);
}

static void what_is_cut_off_does_not_count_in_the_digest(void **state)
{
    struct uploads *uploads = open_at(*state);
    struct upload *upload = create(uploads, 3);
    char sha256[SHA256_TEXT_SIZE];
    assert_int_equal(uploads_write(uploads, upload, "aXX", 3), ERR_NONE);
    assert_int_equal(uploads_truncate(uploads, upload, 1), ERR_NONE);
    assert_int_equal(upload->offset, 1);
    assert_int_equal(uploads_write(uploads, upload, "bc", 2), ERR_NONE);
    assert_int_equal(finish(uploads, upload, sha256), ERR_NONE);
    assert_string_equal(sha256, abc_sha256);
    uploads_close(uploads);
}

static void what_was_half_made_is_removed_and_foreign_files_stay(void **state)
{
    static const char *const names[] = {
        "uploads/0123456789012345678901",      /* bytes without info */
        "uploads/0123456789012345678902.info", /* info without bytes */
        "uploads/0123456789012345678903.tmp", "uploads/notes.txt"};
    struct uploads *uploads = open_at(*state);
    uploads_close(uploads);
    for (size_t i = 0; i < 4; i++) {
        char full[4300];
        snprintf(full, sizeof full, "%s/%s", (char *)*state, names[i]);
        FILE *file = fopen(full, "w");
        assert_non_null(file);
        fputs("session_id=s\n", file);
        fclose(file);
    }
    uploads = open_at(*state);
    assert_int_equal(uploads_count(uploads), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(exists(*state, names[i]), i == 3);
    uploads_close(uploads);
}

static void an_upload_does_not_expire_while_it_is_busy(void **state)
{
    struct uploads *uploads = open_at(*state);
    struct upload *upload = create(uploads, 3);
    upload->is_busy = true;
    uploads_expire(uploads, 5001);
    assert_int_equal(uploads_count(uploads), 1);
    assert_int_equal(uploads_write(uploads, upload, "abc", 3), ERR_NONE);
    upload->is_busy = false;
    uploads_expire(uploads, 5001);
    assert_int_equal(uploads_count(uploads), 0);
    uploads_close(uploads);
}

static void an_upload_that_expired_is_gone(void **state)
{
    struct uploads *uploads = open_at(*state);
    char path[48], id[32];
    struct upload *upload = create(uploads, 3);
    strcpy(id, upload->id);
    snprintf(path, sizeof path, "uploads/%s", id);
    uploads_expire(uploads, 5000);
    assert_ptr_equal(uploads_find(uploads, id), upload);
    uploads_expire(uploads, 5001);
    assert_null(uploads_find(uploads, id));
    assert_false(exists(*state, path));
    struct upload *other = create(uploads, 3);
    uploads_remove(uploads, other);
    assert_int_equal(uploads_count(uploads), 0);
    uploads_close(uploads);
    uploads = open_at(*state);
    assert_int_equal(uploads_count(uploads), 0);
    uploads_close(uploads);
}

static void a_path_never_leaves_the_recordings(void **state)
{
    static const char *const paths[] = {
        "",
        "/etc/passwd",
        "recordings/p1.opus",
        "recordings/../p1.opus",
        "recordings/s_1/../../p1.opus",
        "recordings/s_1/..",
        "recordings/s_1/",
        "recordings//p1.opus",
        "recordings/s_1/x/p1.opus",
        "recordings/s_1/p 1.opus",
        "recordings/s_1/.hidden",
        "uploads/s_1/p1.opus",
    };
    struct uploads *uploads = open_at(*state);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct upload upload = {.length = 1};
        strcpy(upload.path, paths[i]);
        assert_int_equal(uploads_create(uploads, &upload), ERR_BAD_REQUEST);
    }
    struct upload upload = {.length = 1, .metadata = "a\nuser=x"};
    strcpy(upload.path, abc_path);
    assert_int_equal(uploads_create(uploads, &upload), ERR_BAD_REQUEST);
    uploads_close(uploads);
}

static void a_link_in_the_way_is_not_followed(void **state)
{
    char link[4300], outside[4300], sha256[SHA256_TEXT_SIZE];
    snprintf(link, sizeof link, "%s/recordings", (char *)*state);
    snprintf(outside, sizeof outside, "%s/outside", (char *)*state);
    assert_int_equal(mkdir(outside, 0700), 0);
    assert_int_equal(symlink(outside, link), 0);
    struct uploads *uploads = open_at(*state);
    struct upload *upload = create(uploads, 3);
    assert_int_equal(uploads_write(uploads, upload, "abc", 3), ERR_NONE);
    assert_int_equal(finish(uploads, upload, sha256), ERR_IO);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(finish(uploads, upload, sha256), ERR_NONE);
    assert_string_equal(sha256, abc_sha256);
    uploads_close(uploads);
}

static void content_that_is_no_recording_is_refused_as_soon_as_it_shows(void **state)
{
    struct uploads *uploads = open_at(*state);
    struct upload *upload = create(uploads, 100);
    assert_int_equal(uploads_check_content(uploads, upload), ERR_NONE);
    assert_int_equal(uploads_write(uploads, upload, "Og", 2), ERR_NONE);
    assert_int_equal(uploads_check_content(uploads, upload), ERR_NONE);
    assert_int_equal(uploads_write(uploads, upload, "re", 2), ERR_NONE);
    assert_int_equal(uploads_check_content(uploads, upload), ERR_UNSUPPORTED_MEDIA);
    assert_int_equal(uploads_truncate(uploads, upload, 2), ERR_NONE);
    assert_int_equal(uploads_check_content(uploads, upload), ERR_NONE);
    struct upload *empty = create(uploads, 0);
    assert_int_equal(uploads_check_content(uploads, empty), ERR_UNSUPPORTED_MEDIA);
    uploads_close(uploads);
}

static void on_a_full_disk_what_was_written_counts(void **state)
{
    struct rlimit old, tight;
    struct uploads *uploads = open_at(*state);
    struct upload *upload = create(uploads, 3);
    char sha256[SHA256_TEXT_SIZE];
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    tight = old;
    tight.rlim_cur = 2;
    setrlimit(RLIMIT_FSIZE, &tight);
    enum err e = uploads_write(uploads, upload, "abc", 3);
    int error = errno;
    struct upload other = *upload;
    enum err created = uploads_create(uploads, &other);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(e, ERR_IO);
    assert_int_equal(error, EFBIG);
    assert_int_equal(upload->offset, 2);
    assert_int_equal(created, ERR_IO);
    assert_int_equal(uploads_count(uploads), 1);
    assert_int_equal(uploads_write(uploads, upload, "c", 1), ERR_NONE);
    assert_int_equal(finish(uploads, upload, sha256), ERR_NONE);
    assert_string_equal(sha256, abc_sha256);
    uploads_close(uploads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_finished_upload_is_digested_and_under_its_final_name,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(what_could_not_be_finished_asks_for_its_last_byte, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(what_is_on_its_way_in_is_counted_as_long_as_it_will_be,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(an_upload_goes_on_after_a_restart, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(what_is_cut_off_does_not_count_in_the_digest, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(what_was_half_made_is_removed_and_foreign_files_stay,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(an_upload_does_not_expire_while_it_is_busy, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(an_upload_that_expired_is_gone, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_path_never_leaves_the_recordings, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_link_in_the_way_is_not_followed, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(content_that_is_no_recording_is_refused_as_soon_as_it_shows,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(on_a_full_disk_what_was_written_counts, make_dir,
                                        remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
