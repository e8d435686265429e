#include <math.h>

#include "analysis/fields.h"
#include "analysis/pieces_inner.h"
#include "base/mem.h"
#include "proto/json_reader.h"
#include "proto/json_writer.h"

enum err pieces_json(const struct pieces *pieces, struct buf *out)
{
    struct json_writer json;
    json_write_begin_indented(&json, out);
    json_write_integer(&json, "bled", (int64_t)pieces->bled);
    json_write_array(&json, "pieces");
    for (size_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->pieces[i];
        json_write_object(&json, NULL);
        json_write_participant(&json, "participant", piece->participant);
        json_write_integer(&json, "track", (int64_t)piece->track);
        json_write_number(&json, "from_ms", piece->from_ms);
        json_write_number(&json, "to_ms", piece->to_ms);
        json_write_number(&json, "level_db", piece->level_db);
        json_write_object_end(&json);
    }
    json_write_array_end(&json);
    return json_write_end(&json);
}

static bool read_piece(const struct json *object, struct piece *piece)
{
    piece->participant = field_participant(object, "participant");
    piece->from_ms = json_number(object, "from_ms", NAN);
    piece->to_ms = json_number(object, "to_ms", NAN);
    piece->level_db = json_number(object, "level_db", NAN);
    return piece->participant >= 1 && piece->participant <= LIMIT_PARTICIPANTS &&
           field_count(object, "track", &piece->track) && piece->from_ms < piece->to_ms &&
           isfinite(piece->level_db);
}

static enum err read_all(const struct json *root, struct pieces_set *set)
{
    const struct json *array = json_member(root, "pieces");
    set->pieces = mem_alloc((json_count(array) + 1) * sizeof set->pieces[0]);
    if (!set->pieces)
        return ERR_NO_MEMORY;
    struct pieces *shown = &set->shown;
    shown->pieces = set->pieces;
    if (!array || !field_count(root, "bled", &shown->bled))
        return ERR_CORRUPT;
    for (const struct json *it = json_first(array); it; it = json_next(it)) {
        struct piece *piece = &set->pieces[shown->count++];
        if (!read_piece(it, piece) || (shown->count > 1 && piece->from_ms < (piece - 1)->from_ms))
            return ERR_CORRUPT;
    }
    return ERR_NONE;
}

enum err pieces_from_json(const char *text, size_t len, struct pieces_set **out)
{
    struct json *document = NULL;
    struct pieces_set *set = mem_zalloc(sizeof *set);
    enum err e = set ? fields_read(text, len, &document) : ERR_NO_MEMORY;
    if (!e)
        e = read_all(document, set);
    json_free(document);
    if (e) {
        pieces_free(set);
        return e;
    }
    *out = set;
    return ERR_NONE;
}
