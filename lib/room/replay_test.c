#include "room/room_testing.h"

#include <stdlib.h>

#include "base/mem_testing.h"

/* A debate with everything in it; the log is the world's. */
static void world_debate(struct world *world)
{
    world_live(world);
    message(world, 2,
            &(struct command){.type = COMMAND_VOICE_STATUS_UPDATE,
                              .voice_status = {.is_mic_on = true}});
    message(world, 3,
            &(struct command){.type = COMMAND_REPORT_START,
                              .report_start = {.at_ms = (double)TEST_T0 + 3000.25}});
    consent(world, 2, true);
    say(world, 2, COMMAND_START_RECORDING);
    go_to(world, 1, PAGE_ALL);
    choose(world, 1, 0, "yes");
    choose(world, 2, 0, "no");
    world->now_ms += 1234;
    disconnect(world, 3);
    init_as(world, "park", ROLE_DEBATER, "\xed\x95\x9c\xea\xb8\x80 \"quoted\"\n", false);
    say(world, 1, COMMAND_NEXT_PAGE);
    say(world, 1, COMMAND_LEAVE);
    say(world, 2, COMMAND_END_SESSION);
    assert_int_equal(room_phase(world->room), PHASE_ENDED);
}

static enum err replay(const char *text, size_t len, struct replay_result *result)
{
    return replay_log(text, len, NULL, NULL, NULL, NULL, result);
}

static void assert_damaged(const char *text, size_t len, size_t line)
{
    struct replay_result result;
    assert_int_equal(replay(text, len, &result), ERR_CORRUPT);
    assert_int_equal(result.line, line);
    assert_non_null(result.what);
    assert_false(result.torn);
}

/* The `number`th line of the log, from 1, with its newline. */
static struct buf lines_without(const struct buf *log, size_t number)
{
    struct buf out;
    buf_init(&out, log->len + 1);
    size_t line = 1;
    for (size_t i = 0; i < log->len; i++) {
        if (line != number)
            assert_int_equal(buf_append(&out, log->data + i, 1), ERR_NONE);
        line += log->data[i] == '\n';
    }
    return out;
}

static size_t count_lines(const struct buf *log)
{
    size_t lines = 0;
    for (size_t i = 0; i < log->len; i++)
        lines += log->data[i] == '\n';
    return lines;
}

static void see(void *context, const struct room *room, const struct event *event)
{
    uint64_t *last = context;
    assert_int_equal(event->seq, *last + 1);
    assert_int_equal(room_seq(room), event->seq);
    *last = event->seq;
}

static void a_log_gives_the_room_and_each_event_in_order(void **state)
{
    (void)state;
    struct world world;
    world_debate(&world);
    struct replay_result result;
    struct room *room = NULL;
    uint64_t last = 0;
    assert_int_equal(replay_log(world.log.data, world.log.len, NULL, see, &last, &room, &result),
                     ERR_NONE);
    assert_int_equal(last, room_seq(world.room));
    assert_int_equal(result.events, last);
    assert_int_equal(result.line, 0);
    assert_same_room(world.room, room);
    room_free(room);
    world_free(&world);
}

static void a_server_of_other_settings_takes_the_log(void **state)
{
    (void)state;
    struct world world;
    world_debate(&world);
    struct room_config config = {
        .countdown_ms = 0, .host_gone_ms = 1, .empty_ms = 1, .record = RECORD_OFF};
    struct replay_result result;
    struct room *room = NULL;
    assert_int_equal(replay_log(world.log.data, world.log.len, &config, NULL, NULL, &room, &result),
                     ERR_NONE);
    assert_same_room(world.room, room);
    room_free(room);
    world_free(&world);
}

static void a_log_without_events_is_a_room_that_nobody_entered(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    world_free(&world);
}

