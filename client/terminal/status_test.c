#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "terminal/status.h"
#include "terminal/story.h"

static struct status_facts live(void)
{
    return (struct status_facts){.state = SESSION_IN,
                                 .phase = PHASE_LIVE,
                                 .present = 3,
                                 .seats = 3,
                                 .page = 2,
                                 .page_count = 4,
                                 .page_s = 75,
                                 .page_left_s = -1,
                                 .has_microphone = true,
                                 .level_dbfs = -90,
                                 .upload_percent = -1};
}

/* The parts, one after the other. */
static const char *shown(const struct status_facts *facts)
{
    static char text[STATUS_PARTS * STATUS_PART_SIZE];
    struct status status;
    text[0] = '\0';
    status_write(&status, facts);
    for (size_t i = 0; i < status.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " | " : "",
                 status.parts[i]);
    return text;
}

static void the_clock_counts_down_where_the_page_has_a_time_and_up_where_not(void **state)
{
    (void)state;
    struct status_facts facts = live();
    assert_string_equal(shown(&facts), "page 2/4, 1:15 | mic ----- | not recorded");
    facts.page_left_s = 44.9;
    assert_string_equal(shown(&facts), "page 2/4, 0:44 left | mic ----- | not recorded");
}

static void a_broken_connection_stands_first(void **state)
{
    (void)state;
    struct status_facts facts = live();
    facts.state = SESSION_AWAY;
    assert_int_equal(strncmp(shown(&facts), "no connection | ", 16), 0);
}

static void the_level_is_told_in_cells_of_12_db(void **state)
{
    (void)state;
    struct status_facts facts = live();
    facts.level_dbfs = -61;
    assert_non_null(strstr(shown(&facts), "mic -----"));
    facts.level_dbfs = -59;
    assert_non_null(strstr(shown(&facts), "mic #----"));
    facts.level_dbfs = -30;
    assert_non_null(strstr(shown(&facts), "mic ###--"));
    facts.level_dbfs = -1;
    assert_non_null(strstr(shown(&facts), "mic #####"));
}

static void why_nobody_hears_me_is_told_in_words(void **state)
{
    (void)state;
    struct status_facts facts = live();
    facts.is_talk_key = true;
    assert_non_null(strstr(shown(&facts), "hold space to talk"));
    facts.is_talking = true;
    assert_non_null(strstr(shown(&facts), "mic -----"));
    facts.is_muted = true;
    assert_non_null(strstr(shown(&facts), "muted"));
    facts.has_microphone = false;
    assert_non_null(strstr(shown(&facts), "no microphone"));
}

static void who_speaks_what_is_recorded_and_how_the_line_is_are_told(void **state)
{
    (void)state;
    struct status_facts facts = live();
    strcpy(facts.speakers, "Kim, you");
    facts.is_recording = true;
    facts.recorded_s = 3723;
    facts.quality = QUALITY_FAIR;
    assert_string_equal(shown(&facts), "page 2/4, 1:15 | mic ----- | speaking: Kim, you | "
                                       "recording 1:02:03 | line fair");
}

static void before_and_after_the_debate_its_moment_is_told(void **state)
{
    (void)state;
    struct status_facts facts = live();
    facts.phase = PHASE_LOBBY;
    facts.present = 2;
    assert_string_equal(shown(&facts), "lobby 2/3 | mic -----");
    facts.phase = PHASE_COUNTDOWN;
    facts.starts_in_s = 3;
    assert_string_equal(shown(&facts), "starts in 3 | mic -----");
    facts.phase = PHASE_ENDED;
    assert_string_equal(shown(&facts), "ended | mic -----");
    facts.state = SESSION_FINISHING;
    facts.upload_percent = 40;
    assert_string_equal(shown(&facts), "uploading 40 % | mic -----");
}

static void the_worst_of_loss_and_delay_says_how_good_a_line_is(void **state)
{
    (void)state;
    assert_int_equal(status_quality(0, 30), QUALITY_GOOD);
    assert_int_equal(status_quality(0.03, 30), QUALITY_FAIR);
    assert_int_equal(status_quality(0, 200), QUALITY_FAIR);
    assert_int_equal(status_quality(0.2, 30), QUALITY_POOR);
    assert_int_equal(status_quality(0, 500), QUALITY_POOR);
}

static void clocks_are_written_as_people_read_them(void **state)
{
    (void)state;
    char text[32];
    story_clock(0, text);
    assert_string_equal(text, "0:00");
    story_clock(-5, text);
    assert_string_equal(text, "0:00");
    story_clock(59.9, text);
    assert_string_equal(text, "0:59");
    story_clock(3600, text);
    assert_string_equal(text, "1:00:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_counts_down_where_the_page_has_a_time_and_up_where_not),
        cmocka_unit_test(a_broken_connection_stands_first),
        cmocka_unit_test(the_level_is_told_in_cells_of_12_db),
        cmocka_unit_test(why_nobody_hears_me_is_told_in_words),
        cmocka_unit_test(who_speaks_what_is_recorded_and_how_the_line_is_are_told),
        cmocka_unit_test(before_and_after_the_debate_its_moment_is_told),
        cmocka_unit_test(the_worst_of_loss_and_delay_says_how_good_a_line_is),
        cmocka_unit_test(clocks_are_written_as_people_read_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
