/* What a participant does at random while it is there. One thread; cast.c's. */
#ifndef DEBATE_SIM_ACTOR_H
#define DEBATE_SIM_ACTOR_H

#include <stddef.h>

struct actor;

/* A happening: the next thing that it does. */
void actor_acts(void *actor);
/* The node of an actor has said this; it may say it again. */
struct node;
void actor_said(struct node *node, const char *text, size_t len);

#endif
