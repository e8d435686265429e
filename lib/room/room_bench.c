/* How many steps a second one thread can decide: room_bench [MILLIONS]. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "room/room.h"

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct room *live_room(int64_t now_ms, struct room_effects *effects)
{
    struct log_header header = {.session_id = "s_AbCdEfGhIjKlMnOpQrStUv",
                                .room_code = "bench",
                                .seats = 3,
                                .created_at_ms = now_ms,
                                .host_user = "u1"};
    struct room *room = room_new(&header, NULL);
    if (!room)
        abort();
    for (int i = 1; i <= 3; i++) {
        struct token token = {.role = ROLE_DEBATER};
        snprintf(token.user, sizeof(token.user), "u%d", i);
        room_step(room, &(struct room_command){.ask = ROOM_INIT, .token = &token}, now_ms, effects);
    }
    room_step(room, &(struct room_command){.ask = ROOM_TICK}, room_next_deadline_ms(room), effects);
    return room;
}

int main(int argc, char **argv)
{
    static struct room_effects effects;
    long millions = argc > 1 ? atol(argv[1]) : 5, steps = millions * 1000000, events = 0;
    int64_t now_ms = 1763872345000;
    struct room *room = NULL;
    struct command status = {.type = COMMAND_VOICE_STATUS_UPDATE};
    double begun_s = now_s();
    for (long i = 0; i < steps; i++) {
        if (i % 900000 == 0) {
            room_free(room);
            room = live_room(now_ms, &effects);
        }
        status.voice_status.is_mic_on = i / 3 % 2 == 0;
        room_step(room,
                  &(struct room_command){
                      .ask = ROOM_MESSAGE, .participant = 1 + i % 3, .message = &status},
                  now_ms + i / 1000, &effects);
        events += (long)effects.event_count;
    }
    double took_s = now_s() - begun_s;
    room_free(room);
    printf("%ld steps, %ld events in %.2f s: %.2f million steps a second\n", steps, events, took_s,
           (double)steps / took_s / 1e6);
    return events > 0 ? 0 : 1;
}
