/* What each format makes of a debate, read back; hostile names and words among them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <unistd.h>

#include "analysis/report_testing.h"
#include "base/mem_testing.h"
#include "base/str.h"
#include "proto/json_reader.h"

static size_t count(const char *text, const char *part)
{
    size_t found = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        found++;
    return found;
}

/* ---- the page ---- */

enum { NAME_SIZE = 32, DEPTH = 64 };

/* Every element is closed by its own end, in order; void ones have none. */
static void assert_balanced(const char *html)
{
    static const char *const voids[] = {"meta", "br"};
    char open[DEPTH][NAME_SIZE];
    size_t depth = 0;
    for (const char *at = strchr(html, '<'); at; at = strchr(at + 1, '<')) {
        char name[NAME_SIZE] = "";
        bool is_end = at[1] == '/', is_void = at[1] == '!';
        sscanf(at + 1 + is_end, "%31[a-z0-9]", name);
        const char *close = strchr(at, '>');
        assert_non_null(close);
        for (size_t i = 0; i < 2; i++)
            is_void = is_void || strcmp(voids[i], name) == 0;
        assert_true(is_void || name[0]);
        if (is_void || close[-1] == '/')
            continue;
        if (is_end) {
            assert_true(depth > 0);
            assert_string_equal(open[--depth], name);
            continue;
        }
        assert_true(depth < DEPTH);
        memcpy(open[depth++], name, NAME_SIZE);
        if (strcmp(name, "style") == 0 || strcmp(name, "script") == 0) {
            at = strstr(at, "</") - 1; /* no markup within */
            assert_non_null(at);
        }
    }
    assert_int_equal(depth, 0);
}

static void a_page_is_whole_whoever_is_in_it(void **state)
{
    static const struct {
        size_t people, turns, choices;
        double minutes;
    } sizes[] = {{1, 0, 0, 0.2}, {1, 1, 1, 1}, {3, 60, 9, 12}, {8, 3000, 32, 180}};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct sample *sample =
            sample_new(sizes[i].people, sizes[i].minutes, sizes[i].turns, sizes[i].choices);
        for (int lang = LANG_EN; lang <= LANG_KO; lang++) {
            sample->report.lang = (enum lang)lang;
            char *html = sample_write(sample, REPORT_HTML);
            assert_balanced(html);
            assert_null(strstr(html, "{1}"));
            assert_null(strstr(html, "nan"));
            free(html);
        }
        free(sample);
    }
}

