#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/track_inner.h"
#include "base/mem.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "media/recording.h"

static const char *const suffixes[] = {".opus", ".webm", ".ogg"};
enum { SUFFIX_COUNT = sizeof suffixes / sizeof *suffixes };

__attribute__((format(printf, 2, 3))) static bool is_there(char path[PATH_MAX], const char *format,
                                                           ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(path, PATH_MAX, format, args);
    va_end(args);
    return len > 0 && len < PATH_MAX && access(path, F_OK) == 0;
}

static bool find_named(const char *dir, const char *stem, char path[PATH_MAX])
{
    for (size_t i = 0; i < SUFFIX_COUNT; i++) {
        if (is_there(path, "%s/%s%s", dir, stem, suffixes[i]))
            return true;
    }
    return false;
}

static bool names(const char *timeline_path, const char *recording_id)
{
    struct timeline timeline;
    if (timeline_read(timeline_path, &timeline))
        return false;
    bool is_it = strcmp(timeline.recording_id, recording_id) == 0;
    timeline_release(&timeline);
    return is_it;
}

/* What participants kept of their own: files of any name, with a timeline that says what they are.
 */
static enum err find_by_timeline(const char *dir, const char *recording_id, char path[PATH_MAX],
                                 bool *found)
{
    static const char suffix[] = ".timeline";
    DIR *folder = opendir(dir);
    if (!folder)
        return ERR_IO;
    const struct dirent *entry;
    while (!*found && (entry = readdir(folder))) {
        char beside[PATH_MAX], stem[NAME_MAX + 1];
        size_t len = strlen(entry->d_name);
        if (len <= strlen(suffix) || strcmp(entry->d_name + len - strlen(suffix), suffix) != 0)
            continue;
        snprintf(stem, sizeof stem, "%.*s", (int)(len - strlen(suffix)), entry->d_name);
        *found = is_there(beside, "%s/%s", dir, entry->d_name) && names(beside, recording_id) &&
                 (find_named(dir, stem, path) || is_there(path, "%s/%s", dir, stem));
    }
    closedir(folder);
    return ERR_NONE;
}

enum err track_find(const char *dir, const struct debate_recording *recording, char **out)
{
    char path[PATH_MAX];
    const char *name = strrchr(recording->path, '/');
    bool found = is_there(path, "%s/%s", dir, recording->path) ||
                 is_there(path, "%s/%s", dir, name ? name + 1 : recording->path) ||
                 find_named(dir, recording->recording_id, path);
    enum err e = found ? ERR_NONE : find_by_timeline(dir, recording->recording_id, path, &found);
    *out = NULL;
    if (e || !found)
        return e;
    *out = mem_strdup(path);
    return *out ? ERR_NONE : ERR_NO_MEMORY;
}

enum err track_is_altered(const char *path, const char *sha256, bool *altered)
{
    uint8_t bytes[16 * 1024];
    char hex[SHA256_TEXT_SIZE];
    size_t len;
    struct hash *hash = hash_new(HASH_SHA256);
    if (!hash)
        return ERR_NO_MEMORY;
    FILE *file = fopen(path, "rbe");
    enum err e = file ? ERR_NONE : ERR_IO;
    while (!e && (len = fread(bytes, 1, sizeof bytes, file)) > 0)
        e = hash_update(hash, bytes, len);
    if (!e && ferror(file))
        e = ERR_IO;
    if (!e)
        e = hash_final(hash, bytes);
    if (!e) {
        hex_encode(bytes, SHA256_SIZE, hex);
        *altered = strcmp(hex, sha256) != 0;
    }
    if (file)
        fclose(file);
    hash_free(hash);
    return e;
}
