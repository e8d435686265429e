#include "room/room_testing.h"

#include "analysis/debate.h"
#include "base/mem_testing.h"

static char whole_log[64 * 1024];
static size_t whole_len;

static int load_library(void **state)
{
    (void)state;
    FILE *file = fopen("testdata/logs/library.jsonl", "rb");
    if (!file)
        return -1;
    whole_len = fread(whole_log, 1, sizeof whole_log, file);
    return fclose(file);
}

static struct debate_log *read_text(const char *text, size_t len)
{
    struct debate_log *log;
    char why[128] = "";
    if (debate_read(text, len, &log, why, sizeof why))
        fail_msg("%s", why);
    return log;
}

/* What the world's log says; the world goes away. */
static struct debate_log *read_world(struct world *world)
{
    struct debate_log *log = read_text(world->log.data, world->log.len);
    world_free(world);
    return log;
}

static void assert_choice(const struct debate *debate, size_t index, unsigned participant,
                          unsigned page, const char *choice, const char *before)
{
    const struct debate_choice *got = &debate->choices[index];
    assert_int_equal(got->participant, participant);
    assert_int_equal(got->page, page);
    assert_string_equal(got->choice ? got->choice : "-", choice ? choice : "-");
    assert_string_equal(got->before ? got->before : "-", before ? before : "-");
}

static void times_count_from_the_common_start(void **state)
{
    (void)state;
    struct debate_log *log = read_text(whole_log, whole_len);
    const struct debate *debate = debate_of(log);
    assert_string_equal(debate->session_id, "s_AbCdEfGhIjKlMnOpQrStUv");
    assert_string_equal(debate->room_code, "library");
    assert_string_equal(debate->agenda->pages[1].id, "closing");
    assert_true(debate->started && debate->ended);
    assert_int_equal(debate->start_at_ms, 1763872355295);
    assert_int_equal(debate->end_ms, 1763872434602 - 1763872355295);

    assert_int_equal(debate->page_count, 2);
    assert_int_equal(debate->pages[0].from_ms, 0);
    assert_int_equal(debate->pages[0].to_ms, 1763872371102 - 1763872355295);
    assert_int_equal(debate->pages[1].page, 2);
    assert_int_equal(debate->pages[1].from_ms, debate->pages[0].to_ms);
    assert_int_equal(debate->pages[1].to_ms, debate->end_ms);
    assert_int_equal(debate->choice_count, 4);
    assert_int_equal(debate->choices[0].at_ms, 1763872365382 - 1763872355295);
    assert_choice(debate, 1, 2, 1, "disagree", NULL);
    debate_log_free(log);
}

static void people_and_recordings_are_as_the_log_names_them(void **state)
{
    (void)state;
    struct debate_log *log = read_text(whole_log, whole_len);
    const struct debate *debate = debate_of(log);
    assert_int_equal(debate->people_count, 3);
    assert_string_equal(debate->people[1].nickname, "이서연");
    assert_true(debate->people[0].reported_start && debate->people[0].has_error);
    assert_float_equal(debate->people[0].late_ms, 2.25, 1e-9);
    assert_float_equal(debate->people[0].error_ms, 0.4, 1e-9);
    assert_false(debate->people[1].reported_start);
    assert_false(debate->people[2].has_error);

    assert_int_equal(debate->recording_count, 1);
    const struct debate_recording *recording = &debate->recordings[0];
    assert_int_equal(recording->participant, 2);
    assert_string_equal(recording->recording_id, "r_AbCdEfGhIjKlMnOpQrStUv_1");
    assert_string_equal(recording->path, "recordings/s_AbCdEfGhIjKlMnOpQrStUv/p2-1.opus");
    assert_int_equal(recording->from_ms, 1763872355332 - 1763872355295);
    assert_int_equal(recording->to_ms, debate->end_ms);
    assert_true(recording->uploaded);
    assert_int_equal(recording->bytes, 412345);
    assert_int_equal(strspn(recording->sha256, "5"), 64);
    debate_log_free(log);
}

static void a_changed_choice_knows_the_one_before(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 1, 0, "yes");
    choose(&world, 2, 0, "no");
    choose(&world, 1, 0, "no");
    struct debate_log *log = read_world(&world);
    const struct debate *debate = debate_of(log);
    assert_int_equal(debate->choice_count, 3);
    assert_choice(debate, 0, 1, PAGE_ALL, "yes", NULL);
    assert_choice(debate, 1, 2, PAGE_ALL, "no", NULL);
    assert_choice(debate, 2, 1, PAGE_ALL, "no", "yes");
    debate_log_free(log);
}

