/* SQLite's face of an operating system (sqlite.org/vfs.html) on the simulated disk. */
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "sim/disk.h"
#include "sim/fiber.h"
#include "sim/world.h"

enum { SHM_REGIONS = 64, SHM_LOCKS = SQLITE_SHM_NLOCK };

struct disk *disk_at_hand;

/* A connection's file. */
struct file {
    struct sqlite3_file base;
    struct disk *disk;
    struct disk_file *file;
    char name[DISK_NAME];
    int lock; /* SQLITE_LOCK_… */
    bool is_temporary;
    uint16_t shm_shared, shm_exclusive; /* locks of this connection, by bit */
};

/* The shared memory of the one database, and its file's locks; they go with the process. */
struct shared_memory {
    void *regions[SHM_REGIONS];
    int shared[SHM_LOCKS];
    bool exclusive[SHM_LOCKS];
    int file_shared;
    bool file_reserved, file_exclusive;
};

static struct shared_memory process;

void disk_forget_shared_memory(void)
{
    for (int i = 0; i < SHM_REGIONS; i++)
        free(process.regions[i]);
    memset(&process, 0, sizeof process);
}

struct shared_memory *disk_swap_shared_memory(struct shared_memory *memory)
{
    struct shared_memory *before = malloc(sizeof *before);
    if (!before)
        abort();
    *before = process;
    if (memory)
        process = *memory;
    else
        memset(&process, 0, sizeof process);
    free(memory);
    return before;
}

/* ---- files ---- */

static int file_close(sqlite3_file *base)
{
    struct file *file = (struct file *)base;
    if (file->is_temporary)
        disk_remove(file->disk, file->name);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *out, int len, sqlite3_int64 offset)
{
    struct file *file = (struct file *)base;
    size_t got = disk_read(file->file, out, (size_t)len, (uint64_t)offset);
    return got == (size_t)len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 offset)
{
    struct file *file = (struct file *)base;
    disk_operation(file->disk);
    bool done = disk_write(file->disk, file->file, data, (size_t)len, (uint64_t)offset);
    return done ? SQLITE_OK : SQLITE_FULL;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 len)
{
    struct file *file = (struct file *)base;
    disk_operation(file->disk);
    disk_truncate(file->file, (uint64_t)len);
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags)
{
    struct file *file = (struct file *)base;
    (void)flags;
    disk_operation(file->disk);
    if (fiber_self())
        fiber_sleep(chance_between(0, file->disk->sync_us));
    return disk_sync(file->disk, file->file) ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *len)
{
    *len = (sqlite3_int64)((struct file *)base)->file->now.len;
    return SQLITE_OK;
}

/* sqlite.org/lockingv3.html, section 3, within one process. */
static int file_lock(sqlite3_file *base, int lock)
{
    struct file *file = (struct file *)base;
    if (file->lock >= lock)
        return SQLITE_OK;
    if (file->lock == SQLITE_LOCK_NONE) {
        if (process.file_exclusive)
            return SQLITE_BUSY;
        process.file_shared++;
        file->lock = SQLITE_LOCK_SHARED;
    }
    if (lock >= SQLITE_LOCK_RESERVED && file->lock < SQLITE_LOCK_RESERVED) {
        if (process.file_reserved)
            return SQLITE_BUSY;
        process.file_reserved = true;
        file->lock = SQLITE_LOCK_RESERVED;
    }
    if (lock == SQLITE_LOCK_EXCLUSIVE) {
        if (process.file_shared > 1)
            return SQLITE_BUSY;
        process.file_exclusive = true;
        file->lock = SQLITE_LOCK_EXCLUSIVE;
    }
    return SQLITE_OK;
}

static int file_unlock(sqlite3_file *base, int lock)
{
    struct file *file = (struct file *)base;
    if (file->lock == SQLITE_LOCK_EXCLUSIVE)
        process.file_exclusive = false;
    if (file->lock >= SQLITE_LOCK_RESERVED)
        process.file_reserved = false;
    if (file->lock >= SQLITE_LOCK_SHARED && lock == SQLITE_LOCK_NONE)
        process.file_shared--;
    if (lock < file->lock)
        file->lock = lock;
    return SQLITE_OK;
}

static int file_is_reserved(sqlite3_file *base, int *out)
{
    (void)base;
    *out = process.file_reserved;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int what, void *argument)
{
    (void)base;
    (void)what;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *base)
{
    (void)base;
    return DISK_SECTOR;
}

/* As SQLite takes it of every file system on Linux. */
static int file_device(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* ---- shared memory ---- */

static int shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **out)
{
    (void)base;
    if (region >= SHM_REGIONS)
        return SQLITE_IOERR_SHMSIZE;
    if (!process.regions[region] && extend)
        process.regions[region] = calloc(1, (size_t)size);
    *out = process.regions[region];
    return SQLITE_OK;
}

static bool may_lock(const struct file *file, int i, bool exclusive)
{
    uint16_t bit = (uint16_t)(1 << i);
    int others = process.shared[i] - ((file->shm_shared & bit) != 0);
    if (process.exclusive[i] && !(file->shm_exclusive & bit))
        return false;
    return !exclusive || others == 0;
}

