/* Pages of which origins may act here (RFC 6454; https://fetch.spec.whatwg.org, "Origin" header and
 * CORS). A browser says whose page it acts for, and cannot be made to say otherwise; who is no
 * browser says nothing, and is judged by the token alone. The first two functions are pure; those
 * of a request are the loop's thread's. */
#ifndef DEBATE_SERVER_ORIGIN_H
#define DEBATE_SERVER_ORIGIN_H

#include <stdbool.h>

struct exchange;

enum {
    ORIGIN_SIZE = 300 /* "https://", a host of 253 (RFC 1035, section 2.3.4), a port, a NUL */
};

enum origin {
    ORIGIN_NONE,   /* the request is no browser's page's, or changes nothing */
    ORIGIN_OWN,    /* the page is this server's */
    ORIGIN_LISTED, /* another's, and let in */
    ORIGIN_FOREIGN
};

/* Whether each of a comma-separated list is an origin as browsers write it: scheme, host, and the
 * port where it is not the scheme's own. */
bool origin_list_valid(const char *list);

/* `origin` and `host`: the headers; NULL without one. `is_tls`: the server is only ever asked by
 * https. `list` as above, or NULL. */
enum origin origin_judge(const char *origin, const char *host, bool is_tls, const char *list);

/* ---- of one request ---- */

/* Looks at its headers; puts those into the response that let a listed page read it. */
void origin_look(struct exchange *exchange);
/* Answers what a browser asks before it lets a listed page do more than a form could; false: it
 * does not ask. */
bool origin_answer_preflight(struct exchange *exchange);

#endif
