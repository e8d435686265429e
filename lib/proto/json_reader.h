/* Reading JSON that somebody else wrote, field by field: for clients, which take what they need of
 * an answer and ignore the rest. Pure; any thread.
 *
 * A document owns everything that is reached through it; values and strings live until json_free.
 * Every function takes NULL for a value that is not there, so that lookups can be chained. */
#ifndef DEBATE_PROTO_JSON_READER_H
#define DEBATE_PROTO_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct json; /* a value; the one that json_read gives owns the others */

/* ERR_BAD_REQUEST when it is not one JSON value, ERR_NO_MEMORY. */
enum err json_read(const char *text, size_t len, struct json **out) MUST_CHECK;
void json_free(struct json *document); /* NULL is allowed */

const struct json *json_member(const struct json *object, const char *name);
size_t json_count(const struct json *array); /* 0 for anything else */
const struct json *json_item(const struct json *array, size_t index);
/* The items of an array, or the members' values of an object, one after the other: NULL behind the
 * last. By index a long array would be gone through from its beginning each time. */
const struct json *json_first(const struct json *array);
const struct json *json_next(const struct json *item);
/* The first item that has this string under this name; NULL: none, or the string is. */
const struct json *json_item_with(const struct json *array, const char *name, const char *value);
/* The value itself as a string; NULL when it is none. */
const char *json_text(const struct json *value);

/* The value of a member: NULL, or `fallback`, when it is not there or of another type. */
const char *json_string(const struct json *object, const char *name);
double json_number(const struct json *object, const char *name, double fallback);
bool json_bool(const struct json *object, const char *name, bool fallback);

/* Appends a value as a person would write it: a string without quotes, a number, true, false, null;
 * an array or object as JSON. */
enum err json_value_print(const struct json *value, struct buf *out) MUST_CHECK;

#endif