/* A minute is drawn in six rows of 10 s, and so is one that ended a little later. */
static void the_end_of_a_row_begins_no_other(void **state)
{
    static const struct {
        int64_t end_ms;
        size_t rows;
    } lengths[] = {{60000, 6}, {60030, 6}, {60500, 7}, {30, 1}, {0, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct sample *sample = sample_new(2, 1, 0, 1);
        sample->debate.end_ms = sample->choices[0].at_ms = lengths[i].end_ms;
        char *html = sample_write(sample, REPORT_HTML);
        assert_int_equal(count(html, "<svg viewBox=\"0 0 760 "), lengths[i].rows);
        assert_int_equal(count(html, "<path class=\"choice\""), 1);
        free(html);
        free(sample);
    }
}

static void a_file_with_another_digest_is_told_of(void **state)
{
    struct sample *sample = sample_new(3, 12, 60, 9);
    (void)state;
    sample->report.lang = LANG_EN;
    char *html = sample_write(sample, REPORT_HTML);
    assert_int_equal(count(html, "own digest is another"), 1);
    assert_int_equal(count(html, "not the one that was uploaded"), 1);
    free(html);
    free(sample);
}

static void what_others_wrote_stays_text(void **state)
{
    struct sample *sample = sample_new(3, 12, 60, 9);
    (void)state;
    char *html = sample_write(sample, REPORT_HTML);
    assert_int_equal(count(html, "<script"), 1); /* the page's own */
    assert_null(strstr(html, "<b>\""));
    assert_null(strstr(html, "<home>"));
    assert_null(strstr(html, "<little>"));
    assert_null(strstr(html, "<i>claims"));
    assert_non_null(strstr(html, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    free(html);
    char *text = sample_write(sample, REPORT_MARKDOWN);
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "](javascript"));
    free(text);
    free(sample);
}

static void the_page_asks_for_nothing_from_elsewhere(void **state)
{
    struct sample *sample = sample_new(3, 12, 60, 9);
    (void)state;
    char *html = sample_write(sample, REPORT_HTML);
    assert_non_null(strstr(html, "default-src 'none'"));
    assert_int_equal(count(html, "href=\""), count(html, "href=\"#"));
    assert_int_equal(count(html, "src=\""), 0);
    assert_null(strstr(html, "http://"));
    assert_null(strstr(html, "https://"));
    assert_null(strstr(html, "url("));
    free(html);
    free(sample);
}

static void every_link_leads_somewhere(void **state)
{
    struct sample *sample = sample_new(3, 12, 60, 9);
    (void)state;
    char *html = sample_write(sample, REPORT_HTML), id[NAME_SIZE + 8], name[NAME_SIZE];
    for (const char *at = html; (at = strstr(at, "href=\"#")); at++) {
        assert_int_equal(sscanf(at, "href=\"#%31[a-z0-9]\"", name), 1);
        snprintf(id, sizeof id, " id=\"%s\"", name);
        if (!strstr(html, id))
            fail_msg("no %s", id);
    }
    free(html);
    free(sample);
}

static void the_page_says_what_is_missing_and_why(void **state)
{
    struct sample *sample = sample_new(2, 12, 10, 1);
    (void)state;
    sample->transcript.missing = "nobody here understands Korean";
    sample->report.findings = NULL;
    char *html = sample_write(sample, REPORT_HTML);
    assert_non_null(strstr(html, "it never came: gone &lt;home&gt;"));
    assert_int_equal(count(html, "nobody here understands Korean"), 2);
    assert_int_equal(count(html, "class=\"turn "), 0);
    assert_non_null(strstr(html, "<rect class=\"c1\""));
    free(html);
    free(sample);
}

/* Of three, the first left for a while and took consent back, the third never agreed and was not
 * recorded: each is said, of these people alone. */
static void the_report_says_who_was_away_and_who_did_not_agree(void **state)
{
    struct debate_absence absences[] = {{1, 60000, 95000}};
    struct sample *sample = sample_new(3, 12, 10, 1);
    (void)state;
    sample->debate.recording_count = sample->report.track_count = 2;
    sample->debate.absences = absences;
    sample->debate.absence_count = 1;
    sample->people[0].agreed = sample->people[1].agreed = sample->people[0].withdrew = true;
    sample->people[0].withdrew_ms = 125000;
    sample->people[2].nickname = "Park";
    char *html = sample_write(sample, REPORT_HTML);
    assert_int_equal(count(html, "<li>Kim was away from 1:00 to 1:35.</li>"), 1);
    assert_int_equal(count(html, "<rect class=\"away\""), 1);
    assert_int_equal(count(html, "<li>Kim took back the consent to be recorded at 2:05.</li>"), 1);
    assert_int_equal(count(html, "they had not agreed"), 1);
    assert_non_null(
        strstr(html, "<li>The voice of Park: they had not agreed to be recorded.</li>"));
    free(html);
    char *json = sample_write(sample, REPORT_JSON);
    assert_non_null(strstr(json, "\"agreed\":true,\"withdrew_ms\":125000,"
                                 "\"away\":[{\"from_ms\":60000,\"to_ms\":95000}]"));
    assert_non_null(strstr(json, "\"agreed\":false,\"withdrew_ms\":null,\"away\":[]"));
    free(json);
    sample->people[2].agreed = true;
    html = sample_write(sample, REPORT_HTML);
    assert_non_null(strstr(html, "The voice of Park: they had agreed to be recorded, but"));
    free(html);
    free(sample);
}

/* Of three recordings of 12 minutes one ends 47 s early, one 0.9 s, and one not at all. */
static void a_recording_that_ends_before_its_time_is_told_of(void **state)
{
    struct sample *sample = sample_new(3, 12, 10, 1);
    (void)state;
    sample->tracks[0].missing = sample->tracks[1].missing = NULL;
    sample->tracks[0].samples -= 47000 * 48;
    sample->tracks[1].samples -= 900 * 48;
    char *html = sample_write(sample, REPORT_HTML);
    assert_int_equal(count(html, "shorter than the log"), 1);
    assert_non_null(strstr(html, "<li>47.0 s of the recording of Kim: the file is so much"));
    free(html);
    free(sample);
}

/* Without any sound nobody can say that it was silent. */
static void silence_is_not_told_of_whom_nobody_heard(void **state)
{
    static const enum report_format formats[] = {REPORT_HTML, REPORT_MARKDOWN};
    struct sample *sample = sample_new(3, 12, 0, 0);
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char *text = sample_write(sample, formats[i]);
        assert_non_null(strstr(text, "Of those who were recorded, nobody spoke for 1 min 1 s"));
        free(text);
    }
    for (size_t i = 0; i < 3; i++)
        sample->person[i].heard = false;
    for (size_t i = 0; i < 2; i++) {
        char *text = sample_write(sample, formats[i]);
        assert_null(strstr(text, "nobody spoke for"));
        assert_null(strstr(text, "No speech was found"));
        assert_non_null(strstr(text, "nothing is known of who spoke"));
        free(text);
    }
    char *json = sample_write(sample, REPORT_JSON);
    assert_non_null(strstr(json, "\"silence_ms\":null,\"overlap_ms\":null"));
    free(json);
    free(sample);
}

