#include "server/routes.h"

#include <string.h>

#include "base/str.h"

enum param { PARAM_NONE, PARAM_CODE, PARAM_SESSION, PARAM_UPLOAD, PARAM_FILE };

/* `{}` is one segment, of the kind in `param`. What is no code or id of that kind does not match,
 * so that no route can shadow another. */
static const struct {
    const char *pattern;
    enum param param;
    enum route route;
} patterns[] = {
    {"/healthz", PARAM_NONE, ROUTE_HEALTH},
    {"/metrics", PARAM_NONE, ROUTE_METRICS},
    {"/api/rooms", PARAM_NONE, ROUTE_ROOMS},
    {"/api/rooms/{}", PARAM_CODE, ROUTE_ROOM},
    {"/api/rooms/{}/guests", PARAM_CODE, ROUTE_GUESTS},
    {"/api/sessions/{}", PARAM_SESSION, ROUTE_SESSION},
    {"/api/sessions/{}/log", PARAM_SESSION, ROUTE_LOG},
    {"/api/sessions/{}/choices", PARAM_SESSION, ROUTE_CHOICES},
    {"/api/sessions/{}/end", PARAM_SESSION, ROUTE_END},
    {"/api/sessions/{}/report", PARAM_SESSION, ROUTE_REPORT},
    {"/api/sessions/{}/forget", PARAM_SESSION, ROUTE_FORGET},
    {"/api/uploads", PARAM_NONE, ROUTE_UPLOADS},
    {"/api/uploads/{}", PARAM_UPLOAD, ROUTE_UPLOAD},
    {"/ws/voice/{}", PARAM_SESSION, ROUTE_VOICE},
    {"/ws/signaling", PARAM_NONE, ROUTE_SIGNALING},
    {"/r/{}", PARAM_CODE, ROUTE_PAGE},
    {"/web/{}", PARAM_FILE, ROUTE_WEB_FILE},
};

static const struct {
    enum route route;
    const char *methods;
} allowed[] = {
    {ROUTE_HEALTH, "GET, HEAD"},
    {ROUTE_METRICS, "GET, HEAD"},
    {ROUTE_ROOMS, "GET, POST"},
    {ROUTE_ROOM, "GET"},
    {ROUTE_GUESTS, "POST"},
    {ROUTE_SESSION, "GET"},
    {ROUTE_LOG, "GET"},
    {ROUTE_CHOICES, "POST"},
    {ROUTE_END, "POST"},
    {ROUTE_REPORT, "GET"},
    {ROUTE_FORGET, "POST"},
    {ROUTE_UPLOADS, "POST, OPTIONS"},
    {ROUTE_VOICE, "GET"},
    {ROUTE_UPLOAD, "HEAD, PATCH, DELETE, OPTIONS"},
    {ROUTE_SIGNALING, "GET"},
    {ROUTE_PAGE, "GET, HEAD"},
    {ROUTE_WEB_FILE, "GET, HEAD"},
};

static const char *const method_names[] = {
    [METHOD_GET] = "GET",     [METHOD_HEAD] = "HEAD",     [METHOD_POST] = "POST",
    [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE", [METHOD_OPTIONS] = "OPTIONS",
    [METHOD_OTHER] = "",
};

/* Compares; the segment at `{}` goes to `param`. */
static bool fits(const char *pattern, const char *path, char param[ROUTE_PARAM_SIZE])
{
    const char *hole = strstr(pattern, "{}");
    if (!hole)
        return strcmp(pattern, path) == 0;
    size_t before = (size_t)(hole - pattern);
    if (strncmp(pattern, path, before) != 0)
        return false;
    size_t len = strcspn(path + before, "/");
    if (len == 0 || len >= ROUTE_PARAM_SIZE || strcmp(hole + 2, path + before + len) != 0)
        return false;
    memcpy(param, path + before, len);
    param[len] = '\0';
    return true;
}

static bool param_valid(enum param kind, const char *param)
{
    switch (kind) {
    case PARAM_NONE:
    case PARAM_UPLOAD:
    case PARAM_FILE: /* looked up among those that are there */
        return true;
    case PARAM_CODE:
        return room_code_valid(param);
    case PARAM_SESSION:
        return session_id_valid(param);
    }
    return false;
}

struct route_match route_find(const char *path)
{
    struct route_match match = {.route = ROUTE_NONE};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        if (fits(patterns[i].pattern, path, match.param) &&
            param_valid(patterns[i].param, match.param)) {
            match.route = patterns[i].route;
            return match;
        }
    }
    match.param[0] = '\0';
    return match;
}

const char *route_methods(enum route route)
{
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
        if (allowed[i].route == route)
            return allowed[i].methods;
    }
    return "";
}

enum method method_from_name(const char *name)
{
    int method = METHOD_GET;
    while (method < METHOD_OTHER && strcmp(method_names[method], name) != 0)
        method++;
    return (enum method)method;
}

bool route_takes(enum route route, enum method method)
{
    const char *name = method_names[method], *at = route_methods(route);
    size_t len = strlen(name);
    while (len && (at = strstr(at, name))) {
        if (at[len] == '\0' || at[len] == ',')
            return true;
        at += len;
    }
    return false;
}
