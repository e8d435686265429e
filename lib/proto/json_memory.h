/* What cJSON allocates from: the heap by base/mem.h, or between json_brief_begin and json_brief_end
 * the thread's block. Inside proto/json_*.c alone. */
#ifndef DEBATE_PROTO_JSON_MEMORY_H
#define DEBATE_PROTO_JSON_MEMORY_H

#include <stdbool.h>

/* Whether an allocation of cJSON failed in this thread since the failure was last forgotten: cJSON
 * itself does not tell a lack of memory from bad JSON. */
bool json_memory_failed(void);
void json_memory_forget_failure(void);

#endif
