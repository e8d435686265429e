/* The sentences of problem_print; inside proto alone. */
#ifndef DEBATE_PROTO_PROBLEM_TEXT_H
#define DEBATE_PROTO_PROBLEM_TEXT_H

#include "proto/problem.h"

/* For every reason but REASON_NONE; "{}" stands for the field. */
const char *reason_sentence(enum reason reason, enum lang lang);

/* For every code. */
const char *code_sentence(enum err code, enum lang lang);

#endif
