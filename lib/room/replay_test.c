#include "room/room_testing.h"

#include <stdlib.h>

#include "base/mem.h"

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

static void without_memory_it_is_said_and_never_taken_for_damage(void **state)
{
    (void)state;
    struct world world;
    world_debate(&world);
    struct replay_result result;
    struct room *room = NULL;
    enum err e = ERR_NO_MEMORY;
    long succeed = 0;
    for (; e != ERR_NONE; succeed++) {
        mem_fail_after(succeed);
        e = replay_log(world.log.data, world.log.len, NULL, NULL, NULL, &room, &result);
        mem_fail_after(-1);
        if (e != ERR_NONE) {
            assert_int_equal(e, ERR_NO_MEMORY);
            assert_null(room);
            assert_int_equal(result.line, 0);
        }
    }
    assert_true(succeed > 30);
    assert_false(result.torn);
    room_free(room);
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
        cmocka_unit_test(random_damage_never_confuses),
        cmocka_unit_test(without_memory_it_is_said_and_never_taken_for_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