static void a_last_line_torn_anywhere_is_left_out(void **state)
{
    (void)state;
    struct world world;
    world_debate(&world);
    size_t last = world.log.len - 1;
    while (world.log.data[last - 1] != '\n')
        last--;
    for (size_t len = last + 1; len < world.log.len - 1; len++) {
        /* A copy of exactly that length, so that reading beyond it would be seen. */
        char *cut = malloc(len);
        memcpy(cut, world.log.data, len);
        struct replay_result result;
        assert_int_equal(replay(cut, len, &result), ERR_NONE);
        assert_true(result.torn);
        assert_int_equal(result.events, room_seq(world.room) - 1);
        free(cut);
    }
    world_free(&world);
}

static void a_whole_last_line_without_its_newline_counts(void **state)
{
    (void)state;
    struct world world;
    world_debate(&world);
    struct replay_result result;
    assert_int_equal(replay(world.log.data, world.log.len - 1, &result), ERR_NONE);
    assert_false(result.torn);
    assert_int_equal(result.events, room_seq(world.room));
    world_free(&world);
}

static void a_missing_line_is_damage_and_named(void **state)
{
    (void)state;
    struct world world;
    world_debate(&world);
    size_t lines = count_lines(&world.log);
    for (size_t i = 1; i < lines; i++) {
        struct buf without = lines_without(&world.log, i);
        assert_damaged(without.data, without.len, i);
        buf_release(&without);
    }
    world_free(&world);
}

static void a_damaged_line_in_the_middle_is_named(void **state)
{
    (void)state;
    struct world world;
    world_debate(&world);
    size_t line = 1;
    for (size_t i = 0; i < world.log.len; i++) {
        char was = world.log.data[i];
        if (was == '\n') {
            line++;
            continue;
        }
        world.log.data[i] = '\x01';
        assert_damaged(world.log.data, world.log.len, line);
        world.log.data[i] = was;
    }
    world_free(&world);
}

static void a_byte_more_is_damage(void **state)
{
    (void)state;
    struct world world;
    world_debate(&world);
    size_t lines = count_lines(&world.log), line = 1;
    for (size_t i = 0; i < world.log.len; i++) {
        struct buf more;
        if (world.log.data[i] != '\n')
            continue;
        buf_init(&more, world.log.len + 1);
        assert_int_equal(buf_append(&more, world.log.data, i), ERR_NONE);
        assert_int_equal(buf_append_str(&more, " "), ERR_NONE);
        assert_int_equal(buf_append(&more, world.log.data + i, world.log.len - i), ERR_NONE);
        assert_damaged(more.data, more.len, line++);
        buf_release(&more);
    }
    assert_int_equal(line, lines + 1);
    world_free(&world);
}

static void the_same_fields_in_another_order_are_damage(void **state)
{
    (void)state;
    struct world world;
    world_debate(&world);
    static const char ours[] = "{\"type\":\"start\",\"seq\":5,";
    static const char theirs[] = "{\"seq\":5,\"type\":\"start\",";
    char *at = strstr(world.log.data, ours);
    assert_non_null(at);
    memcpy(at, theirs, strlen(theirs));
    assert_damaged(world.log.data, world.log.len, 6);
    memcpy(at, ours, strlen(ours));
    world_free(&world);
}

static void an_empty_line_is_damage(void **state)
{
    (void)state;
    struct world world;
    world_debate(&world);
    assert_int_equal(buf_append_str(&world.log, "\n"), ERR_NONE);
    assert_damaged(world.log.data, world.log.len, count_lines(&world.log));
    world.log.len--;
    world_free(&world);
}

static void an_empty_file_and_a_torn_header_are_damage_in_line_1(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    assert_damaged("", 0, 1);
    assert_damaged("\n", 1, 1);
    assert_damaged("{}\n", 3, 1);
    for (size_t len = 1; len < world.log.len - 1; len++)
        assert_damaged(world.log.data, len, 1);
    world_free(&world);
}

