#include "server/quota.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "server/server_inner.h"
#include "store/usage.h"

static enum err count(const struct server *server, const char *folder, const char *name,
                      uint64_t *bytes)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/%s/%s", server->config.data, folder, name);
    *bytes = 0;
    return len < PATH_MAX ? usage_count(AT_FDCWD, path, bytes) : ERR_IO;
}

enum err quota_open(struct server *server)
{
    static const char *const folders[] = {"recordings", "analysis", "forgotten"};
    uint64_t bytes, all = 0;
    if (server->config.quota == 0)
        return ERR_NONE;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        enum err e = count(server, folders[i], "", &bytes);
        if (e)
            return e;
        all += bytes;
    }
    server->quota.kept_bytes = all;
    analyses_counted(server);
    return ERR_NONE;
}

uint64_t quota_left(const struct server *server)
{
    const struct quota *quota = &server->quota;
    uint64_t limit = server->config.quota;
    uint64_t used = store_bytes(server->store) + uploads_bytes(server->uploads) +
                    quota->kept_bytes + quota->promised_bytes;
    if (limit == 0)
        return UINT64_MAX;
    return used < limit ? limit - used : 0;
}

bool quota_allows(struct server *server, uint64_t bytes)
{
    int64_t now_ms = server_now_ms(server);
    if (bytes <= quota_left(server))
        return true;
    if (now_ms < server->quota.recounted_ms + RECOUNT_MS)
        return false;
    /* Perhaps somebody has deleted old recordings. */
    server->quota.recounted_ms = now_ms;
    return quota_open(server) == ERR_NONE && bytes <= quota_left(server);
}

void quota_kept(struct server *server, uint64_t bytes)
{
    server->quota.kept_bytes += bytes;
}

void quota_freed(struct server *server, uint64_t bytes)
{
    uint64_t kept_bytes = server->quota.kept_bytes;
    server->quota.kept_bytes -= bytes < kept_bytes ? bytes : kept_bytes;
    analyses_retry(server);
}

uint64_t quota_analysis_bytes(const struct server *server, const char *session_id)
{
    uint64_t bytes;
    return count(server, "analysis", session_id, &bytes) == ERR_NONE ? bytes : 0;
}
