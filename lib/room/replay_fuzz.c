#include "base/fuzz_testing.h"
#include "room/replay.h"

/* Whatever the log says, the room that it leaves can be looked at and goes on; damage has a line.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct room_effects effects;
    struct session_view view;
    struct replay_result result;
    struct room *room;
    enum err e = replay_log((const char *)data, size, NULL, NULL, NULL, &room, &result);
    if (e) {
        if (e != ERR_CORRUPT || result.line == 0 || !result.what)
            abort();
        return 0;
    }
    room_view(room, &view);
    int64_t now_ms = room_header(room)->created_at_ms;
    room_step(room, &(struct room_command){.ask = ROOM_RESTART}, now_ms, &effects);
    for (int i = 0; i < 200 && room_phase(room) != PHASE_ENDED; i++) {
        int64_t due_ms = room_next_deadline_ms(room);
        if (due_ms == INT64_MAX)
            abort();
        now_ms = due_ms > now_ms ? due_ms : now_ms;
        room_step(room, &(struct room_command){.ask = ROOM_TICK}, now_ms, &effects);
    }
    /* Nobody is connected: ten minutes, or the pages, end it. */
    if (room_phase(room) != PHASE_ENDED)
        abort();
    room_free(room);
    return 0;
}