static void a_line_beyond_the_limit_is_damage(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    struct buf log;
    buf_init(&log, 2 * LIMIT_LOG_LINE);
    assert_int_equal(buf_append(&log, world.log.data, world.log.len), ERR_NONE);
    for (int i = 0; i <= LIMIT_LOG_LINE; i++)
        assert_int_equal(buf_append(&log, " ", 1), ERR_NONE);
    assert_damaged(log.data, log.len, 2);
    buf_release(&log);
    world_free(&world);
}

/* ---- a host's log ---- */

/* Choices of every kind: shown later, changed before that, never shown, not shown yet. They are
 * mostly not the page's first, which is what replay puts in for one that is left out. */
static void world_choices(struct world *world)
{
    world_live(world);
    go_to(world, 1, PAGE_NEVER);
    choose(world, 1, 0, "no");
    choose(world, 2, 0, "no");
    go_to(world, 1, PAGE_NOW);
    choose(world, 3, 0, "no");
    go_to(world, 1, PAGE_ALL);
    choose(world, 1, 0, "yes");
    choose(world, 2, 0, "yes");
    choose(world, 1, 0, "no");
    choose(world, 3, 0, "yes");
    event_of(world, EVENT_CHOICES_REVEALED);
    go_to(world, 1, PAGE_GATED);
    choose(world, 3, 0, "no");
}

static bool was_revealed(const struct room *room, const struct event *event)
{
    struct event_choice revealed[LIMIT_PARTICIPANTS];
    size_t count = room_revealed_choices(room, event->choice_submitted.page, revealed);
    for (size_t i = 0; i < count; i++) {
        if (revealed[i].participant == event->participant)
            return strcmp(revealed[i].choice, event->choice_submitted.choice) == 0;
    }
    return false;
}

/* The log as the host gets it: without users, without choices that are not revealed; or without the
 * one or the other alone. */
static struct buf log_for_host(const struct world *world, bool hides_users, bool hides_choices)
{
    struct buf out;
    const char *at = world->log.data, *end = at + world->log.len;
    buf_init(&out, world->log.len + 1);
    for (size_t number = 1; at < end; number++) {
        const char *stop = strchr(at, '\n') + 1;
        struct event_doc doc;
        if (number == 1) {
            assert_int_equal(buf_append(&out, at, (size_t)(stop - at)), ERR_NONE);
            at = stop;
            continue;
        }
        assert_int_equal(event_parse(at, (size_t)(stop - at) - 1, &doc), ERR_NONE);
        bool is_choice = doc.event.type == EVENT_CHOICE_SUBMITTED;
        struct event shown = event_public(
            &doc.event, is_choice && (!hides_choices || was_revealed(world->room, &doc.event)));
        if (doc.event.type == EVENT_JOIN && !hides_users)
            shown.join.user = doc.event.join.user;
        assert_int_equal(event_print(&shown, &out), ERR_NONE);
        assert_int_equal(buf_append_str(&out, "\n"), ERR_NONE);
        event_doc_release(&doc);
        at = stop;
    }
    return out;
}

/* Prints what it is told, behind the header that `context` holds already. */
static void write_down(void *context, const struct room *room, const struct event *event)
{
    (void)room;
    assert_int_equal(event_print(event, context), ERR_NONE);
    assert_int_equal(buf_append_str(context, "\n"), ERR_NONE);
}

static void a_hosts_log_gives_its_own_bytes_again(void **state)
{
    (void)state;
    struct world world;
    struct replay_result result;
    struct room *room = NULL;
    world_choices(&world);
    struct buf log = log_for_host(&world, true, true), told;
    assert_null(strstr(log.data, "\"user\""));
    assert_non_null(strstr(log.data, "\"page\":4}}"));
    buf_init(&told, log.len + 1);
    size_t header = (size_t)(strchr(log.data, '\n') + 1 - log.data);
    assert_int_equal(buf_append(&told, log.data, header), ERR_NONE);
    assert_int_equal(replay_log(log.data, log.len, NULL, write_down, &told, &room, &result),
                     ERR_NONE);
    assert_true(result.is_public);
    assert_int_equal(result.events, room_seq(world.room));
    assert_int_equal(told.len, log.len);
    assert_memory_equal(told.data, log.data, log.len);
    room_free(room);
    buf_release(&told);
    buf_release(&log);
    world_free(&world);
}