static void change_lock(struct file *file, int i, int flags)
{
    uint16_t bit = (uint16_t)(1 << i);
    bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    uint16_t *mine = exclusive ? &file->shm_exclusive : &file->shm_shared;
    bool has = (*mine & bit) != 0, wants = (flags & SQLITE_SHM_LOCK) != 0;
    if (has == wants)
        return;
    *mine ^= bit;
    if (exclusive)
        process.exclusive[i] = wants;
    else
        process.shared[i] += wants ? 1 : -1;
}

static int shm_lock(sqlite3_file *base, int first, int count, int flags)
{
    struct file *file = (struct file *)base;
    for (int i = first; (flags & SQLITE_SHM_LOCK) && i < first + count; i++) {
        if (!may_lock(file, i, (flags & SQLITE_SHM_EXCLUSIVE) != 0))
            return SQLITE_BUSY;
    }
    for (int i = first; i < first + count; i++)
        change_lock(file, i, flags);
    return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *base)
{
    (void)base;
}

static int shm_unmap(sqlite3_file *base, int remove)
{
    struct file *file = (struct file *)base;
    for (int i = 0; i < SHM_LOCKS; i++) {
        change_lock(file, i, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
        change_lock(file, i, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
    }
    for (int i = 0; remove && i < SHM_REGIONS; i++) {
        free(process.regions[i]);
        process.regions[i] = NULL;
    }
    return SQLITE_OK;
}

static const struct sqlite3_io_methods methods = {.iVersion = 2,
                                                  .xClose = file_close,
                                                  .xRead = file_read,
                                                  .xWrite = file_write,
                                                  .xTruncate = file_truncate,
                                                  .xSync = file_sync,
                                                  .xFileSize = file_size,
                                                  .xLock = file_lock,
                                                  .xUnlock = file_unlock,
                                                  .xCheckReservedLock = file_is_reserved,
                                                  .xFileControl = file_control,
                                                  .xSectorSize = file_sector,
                                                  .xDeviceCharacteristics = file_device,
                                                  .xShmMap = shm_map,
                                                  .xShmLock = shm_lock,
                                                  .xShmBarrier = shm_barrier,
                                                  .xShmUnmap = shm_unmap};

/* ---- the system ---- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
                    int *out_flags)
{
    struct file *file = (struct file *)base;
    (void)vfs;
    memset(file, 0, sizeof *file);
    file->disk = disk_at_hand;
    if (!name)
        return SQLITE_CANTOPEN; /* temporary files are kept in memory */
    if (!(flags & SQLITE_OPEN_CREATE) && !disk_find(disk_at_hand, name))
        return SQLITE_CANTOPEN;
    disk_operation(disk_at_hand);
    file->file = disk_open(disk_at_hand, name);
    if (!file->file)
        return SQLITE_CANTOPEN;
    strncpy(file->name, name, DISK_NAME - 1);
    file->is_temporary = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    file->base.pMethods = &methods;
    if (out_flags)
        *out_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
    (void)vfs;
    (void)sync_dir;
    disk_operation(disk_at_hand);
    disk_remove(disk_at_hand, name);
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    const struct disk_file *file = disk_find(disk_at_hand, name);
    (void)vfs;
    *out = file && (flags != SQLITE_ACCESS_EXISTS || file->now.len > 0);
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    strncpy(out, name, (size_t)size - 1);
    out[size - 1] = '\0';
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int len, char *out)
{
    (void)vfs;
    for (int i = 0; i < len; i++)
        out[i] = (char)chance_bits();
    return len;
}

/* A busy connection waits; what it waits for is on another stack. */
static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    if (fiber_self())
        fiber_sleep(us);
    else if (world.node)
        fibers_push(world.node);
    return us;
}

static int vfs_time(sqlite3_vfs *vfs, double *out)
{
    (void)vfs;
    *out = 2440587.5 + (double)WORLD_EPOCH_S / 86400; /* the Julian day of the Unix epoch */
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int len, char *out)
{
    (void)vfs;
    (void)len;
    (void)out;
    return 0;
}

static sqlite3_vfs vfs_simulated = {.iVersion = 1,
                                    .szOsFile = sizeof(struct file),
                                    .mxPathname = DISK_NAME,
                                    .zName = "simulated",
                                    .xOpen = vfs_open,
                                    .xDelete = vfs_delete,
                                    .xAccess = vfs_access,
                                    .xFullPathname = vfs_full_path,
                                    .xRandomness = vfs_randomness,
                                    .xSleep = vfs_sleep,
                                    .xCurrentTime = vfs_time,
                                    .xGetLastError = vfs_last_error};

void disk_serve_sqlite(void)
{
    /* As store_sqlite.c does it: refused once SQLite is in use. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_vfs_register(&vfs_simulated, 1);
}

void disk_reset_sqlite(void)
{
    sqlite3_randomness(0, NULL); /* seeded anew with the next use */
}
