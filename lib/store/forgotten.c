#include "store/forgotten.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rand.h"
#include "store/usage.h"

enum { WALK_FILES = 16, NAME_SIZE = 32 };

static enum err join(char out[PATH_MAX], const char *dir, const char *folder, const char *name)
{
    int len = snprintf(out, PATH_MAX, "%s/%s/%s", dir, folder, name);
    if (len > 0 && len < PATH_MAX)
        return ERR_NONE;
    errno = ENAMETOOLONG;
    return ERR_IO;
}

/* A timeline belongs to its recording and is none. */
static void count(const char *folder, struct forgotten *out)
{
    DIR *files = opendir(folder);
    for (struct dirent *entry; files && (entry = readdir(files));) {
        const char *dot = strrchr(entry->d_name, '.');
        struct stat about;
        if (entry->d_name[0] == '.' || fstatat(dirfd(files), entry->d_name, &about, 0) != 0)
            continue;
        out->recordings += !dot || strcmp(dot, ".timeline") != 0;
        out->bytes += (uint64_t)about.st_size;
    }
    if (files)
        closedir(files);
}

/* More than what only says that something is to be made. */
static bool has_analysis(const char *folder)
{
    bool has = false;
    DIR *files = opendir(folder);
    for (struct dirent *entry; files && !has && (entry = readdir(files));)
        has = entry->d_name[0] != '.' && strcmp(entry->d_name, "due") != 0 &&
              strcmp(entry->d_name, "lock") != 0;
    if (files)
        closedir(files);
    return has;
}

/* Moves one folder, under a name that none has there. */
static enum err move(const char *dir, const char *path, bool *moved)
{
    char to[PATH_MAX], name[NAME_SIZE];
    rand_id("f_", name);
    enum err e = join(to, dir, "forgotten", name);
    if (e)
        return e;
    if (rename(path, to) == 0) {
        *moved = true;
        return ERR_NONE;
    }
    return errno == ENOENT || errno == ENOTDIR ? ERR_NONE : ERR_IO;
}

enum err forgotten_move(const char *dir, const char *session_id, struct forgotten *out)
{
    char recordings[PATH_MAX], analysis[PATH_MAX], away[PATH_MAX];
    *out = (struct forgotten){0};
    enum err e = join(recordings, dir, "recordings", session_id);
    if (!e)
        e = join(analysis, dir, "analysis", session_id);
    if (!e)
        e = join(away, dir, "forgotten", "");
    if (e)
        return e;
    if (mkdir(away, 0700) != 0 && errno != EEXIST)
        return ERR_IO;
    count(recordings, out);
    out->analysis = has_analysis(analysis);
    if (usage_count(AT_FDCWD, analysis, &out->analysis_bytes))
        out->analysis_bytes = 0; /* it is moved all the same */
    e = move(dir, recordings, &out->moved);
    return e ? e : move(dir, analysis, &out->moved);
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
    (void)about;
    (void)kind;
    return walk->level == 0 || remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

enum err forgotten_remove(const char *dir)
{
    char away[PATH_MAX];
    enum err e = join(away, dir, "forgotten", "");
    if (e)
        return e;
    if (access(away, F_OK) != 0)
        return errno == ENOENT ? ERR_NONE : ERR_IO;
    return nftw(away, remove_entry, WALK_FILES, FTW_DEPTH | FTW_PHYS) == 0 ? ERR_NONE : ERR_IO;
}
