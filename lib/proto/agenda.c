#include "proto/agenda.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "proto/agenda_json.h"
#include "proto/limits.h"

static const char *const reveal_names[] = {"all", "now", "never"};
static const char *const gate_names[] = {"none", "all"};

/* More than any page takes; keeps times far from overflow. */
#define PAGE_SECONDS_MAX 1e9

static enum err copy_string(const struct json_at *at, const char *name, enum json_need need,
                            char **out)
{
    const char *text = NULL;
    enum err e = json_get_string(at, name, need, &text);
    if (e || !text)
        return e;
    *out = mem_strdup(text);
    return *out ? ERR_NONE : ERR_NO_MEMORY;
}

/* The index of the field's value among `names`; `*out` stays when it is not given. */
static enum err get_name(const struct json_at *at, const char *name, const char *const *names,
                         int count, int *out)
{
    const char *text = NULL;
    enum err e = json_get_string(at, name, JSON_OPTIONAL, &text);
    if (e || !text)
        return e;
    for (int i = 0; i < count; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = i;
            return ERR_NONE;
        }
    }
    return json_refuse(at, name, REASON_FIELD_VALUE);
}

static enum err read_choice(const cJSON *value, const char *path, const struct json_at *outer,
                            struct page *page, size_t index)
{
    struct json_at at = {value, path, outer->why, outer->soft};
    struct choice *choice = &page->choices[index];
    if (!cJSON_IsObject(value))
        return problem_set(at.why, ERR_BAD_REQUEST, REASON_FIELD_TYPE, path);
    enum err e = copy_string(&at, "id", JSON_REQUIRED, &choice->id);
    if (!e)
        e = copy_string(&at, "label", JSON_REQUIRED, &choice->label);
    if (e || !choice->id)
        return e;
    size_t len = strlen(choice->id);
    if (len < 1 || len > LIMIT_CHOICE_ID)
        return json_refuse(&at, "id", REASON_FIELD_LENGTH);
    /* Where too many are refused softly, not all need be compared with all. */
    for (size_t i = 0; i < index && index < LIMIT_CHOICES; i++) {
        if (page->choices[i].id && strcmp(page->choices[i].id, choice->id) == 0)
            return json_refuse(&at, "id", REASON_FIELD_DUPLICATE);
    }
    return ERR_NONE;
}

static enum err read_choices(const struct json_at *at, struct page *page)
{
    const cJSON *choices = NULL, *value;
    enum err e = json_get_array(at, "choices", JSON_OPTIONAL, &choices);
    size_t count = (size_t)cJSON_GetArraySize(choices);
    if (!e && count > LIMIT_CHOICES)
        e = json_refuse(at, "choices", REASON_FIELD_LENGTH);
    if (e || count == 0)
        return e;
    page->choices = mem_zalloc(count * sizeof *page->choices);
    if (!page->choices)
        return ERR_NO_MEMORY;
    page->choice_count = count;
    char list[JSON_PATH_SIZE], path[JSON_PATH_SIZE];
    json_path(list, at->path, "choices");
    size_t index = 0;
    cJSON_ArrayForEach(value, choices)
    {
        json_path_index(path, list, index);
        e = read_choice(value, path, at, page, index++);
        if (e)
            return e;
    }
    return ERR_NONE;
}

static enum err read_page(const cJSON *value, const char *path, const struct json_at *outer,
                          struct page *page)
{
    struct json_at at = {value, path, outer->why, outer->soft};
    int reveal = REVEAL_ALL, gate = GATE_NONE;
    double seconds = 0;
    bool has_seconds;
    if (!cJSON_IsObject(value))
        return problem_set(at.why, ERR_BAD_REQUEST, REASON_FIELD_TYPE, path);
    enum err e = copy_string(&at, "id", JSON_OPTIONAL, &page->id);
    if (!e)
        e = copy_string(&at, "title", JSON_REQUIRED, &page->title);
    if (!e)
        e = copy_string(&at, "text", JSON_OPTIONAL, &page->text);
    if (!e)
        e = json_get_number(&at, "seconds", JSON_OPTIONAL, 0, PAGE_SECONDS_MAX, &has_seconds,
                            &seconds);
    if (!e && has_seconds && seconds <= 0)
        e = json_refuse(&at, "seconds", REASON_FIELD_RANGE);
    if (!e)
        e = read_choices(&at, page);
    if (!e)
        e = get_name(&at, "reveal", reveal_names, 3, &reveal);
    if (!e)
        e = get_name(&at, "gate", gate_names, 2, &gate);
    if (e)
        return e;
    page->reveal = (enum reveal)reveal;
    page->gate = (enum gate)gate;
    /* Less than a millisecond is still a limit. */
    if (has_seconds)
        page->time_ms = seconds < 0.001 ? 1 : llround(seconds * 1000);
    return ERR_NONE;
}

static enum err read_pages(const struct json_at *at, struct agenda *agenda)
{
    const cJSON *pages = NULL, *value;
    enum err e = json_get_array(at, "pages", JSON_REQUIRED, &pages);
    if (e || !pages)
        return e;
    size_t count = (size_t)cJSON_GetArraySize(pages);
    if (count < 1 || count > LIMIT_PAGES)
        e = json_refuse(at, "pages", REASON_FIELD_LENGTH);
    if (e || count == 0)
        return e;
    agenda->pages = mem_zalloc(count * sizeof *agenda->pages);
    if (!agenda->pages)
        return ERR_NO_MEMORY;
    agenda->page_count = count;
    char list[JSON_PATH_SIZE], path[JSON_PATH_SIZE];
    json_path(list, at->path, "pages");
    size_t index = 0;
    cJSON_ArrayForEach(value, pages)
    {
        json_path_index(path, list, index);
        e = read_page(value, path, at, &agenda->pages[index++]);
        if (e)
            return e;
    }
    return ERR_NONE;
}

