#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/content_check.h"

enum { FILE_MAX = 4096, HEAD_PAGE_SIZE = 27 + 1 + 19 };

/* RFC 8794 and RFC 9559: the header, a segment of unknown size, info, and one audio track, as a
 * browser streams it. */
static const uint8_t webm[] = {
    0x1a, 0x45, 0xdf, 0xa3, 0x8b,                         /* EBML, 11 bytes */
    0x42, 0x86, 0x81, 0x01,                               /* EBMLVersion 1 */
    0x42, 0x82, 0x84, 'w',  'e',  'b',  'm',              /* DocType */
    0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, /* Segment, unknown size */
    0xff, 0xff, 0xff,                                     /* */
    0x15, 0x49, 0xa9, 0x66, 0x83, 0xec, 0x81, 0x00,       /* Info with a Void in it */
    0x16, 0x54, 0xae, 0x6b, 0x8d,                         /* Tracks, 13 bytes */
    0xae, 0x8b,                                           /* TrackEntry, 11 bytes */
    0x83, 0x81, 0x02,                                     /* TrackType audio */
    0x86, 0x86, 'A',  '_',  'O',  'P',  'U',  'S',        /* CodecID */
    0x1f, 0x43, 0xb6, 0x75, 0xff, 0xa3, 0x81, 0x00,       /* Cluster, then sound */
};
enum {
    WEBM_DOC_TYPE_AT = 12,
    WEBM_TRACKS_AT = 36,
    WEBM_TYPE_AT = 45,
    WEBM_CODEC_AT = 48,
    WEBM_TRACKS_END = 54
};

struct sample {
    size_t len;
    uint8_t bytes[FILE_MAX];
};

static int load_ogg(void **state)
{
    struct sample *sample = calloc(1, sizeof *sample);
    FILE *file = fopen("testdata/corpus/content_check/silence.opus", "rb");
    if (!sample || !file)
        return -1;
    sample->len = fread(sample->bytes, 1, sizeof sample->bytes, file);
    fclose(file);
    *state = sample;
    return sample->len > HEAD_PAGE_SIZE ? 0 : -1;
}

static int load_webm(void **state)
{
    struct sample *sample = calloc(1, sizeof *sample);
    if (!sample)
        return -1;
    memcpy(sample->bytes, webm, sizeof webm);
    sample->len = sizeof webm;
    *state = sample;
    return 0;
}

static int release(void **state)
{
    free(*state);
    return 0;
}

