/* One document a step, on disk: whole or not there, and known to fit what it was made from. One
 * thread at a time a folder; blocks on the disk.
 *
 * `NAME.json` holds {"from":"DIGEST","document":…} in one line. It is written under another name,
 * synced and renamed, so that a run that is killed leaves the earlier one or the new one. */
#ifndef DEBATE_ANALYSIS_DOCUMENT_H
#define DEBATE_ANALYSIS_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/space.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { DOCUMENT_MAX = 512 * 1024 * 1024 }; /* bytes: of a day of eight people with word times */

/* The folder (0700) where it is missing. ERR_IO with errno. */
enum err document_folder(const char *folder) MUST_CHECK;

/* The document, when it is there; `from` gets its digest. ERR_NOT_FOUND also for one that nobody
 * can read; ERR_NO_MEMORY; ERR_IO with errno. */
enum err document_read(const char *folder, const char *name, char from[DIGEST_SIZE],
                       struct buf *out) MUST_CHECK;
/* ERR_NO_SPACE; ERR_IO with errno, ERR_NO_MEMORY: what was there is as it was. */
enum err document_write(const char *folder, const char *name, const char *from, const char *text,
                        size_t len, struct space *space) MUST_CHECK;

/* A file of any length, written the same way (0600). `space` (NULL: any) outlives it. */
struct document_file;
enum err document_begin(const char *folder, const char *file_name, struct space *space,
                        struct document_file **out) MUST_CHECK;
/* As report_sink_fn. */
enum err document_add(void *file, const char *data, size_t len) MUST_CHECK;
/* Frees it; unless `keep`, nothing has changed on disk. */
enum err document_end(struct document_file *file, bool keep) MUST_CHECK;

/* A digest in the making, over everything that a document is made from. */
struct document_from {
    char digest[DIGEST_SIZE]; /* zeroes: of nothing yet */
};
void document_from_add(struct document_from *from, const char *text, size_t len);
void document_from_word(struct document_from *from, const char *word); /* NULL is another word */

#endif
