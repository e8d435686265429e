#include "analysis/findings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/answers.h"
#include "analysis/calls.h"
#include "analysis/chat.h"
#include "analysis/findings_inner.h"
#include "analysis/why.h"
#include "base/mem.h"
#include "base/str.h"

#define MODEL_DEFAULT "gpt-4o-mini"

enum { PROMPT_MAX = 256 * 1024, SHOWN_MAX = 1024 * 1024, SUMMARY_MAX = 16 * 1024 * 1024 };

struct asked {
    char name[ANSWER_NAME_SIZE];
    struct chat_way way;
    char *summary; /* NULL until it was answered */
};

struct finding_run {
    const struct findings_request *request;
    struct findings_set *set;
    struct findings_part *parts;
    size_t part_count, done, failed;
    struct asked *asked; /* of each part */
    struct buf prompt, schema;
    struct chat_way way; /* in which the next is asked */
    bool settled;        /* it has been answered in this way */
    char engine[128];
    char *why;
    size_t why_size;
};

static void progress(struct finding_run *run)
{
    run->done++;
    if (run->request->progress)
        run->request->progress(run->request->context, "analyse", (double)run->done,
                               (double)run->part_count);
}

static enum err take_object(struct finding_run *run, struct asked *asked, const char *text,
                            size_t len)
{
    struct json *json = NULL;
    enum err e = chat_read(text, len, &json);
    if (!e)
        e = findings_take(run->set, run->request->transcript, json, &asked->summary);
    json_free(json);
    return e;
}

static enum err take_kept(struct finding_run *run, struct asked *asked)
{
    struct buf answer;
    buf_init(&answer, ANSWER_MAX);
    enum err e = answer_find(run->request->chat, asked->name, &answer);
    if (!e)
        e = take_object(run, asked, answer.data ? answer.data : "", answer.len);
    buf_release(&answer);
    return e == ERR_CORRUPT ? ERR_NOT_FOUND : e;
}

static enum err name_question(const struct finding_run *run, const struct buf *shown,
                              char name[ANSWER_NAME_SIZE])
{
    const char *texts[] = {run->request->service->base, run->set->model, run->prompt.data,
                           run->schema.data, shown->data};
    struct answer_part parts[5];
    for (size_t i = 0; i < 5; i++)
        parts[i] = (struct answer_part){texts[i], texts[i] ? strlen(texts[i]) : 0};
    return answer_name(parts, 5, name);
}

static enum err ask(void *context, size_t index, struct buf *body, char type[CALL_TYPE_SIZE])
{
    struct finding_run *run = context;
    struct asked *asked = &run->asked[index];
    struct buf shown;
    buf_init(&shown, SHOWN_MAX);
    snprintf(type, CALL_TYPE_SIZE, "application/json");
    enum err e = findings_show(run->request, &run->parts[index], &shown);
    if (!e)
        e = name_question(run, &shown, asked->name);
    if (!e)
        e = take_kept(run, asked);
    if (!e)
        progress(run);
    if (e == ERR_NOT_FOUND) {
        struct chat_question question = {.model = run->set->model,
                                         .system = run->prompt.data,
                                         .user = shown.data,
                                         .schema = run->schema.data};
        asked->way = run->way;
        e = chat_body(&question, &asked->way, body);
    }
    buf_release(&shown);
    return e;
}

static bool same_way(const struct chat_way *a, const struct chat_way *b)
{
    return a->form == b->form && a->own_temperature == b->own_temperature;
}

static enum call_next on_refusal(struct finding_run *run, const struct asked *asked, int status,
                                 const char *text)
{
    bool by_form = status == 400 || status == 422;
    if (by_form && !same_way(&asked->way, &run->way))
        return CALL_OTHERWISE; /* another part has found a better way meanwhile */
    if (run->settled && (by_form || status == 413))
        return CALL_GIVE_UP;
    if (by_form && chat_other_way(&asked->way, text, &run->way))
        return CALL_OTHERWISE;
    return CALL_STOP;
}

static enum err take(void *context, size_t index, int status, const char *text, size_t len,
                     enum call_next *next)
{
    struct finding_run *run = context;
    struct asked *asked = &run->asked[index];
    *next = CALL_DONE;
    if (status >= 300) {
        *next = on_refusal(run, asked, status, text);
        return ERR_NONE;
    }
    enum err e = take_object(run, asked, text, len);
    if (e == ERR_CORRUPT) {
        *next = CALL_AGAIN;
        return ERR_NONE;
    }
    run->settled = true;
    if (!e)
        e = answer_keep(run->request->chat, asked->name, run->engine, run->set->model, text,
                        run->request->space);
    if (!e)
        progress(run);
    return e;
}

static void give_up(void *context, size_t index, const char *why)
{
    struct finding_run *run = context;
    char part[64], line[WHY_SIZE];
    run->failed++;
    snprintf(part, sizeof part, "%zu/%zu", index + 1, run->part_count);
    why_note(line, sizeof line, WHY_PART_UNANSWERED, run->engine, part, why);
    if (!run->set->note)
        run->set->note = mem_strdup(line);
    progress(run);
}

/* In order of the turns, and where the turn is the same in the order that they came in. */
static int by_turn(const void *a, const void *b)
{
    const struct finding *left = a, *right = b;
    if (left->turn != right->turn)
        return left->turn < right->turn ? -1 : 1;
    return left->kind - right->kind;
}

