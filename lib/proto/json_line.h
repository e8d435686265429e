/* A JSON object that is written straight into a buffer, member after member. For events, of which a
 * busy server prints more than all the rest: to build cJSON's tree of one and print that costs six
 * times as much. Inside proto alone; pure; any thread. */
#ifndef DEBATE_PROTO_JSON_LINE_H
#define DEBATE_PROTO_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct json_line {
    struct buf *out;
    size_t len_before;
    enum err error; /* the first; after it nothing is written */
    bool needs_comma;
};

/* Opens the object at the end of `out`. */
void json_line_begin(struct json_line *line, struct buf *out);
/* Closes it. ERR_FULL, ERR_NO_MEMORY, also of what came before; `out` is then as it was. */
enum err json_line_end(struct json_line *line) MUST_CHECK;

/* Members. A name has nothing that must be escaped. */
void json_line_string(struct json_line *line, const char *name, const char *value);
void json_line_bool(struct json_line *line, const char *name, bool value);
void json_line_integer(struct json_line *line, const char *name, int64_t value);
/* At most three decimals, as json_rounded_text. */
void json_line_rounded(struct json_line *line, const char *name, double value);
/* "p12" */
void json_line_participant(struct json_line *line, const char *name, unsigned participant);
/* What follows is a member of this one, until it is closed. */
void json_line_open(struct json_line *line, const char *name);
void json_line_close(struct json_line *line);

#endif
