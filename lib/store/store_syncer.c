#include "store/store_syncer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

enum {
    PATH_SIZE = 4096,
    SYNCER_PASSES = 3,     /* each leaves what was committed while it ran, ever less */
    SYNCER_PASS_PAGES = 64 /* not worth a pass of their own */
};

struct syncer {
    struct db *db; /* the thread's own connection */
    int wal_fd;
    void (*on_synced)(void *context);
    void *context;

    pthread_t thread;
    pthread_mutex_t gate;    /* held over a commit, and while the WAL is begun anew */
    atomic_bool gate_wanted; /* a mutex alone would go back to the one that commits in a loop */
    pthread_cond_t gate_free;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    bool sync_wanted, checkpoint_wanted, stop;

    atomic_size_t wal_pages; /* after the last commit */
    size_t checkpoint_pages; /* the store's thread: ask for a checkpoint at so many */
    _Atomic uint64_t committed, synced;
    atomic_bool failed;
    bool checkpoint_complained;
};

static void fail(struct syncer *s)
{
    log_error("cannot sync the session log: %s; nothing is acknowledged any more", strerror(errno));
    atomic_store(&s->failed, true);
}

static void sync_wal(struct syncer *s)
{
    uint64_t committed = atomic_load(&s->committed);
    if (atomic_load(&s->failed) || committed == atomic_load(&s->synced))
        return;
    if (fdatasync(s->wal_fd) == 0) {
        atomic_store(&s->synced, committed);
        return;
    }
    fail(s);
}

/* Begins the WAL anew, with commits kept out. */
static enum err restart(struct syncer *s)
{
    size_t copied;
    enum err e = db_sync_file(s->db);
    if (e != ERR_NONE)
        return e;
    atomic_store(&s->gate_wanted, true);
    pthread_mutex_lock(&s->gate);
    e = db_checkpoint(s->db, true, &copied);
    atomic_store(&s->gate_wanted, false);
    pthread_cond_signal(&s->gate_free);
    pthread_mutex_unlock(&s->gate);
    return e;
}

static void checkpoint(struct syncer *s)
{
    if (atomic_load(&s->failed))
        return; /* the database must not get what the WAL may have lost */
    size_t copied = 0;
    enum err e = db_checkpoint(s->db, false, &copied);
    for (int i = 0; i < SYNCER_PASSES && e == ERR_NONE; i++) {
        size_t pages = atomic_load(&s->wal_pages);
        if (pages <= SYNCER_RESTART_PAGES || pages > SYNCER_STALL_PAGES ||
            pages <= copied + SYNCER_PASS_PAGES)
            break;
        e = db_sync_file(s->db);
        if (e == ERR_NONE)
            e = db_checkpoint(s->db, false, &copied);
    }
    if (e == ERR_NONE && atomic_load(&s->wal_pages) > SYNCER_RESTART_PAGES)
        e = restart(s);
    if (db_has_lost_sync(s->db))
        fail(s);
    if (e != ERR_NONE && !s->checkpoint_complained)
        log_warning("cannot move the session log into its database: %s; trying again",
                    db_message(s->db));
    s->checkpoint_complained = e != ERR_NONE;
}

static void *run(void *context)
{
    struct syncer *s = context;
    pthread_mutex_lock(&s->lock);
    while (!s->stop || s->sync_wanted) {
        if (s->sync_wanted) {
            s->sync_wanted = false;
            pthread_mutex_unlock(&s->lock);
            sync_wal(s);
            if (s->on_synced)
                s->on_synced(s->context);
        } else if (s->checkpoint_wanted) {
            s->checkpoint_wanted = false;
            pthread_mutex_unlock(&s->lock);
            checkpoint(s);
            if (atomic_load(&s->failed) && s->on_synced)
                s->on_synced(s->context);
        } else {
            pthread_cond_wait(&s->wake, &s->lock);
            continue;
        }
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* Signals are the main thread's. */
static int start_thread(struct syncer *s)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&s->thread, NULL, run, s);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error;
}

static int open_wal(const char *db_path)
{
    char path[PATH_SIZE];
    int len = snprintf(path, sizeof path, "%s-wal", db_path);
    if (len < 0 || (size_t)len >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
}

enum err syncer_new(const char *db_path, void (*on_synced)(void *context), void *context,
                    struct syncer **out, char *why, size_t why_size)
{
    struct syncer *s = mem_zalloc(sizeof *s);
    if (!s) {
        snprintf(why, why_size, "out of memory");
        return ERR_NO_MEMORY;
    }
    s->on_synced = on_synced;
    s->context = context;
    s->checkpoint_pages = SYNCER_CHECKPOINT_PAGES;
    enum err e = ERR_IO;
    s->wal_fd = open_wal(db_path);
    if (s->wal_fd < 0) {
        snprintf(why, why_size, "cannot open %s-wal: %s", db_path, strerror(errno));
        goto out_free;
    }
    e = db_open_second(db_path, &s->db, why, why_size);
    if (e != ERR_NONE)
        goto out_wal;
    pthread_mutex_init(&s->gate, NULL);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->gate_free, NULL);
    pthread_cond_init(&s->wake, NULL);
    int error = start_thread(s);
    if (error == 0) {
        *out = s;
        return ERR_NONE;
    }
    snprintf(why, why_size, "cannot start a thread: %s", strerror(error));
    e = ERR_IO;
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->gate_free);
    pthread_mutex_destroy(&s->gate);
    db_close(s->db);
out_wal:
    close(s->wal_fd);
out_free:
    mem_free(s);
    return e;
}

bool syncer_free(struct syncer *s)
{
    pthread_mutex_lock(&s->lock);
    s->sync_wanted = true;
    s->stop = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->gate_free);
    pthread_mutex_destroy(&s->gate);
    bool has_failed = atomic_load(&s->failed);
    if (has_failed)
        db_keep_wal(s->db);
    db_close(s->db);
    close(s->wal_fd);
    mem_free(s);
    return has_failed;
}

void syncer_enter(struct syncer *s)
{
    pthread_mutex_lock(&s->gate);
    while (atomic_load(&s->gate_wanted))
        pthread_cond_wait(&s->gate_free, &s->gate);
}

void syncer_leave(struct syncer *s)
{
    pthread_mutex_unlock(&s->gate);
}

void syncer_committed(struct syncer *s, uint64_t commit, size_t wal_pages)
{
    atomic_store(&s->committed, commit);
    if (wal_pages < atomic_load(&s->wal_pages))
        s->checkpoint_pages = SYNCER_CHECKPOINT_PAGES; /* it was begun anew */
    atomic_store(&s->wal_pages, wal_pages);
    if (wal_pages < s->checkpoint_pages)
        return;
    s->checkpoint_pages = wal_pages + SYNCER_CHECKPOINT_PAGES;
    pthread_mutex_lock(&s->lock);
    s->checkpoint_wanted = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

void syncer_sync(struct syncer *s)
{
    pthread_mutex_lock(&s->lock);
    s->sync_wanted = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

uint64_t syncer_synced(const struct syncer *s)
{
    return atomic_load(&s->synced);
}

bool syncer_failed(const struct syncer *s)
{
    return atomic_load(&s->failed);
}
