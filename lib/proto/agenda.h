/* The agenda of a debate: its pages and their choices (protocol, section 9). Pure; any thread.
 *
 * An agenda is reference-counted and never changes after it was made. */
#ifndef DEBATE_PROTO_AGENDA_H
#define DEBATE_PROTO_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "proto/json_writer.h"
#include "proto/problem.h"

enum reveal { REVEAL_ALL, REVEAL_NOW, REVEAL_NEVER };
enum gate { GATE_NONE, GATE_ALL };

struct choice {
    char *id;
    char *label;
};

struct page {
    char *id; /* NULL when not given */
    char *title;
    char *text;      /* NULL when not given */
    int64_t time_ms; /* 0: no limit. `seconds` on the wire */
    enum reveal reveal;
    enum gate gate;
    size_t choice_count;
    struct choice *choices;
};

struct agenda {
    unsigned refs;
    char *title;
    size_t page_count;  /* 1 or more */
    struct page *pages; /* pages[0] is page 1 */
};

/* From JSON text. ERR_BAD_REQUEST with the field's path in `why` ("agenda.pages[2].choices"), or
 * ERR_NO_MEMORY. */
enum err agenda_parse(const char *text, size_t len, struct agenda **out,
                      struct problem *why) MUST_CHECK;

/* One page without choices: what a session without an agenda has. NULL without memory. */
struct agenda *agenda_new_default(void);

struct agenda *agenda_ref(struct agenda *agenda);
void agenda_unref(struct agenda *agenda); /* NULL is allowed */

/* The canonical JSON: the same agenda gives the same bytes; parsing it gives the same agenda. */
enum err agenda_print(const struct agenda *agenda, struct buf *out) MUST_CHECK;
/* The same as the member "agenda" of a document. */
void agenda_write(struct json_writer *json, const struct agenda *agenda);

/* The page of this number, from 1; NULL when there is none. */
const struct page *agenda_page(const struct agenda *agenda, unsigned number);

/* The index of a choice in a page, or -1. */
int page_choice_index(const struct page *page, const char *choice_id);

#endif