static void a_hosts_log_gives_all_that_was_revealed(void **state)
{
    (void)state;
    struct world world;
    struct replay_result result;
    struct room *room = NULL;
    world_choices(&world);
    struct buf log = log_for_host(&world, true, true);
    assert_int_equal(replay_log(log.data, log.len, NULL, NULL, NULL, &room, &result), ERR_NONE);
    struct session_view now = view_of(&world), again;
    room_view(room, &again);
    assert_same_participants(&now, &again);
    assert_same_choices(world.room, room);
    assert_int_equal(again.phase, PHASE_LIVE);
    assert_int_equal(again.page, PAGE_GATED);
    room_free(room);
    buf_release(&log);
    world_free(&world);
}

static void either_left_out_makes_a_log_the_hosts(void **state)
{
    (void)state;
    struct world world;
    struct replay_result result;
    world_choices(&world);
    struct buf no_users = log_for_host(&world, true, false);
    struct buf no_choices = log_for_host(&world, false, true);
    assert_int_equal(replay(no_users.data, no_users.len, &result), ERR_NONE);
    assert_true(result.is_public);
    assert_int_equal(replay(no_choices.data, no_choices.len, &result), ERR_NONE);
    assert_true(result.is_public);
    buf_release(&no_users);
    buf_release(&no_choices);
    world_free(&world);
}

static void a_whole_log_is_not_the_hosts(void **state)
{
    (void)state;
    struct world world;
    struct replay_result result;
    world_choices(&world);
    assert_int_equal(replay(world.log.data, world.log.len, &result), ERR_NONE);
    assert_false(result.is_public);
    /* The same lines, written by what writes the host's. */
    struct buf log = log_for_host(&world, false, false);
    assert_int_equal(log.len, world.log.len);
    assert_memory_equal(log.data, world.log.data, log.len);
    buf_release(&log);
    world_free(&world);
}

/* Damaged in the line of `at` when `text` stands there instead of `old`. */
static void assert_damaged_with(const struct buf *log, const char *at, const char *old,
                                const char *text)
{
    struct buf changed;
    size_t before = (size_t)(at - log->data), line = 1;
    for (size_t i = 0; i < before; i++)
        line += log->data[i] == '\n';
    buf_init(&changed, log->len + strlen(text));
    assert_int_equal(buf_append(&changed, log->data, before), ERR_NONE);
    assert_int_equal(buf_append_str(&changed, text), ERR_NONE);
    assert_int_equal(buf_append_str(&changed, at + strlen(old)), ERR_NONE);
    assert_damaged(changed.data, changed.len, line);
    buf_release(&changed);
}

static void a_wrong_reveal_is_damage_in_a_hosts_log_too(void **state)
{
    (void)state;
    static const char right[] = "{\"p1\":\"no\",\"p2\":\"yes\",\"p3\":\"yes\"}";
    static const char *const wrong[] = {
        "{\"p1\":\"yes\",\"p2\":\"yes\",\"p3\":\"yes\"}",
        "{\"p1\":\"no\",\"p2\":\"no\",\"p3\":\"yes\"}",
        "{\"p1\":\"no\",\"p2\":\"yes\",\"p4\":\"yes\"}",
        "{\"p1\":\"no\",\"p2\":\"yes\"}",
    };
    struct world world;
    world_choices(&world);
    struct buf log = log_for_host(&world, true, true);
    const char *at = strstr(log.data, right);
    assert_non_null(at);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_damaged_with(&log, at, right, wrong[i]);
    buf_release(&log);
    world_free(&world);
}

