/* JSON that is written straight into a buffer, value after value: messages and the log, documents
 * of the analysis, requests to services. A busy server prints more events than all the rest: to
 * build cJSON's tree of one and print that costs six times as much. Pure; any thread.
 *
 * The buffer is the caller's, who may empty it between two calls. After the first failure nothing
 * is written, and json_write_end tells it, so that a run of calls is checked once. In an object a
 * value has a `name`, which has nothing that must be escaped; in an array the name is NULL. */
#ifndef DEBATE_PROTO_JSON_WRITER_H
#define DEBATE_PROTO_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct json_writer {
    struct buf *out;
    size_t len_before;
    enum err error; /* the first */
    bool needs_comma;
    bool indented;
    unsigned depth; /* objects that are open */
};

/* Opens a document at the end of `out`: an object on one line. */
void json_write_begin(struct json_writer *json, struct buf *out);
/* The same for people, with a line for each member. */
void json_write_begin_indented(struct json_writer *json, struct buf *out);
/* Closes it, with what objects are still open. ERR_FULL, ERR_NO_MEMORY, also of what came before;
 * `out` is then as it was, but for `failed`. */
enum err json_write_end(struct json_writer *json) MUST_CHECK;

/* What follows lies in this one, until its end. */
void json_write_object(struct json_writer *json, const char *name);
void json_write_object_end(struct json_writer *json);
void json_write_array(struct json_writer *json, const char *name);
void json_write_array_end(struct json_writer *json);

/* The next value, and there must be one, stands on a new line. */
void json_write_line(struct json_writer *json);

/* NULL is written as null. The text must be UTF-8. */
void json_write_string(struct json_writer *json, const char *name, const char *value);
/* What may be NULL, or not UTF-8 like a path: it is then written empty. */
void json_write_text(struct json_writer *json, const char *name, const char *value);
void json_write_bool(struct json_writer *json, const char *name, bool value);
void json_write_integer(struct json_writer *json, const char *name, int64_t value);
/* With at most 3 decimals; what is no number (NaN) is written as null. */
void json_write_number(struct json_writer *json, const char *name, double value);
/* With as many digits as it takes to read the same number again. */
void json_write_exact(struct json_writer *json, const char *name, double value);
/* "p1" for 1; null for 0. */
void json_write_participant(struct json_writer *json, const char *name, unsigned participant);
/* JSON that was printed before, or read and checked: copied as it is. */
void json_write_raw(struct json_writer *json, const char *name, const char *value);

#endif