/* A turn of 10 s in which somebody chooses after 4 s: what comes later did not move them. */
static void only_what_was_said_before_a_choice_stands_with_it(void **state)
{
    static const struct word words[] = {
        {1000, 1400, "the"}, {2000, 3500, "desk,"}, {3900, 4300, "the"}, {5000, 11000, "money"}};
    struct sample *sample = sample_new(2, 12, 1, 1);
    (void)state;
    sample->choices[0].at_ms = 5000; /* as "money" begins */
    sample->turns[0].from_ms = 1000;
    sample->turns[0].to_ms = 11000;
    sample->turns[0].text = "the desk, the money";
    sample->turns[0].words = words;
    sample->turns[0].word_count = 4;
    char *html = sample_write(sample, REPORT_HTML);
    assert_int_equal(count(html, "</b> the desk, the …</li>"), 1);
    assert_int_equal(count(html, "<p>the desk, the money</p>"), 1); /* in the transcript */
    free(html);
    sample->turns[0].word_count = 0; /* an engine that tells no words' times */
    html = sample_write(sample, REPORT_HTML);
    assert_non_null(strstr(html, "the desk, the money <span class=\"quiet\">(ended after"));
    free(html);
    sample->choices[0].at_ms = 11000;
    html = sample_write(sample, REPORT_HTML);
    assert_non_null(strstr(html, "</b> the desk, the money</li>"));
    free(html);
    free(sample);
}

