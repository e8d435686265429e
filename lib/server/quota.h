/* What everything in the data directory takes of the disk, held against `config.quota`: the logs as
 * they are, open uploads as long as they were announced, analyses that run with all that they may
 * write, and what is kept (recordings, analyses, what is being forgotten) as it was counted at the
 * start, with what has come and gone since. Without a quota nothing is counted, and there is always
 * space. The loop's thread; the folders are read at the start, and when there is no space left. */
#ifndef DEBATE_SERVER_QUOTA_H
#define DEBATE_SERVER_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct server;

struct quota {
    uint64_t kept_bytes;
    uint64_t promised_bytes; /* to analyses that run */
    int64_t recounted_ms;    /* when the folders were read last */
};

/* Reads the folders. ERR_IO with errno. */
enum err quota_open(struct server *server) MUST_CHECK;

/* Whether so many bytes more are within the quota. */
bool quota_allows(struct server *server, uint64_t bytes);
/* How many are; UINT64_MAX without a quota. */
uint64_t quota_left(const struct server *server);

void quota_kept(struct server *server, uint64_t bytes);
/* Less is kept; analyses that waited for that are looked at again. */
void quota_freed(struct server *server, uint64_t bytes);

/* What the analysis of a session takes of the disk. */
uint64_t quota_analysis_bytes(const struct server *server, const char *session_id);

#endif
