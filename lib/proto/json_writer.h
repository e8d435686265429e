/* Building JSON that is kept or sent by others than proto: documents of the analysis, requests to
 * services. Pure; any thread.
 *
 * A document owns its values and copies every string. Functions take NULL for a parent that could
 * not be made, so that a run of them is checked once, by json_write. In an object a value has a
 * `name`, which must outlive the document; in an array the name is NULL. */
#ifndef DEBATE_PROTO_JSON_WRITER_H
#define DEBATE_PROTO_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct json;

/* An empty object; NULL without memory. json_write frees it. */
struct json *json_document(void);

struct json *json_write_object(struct json *parent, const char *name);
struct json *json_write_array(struct json *parent, const char *name);
/* A NULL value is written as null. The text must be UTF-8. */
void json_write_string(struct json *parent, const char *name, const char *value);
void json_write_bool(struct json *parent, const char *name, bool value);
void json_write_integer(struct json *parent, const char *name, int64_t value);
/* With at most 3 decimals; what is no number (NaN) is written as null. */
void json_write_number(struct json *parent, const char *name, double value);
/* JSON that was printed before, or read and checked: copied as it is. */
void json_write_raw(struct json *parent, const char *name, const char *json);

/* Appends the document, indented for people or on one line, and frees it in any case. ERR_FULL,
 * ERR_NO_MEMORY (also when one of its values could not be made); `out` is then as it was. */
enum err json_write(struct json *document, bool indented, struct buf *out) MUST_CHECK;

#endif
