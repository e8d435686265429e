/* Allocation, in one place so that a test can make the nth fail. Any thread.
 *
 * What mem_* returns is freed with mem_free (or free: they are the same heap). */
#ifndef DEBATE_BASE_MEM_H
#define DEBATE_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);              /* not cleared; NULL when there is none */
void *mem_zalloc(size_t size);             /* cleared */
void *mem_realloc(void *old, size_t size); /* as realloc */
char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t len); /* adds the NUL */
void mem_free(void *p);                       /* NULL is allowed */

/* Tests: let `succeed` more allocations of this thread succeed, then fail one and every one after
 * it, until called with a negative number. */
void mem_fail_after(long succeed);

#endif