/* Otherwise a browser draws "שלום 1.1 s" as "1.1 שלום s" (UAX #9). */
static void what_runs_from_right_to_left_keeps_to_itself(void **state)
{
    static const char *const names[] = {"שלום", "سلام", "Kim \xe2\x80\xae reversed",
                                        "\xef\xad\x8f"};
    struct sample *sample = sample_new(2, 12, 1, 0);
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char isolated[64];
        sample->people[0].nickname = names[i];
        snprintf(isolated, sizeof isolated, "\xe2\x81\xa8%s\xe2\x81\xa9", names[i]);
        char *html = sample_write(sample, REPORT_HTML);
        assert_true(count(html, names[i]) > 3);
        assert_int_equal(count(html, isolated), count(html, names[i]));
        free(html);
        char *csv = sample_write(sample, REPORT_CSV);
        assert_int_equal(count(csv, isolated), 0);
        free(csv);
    }
    sample->people[0].nickname = "Kim – “김철수” 😀 Ελλάς";
    char *html = sample_write(sample, REPORT_HTML);
    assert_int_equal(count(html, "\xe2\x81\xa8"), 0);
    free(html);
    free(sample);
}

static void a_report_says_why_in_its_language(void **state)
{
    static const enum report_format formats[] = {REPORT_HTML, REPORT_MARKDOWN};
    struct sample *sample = sample_new(2, 12, 10, 1);
    struct findings findings = {.missing = "no_model"};
    (void)state;
    sample->tracks[1].missing = "gone";
    sample->transcript.missing = "english_alone\nko";
    sample->transcript.note = "p1\ncrashed\nAborted";
    sample->report.findings = &findings;
    sample->report.lang = LANG_KO;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char *text = sample_write(sample, formats[i]);
        assert_non_null(strstr(text, "지금은 없습니다"));
        assert_non_null(strstr(text, "영어만 알아 이 언어"));
        assert_non_null(strstr(text, "인식기가 비정상 종료했습니다"));
        assert_non_null(strstr(text, "언어 모델이 정해지지 않았습니다"));
        free(text);
    }
    char *json = sample_write(sample, REPORT_JSON);
    assert_non_null(strstr(json, "\"missing\":\"it arrived, but is not there any more\""));
    assert_non_null(strstr(json, "\"note\":\"p1: the recogniser crashed (Aborted)\""));
    free(json);
    free(sample);
}

/* In whole percents these eight come to 103. */
static void shares_add_up(void **state)
{
    static const double talk_s[] = {27.6, 5.6, 22.6, 7.6, 10.6, 14.6, 5.6, 5.8};
    struct sample *sample = sample_new(8, 12, 0, 0);
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        sample->person[i].talk_ms = 1000 * talk_s[i];
        sample->person[i].heard = true;
    }
    char *html = sample_write(sample, REPORT_HTML);
    double sum = 0, share;
    for (const char *at = html; (at = strstr(at, "<tr><th scope=\"row\">")); at++) {
        const char *end = strchr(at, '\n'), *percent = strstr(at, " %</td>");
        if (!percent || percent > end)
            continue;
        while (percent[-1] != '>')
            percent--;
        assert_int_equal(sscanf(percent, "%lf", &share), 1);
        sum += share;
    }
    assert_float_equal(sum, 100, 0.4);
    free(html);
    free(sample);
}

/* ---- sound ---- */

static void a_turn_is_heard_at_its_place_in_the_file(void **state)
{
    /* 48,000 samples that lasted 2 s, then 1 s at the right speed. */
    static const struct track_point points[] = {{0, 1000}, {48000, 3000}, {96000, 4000}};
    const struct track track = {.points = points, .point_count = 3, .samples = 96000};
    (void)state;
    assert_true(fabs(report_track_s(&track, 2000) - 0.5) < 1e-6);
    assert_true(fabs(report_track_s(&track, 3000) - 1.0) < 1e-6);
    assert_true(fabs(report_track_s(&track, 3250) - 1.25) < 1e-6);
    assert_true(report_track_s(&track, 0) == 0);
    assert_true(report_track_s(&track, 9000) == 2.0);
}

