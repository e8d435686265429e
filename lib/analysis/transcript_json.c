#include <math.h>
#include <string.h>

#include "analysis/fields.h"
#include "analysis/transcript_inner.h"
#include "base/mem.h"
#include "proto/json_writer.h"

static void write_words(struct json_writer *json, const struct turn *turn)
{
    json_write_array(json, "words");
    for (size_t i = 0; i < turn->word_count; i++) {
        json_write_object(json, NULL);
        json_write_string(json, "word", turn->words[i].text);
        json_write_number(json, "from_ms", turn->words[i].from_ms);
        json_write_number(json, "to_ms", turn->words[i].to_ms);
        json_write_object_end(json);
    }
    json_write_array_end(json);
}

static void write_turn(struct json_writer *json, const struct turn *turn)
{
    json_write_object(json, NULL);
    json_write_participant(json, "participant", turn->participant);
    json_write_integer(json, "page", turn->page);
    json_write_integer(json, "piece", (int64_t)turn->piece);
    json_write_number(json, "from_ms", turn->from_ms);
    json_write_number(json, "to_ms", turn->to_ms);
    json_write_string(json, "text", turn->text);
    if (turn->word_count > 0)
        write_words(json, turn);
    json_write_object_end(json);
}

enum err transcript_json(const struct transcript *transcript, struct buf *out)
{
    struct json_writer json;
    json_write_begin_indented(&json, out);
    json_write_string(&json, "engine", transcript->engine);
    json_write_string(&json, "model", transcript->model);
    json_write_string(&json, "language", transcript->language);
    json_write_bool(&json, "draft", transcript->draft);
    json_write_string(&json, "missing", transcript->missing);
    json_write_string(&json, "note", transcript->note);
    json_write_integer(&json, "dropped", (int64_t)transcript->dropped);
    json_write_integer(&json, "failed", (int64_t)transcript->failed);
    json_write_array(&json, "turns");
    for (size_t i = 0; i < transcript->turn_count; i++)
        write_turn(&json, &transcript->turns[i]);
    json_write_array_end(&json);
    return json_write_end(&json);
}

static enum err read_times(const struct json *object, double *from_ms, double *to_ms)
{
    *from_ms = json_number(object, "from_ms", NAN);
    *to_ms = json_number(object, "to_ms", NAN);
    return *from_ms <= *to_ms ? ERR_NONE : ERR_CORRUPT;
}

static enum err read_words(const struct json *array, struct turn *turn)
{
    size_t count = json_count(array);
    struct word *words = count ? mem_alloc(count * sizeof *words) : NULL;
    if (count && !words)
        return ERR_NO_MEMORY;
    turn->words = words;
    for (const struct json *it = count ? json_first(array) : NULL; it; it = json_next(it)) {
        struct word *word = &words[turn->word_count++];
        word->text = json_string(it, "word");
        if (!word->text || read_times(it, &word->from_ms, &word->to_ms) != ERR_NONE)
            return ERR_CORRUPT;
    }
    return ERR_NONE;
}

static enum err read_turn(const struct json *object, struct turn *turn)
{
    size_t page = 0;
    bool ok = field_count(object, "page", &page) && field_count(object, "piece", &turn->piece) &&
              read_times(object, &turn->from_ms, &turn->to_ms) == ERR_NONE;
    turn->participant = field_participant(object, "participant");
    turn->page = (unsigned)page;
    turn->text = json_string(object, "text");
    if (!ok || !turn->participant || !page || !turn->text || !turn->text[0])
        return ERR_CORRUPT;
    return read_words(json_member(object, "words"), turn);
}

static enum err read_all(struct transcript_set *set)
{
    const struct json *root = set->document, *turns = json_member(root, "turns");
    struct transcript *transcript = &set->transcript;
    transcript->engine = json_string(root, "engine");
    transcript->model = json_string(root, "model");
    transcript->language = json_string(root, "language");
    transcript->draft = json_bool(root, "draft", false);
    transcript->missing = json_string(root, "missing");
    transcript->note = json_string(root, "note");
    if (!field_count(root, "dropped", &transcript->dropped) ||
        !field_count(root, "failed", &transcript->failed) || !turns || !transcript->engine ||
        !transcript->model)
        return ERR_CORRUPT;
    set->turns = mem_zalloc((json_count(turns) + 1) * sizeof *set->turns);
    if (!set->turns)
        return ERR_NO_MEMORY;
    transcript->turns = set->turns;
    enum err e = ERR_NONE;
    for (const struct json *it = json_count(turns) ? json_first(turns) : NULL; !e && it;
         it = json_next(it))
        e = read_turn(it, &set->turns[transcript->turn_count++]);
    return e;
}

enum err transcript_from_json(const char *text, size_t len, struct transcript_set **out)
{
    struct transcript_set *set = mem_zalloc(sizeof *set);
    if (!set)
        return ERR_NO_MEMORY;
    enum err e = fields_read(text, len, &set->document);
    if (!e)
        e = read_all(set);
    if (e) {
        transcript_free(set);
        return e;
    }
    *out = set;
    return ERR_NONE;
}
