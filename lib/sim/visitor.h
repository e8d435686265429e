/* Somebody who looks at sessions over HTTP, with everybody's tokens, and chooses for them there.
 * One thread. */
#ifndef DEBATE_SIM_VISITOR_H
#define DEBATE_SIM_VISITOR_H

void visitor_begin(void);
void visitor_end(void);

#endif
