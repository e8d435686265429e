/* What a participant does at random while it is there. One thread; cast.c's. */
#ifndef DEBATE_SIM_ACTOR_H
#define DEBATE_SIM_ACTOR_H

struct actor;

/* A happening: the next thing that it does. */
void actor_acts(void *actor);

#endif