/* Copied to an allocation of its own length, so that a sanitizer sees a read beyond it. */
static enum content check(const uint8_t *bytes, size_t len, bool is_complete)
{
    uint8_t *exact = malloc(len ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    enum content content = content_check(exact, len, is_complete);
    free(exact);
    return content;
}

static void every_prefix_is(const struct sample *sample, size_t told_at, enum content kind)
{
    for (size_t len = 0; len <= sample->len; len++) {
        assert_int_equal(check(sample->bytes, len, false),
                         len < told_at ? CONTENT_UNDECIDED : kind);
        assert_int_equal(check(sample->bytes, len, true), len < told_at ? CONTENT_OTHER : kind);
    }
}

static void ogg_opus_is_told_by_its_first_page(void **state)
{
    every_prefix_is(*state, HEAD_PAGE_SIZE, CONTENT_OGG_OPUS);
}

static void webm_opus_is_told_by_its_tracks(void **state)
{
    every_prefix_is(*state, WEBM_TRACKS_END, CONTENT_WEBM_OPUS);
}

static void nothing_is_not_a_recording(void **state)
{
    (void)state;
    assert_int_equal(content_check(NULL, 0, false), CONTENT_UNDECIDED);
    assert_int_equal(content_check(NULL, 0, true), CONTENT_OTHER);
}

static void the_first_foreign_byte_tells(void **state)
{
    (void)state;
    static const char *const foreign[] = {"R",        "OP",  "OggT",     "OggS\1",
                                          "\x1a\x46", "ID3", "\xff\xfb", "{"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        assert_int_equal(check((const uint8_t *)foreign[i], strlen(foreign[i]), false),
                         CONTENT_OTHER);
}

static void expect_other_when(const struct sample *sample, size_t at, uint8_t value)
{
    struct sample changed = *sample;
    assert_int_not_equal(changed.bytes[at], value);
    changed.bytes[at] = value;
    assert_int_equal(check(changed.bytes, changed.len, false), CONTENT_OTHER);
}

/* Offsets: RFC 3533 section 6, RFC 7845 section 5.1. */
static void an_ogg_of_another_codec_or_a_damaged_one_is_refused(void **state)
{
    expect_other_when(*state, 4, 1);         /* stream structure version */
    expect_other_when(*state, 5, 0);         /* not the first page */
    expect_other_when(*state, 22, 0);        /* CRC */
    expect_other_when(*state, 28, 'S');      /* "SpusHead" */
    expect_other_when(*state, 28 + 8, 0x11); /* major version 1 */
    expect_other_when(*state, 28 + 9, 3);    /* channels */
    expect_other_when(*state, 28 + 10, 1);   /* the pre-skip does not fit the CRC */
}

static void a_webm_with_video_or_another_codec_is_refused(void **state)
{
    expect_other_when(*state, WEBM_DOC_TYPE_AT, 'm');
    expect_other_when(*state, WEBM_TYPE_AT, 1);
    expect_other_when(*state, WEBM_TYPE_AT, 17); /* subtitles */
    expect_other_when(*state, WEBM_CODEC_AT, 'V');
    /* A second track, of video, of 5 bytes. */
    struct sample both = *(struct sample *)*state;
    both.bytes[WEBM_TRACKS_AT + 4] += 5;
    memcpy(both.bytes + WEBM_TRACKS_END, "\xae\x83\x83\x81\x02", 5);
    assert_int_equal(check(both.bytes, both.len, false), CONTENT_WEBM_OPUS);
    both.bytes[WEBM_TRACKS_END + 4] = 1;
    assert_int_equal(check(both.bytes, both.len, false), CONTENT_OTHER);
    /* An empty Cluster, then the tracks. */
    struct sample late = *(struct sample *)*state;
    memmove(late.bytes + WEBM_TRACKS_AT + 5, late.bytes + WEBM_TRACKS_AT, WEBM_TRACKS_END);
    memcpy(late.bytes + WEBM_TRACKS_AT, "\x1f\x43\xb6\x75\x80", 5);
    assert_int_equal(check(late.bytes, late.len, false), CONTENT_OTHER);
}

static void a_webm_that_hides_its_tracks_is_refused_at_the_bound(void **state)
{
    (void)state;
    static uint8_t file[CONTENT_CHECK_BYTES + 10];
    enum { INFO_AT = 28 };
    memcpy(file, webm, INFO_AT);
    /* One Void of 2 bytes after another. */
    for (size_t i = INFO_AT; i + 2 <= sizeof file; i += 2)
        memcpy(file + i, "\xec\x80", 2);
    assert_int_equal(check(file, CONTENT_CHECK_BYTES - 1, false), CONTENT_UNDECIDED);
    assert_int_equal(check(file, CONTENT_CHECK_BYTES, false), CONTENT_OTHER);
    assert_int_equal(check(file, sizeof file, false), CONTENT_OTHER);
}

/* Whatever comes: a decision once made stays, and at the end there is one. */
static void damage_neither_crashes_nor_changes_a_decision(void **state)
{
    const struct sample *sample = *state;
    unsigned seed = 1;
    for (int round = 0; round < 3000; round++) {
        struct sample changed = *sample;
        for (int i = rand_r(&seed) % 4; i >= 0; i--)
            changed.bytes[(size_t)rand_r(&seed) % 80] = (uint8_t)rand_r(&seed);
        enum content before = CONTENT_UNDECIDED;
        for (size_t len = 0; len <= 80 && len <= sample->len; len++) {
            enum content now = check(changed.bytes, len, false);
            assert_true(before == CONTENT_UNDECIDED || now == before);
            enum content end = check(changed.bytes, len, true);
            assert_int_not_equal(end, CONTENT_UNDECIDED);
            assert_true(now == CONTENT_UNDECIDED || now == end);
            before = now;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ogg_opus_is_told_by_its_first_page, load_ogg, release),
        cmocka_unit_test_setup_teardown(webm_opus_is_told_by_its_tracks, load_webm, release),
        cmocka_unit_test(nothing_is_not_a_recording),
        cmocka_unit_test(the_first_foreign_byte_tells),
        cmocka_unit_test_setup_teardown(an_ogg_of_another_codec_or_a_damaged_one_is_refused,
                                        load_ogg, release),
        cmocka_unit_test_setup_teardown(a_webm_with_video_or_another_codec_is_refused, load_webm,
                                        release),
        cmocka_unit_test(a_webm_that_hides_its_tracks_is_refused_at_the_bound),
        cmocka_unit_test_setup_teardown(damage_neither_crashes_nor_changes_a_decision, load_ogg,
                                        release),
        cmocka_unit_test_setup_teardown(damage_neither_crashes_nor_changes_a_decision, load_webm,
                                        release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