/* The world's log as the host gets it, when all but the choices for one page were revealed. */
static struct buf hosts_log(const struct world *world, unsigned hidden_page)
{
    struct buf out;
    buf_init(&out, world->log.len);
    for (const char *at = world->log.data, *end; (end = strchr(at, '\n')); at = end + 1) {
        struct event_doc doc;
        if (at == world->log.data) {
            assert_int_equal(buf_append(&out, at, (size_t)(end - at)), ERR_NONE);
        } else {
            assert_int_equal(event_parse(at, (size_t)(end - at), &doc), ERR_NONE);
            struct event event =
                event_public(&doc.event, doc.event.type == EVENT_CHOICE_SUBMITTED &&
                                             doc.event.choice_submitted.page != hidden_page);
            assert_int_equal(event_print(&event, &out), ERR_NONE);
            event_doc_release(&doc);
        }
        assert_int_equal(buf_append_str(&out, "\n"), ERR_NONE);
    }
    return out;
}

static void the_hosts_log_keeps_what_was_never_revealed(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 1, 0, "yes");
    choose(&world, 1, 0, "no");
    go_to(&world, 1, PAGE_NEVER);
    choose(&world, 2, 0, "yes");
    struct buf text = hosts_log(&world, PAGE_NEVER);
    world_free(&world);
    struct debate_log *log = read_text(text.data, text.len);
    const struct debate *debate = debate_of(log);
    assert_int_equal(debate->people_count, 3);
    assert_choice(debate, 0, 1, PAGE_ALL, "yes", NULL);
    assert_choice(debate, 1, 1, PAGE_ALL, "no", "yes");
    assert_choice(debate, 2, 2, PAGE_NEVER, NULL, NULL);
    debate_log_free(log);
    buf_release(&text);
}

static void what_was_never_revealed_can_be_taken_out(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 1, 0, "yes");
    choose(&world, 1, 0, "no");
    go_to(&world, 1, PAGE_NEVER); /* which reveals the page that is left */
    choose(&world, 2, 0, "yes");
    choose(&world, 2, 0, "no");
    struct debate_log *log = read_world(&world);
    assert_choice(debate_of(log), 3, 2, PAGE_NEVER, "no", "yes");
    debate_hide_unrevealed(log);
    assert_choice(debate_of(log), 1, 1, PAGE_ALL, "no", "yes");
    assert_choice(debate_of(log), 2, 2, PAGE_NEVER, NULL, NULL);
    assert_choice(debate_of(log), 3, 2, PAGE_NEVER, NULL, NULL);
    debate_log_free(log);
}

static void a_page_that_is_seen_again_stands_there_again(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    int64_t start_ms = world.now_ms;
    world.now_ms += 1000;
    go_to(&world, 1, PAGE_ALL);
    world.now_ms += 1000;
    go_to(&world, 1, PAGE_TALK);
    world.now_ms += 500;
    message(&world, 2,
            &(struct command){.type = COMMAND_VOICE_STATUS_UPDATE,
                              .voice_status = {.is_mic_on = true}});
    struct debate_log *log = read_world(&world);
    const struct debate *debate = debate_of(log);
    assert_int_equal(debate->start_at_ms, start_ms);
    assert_int_equal(debate->page_count, 3);
    assert_int_equal(debate->pages[2].page, PAGE_TALK);
    assert_int_equal(debate->pages[2].from_ms, 2000);
    assert_false(debate->ended);
    assert_int_equal(debate->pages[2].to_ms, 2500);
    assert_int_equal(debate->end_ms, 2500);
    debate_log_free(log);
}

static void assert_absence(const struct debate *debate, size_t index, unsigned participant,
                           int64_t from_ms, int64_t to_ms)
{
    assert_in_range(index, 0, debate->absence_count - 1);
    assert_int_equal(debate->absences[index].participant, participant);
    assert_int_equal(debate->absences[index].from_ms, from_ms);
    assert_int_equal(debate->absences[index].to_ms, to_ms);
}

