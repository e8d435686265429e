/* The simulated disk: files with what the kernel holds of them, and what would be left of them
 * after a power cut. One thread. */
#ifndef DEBATE_SIM_DISK_H
#define DEBATE_SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DISK_SECTOR = 512, /* bytes: what is written whole or not at all */
    DISK_FILES = 8,
    DISK_NAME = 64,
    DISK_BYTES_MAX = 64 * 1024 * 1024 /* a file; more is a mistake */
};

struct disk_bytes {
    uint8_t *data;
    size_t len, size;
};

struct disk_file {
    char name[DISK_NAME]; /* empty: no such file */
    struct disk_bytes now, synced;
    uint8_t *dirty; /* by sector: not synced yet */
    size_t dirty_size;
};

struct disk {
    struct disk_file files[DISK_FILES];
    bool is_full;        /* no file can grow */
    unsigned failing;    /* so many syncs to come fail */
    int64_t sync_us;     /* how long a sync takes, about */
    uint64_t operations; /* done so far */
    uint64_t dies_at;    /* before this one the process that uses it dies; 0: none */
    void (*on_death)(void *context);
    void *context;
};

struct disk *disk_new(void);
/* As it is now, for those who come after; the old one goes on for a process that is dead. */
struct disk *disk_copy(const struct disk *disk);
void disk_free(struct disk *disk);

/* Makes it; NULL: there are too many. */
struct disk_file *disk_open(struct disk *disk, const char *name);
struct disk_file *disk_find(struct disk *disk, const char *name); /* NULL: none */
void disk_remove(struct disk *disk, const char *name);

/* One more operation of the process that uses it is about to be done: it may die before. */
void disk_operation(struct disk *disk);

/* How much was read; the rest is filled with zeros. */
size_t disk_read(const struct disk_file *file, void *out, size_t len, uint64_t offset);
/* False: the disk is full. */
bool disk_write(struct disk *disk, struct disk_file *file, const void *data, size_t len,
                uint64_t offset);
void disk_truncate(struct disk_file *file, uint64_t len);
/* False: it failed, and what was not synced never will be, though the kernel still shows it. */
bool disk_sync(struct disk *disk, struct disk_file *file);

enum power_cut {
    POWER_CUT_ALL,    /* nothing that was not synced is left */
    POWER_CUT_SECTORS /* each sector may be there or not, in whatever order they were written */
};
void disk_power_cut(struct disk *disk, enum power_cut how);

/* disk_sqlite.c: SQLite on this disk. Once a process; `disk` NULL: none is there. */
void disk_serve_sqlite(void);
extern struct disk *disk_at_hand;
/* At the beginning of a run: SQLite's own random numbers begin anew as well. */
void disk_reset_sqlite(void);
/* The mappings of shared memory go with the process. */
void disk_forget_shared_memory(void);
/* Puts this in its place (NULL: none), which is freed, and returns what was there. */
struct shared_memory;
struct shared_memory *disk_swap_shared_memory(struct shared_memory *memory);

#endif
