/* A scenario: who takes part in a debate, who says and does what and when, and what each must see.
 * A text file that people read and write; debate-scenario(5) explains it. Pure but for reading the
 * files that it names; any thread.
 *
 *     # everything after a hash is a comment
 *     title   The library on Sunday
 *     agenda  ../agendas/library-on-sunday.json    # paths are relative to the scenario
 *     speech  ../speech                            # `says kim-1` plays ../speech/kim-1.opus
 *     server  --countdown 0.2                      # options of the server, if the bot starts one
 *     limit   60                                   # seconds until the run is given up
 *     cast    kim "Kim" host consents
 *     cast    lee "Lee" consents
 *
 *     at start+0.5     kim says kim-1
 *     at start+3       lee says lee-1
 *                      expect all hear lee within 2
 *     at page 2 +1     lee chooses agree
 *                      expect no kim sees choices_revealed within 1
 *     at start+9       lee next-page
 *                      expect lee refused next_page forbidden within 2
 *
 * A line is `[at MOMENT] WHO VERB …` or `[at MOMENT] expect [no] WHO CLAIM … [within SECONDS]`. A
 * line without `at` has the moment of the line above. `after` is another word for `at`.
 *
 *     MOMENT   begin | start | end | page N | EVENT [of ROLE], each with [+SECONDS]
 *     WHO      a role, `all`, or `server` (a server that the bot has started)
 *     VERB     says SOUND | chooses CHOICE [page N] | next-page | goto-page N | ends | mutes |
 *              unmutes | drops | returns | leaves | joins | connects-twice | consents | withdraws |
 *              records | stops-recording                    server: killed | stopped | restarted
 *     CLAIM    sees EVENT [KEY=VALUE]… | refused COMMAND CODE | closed CODE | hears ROLE | uploads
 *
 * EVENT and COMMAND are the protocol's names. Each role goes by what it has seen itself, so that a
 * scenario means the same whether one process plays all roles or each has its own. */
#ifndef DEBATE_BOT_SCENARIO_H
#define DEBATE_BOT_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/event.h"
#include "proto/limits.h"
#include "proto/message.h"

enum {
    SCENARIO_BYTES_MAX = 256 * 1024,
    SCENARIO_LINES_MAX = 512,  /* that do or expect something: an hour of lively debate */
    SCENARIO_WORDS_MAX = 24,   /* in a line */
    SCENARIO_MATCHES_MAX = 4,  /* KEY=VALUE in a claim */
    SCENARIO_NAME_MAX = 32,    /* of a role, bytes */
    SCENARIO_PATH_MAX = 1024,  /* bytes */
    SCENARIO_SERVER_WORDS = 16 /* options of `server` */
};

enum { WHO_ALL = -1, WHO_SERVER = -2, WHO_NOBODY = -3 };

enum moment_kind { MOMENT_BEGIN, MOMENT_START, MOMENT_PAGE, MOMENT_EVENT };

struct moment {
    enum moment_kind kind;
    unsigned page;         /* MOMENT_PAGE */
    enum event_type event; /* MOMENT_EVENT */
    int of;                /* MOMENT_EVENT: a role, or WHO_NOBODY */
    int64_t plus_ms;
};

enum verb {
    VERB_SAYS,
    VERB_CHOOSES,
    VERB_NEXT_PAGE,
    VERB_GOTO_PAGE,
    VERB_ENDS,
    VERB_MUTES,
    VERB_UNMUTES,
    VERB_DROPS,
    VERB_RETURNS,
    VERB_LEAVES,
    VERB_JOINS,
    VERB_CONNECTS_TWICE,
    VERB_CONSENTS,
    VERB_WITHDRAWS,
    VERB_RECORDS,
    VERB_STOPS_RECORDING,
    VERB_KILLED,
    VERB_STOPPED,
    VERB_RESTARTED,
    VERB_COUNT
};

enum claim { CLAIM_SEES, CLAIM_REFUSED, CLAIM_CLOSED, CLAIM_HEARS, CLAIM_UPLOADS };

struct match {
    const char *key, *value;
    int key_role, value_role; /* WHO_NOBODY: it is no role's name */
};

struct scenario_line {
    int number; /* in the file, from 1 */
    struct moment moment;
    int who; /* a role's index, WHO_ALL or WHO_SERVER */
    bool is_expectation;

    enum verb verb;
    const char *word; /* the sound's path, or the choice */
    unsigned page;    /* 0: the current one */

    enum claim claim;
    bool is_negated;
    int64_t within_ms;         /* -1: until the end of the run */
    enum event_type event;     /* SEES */
    enum command_type refused; /* REFUSED */
    const char *code;          /* REFUSED */
    int close_code;            /* CLOSED */
    int heard;                 /* HEARS: a role */
    size_t match_count;
    struct match matches[SCENARIO_MATCHES_MAX];
    const char *text; /* the line as it stands, without comment and outer blanks */
};

struct scenario_role {
    const char *name;
    const char *nickname;
    bool is_host;
    bool consents;
    bool is_later; /* joins when a line says so, not at once */
};

struct scenario {
    char *path;
    const char *title;       /* the file's name when none is given */
    const char *agenda_path; /* NULL: none */
    int agenda_line;
    char *agenda; /* its text; NULL: none */
    int seats;    /* 0: as many as there are roles */
    int64_t limit_ms;
    size_t role_count;
    struct scenario_role roles[LIMIT_SEATS_MAX];
    size_t server_word_count;
    const char *server_words[SCENARIO_SERVER_WORDS];
    size_t line_count;
    struct scenario_line *lines;
    void *strings; /* owns every string above */
};

/* From text; `path` is for messages and to find other files by. On an error `why` says
 * "path:line: what was expected". ERR_BAD_REQUEST, ERR_NO_MEMORY. */
enum err scenario_parse(const char *path, const char *text, size_t len, struct scenario **out,
                        char *why, size_t why_size) MUST_CHECK;
/* From a file, with the agenda. ERR_IO besides. */
enum err scenario_read(const char *path, struct scenario **out, char *why,
                       size_t why_size) MUST_CHECK;
void scenario_free(struct scenario *scenario); /* NULL is allowed */

int scenario_role(const struct scenario *scenario, const char *name); /* WHO_NOBODY: no such */
const char *verb_name(enum verb verb);

#endif
