/* What a participant does at random while it is there. One thread; cast.c's. */
#ifndef DEBATE_SIM_ACTOR_H
#define DEBATE_SIM_ACTOR_H

struct actor;

/* Happenings: the next thing that it does; its machine goes on after a pause. */
void actor_acts(void *actor);
void actor_recovers(void *actor);

#endif