static void a_choice_left_out_where_there_is_none_is_damage(void **state)
{
    (void)state;
    static const char right[] = "\"page\":4}}";
    struct world world;
    world_choices(&world);
    struct buf log = log_for_host(&world, true, true);
    const char *at = strstr(log.data, right);
    assert_non_null(at);
    assert_damaged_with(&log, at, right, "\"page\":1}}"); /* a page to talk on */
    assert_damaged_with(&log, at, right, "\"page\":8}}"); /* beyond the last */
    buf_release(&log);
    world_free(&world);
}

/* ---- any log ---- */

/* Whatever stands in a file: an answer that names a line of it, and nothing worse. */
static void random_damage_never_confuses(void **state)
{
    (void)state;
    struct world world;
    world_debate(&world);
    size_t lines = count_lines(&world.log);
    uint32_t dice = 2463534242;
    for (int round = 0; round < 4000; round++) {
        struct buf log;
        buf_init(&log, world.log.len + 1);
        assert_int_equal(buf_append(&log, world.log.data, world.log.len), ERR_NONE);
        for (int i = 0; i <= round % 3; i++) {
            dice ^= dice << 13, dice ^= dice >> 17, dice ^= dice << 5;
            log.data[(dice >> 8) % log.len] = "0123456789\"{}[]:,-tfn\0p\n."[dice % 25];
        }
        struct replay_result result;
        enum err e = replay(log.data, log.len, &result);
        assert_true(e == ERR_NONE || e == ERR_CORRUPT);
        assert_int_equal(e == ERR_CORRUPT, result.line != 0);
        assert_true(result.line <= lines + 3);
        buf_release(&log);
    }
    world_free(&world);
}

static const struct buf *log_to_replay;

static enum err replay_once(void)
{
    struct replay_result result;
    struct room *room = NULL;
    enum err e =
        replay_log(log_to_replay->data, log_to_replay->len, NULL, NULL, NULL, &room, &result);
    assert_int_equal(result.line, 0);
    assert_false(!e && result.torn);
    assert_true(e ? !room : room != NULL);
    room_free(room);
    return e;
}

static void without_memory_it_is_said_and_never_taken_for_damage(void **state)
{
    (void)state;
    struct world world;
    world_debate(&world);
    log_to_replay = &world.log;
    assert_true(every_allocation_fails(replay_once) > 30);
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_gives_the_room_and_each_event_in_order),
        cmocka_unit_test(a_server_of_other_settings_takes_the_log),
        cmocka_unit_test(a_log_without_events_is_a_room_that_nobody_entered),
        cmocka_unit_test(a_last_line_torn_anywhere_is_left_out),
        cmocka_unit_test(a_whole_last_line_without_its_newline_counts),
        cmocka_unit_test(a_missing_line_is_damage_and_named),
        cmocka_unit_test(a_damaged_line_in_the_middle_is_named),
        cmocka_unit_test(a_byte_more_is_damage),
        cmocka_unit_test(the_same_fields_in_another_order_are_damage),
        cmocka_unit_test(an_empty_line_is_damage),
        cmocka_unit_test(an_empty_file_and_a_torn_header_are_damage_in_line_1),
        cmocka_unit_test(a_line_beyond_the_limit_is_damage),
        cmocka_unit_test(a_hosts_log_gives_its_own_bytes_again),
        cmocka_unit_test(a_hosts_log_gives_all_that_was_revealed),
        cmocka_unit_test(either_left_out_makes_a_log_the_hosts),
        cmocka_unit_test(a_whole_log_is_not_the_hosts),
        cmocka_unit_test(a_wrong_reveal_is_damage_in_a_hosts_log_too),
        cmocka_unit_test(a_choice_left_out_where_there_is_none_is_damage),
        cmocka_unit_test(random_damage_never_confuses),
        cmocka_unit_test(without_memory_it_is_said_and_never_taken_for_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
