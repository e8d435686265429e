/* What the two files of uploads share (http_uploads.c, http_patch.c). The loop's thread. */
#ifndef DEBATE_SERVER_HTTP_UPLOADS_H
#define DEBATE_SERVER_HTTP_UPLOADS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/problem.h"
#include "proto/view.h"
#include "store/uploads.h"

struct server;
struct exchange;
struct house_room;

/* What became of a file's operation: ERR_IO, with errno, is ERR_NO_SPACE where that is the reason.
 */
enum err http_upload_error(enum err e) MUST_CHECK;
/* Headers: where the upload stands, and until when. */
void http_upload_describe(struct exchange *exchange, const struct upload *upload);
/* Both refuse where they answer false or NULL. */
bool http_upload_number(struct exchange *exchange, const char *name, const char *field,
                        uint64_t *out);
/* The upload of the address, for who may touch it. */
struct upload *http_upload_find(struct exchange *exchange);

#endif
