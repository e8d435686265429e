/* The options that say by whom a debate is analysed, of `debate analyze`, and of `debate serve`,
 * which passes them on. Main thread; blocks on the disk. */
#ifndef DEBATE_SERVICES_H
#define DEBATE_SERVICES_H

#include <limits.h>

#include "analysis/analysis_steps.h"
#include "base/buf.h"
#include "cmd.h"

enum { SERVICES_WORDS = 2 + 2 * 8 + 1 };

struct services {
    struct service stt, llm; /* without a base: not asked for */
    struct buf stt_key, llm_key;
    char recogniser[PATH_MAX], prompts[PATH_MAX]; /* empty: not there */
};

/* Reads them all, the key files too. With a line on standard error: EXIT_CODE_USAGE,
 * EXIT_CODE_FAILED. services_release in any case. */
enum exit_code services_take(struct services *services, const struct args *args);
void services_release(struct services *services);

/* What of a request they are; it borrows from both. */
void services_request(const struct services *services, const struct args *args,
                      struct analysis_request *request);

/* The command line of `debate analyze` with the same options, without its operand, ended by NULL:
 * no key stands in it, only names of files. False when none of them is given. */
bool services_words(const struct args *args, const char *words[SERVICES_WORDS]);

/* Of every subcommand that makes analyses, now or later. */
#define OPTION_LANGUAGE                                                                            \
    {                                                                                              \
        .name = "language", .argument = "CODE",                                                    \
        .help = "What is spoken, in two letters: ko, en. The report is in Korean when it is ko. "  \
                "Without it the service finds out, and the embedded recogniser, which knows "      \
                "English alone, is not asked.",                                                    \
        .variable = "DEBATE_LANGUAGE"                                                              \
    }
#define OPTIONS_LLM                                                                                \
    {.name = "llm",                                                                                \
     .argument = "URL",                                                                            \
     .help = "The language model: the address of a service with OpenAI's chat completions, up to " \
             "and with /v1.",                                                                      \
     .variable = "DEBATE_LLM"},                                                                    \
        {.name = "llm-key-file",                                                                   \
         .argument = "FILE",                                                                       \
         .help = "The key that the language model's service asks for.",                            \
         .variable = "DEBATE_LLM_KEY_FILE"},                                                       \
    {                                                                                              \
        .name = "llm-model", .argument = "NAME", .help = "Which of its models.",                   \
        .variable = "DEBATE_LLM_MODEL"                                                             \
    }
#define OPTION_PROMPTS                                                                             \
    {                                                                                              \
        .name = "prompts", .argument = "DIR",                                                      \
        .help = "A folder with prompt.txt and schema.json of one's own for the language model.",   \
        .variable = "DEBATE_PROMPTS"                                                               \
    }
#define OPTIONS_STT                                                                                \
    {.name = "stt",                                                                                \
     .argument = "URL",                                                                            \
     .help = "Speech to text: the address of a service with OpenAI's audio transcriptions, up to " \
             "and with /v1.",                                                                      \
     .variable = "DEBATE_STT"},                                                                    \
        {.name = "stt-key-file",                                                                   \
         .argument = "FILE",                                                                       \
         .help = "The key that the speech-to-text service asks for.",                              \
         .variable = "DEBATE_STT_KEY_FILE"},                                                       \
    {                                                                                              \
        .name = "stt-model", .argument = "NAME", .help = "Which of its models.",                   \
        .variable = "DEBATE_STT_MODEL"                                                             \
    }

#endif
