/* What keeps a room small, and a session that never ends from growing for ever. */
#include "room/room_testing.h"

#include <malloc.h>

/* Steps without writing a log: a million lines would say nothing more. */
static enum err step_alone(struct world *world, const struct room_command *command)
{
    room_step(world->room, command, world->now_ms, &world->effects);
    return world->effects.answer;
}

static void fill_up(struct world *world)
{
    struct command status = {.type = COMMAND_VOICE_STATUS_UPDATE};
    struct room_command command = {.ask = ROOM_MESSAGE, .participant = 2, .message = &status};
    while (room_seq(world->room) < LIMIT_EVENTS_SESSION) {
        status.voice_status.is_mic_on = !status.voice_status.is_mic_on;
        assert_int_equal(step_alone(world, &command), ERR_NONE);
    }
    status.voice_status.is_mic_on = !status.voice_status.is_mic_on;
    assert_int_equal(step_alone(world, &command), ERR_RATE_LIMITED);
    assert_int_equal(world->effects.event_count, 0);
}

static void a_full_log_takes_no_commands_but_what_ends_the_session(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    fill_up(&world);
    struct command message = choice_of(0, "yes");
    struct token token = token_of("lee", ROLE_DEBATER);
    struct room_command command = {.token = &token, .participant = 1, .message = &message};
    command.ask = ROOM_CHOICE;
    assert_int_equal(step_alone(&world, &command), ERR_RATE_LIMITED);
    command.ask = ROOM_DISCONNECT;
    command.participant = 2;
    assert_int_equal(step_alone(&world, &command), ERR_NONE);
    assert_events(&world, "disconnected p2");
    message = (struct command){.type = COMMAND_INIT};
    command.ask = ROOM_INIT;
    assert_int_equal(step_alone(&world, &command), ERR_RATE_LIMITED);
    message = (struct command){.type = COMMAND_LEAVE};
    command.ask = ROOM_MESSAGE;
    command.participant = 3;
    assert_int_equal(step_alone(&world, &command), ERR_NONE);
    assert_events(&world, "leave p3");
    message = (struct command){.type = COMMAND_END_SESSION};
    command.participant = 1;
    assert_int_equal(step_alone(&world, &command), ERR_NONE);
    assert_events(&world, "session_ended");
    command.ask = ROOM_INIT;
    assert_int_equal(step_alone(&world, &command), ERR_ENDED);
    room_free(world.room);
    buf_release(&world.log);
}

static void an_idle_room_of_three_costs_at_most_2_kb(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    skip(); /* the sanitizer's heap is not the one that is measured */
#endif
    enum { ROOMS = 100 };
    struct world worlds[1];
    struct room *rooms[ROOMS];
    world_new(&worlds[0]);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < ROOMS; i++) {
        struct world world = worlds[0];
        rooms[i] = world.room = room_new(room_header(worlds[0].room), NULL);
        static const char *const users[] = {"kim", "lee", "park"};
        for (int u = 0; u < 3; u++) {
            struct token token = token_of(users[u], ROLE_DEBATER);
            struct room_command command = {.ask = ROOM_INIT, .token = &token};
            assert_int_equal(step_alone(&world, &command), ERR_NONE);
        }
    }
    size_t each = (mallinfo2().uordblks - before) / ROOMS;
    if (each > 2048)
        fail_msg("a room costs %zu bytes", each);
    for (int i = 0; i < ROOMS; i++)
        room_free(rooms[i]);
    world_free(&worlds[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_log_takes_no_commands_but_what_ends_the_session),
        cmocka_unit_test(an_idle_room_of_three_costs_at_most_2_kb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
