/* Random numbers from the kernel. Any thread. */
#ifndef DEBATE_BASE_RAND_H
#define DEBATE_BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

/* Fills `out` with unpredictable bytes; ends the process when the kernel has none, because no
 * secret may be guessable. */
void rand_bytes(void *out, size_t len);

/* `prefix` and 22 URL-safe characters (128 bits): "s_", "g_". `out` holds strlen(prefix) + 23. */
void rand_id(const char *prefix, char *out);

#endif