enum err agenda_from_json(const cJSON *value, const char *path, struct agenda **out,
                          struct problem *why, struct problem *soft)
{
    struct json_at at = {value, path, why, soft};
    *out = NULL;
    if (!cJSON_IsObject(value))
        return problem_set(why, ERR_BAD_REQUEST, REASON_FIELD_TYPE, path);
    struct agenda *agenda = mem_zalloc(sizeof *agenda);
    if (!agenda)
        return ERR_NO_MEMORY;
    agenda->refs = 1;
    enum err e = copy_string(&at, "title", JSON_REQUIRED, &agenda->title);
    if (!e)
        e = read_pages(&at, agenda);
    if (e || (soft && soft->code)) {
        agenda_unref(agenda);
        return e;
    }
    *out = agenda;
    return ERR_NONE;
}

enum err agenda_parse(const char *text, size_t len, struct agenda **out, struct problem *why)
{
    struct json_doc doc;
    struct problem nul;
    char path[JSON_PATH_SIZE];
    *out = NULL;
    json_brief_begin();
    enum err e = json_parse(text, len, &doc, why);
    if (e == ERR_BAD_MESSAGE)
        e = problem_set(why, ERR_BAD_REQUEST, why ? why->reason : REASON_NOT_JSON, "agenda");
    if (!e && json_refuse_nul(&doc, &nul)) {
        json_path(path, "agenda", nul.field);
        e = problem_set(why, ERR_BAD_REQUEST, REASON_FIELD_NUL, path);
    }
    if (!e)
        e = agenda_from_json(doc.root, "agenda", out, why, NULL);
    json_brief_end(doc.root);
    return e == ERR_NO_MEMORY ? problem_set(why, e, REASON_NONE, NULL) : e;
}

struct agenda *agenda_new_default(void)
{
    struct agenda *agenda = mem_zalloc(sizeof *agenda);
    if (!agenda)
        return NULL;
    agenda->refs = 1;
    agenda->title = mem_strdup("");
    agenda->pages = mem_zalloc(sizeof *agenda->pages);
    if (agenda->pages) {
        agenda->page_count = 1;
        agenda->pages[0].title = mem_strdup("");
    }
    if (!agenda->title || !agenda->pages || !agenda->pages[0].title) {
        agenda_unref(agenda);
        return NULL;
    }
    return agenda;
}

struct agenda *agenda_ref(struct agenda *agenda)
{
    agenda->refs++;
    return agenda;
}

static void page_release(struct page *page)
{
    for (size_t i = 0; i < page->choice_count; i++) {
        mem_free(page->choices[i].id);
        mem_free(page->choices[i].label);
    }
    mem_free(page->choices);
    mem_free(page->text);
    mem_free(page->title);
    mem_free(page->id);
}

void agenda_unref(struct agenda *agenda)
{
    if (!agenda)
        return;
    assert(agenda->refs > 0);
    if (--agenda->refs > 0)
        return;
    for (size_t i = 0; i < agenda->page_count; i++)
        page_release(&agenda->pages[i]);
    mem_free(agenda->pages);
    mem_free(agenda->title);
    mem_free(agenda);
}

static void write_choices(struct json_writer *json, const struct page *page)
{
    json_write_array(json, "choices");
    for (size_t i = 0; i < page->choice_count; i++) {
        json_write_object(json, NULL);
        json_write_string(json, "id", page->choices[i].id);
        json_write_string(json, "label", page->choices[i].label);
        json_write_object_end(json);
    }
    json_write_array_end(json);
}

static void write_page(struct json_writer *json, const struct page *page)
{
    json_write_object(json, NULL);
    if (page->id)
        json_write_string(json, "id", page->id);
    json_write_string(json, "title", page->title);
    if (page->text)
        json_write_string(json, "text", page->text);
    if (page->time_ms > 0)
        json_write_number(json, "seconds", (double)page->time_ms / 1000);
    if (page->choice_count > 0)
        write_choices(json, page);
    if (page->reveal != REVEAL_ALL)
        json_write_string(json, "reveal", reveal_names[page->reveal]);
    if (page->gate != GATE_NONE)
        json_write_string(json, "gate", gate_names[page->gate]);
    json_write_object_end(json);
}

static void write_members(struct json_writer *json, const struct agenda *agenda)
{
    json_write_string(json, "title", agenda->title);
    json_write_array(json, "pages");
    for (size_t i = 0; i < agenda->page_count; i++)
        write_page(json, &agenda->pages[i]);
    json_write_array_end(json);
}

void agenda_write(struct json_writer *json, const struct agenda *agenda)
{
    json_write_object(json, "agenda");
    write_members(json, agenda);
    json_write_object_end(json);
}

enum err agenda_print(const struct agenda *agenda, struct buf *out)
{
    struct json_writer json;
    json_write_begin(&json, out);
    write_members(&json, agenda);
    return json_write_end(&json);
}

const struct page *agenda_page(const struct agenda *agenda, unsigned number)
{
    if (number < 1 || number > agenda->page_count)
        return NULL;
    return &agenda->pages[number - 1];
}

int page_choice_index(const struct page *page, const char *choice_id)
{
    for (size_t i = 0; i < page->choice_count; i++) {
        if (strcmp(page->choices[i].id, choice_id) == 0)
            return (int)i;
    }
    return -1;
}
