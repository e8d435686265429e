/* Reading JSON to the letter, inside proto alone: messages, bodies, tokens and logs. For answers,
 * of which clients take what cJSON makes of them, there is json_reader.h.
 *
 * Pure; any thread. cJSON is laxer than RFC 8259, so the text is looked over first: control
 * characters, numbers like 01 or 1., escapes that are none and nesting beyond a bound are refused
 * here. A NUL, which cJSON would cut a string at, is found and can be named.
 *
 * Two kinds of documents: lasting ones live on the heap until json_doc_release; brief ones, between
 * json_brief_begin and json_brief_end of one thread, lie in a block of that thread, which makes a
 * message cost no allocation. */
#ifndef DEBATE_PROTO_JSON_H
#define DEBATE_PROTO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "proto/limits.h"
#include "proto/problem.h"

enum {
    JSON_NESTING = 32,   /* deeper than any message; keeps cJSON's recursion short */
    JSON_PATH_SIZE = 64, /* as problem.field */
};

struct json_doc {
    cJSON *root;
    bool has_nul; /* some string holds \u0000; shown as U+FFFE, a noncharacter */
};

/* Text that is one JSON value and nothing else. ERR_BAD_MESSAGE with the reason in `why`, or
 * ERR_NO_MEMORY; then there is nothing to release. */
enum err json_parse(const char *text, size_t len, struct json_doc *out,
                    struct problem *why) MUST_CHECK;
void json_doc_release(struct json_doc *doc);

/* The body of a request: an object without NULs. ERR_BAD_REQUEST, ERR_NO_MEMORY; `out` is for
 * json_brief_end or json_doc_release whatever came of it. */
enum err json_parse_body(const char *text, size_t len, struct json_doc *out,
                         struct problem *why) MUST_CHECK;

/* ERR_BAD_REQUEST with the path of the first string that holds a NUL. */
enum err json_refuse_nul(const struct json_doc *doc, struct problem *why) MUST_CHECK;

/* The last member of this name, as most readers of JSON take it; NULL when there is none or
 * `object` is no object. */
const cJSON *json_find(const cJSON *object, const char *name);

/* A member of an object as it stands in the text: `name` is at the opening quote, `end` behind the
 * value. */
struct json_span {
    const char *name, *value, *end;
};
/* The next member of the object whose text is at `*at`, which starts at its opening brace and is
 * moved on; false behind the last. The text is one that json_parse took: the members come in the
 * order of the parsed object's. */
bool json_next_span(const char **at, struct json_span *out);

/* An object whose fields are wanted, and where it stands. */
struct json_at {
    const cJSON *object;
    const char *path;     /* "agenda.pages[2]"; empty at the top */
    struct problem *why;  /* may be NULL */
    struct problem *soft; /* if given, what is not a matter of types (a missing field, a range) is
                             noted here, the first of it, and reading goes on */
};

/* Writes "path.name" or "name". */
void json_path(char out[JSON_PATH_SIZE], const char *path, const char *name);

/* Writes "path[index]". */
void json_path_index(char out[JSON_PATH_SIZE], const char *path, size_t index);

/* Refuses a field: ERR_BAD_REQUEST and `why`, or ERR_NONE and `soft`. */
enum err json_refuse(const struct json_at *at, const char *name, enum reason reason);

enum json_need { JSON_REQUIRED, JSON_OPTIONAL };

/* Each gives ERR_BAD_REQUEST with the field's path. What is not there (or was refused softly)
 * leaves `*out` as it was. `has` may be NULL. */
enum err json_get_string(const struct json_at *at, const char *name, enum json_need need,
                         const char **out) MUST_CHECK;
/* A string of chars_min to chars_max code points, copied to `out` of chars_max * 4 + 1 bytes. */
enum err json_get_text(const struct json_at *at, const char *name, enum json_need need,
                       size_t chars_min, size_t chars_max, char *out) MUST_CHECK;
enum err json_get_bool(const struct json_at *at, const char *name, enum json_need need, bool *has,
                       bool *out) MUST_CHECK;
/* A number without a fraction (2.0 has none). */
enum err json_get_integer(const struct json_at *at, const char *name, enum json_need need,
                          int64_t min, int64_t max, bool *has, int64_t *out) MUST_CHECK;
enum err json_get_number(const struct json_at *at, const char *name, enum json_need need,
                         double min, double max, bool *has, double *out) MUST_CHECK;
enum err json_get_array(const struct json_at *at, const char *name, enum json_need need,
                        const cJSON **out) MUST_CHECK;
enum err json_get_object(const struct json_at *at, const char *name, enum json_need need,
                         const cJSON **out) MUST_CHECK;

/* One brief at a time in a thread. */
void json_brief_begin(void);
/* Ends it and frees `root` (which may be NULL). */
void json_brief_end(cJSON *root);

/* Tests: how many bytes of the thread's block may be used; what goes beyond comes from the heap. */
void json_brief_limit(size_t bytes);

#endif