static void who_left_is_away_until_they_come_back(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    world.now_ms += 1000;
    assert_int_equal(say(&world, 3, COMMAND_LEAVE), ERR_NONE);
    world.now_ms += 2000;
    assert_int_equal(init(&world, "park"), ERR_NONE);
    world.now_ms += 500;
    assert_int_equal(say(&world, 2, COMMAND_LEAVE), ERR_NONE);
    world.now_ms += 500;
    assert_int_equal(init(&world, "choi"), ERR_NONE); /* who was not there before takes the seat */
    world.now_ms += 1000;
    assert_int_equal(say(&world, 1, COMMAND_END_SESSION), ERR_NONE);
    struct debate_log *log = read_world(&world);
    const struct debate *debate = debate_of(log);
    assert_int_equal(debate->people_count, 4);
    assert_int_equal(debate->absence_count, 3);
    assert_absence(debate, 0, 3, 1000, 3000);
    assert_absence(debate, 1, 2, 3500, 5000);
    assert_absence(debate, 2, 4, 0, 4000);
    debate_log_free(log);
}

static void who_came_and_went_before_the_start_was_away_throughout(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    assert_int_equal(say(&world, 2, COMMAND_LEAVE), ERR_NONE);
    init(&world, "park");
    init(&world, "choi");
    tick_when_due(&world);
    world.now_ms += 3000;
    assert_int_equal(say(&world, 1, COMMAND_END_SESSION), ERR_NONE);
    struct debate_log *log = read_world(&world);
    const struct debate *debate = debate_of(log);
    assert_true(debate->started);
    assert_int_equal(debate->absence_count, 1);
    assert_absence(debate, 0, 2, 0, 3000);
    debate_log_free(log);
}

static void consent_is_told_and_when_it_was_taken_back(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    consent(&world, 1, true);
    consent(&world, 2, true);
    consent(&world, 2, false); /* thought better of it before anything was said */
    consent(&world, 2, true);
    init(&world, "park");
    tick_when_due(&world);
    world.now_ms += 1500;
    assert_int_equal(consent(&world, 1, false), ERR_NONE);
    struct debate_log *log = read_world(&world);
    const struct debate *debate = debate_of(log);
    assert_true(debate->people[0].agreed && debate->people[0].withdrew);
    assert_int_equal(debate->people[0].withdrew_ms, 1500);
    assert_true(debate->people[1].agreed && !debate->people[1].withdrew);
    assert_false(debate->people[2].agreed || debate->people[2].withdrew);
    debate_log_free(log);
}

static void what_never_started_has_no_pages(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    world.now_ms += 10;
    init(&world, "kim");
    world.now_ms += 20;
    init(&world, "lee");
    struct debate_log *log = read_world(&world);
    const struct debate *debate = debate_of(log);
    assert_false(debate->started);
    assert_int_equal(debate->start_at_ms, TEST_T0 + 10);
    assert_int_equal(debate->end_ms, 20);
    assert_int_equal(debate->page_count, 0);
    assert_int_equal(debate->people_count, 2);
    debate_log_free(log);
}

static void damage_is_named_by_its_line(void **state)
{
    (void)state;
    struct debate_log *log;
    char why[128];
    char *third = strchr(strchr(whole_log, '\n') + 1, '\n') + 1;
    char was = *third;
    *third = '[';
    assert_int_equal(debate_read(whole_log, whole_len, &log, why, sizeof why), ERR_CORRUPT);
    assert_int_equal(strncmp(why, "line 3: ", 8), 0);
    *third = was;
    assert_int_equal(debate_read("", 0, &log, why, sizeof why), ERR_CORRUPT);
}

static enum err read_once(void)
{
    struct debate_log *log;
    char why[128];
    enum err e = debate_read(whole_log, whole_len, &log, why, sizeof why);
    if (!e)
        debate_log_free(log);
    return e;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    every_allocation_fails(read_once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_count_from_the_common_start),
        cmocka_unit_test(people_and_recordings_are_as_the_log_names_them),
        cmocka_unit_test(a_changed_choice_knows_the_one_before),
        cmocka_unit_test(the_hosts_log_keeps_what_was_never_revealed),
        cmocka_unit_test(what_was_never_revealed_can_be_taken_out),
        cmocka_unit_test(a_page_that_is_seen_again_stands_there_again),
        cmocka_unit_test(who_left_is_away_until_they_come_back),
        cmocka_unit_test(who_came_and_went_before_the_start_was_away_throughout),
        cmocka_unit_test(consent_is_told_and_when_it_was_taken_back),
        cmocka_unit_test(what_never_started_has_no_pages),
        cmocka_unit_test(damage_is_named_by_its_line),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, load_library, NULL);
}
