/* What goes wrong in a run: the network, the disk, machines. Each run has a weather of its own, in
 * which some things never go wrong and others often do. One thread. */
#ifndef DEBATE_SIM_FAULTS_H
#define DEBATE_SIM_FAULTS_H

void faults_begin(void);
/* Nothing goes wrong any more, and what did is mended. */
void faults_end(void);

#endif