static enum err read_prompt(struct finding_run *run, const char *name, struct buf *out)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", run->request->prompts, name);
    FILE *file = fopen(path, "re");
    enum err e = file ? ERR_NONE : ERR_IO;
    while (!e && !feof(file)) {
        char block[4096];
        size_t got = fread(block, 1, sizeof block, file);
        e = ferror(file) ? ERR_IO : buf_append(out, block, got);
    }
    if (e == ERR_IO)
        snprintf(run->why, run->why_size, "%s: %s", path, strerror(errno));
    else if (!e && (!out->len || strlen(out->data) != out->len || !utf8_valid(out->data, out->len)))
        e = ERR_CORRUPT;
    if (e == ERR_FULL || e == ERR_CORRUPT) {
        snprintf(run->why, run->why_size, "%s: no text of up to %d bytes", path, (int)PROMPT_MAX);
        e = ERR_CORRUPT;
    }
    if (file)
        fclose(file);
    return e;
}

static enum err read_prompts(struct finding_run *run)
{
    struct json *schema = NULL;
    enum err e = read_prompt(run, "prompt.txt", &run->prompt);
    if (!e)
        e = read_prompt(run, "schema.json", &run->schema);
    if (e)
        return e;
    e = json_read(run->schema.data, run->schema.len, &schema);
    json_free(schema);
    if (e != ERR_BAD_REQUEST)
        return e;
    snprintf(run->why, run->why_size, "%s/schema.json: not JSON", run->request->prompts);
    return ERR_CORRUPT;
}

/* False: there is nothing to ask, or nobody to be asked. */
static bool can_ask(const struct findings_request *request, enum why *why)
{
    *why = !request->service              ? WHY_NO_MODEL
           : request->transcript->missing ? WHY_NO_TRANSCRIPT
                                          : WHY_NOBODY_SPOKE;
    return request->service && !request->transcript->missing && request->transcript->turn_count;
}

/* Of several parts the summaries follow each other, each a line. */
static enum err join_summaries(struct finding_run *run)
{
    struct buf all;
    enum err e = ERR_NONE;
    buf_init(&all, SUMMARY_MAX);
    for (size_t i = 0; !e && i < run->part_count; i++) {
        const char *summary = run->asked[i].summary;
        if (summary && summary[0])
            e = buf_printf(&all, "%s%s", all.len ? "\n" : "", summary);
    }
    run->set->summary = buf_take(&all);
    buf_release(&all);
    return e;
}

static enum err call_model(struct finding_run *run)
{
    struct calls calls = {.service = run->request->service,
                          .path = "/chat/completions",
                          .count = run->part_count,
                          .ask = ask,
                          .take = take,
                          .give_up = give_up,
                          .context = run};
    enum err e = calls_run(&calls, run->why, run->why_size);
    struct findings_set *set = run->set;
    if (!e && set->findings.count)
        qsort(set->list, set->findings.count, sizeof *set->list, by_turn);
    if (!e)
        e = join_summaries(run);
    if (!e && run->failed == run->part_count) { /* nothing but failures: then there are none */
        set->missing = set->note;
        set->note = NULL;
    }
    return e;
}

static enum err make(struct finding_run *run)
{
    const struct findings_request *request = run->request;
    struct findings_set *set = run->set;
    char line[WHY_SIZE];
    enum why why;
    if (!can_ask(request, &why)) {
        why_note(line, sizeof line, why, NULL, NULL, NULL);
        set->missing = mem_strdup(line);
        return set->missing ? ERR_NONE : ERR_NO_MEMORY;
    }
    enum err e = service_check(request->service, run->why, run->why_size);
    if (!e)
        e = read_prompts(run);
    if (!e)
        e = findings_cut(request->transcript, &run->parts, &run->part_count);
    if (e)
        return e;
    service_name(request->service, run->engine, sizeof run->engine);
    set->model = mem_strdup(request->service->model ? request->service->model : MODEL_DEFAULT);
    run->asked = mem_zalloc((run->part_count + 1) * sizeof *run->asked);
    if (!set->model || !run->asked)
        return ERR_NO_MEMORY;
    e = answers_open(request->chat);
    return e ? e : call_model(run);
}

enum err findings_make(const struct findings_request *request, struct findings_set **out, char *why,
                       size_t why_size)
{
    why[0] = '\0';
    struct findings_set *set = mem_zalloc(sizeof *set);
    if (!set)
        return ERR_NO_MEMORY;
    struct finding_run run = {.request = request, .set = set, .why = why, .why_size = why_size};
    buf_init(&run.prompt, PROMPT_MAX);
    buf_init(&run.schema, PROMPT_MAX);
    enum err e = make(&run);
    if (e == ERR_IO && !why[0])
        snprintf(why, why_size, "the answers in %s: %s", request->chat, strerror(errno));
    buf_release(&run.prompt);
    buf_release(&run.schema);
    for (size_t i = 0; run.asked && i < run.part_count; i++)
        mem_free(run.asked[i].summary);
    mem_free(run.parts);
    mem_free(run.asked);
    if (e) {
        findings_free(set);
        return e;
    }
    set->findings.model = set->model;
    set->findings.summary = set->summary;
    set->findings.missing = set->missing;
    set->findings.note = set->note;
    *out = set;
    return ERR_NONE;
}

const struct findings *findings_of(const struct findings_set *set)
{
    return &set->findings;
}

void findings_free(struct findings_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->findings.count && !set->document; i++) {
        mem_free((void *)set->list[i].text);
        mem_free((void *)set->list[i].quotation);
    }
    json_free(set->document);
    mem_free(set->list);
    mem_free(set->model);
    mem_free(set->summary);
    mem_free(set->missing);
    mem_free(set->note);
    mem_free(set);
}
