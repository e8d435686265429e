/* How a language model is asked over OpenAI's HTTP shape, and where its answer stands. Pure; any
 * thread.
 *
 *     POST {base}/chat/completions   {model, messages, temperature, response_format}
 *     {choices: [{message: {content}}]}
 */
#ifndef DEBATE_ANALYSIS_CHAT_H
#define DEBATE_ANALYSIS_CHAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "proto/json_reader.h"

/* How the service wants to be asked: begins as zeroes, and becomes another way each time that it
 * answers 400 or 422. */
struct chat_way {
    enum { CHAT_SCHEMA, CHAT_OBJECT, CHAT_PLAIN } form;
    bool own_temperature; /* some models take none but their own */
};

/* The next way after a refusal in these words. false: there is none. */
bool chat_other_way(const struct chat_way *refused, const char *answer, struct chat_way *next);

struct chat_question {
    const char *model;
    const char *system, *user; /* the two messages */
    const char *schema;        /* JSON */
};

/* Appends the request's body. ERR_FULL, ERR_NO_MEMORY. */
enum err chat_body(const struct chat_question *question, const struct chat_way *way,
                   struct buf *body) MUST_CHECK;

/* The JSON object in the model's message, without what models put around it (a fence, thoughts).
 * ERR_CORRUPT: there is none; ERR_NO_MEMORY. */
enum err chat_read(const char *answer, size_t len, struct json **out) MUST_CHECK;

#endif
