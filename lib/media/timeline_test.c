#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "media/recording.h"

static char folder[64], path[128];
static struct timeline timeline;

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/timeline-test-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/x.timeline", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static enum err read_bytes(const void *text, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
    return timeline_read(path, &timeline);
}

static enum err read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static const char whole[] = "debate-timeline 1\n"
                            "recording_id r_abc\n"
                            "started_at_ms 1763872345678\n"
                            "rate 48000\n"
                            "at 0 0\n"
                            "at 96000 2000012\n"
                            "gap 100800 48000\n"
                            "mood 3 good\n"
                            "at 192000 -4\n"
                            "end 240000 5000 -12.5 yes\n";

static void what_it_says_is_read(void **state)
{
    (void)state;
    assert_int_equal(read_text(whole), ERR_NONE);
    assert_string_equal(timeline.recording_id, "r_abc");
    assert_int_equal(timeline.started_at_ms, 1763872345678);
    assert_int_equal(timeline.rate_hz, 48000);
    assert_int_equal(timeline.checkpoint_count, 3);
    assert_int_equal(timeline.checkpoints[1].sample, 96000);
    assert_int_equal(timeline.checkpoints[1].clock_us, 2000012);
    assert_int_equal(timeline.checkpoints[2].clock_us, -4);
    assert_int_equal(timeline.gap_count, 1);
    assert_int_equal(timeline.gaps[0].sample, 100800);
    assert_int_equal(timeline.gaps[0].length, 48000);
    assert_true(timeline.ended && timeline.summary.complete);
    assert_int_equal(timeline.summary.samples, 240000);
    assert_int_equal(timeline.summary.duration_ms, 5000);
    assert_int_equal(timeline.summary.gaps, 1);
    assert_int_equal(timeline.summary.gap_samples, 48000);
    assert_true(fabs(timeline.summary.drift_ppm + 12.5) < 1e-9);
    timeline_release(&timeline);
    timeline_release(&timeline); /* of what is released already */
}

static void cut_off_anywhere_it_says_what_its_whole_lines_say(void **state)
{
    (void)state;
    size_t head = (size_t)(strstr(whole, "at 0") - whole), len = strlen(whole);
    for (size_t cut = 0; cut < len; cut++) {
        enum err e = read_bytes(whole, cut);
        assert_int_equal(e, cut < head ? ERR_CORRUPT : ERR_NONE);
        if (e)
            continue;
        size_t checkpoints = 0;
        for (const char *at = whole; (at = strstr(at, "\nat ")); at++)
            checkpoints += (size_t)((const char *)strchr(at + 1, '\n') - whole) < cut;
        assert_int_equal(timeline.checkpoint_count, checkpoints);
        assert_false(timeline.ended);
        timeline_release(&timeline);
    }
}

static void any_damaged_byte_is_survived(void **state)
{
    (void)state;
    size_t len = strlen(whole), refused = 0;
    for (size_t at = 0; at < len; at++) {
        for (int change = 1; change < 256; change += 9) {
            char hurt[sizeof whole];
            memcpy(hurt, whole, sizeof whole);
            hurt[at] = (char)(hurt[at] ^ change);
            enum err e = read_bytes(hurt, len);
            assert_true(e == ERR_NONE || e == ERR_CORRUPT);
            refused += e != ERR_NONE;
            if (e)
                continue;
            assert_true(isfinite(timeline.summary.drift_ppm));
            timeline_release(&timeline);
        }
    }
    assert_true(refused > 1000);
}

static void what_is_no_timeline_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "debate-timeline 1",
        "debate-timeline 2\nrecording_id x\nrate 48000\n",
        "debate-timeline 1\n",
        "debate-timeline 1\nrate 48000\n",
        "debate-timeline 1\nrecording_id x\n",
        "debate-timeline 1\nrecording_id x\nrate 0\n",
        "debate-timeline 1\nrecording_id x\nrecording_id y\nrate 48000\n",
        "debate-timeline 1\nrecording_id x\nrate 48000\nat x 0\n",
        "debate-timeline 1\nrecording_id x\nrate 48000\nat 0 99999999999999999999\n",
        "debate-timeline 1\nrecording_id x\nrate 48000\ngap -1 0\n",
        "debate-timeline 1\nrecording_id x\nrate 48000\nend 1 1 x yes\n",
        "debate-timeline 1\nrecording_id x\nrate 48000\nend 1 1 nan yes\n",
        "debate-timeline 1\nrecording_id x\nrate 48000\nend 1 1 inf yes\n",
        "debate-timeline 1\nrecording_id x\nrate 48000\nend 1 1 0 maybe\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (read_text(texts[i]) != ERR_CORRUPT)
            fail_msg("taken for a timeline: %s", texts[i]);
}

static void what_is_no_file_says_why(void **state)
{
    (void)state;
    errno = 0;
    assert_int_equal(timeline_read("/nonexistent/x", &timeline), ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(timeline_read(folder, &timeline), ERR_IO);
    assert_int_equal(errno, EISDIR);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(timeline_read(path, &timeline), ERR_IO);
    unlink(path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), (16 << 20) + 1), 0);
    fclose(file);
    assert_int_equal(timeline_read(path, &timeline), ERR_TOO_LARGE);
    unlink(path);
}

static void many_lines_are_all_kept(void **state)
{
    (void)state;
    static char text[200000];
    size_t len = (size_t)sprintf(text, "debate-timeline 1\nrecording_id r\nrate 48000\n");
    for (int n = 0; n < 3000; n++)
        len += (size_t)sprintf(text + len, "at %d %d\ngap %d 7\n", n, 2 * n, n);
    assert_int_equal(read_bytes(text, len), ERR_NONE);
    assert_int_equal(timeline.checkpoint_count, 3000);
    assert_int_equal(timeline.gap_count, 3000);
    for (int n = 0; n < 3000; n++) {
        assert_int_equal(timeline.checkpoints[n].sample, n);
        assert_int_equal(timeline.gaps[n].sample, n);
    }
    assert_int_equal(timeline.summary.gap_samples, 21000);
    timeline_release(&timeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_says_is_read),
        cmocka_unit_test(cut_off_anywhere_it_says_what_its_whole_lines_say),
        cmocka_unit_test(any_damaged_byte_is_survived),
        cmocka_unit_test(what_is_no_timeline_is_refused),
        cmocka_unit_test(what_is_no_file_says_why),
        cmocka_unit_test(many_lines_are_all_kept),
    };
    return cmocka_run_group_tests_name("timeline", tests, make_folder, remove_folder);
}
