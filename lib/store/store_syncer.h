/* The thread that brings what is committed to the disk: fsyncs of the WAL when they are asked for,
 * and checkpoints, so that the WAL stays small. The functions are the store's thread's; the
 * callback is called on the inner one.
 *
 * Why a commit that `syncer_synced` covers survives a power cut: its pages were in the WAL file
 * when the fdatasync began. Or the WAL had been begun anew since; but that happens only when a
 * checkpoint has copied everything, after SQLite has synced the WAL, copied, and synced the
 * database file (synchronous=NORMAL). Only this thread checkpoints.
 *
 * Why the store's thread is not held up: a checkpoint goes on beside the commits (SQLite: PASSIVE).
 * When nobody commits meanwhile the next commit begins the WAL anew by itself. A server that
 * commits all the time never gives it that chance; then, at SYNCER_RESTART_PAGES, the thread copies
 * and syncs all it can, and closes the gate, which keeps commits out, for the few pages that are
 * left. Measured with 750,000 lines a second: the longest commit took 1.5 to 6 ms. */
#ifndef DEBATE_STORE_STORE_SYNCER_H
#define DEBATE_STORE_STORE_SYNCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store_sqlite.h"

enum {
    /* Pages of 4 KiB. 4 MiB: what a checkpoint copies and syncs in one go. */
    SYNCER_CHECKPOINT_PAGES = 1024,
    /* 32 MiB: the WAL's size, and what is committed while it is copied. */
    SYNCER_RESTART_PAGES = 8192,
    /* 64 MiB: commits outrun the disk and have to wait for it. */
    SYNCER_STALL_PAGES = 2 * SYNCER_RESTART_PAGES
};

struct syncer;

/* Starts the thread for the database at `db_path`, which a first connection has open and in WAL
 * mode. On an error `why` says what and where. */
enum err syncer_new(const char *db_path, void (*on_synced)(void *context), void *context,
                    struct syncer **out, char *why, size_t why_size) MUST_CHECK;
/* Syncs what is committed, ends the thread and its connection. True: a sync has failed, then or
 * before, so the database must not get what is in the WAL. */
bool syncer_free(struct syncer *syncer);

/* Around a commit: no checkpoint begins the WAL anew in between. */
void syncer_enter(struct syncer *syncer);
void syncer_leave(struct syncer *syncer);
/* Tells of a commit, which left so many pages in the WAL. */
void syncer_committed(struct syncer *syncer, uint64_t commit, size_t wal_pages);

/* Asks for a sync of all that is committed. */
void syncer_sync(struct syncer *syncer);
uint64_t syncer_synced(const struct syncer *syncer);
/* A failed fsync is final: the kernel may have dropped the pages and say yes the next time. */
bool syncer_failed(const struct syncer *syncer);

#endif
