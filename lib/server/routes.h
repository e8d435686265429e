/* Which address leads where (protocol, sections 3, 4 and 7). Pure; any thread. */
#ifndef DEBATE_SERVER_ROUTES_H
#define DEBATE_SERVER_ROUTES_H

#include <stdbool.h>

enum method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_OTHER
};

enum route {
    ROUTE_NONE,
    ROUTE_HEALTH,
    ROUTE_METRICS,
    ROUTE_ROOMS,
    ROUTE_ROOM,
    ROUTE_GUESTS,
    ROUTE_SESSION,
    ROUTE_LOG,
    ROUTE_CHOICES,
    ROUTE_END,
    ROUTE_REPORT,
    ROUTE_FORGET,
    ROUTE_UPLOADS,
    ROUTE_UPLOAD,
    ROUTE_VOICE,
    ROUTE_SIGNALING,
    ROUTE_PAGE,
    ROUTE_WEB_FILE
};

enum { ROUTE_PARAM_SIZE = 80 }; /* the longest code or id, and a NUL */

struct route_match {
    enum route route;
    char param[ROUTE_PARAM_SIZE]; /* the room code, session or upload id, or file; empty without one
                                   */
};

/* `path`: without the query, decoded. ROUTE_NONE: 404. */
struct route_match route_find(const char *path);
/* "GET, HEAD": what a route takes, for `Allow`. Static. */
const char *route_methods(enum route route);
enum method method_from_name(const char *name);
bool route_takes(enum route route, enum method method);

#endif