static void the_page_holds_the_recordings_themselves(void **state)
{
    char path[] = "/tmp/report-XXXXXX";
    unsigned char bytes[20000], decoded[sizeof bytes + 3];
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, sizeof bytes), sizeof bytes);
    close(fd);
    struct sample *sample = sample_new(1, 1, 2, 0);
    sample->tracks[0].path = path;
    sample->report.audio = REPORT_AUDIO_EMBED;
    char *html = sample_write(sample, REPORT_HTML);
    assert_balanced(html);
    const char *data = strstr(html, "src=\"data:audio/ogg;base64,");
    assert_non_null(data);
    data += strlen("src=\"data:audio/ogg;base64,");
    size_t len = 0;
    assert_int_equal(base64_decode(data, strcspn(data, "\""), decoded, sizeof decoded, &len),
                     ERR_NONE);
    assert_int_equal(len, sizeof bytes);
    assert_memory_equal(decoded, bytes, len);
    assert_non_null(strstr(html, "data-r=\"0\" data-b=\"0.40\""));
    free(html);
    unlink(path);
    struct buf text;
    buf_init(&text, 1 << 20);
    assert_int_equal(report_write(&sample->report, REPORT_HTML, sample_sink, &text), ERR_IO);
    buf_release(&text);
    free(sample);
}

static void recordings_beside_are_named_from_the_page(void **state)
{
    struct sample *sample = sample_new(1, 1, 2, 0);
    (void)state;
    sample->tracks[0].path = "/var/data/kim's \"best\".opus";
    sample->report.audio = REPORT_AUDIO_BESIDE;
    sample->report.audio_folder = "recordings/";
    char *html = sample_write(sample, REPORT_HTML);
    assert_non_null(strstr(html, "src=\"recordings/kim%27s%20%22best%22.opus\""));
    assert_null(strstr(html, "/var/data"));
    free(html);
    free(sample);
}

/* ---- data ---- */

static void json_holds_what_was_said_word_for_word(void **state)
{
    struct sample *sample = sample_new(3, 12, 60, 9);
    struct json *document;
    (void)state;
    char *text = sample_write(sample, REPORT_JSON);
    assert_int_equal(json_read(text, strlen(text), &document), ERR_NONE);
    const struct json *turns = json_member(json_member(document, "transcript"), "turns");
    assert_int_equal(json_count(turns), 60);
    size_t index = 0;
    for (const struct json *turn = json_first(turns); turn; turn = json_next(turn), index++) {
        assert_string_equal(json_string(turn, "text"), sample->turns[index].text);
        assert_true(fabs(json_number(turn, "from_ms", -1) - sample->turns[index].from_ms) < 0.001);
    }
    const struct json *people = json_member(document, "participants");
    assert_string_equal(json_string(json_item(people, 1), "nickname"), sample_names[1]);
    assert_int_equal(json_count(json_member(document, "choices")), 9);
    assert_int_equal(json_count(json_member(document, "recordings")), 3);
    assert_int_equal((int)json_number(json_member(document, "analysis"), "struck", 0), 2);
    json_free(document);
    free(text);
    free(sample);
}

/* One field of RFC 4180 to `out`; behind it and its separator. */
static const char *csv_field(const char *at, char *out)
{
    bool is_quoted = *at == '"';
    at += is_quoted;
    for (;; at++) {
        if (is_quoted && at[0] == '"' && at[1] == '"')
            at++;
        else if (is_quoted ? *at == '"' : strchr(",\r", *at) != NULL)
            break;
        *out++ = *at;
    }
    *out = '\0';
    at += is_quoted;
    return *at == ',' ? at + 1 : at + strlen("\r\n");
}

