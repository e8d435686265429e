/* The page for browsers: its files, read once when the server starts and answered from memory. No
 * request leads to the disk, so none can leave the folder. The loop's thread.
 *
 * The page itself is `index.html`; an asset is any other .html, .css, .js or .svg that lies in the
 * folder; what else lies there is not handed out. */
#ifndef DEBATE_SERVER_WEB_FILES_H
#define DEBATE_SERVER_WEB_FILES_H

#include <stddef.h>

#include "base/err.h"
#include "server/exchange.h"

enum {
    WEB_FILES_MAX = 64,
    WEB_FILE_SIZE_MAX = 256 * 1024 /* bytes */
};

struct web_files;

/* `folder` NULL: there is no page, and *out is NULL. On an error `why` is a line for the
 * operator. */
enum err web_files_read(const char *folder, struct web_files **out, char *why,
                        size_t why_size) MUST_CHECK;
void web_files_free(struct web_files *files); /* NULL is allowed */

/* GET /r/{code}: the page, whatever the code. */
void http_page(struct exchange *exchange);
/* GET /web/{name}: one of its assets. */
void http_web_file(struct exchange *exchange);

#endif
