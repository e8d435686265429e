#include "sim/disk.h"

#include <stdlib.h>
#include <string.h>

#include "sim/world.h"

struct disk *disk_new(void)
{
    struct disk *disk = calloc(1, sizeof *disk);
    if (!disk)
        abort();
    disk->sync_us = 2000;
    return disk;
}

static void *copy_of(const void *data, size_t size)
{
    void *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    return copy;
}

static struct disk_bytes copy_bytes(const struct disk_bytes *bytes)
{
    return (struct disk_bytes){
        .data = copy_of(bytes->data, bytes->len), .len = bytes->len, .size = bytes->len};
}

struct disk *disk_copy(const struct disk *disk)
{
    struct disk *copy = copy_of(disk, sizeof *disk);
    copy->dies_at = copy->operations = 0;
    for (int i = 0; i < DISK_FILES; i++) {
        struct disk_file *file = &copy->files[i];
        file->now = copy_bytes(&disk->files[i].now);
        file->synced = copy_bytes(&disk->files[i].synced);
        file->dirty = copy_of(disk->files[i].dirty, file->dirty_size);
    }
    return copy;
}

static void release(struct disk_file *file)
{
    free(file->now.data);
    free(file->synced.data);
    free(file->dirty);
    *file = (struct disk_file){.name = ""};
}

void disk_free(struct disk *disk)
{
    if (!disk)
        return;
    for (int i = 0; i < DISK_FILES; i++)
        release(&disk->files[i]);
    free(disk);
}

struct disk_file *disk_find(struct disk *disk, const char *name)
{
    for (int i = 0; i < DISK_FILES; i++) {
        if (disk->files[i].name[0] && strcmp(disk->files[i].name, name) == 0)
            return &disk->files[i];
    }
    return NULL;
}

struct disk_file *disk_open(struct disk *disk, const char *name)
{
    struct disk_file *file = disk_find(disk, name);
    for (int i = 0; !file && i < DISK_FILES; i++) {
        if (disk->files[i].name[0])
            continue;
        file = &disk->files[i];
        strncpy(file->name, name, DISK_NAME - 1);
    }
    return file;
}

void disk_remove(struct disk *disk, const char *name)
{
    struct disk_file *file = disk_find(disk, name);
    if (file)
        release(file);
}

void disk_operation(struct disk *disk)
{
    if (!world.node)
        return; /* the observer's */
    disk->operations++;
    if (disk->dies_at && disk->operations >= disk->dies_at) {
        disk->dies_at = 0;
        disk->on_death(disk->context);
    }
}

/* ---- bytes ---- */

static void resize(struct disk_bytes *bytes, size_t len)
{
    if (len > DISK_BYTES_MAX)
        broken("memory-is-bounded", "a file of %zu bytes", len);
    if (len > bytes->size) {
        bytes->size = len * 2;
        bytes->data = realloc(bytes->data, bytes->size);
        if (!bytes->data)
            abort();
    }
    if (len > bytes->len)
        memset(bytes->data + bytes->len, 0, len - bytes->len);
    bytes->len = len;
}

size_t disk_read(const struct disk_file *file, void *out, size_t len, uint64_t offset)
{
    size_t got = offset >= file->now.len ? 0 : file->now.len - (size_t)offset;
    if (got > len)
        got = len;
    if (got)
        memcpy(out, file->now.data + offset, got);
    memset((char *)out + got, 0, len - got);
    return got;
}

static void mark(struct disk_file *file, size_t first, size_t last)
{
    if (last >= file->dirty_size) {
        size_t size = (last + 1) * 2;
        file->dirty = realloc(file->dirty, size);
        if (!file->dirty)
            abort();
        memset(file->dirty + file->dirty_size, 0, size - file->dirty_size);
        file->dirty_size = size;
    }
    memset(file->dirty + first, 1, last - first + 1);
}

bool disk_write(struct disk *disk, struct disk_file *file, const void *data, size_t len,
                uint64_t offset)
{
    size_t end = (size_t)offset + len;
    if (end > file->now.len) {
        if (disk->is_full)
            return false;
        resize(&file->now, end);
    }
    memcpy(file->now.data + offset, data, len);
    mark(file, (size_t)offset / DISK_SECTOR, (end - 1) / DISK_SECTOR);
    return true;
}

void disk_truncate(struct disk_file *file, uint64_t len)
{
    resize(&file->now, (size_t)len);
}

static void bring_sector(struct disk_file *file, size_t sector)
{
    size_t offset = sector * DISK_SECTOR;
    if (offset >= file->now.len)
        return;
    size_t len = file->now.len - offset < DISK_SECTOR ? file->now.len - offset : DISK_SECTOR;
    if (offset + len > file->synced.len)
        resize(&file->synced, offset + len);
    memcpy(file->synced.data + offset, file->now.data + offset, len);
}

bool disk_sync(struct disk *disk, struct disk_file *file)
{
    bool fails = disk->failing > 0;
    if (fails)
        disk->failing--;
    uint8_t *at = file->dirty, *end = file->dirty + file->dirty_size;
    for (; at && at < end && (at = memchr(at, 1, (size_t)(end - at))); at++) {
        *at = 0;
        if (!fails)
            bring_sector(file, (size_t)(at - file->dirty));
    }
    if (!fails)
        resize(&file->synced, file->now.len);
    return !fails;
}

void disk_power_cut(struct disk *disk, enum power_cut how)
{
    for (int i = 0; i < DISK_FILES; i++) {
        struct disk_file *file = &disk->files[i];
        if (!file->name[0])
            continue;
        for (size_t sector = 0; sector < file->dirty_size; sector++) {
            if (file->dirty[sector] && how == POWER_CUT_SECTORS && chance_one_in(2))
                bring_sector(file, sector);
            file->dirty[sector] = 0;
        }
        resize(&file->now, file->synced.len);
        if (file->now.len)
            memcpy(file->now.data, file->synced.data, file->now.len);
    }
}