static void a_table_row_is_a_turn_and_no_formula(void **state)
{
    struct sample *sample = sample_new(3, 12, 10, 0);
    char field[512];
    (void)state;
    char *text = sample_write(sample, REPORT_CSV);
    const char *at = strstr(text, "\r\n") + 2;
    for (size_t i = 0; i < 10; i++) {
        const struct turn *turn = &sample->turns[i];
        for (int column = 0; column < 6; column++) {
            at = csv_field(at, field);
            if (column == 1)
                assert_true(fabs(atof(field) * 1000 - turn->from_ms) < 1);
            if (column == 4)
                assert_string_equal(field, sample_names[turn->participant - 1]);
        }
        at = csv_field(at, field);
        const char *said = turn->text;
        assert_string_equal(field[0] == '\'' ? field + 1 : field, said);
        assert_int_equal(field[0] == '\'', said[0] == '=');
    }
    assert_string_equal(at, "");
    free(text);
    free(sample);
}

static void subtitles_have_a_cue_for_each_turn(void **state)
{
    struct sample *sample = sample_new(3, 90, 40, 0);
    (void)state;
    sample->turns[0].from_ms = -250; /* said before the start */
    sample->turns[39].from_ms = 3723004.4;
    char *vtt = sample_write(sample, REPORT_VTT), *srt = sample_write(sample, REPORT_SRT);
    assert_int_equal(strncmp(vtt, "WEBVTT\n\n", 8), 0);
    assert_int_equal(count(vtt, " --> "), 40);
    assert_int_equal(count(srt, " --> "), 40);
    assert_int_equal(count(vtt, "\n<v "), 40);
    assert_non_null(strstr(vtt, "t1\n00:00:00.000 --> "));
    assert_non_null(strstr(vtt, "t40\n01:02:03.004 --> "));
    assert_non_null(strstr(srt, "\n\n40\n01:02:03,004 --> "));
    assert_null(strstr(vtt, "--> &"));
    assert_null(strstr(vtt, "<script"));
    free(vtt);
    free(srt);
    sample->transcript.missing = "none";
    vtt = sample_write(sample, REPORT_VTT);
    assert_string_equal(vtt, "WEBVTT\n");
    free(vtt);
    free(sample);
}

/* ---- failing ---- */

static enum err write_all_formats(void)
{
    struct sample *sample = sample_new(2, 2, 6, 2);
    enum err e = ERR_NONE;
    for (int format = 0; !e && format < REPORT_FORMATS; format++) {
        struct buf text;
        buf_init(&text, 1 << 20);
        e = report_write(&sample->report, (enum report_format)format, sample_sink, &text);
        buf_release(&text);
    }
    free(sample);
    return e;
}

static void no_report_is_half_written_without_memory(void **state)
{
    (void)state;
    every_allocation_fails(write_all_formats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_whole_whoever_is_in_it),
        cmocka_unit_test(the_end_of_a_row_begins_no_other),
        cmocka_unit_test(a_file_with_another_digest_is_told_of),
        cmocka_unit_test(what_others_wrote_stays_text),
        cmocka_unit_test(the_page_asks_for_nothing_from_elsewhere),
        cmocka_unit_test(every_link_leads_somewhere),
        cmocka_unit_test(the_page_says_what_is_missing_and_why),
        cmocka_unit_test(only_what_was_said_before_a_choice_stands_with_it),
        cmocka_unit_test(what_runs_from_right_to_left_keeps_to_itself),
        cmocka_unit_test(a_report_says_why_in_its_language),
        cmocka_unit_test(the_report_says_who_was_away_and_who_did_not_agree),
        cmocka_unit_test(a_recording_that_ends_before_its_time_is_told_of),
        cmocka_unit_test(silence_is_not_told_of_whom_nobody_heard),
        cmocka_unit_test(shares_add_up),
        cmocka_unit_test(a_turn_is_heard_at_its_place_in_the_file),
        cmocka_unit_test(the_page_holds_the_recordings_themselves),
        cmocka_unit_test(recordings_beside_are_named_from_the_page),
        cmocka_unit_test(json_holds_what_was_said_word_for_word),
        cmocka_unit_test(a_table_row_is_a_turn_and_no_formula),
        cmocka_unit_test(subtitles_have_a_cue_for_each_turn),
        cmocka_unit_test(no_report_is_half_written_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
