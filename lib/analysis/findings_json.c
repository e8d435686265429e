#include <string.h>

#include "analysis/fields.h"
#include "analysis/findings_inner.h"
#include "base/mem.h"
#include "proto/json_writer.h"

static void write_finding(struct json_writer *json, const struct finding *finding)
{
    json_write_object(json, NULL);
    json_write_string(json, "kind", findings_kinds[finding->kind]);
    json_write_participant(json, "participant", finding->participant);
    json_write_integer(json, "page", finding->page);
    if (finding->kind == FINDING_ARGUMENT)
        json_write_bool(json, "against", finding->is_against);
    json_write_string(json, "text", finding->text);
    json_write_string(json, "quotation", finding->quotation);
    json_write_integer(json, "turn", (int64_t)finding->turn);
    json_write_object_end(json);
}

enum err findings_json(const struct findings *findings, struct buf *out)
{
    struct json_writer json;
    json_write_begin_indented(&json, out);
    json_write_string(&json, "model", findings->model);
    json_write_string(&json, "summary", findings->summary);
    json_write_string(&json, "missing", findings->missing);
    json_write_string(&json, "note", findings->note);
    json_write_integer(&json, "struck", (int64_t)findings->struck);
    json_write_array(&json, "findings");
    for (size_t i = 0; i < findings->count; i++)
        write_finding(&json, &findings->findings[i]);
    json_write_array_end(&json);
    return json_write_end(&json);
}

static enum err read_finding(const struct json *object, struct finding *out)
{
    const char *kind = json_string(object, "kind");
    size_t page = 0;
    int index = 0;
    while (kind && findings_kinds[index] && strcmp(kind, findings_kinds[index]) != 0)
        index++;
    out->kind = (enum finding_kind)index;
    out->participant = field_participant(object, "participant");
    out->is_against = json_bool(object, "against", false);
    out->text = json_string(object, "text");
    out->quotation = json_string(object, "quotation");
    if (!kind || !findings_kinds[index] || !out->participant || !out->text || !out->quotation ||
        !field_count(object, "page", &page) || !field_count(object, "turn", &out->turn))
        return ERR_CORRUPT;
    out->page = (unsigned)page;
    return ERR_NONE;
}

static enum err read_all(struct findings_set *set)
{
    const struct json *root = set->document, *list = json_member(root, "findings");
    struct findings *findings = &set->findings;
    findings->model = json_string(root, "model");
    findings->summary = json_string(root, "summary");
    findings->missing = json_string(root, "missing");
    findings->note = json_string(root, "note");
    if (!list || !field_count(root, "struck", &findings->struck))
        return ERR_CORRUPT;
    set->list = mem_zalloc((json_count(list) + 1) * sizeof *set->list);
    if (!set->list)
        return ERR_NO_MEMORY;
    findings->findings = set->list;
    enum err e = ERR_NONE;
    for (const struct json *it = json_count(list) ? json_first(list) : NULL; !e && it;
         it = json_next(it))
        e = read_finding(it, &set->list[findings->count++]);
    return e;
}

enum err findings_from_json(const char *text, size_t len, struct findings_set **out)
{
    struct findings_set *set = mem_zalloc(sizeof *set);
    if (!set)
        return ERR_NO_MEMORY;
    enum err e = fields_read(text, len, &set->document);
    if (!e)
        e = read_all(set);
    if (e) {
        findings_free(set);
        return e;
    }
    *out = set;
    return ERR_NONE;
}
