#include "store/store_batch.h"

#include <assert.h>

#include "base/mem.h"
#include "base/str.h"

void batch_init(struct batch *batch)
{
    *batch = (struct batch){0};
    buf_init(&batch->text, LIMIT_BATCH_BYTES);
}

void batch_release(struct batch *batch)
{
    buf_release(&batch->text);
    mem_free(batch->lines);
    mem_free(batch->sessions);
    mem_free(batch->ended);
    *batch = (struct batch){0};
}

void batch_clear(struct batch *batch)
{
    if (batch->text.cap > BATCH_BYTES_KEPT) {
        batch_release(batch);
        batch_init(batch);
        return;
    }
    buf_clear(&batch->text);
    batch->line_count = batch->session_count = batch->ended_count = 0;
}

bool batch_is_empty(const struct batch *batch)
{
    return batch->line_count == 0 && batch->session_count == 0 && batch->ended_count == 0;
}

/* Makes room for one more element in an array that holds `count` of `*size`. */
static enum err reserve(void **array, size_t *size, size_t count, size_t element)
{
    if (count < *size)
        return ERR_NONE;
    if (count >= LIMIT_BATCH_LINES)
        return ERR_FULL;
    size_t wanted = *size ? *size * 2 : 64;
    void *grown = mem_realloc(*array, wanted * element);
    if (!grown)
        return ERR_NO_MEMORY;
    *array = grown;
    *size = wanted;
    return ERR_NONE;
}

enum err batch_add_line(struct batch *batch, int64_t key, uint64_t seq, int64_t prev,
                        const char *text, size_t len)
{
    void *lines = batch->lines;
    enum err e = reserve(&lines, &batch->line_size, batch->line_count, sizeof *batch->lines);
    batch->lines = lines;
    if (e != ERR_NONE)
        return e;
    size_t offset = batch->text.len;
    e = buf_append(&batch->text, text, len);
    if (e != ERR_NONE) {
        batch->text.failed = false;
        return e;
    }
    batch->lines[batch->line_count++] =
        (struct batch_line){.key = key, .prev = prev, .seq = seq, .offset = offset, .len = len};
    return ERR_NONE;
}

void batch_drop_line(struct batch *batch)
{
    assert(batch->line_count > 0);
    batch->text.len = batch->lines[--batch->line_count].offset;
}

enum err batch_add_session(struct batch *batch, int64_t key, const char *id, const char *room)
{
    struct batch_session session = {.key = key};
    if (!str_copy(session.id, sizeof session.id, id) ||
        !str_copy(session.room, sizeof session.room, room))
        return ERR_BAD_REQUEST;
    void *sessions = batch->sessions;
    enum err e =
        reserve(&sessions, &batch->session_size, batch->session_count, sizeof *batch->sessions);
    batch->sessions = sessions;
    if (e == ERR_NONE)
        batch->sessions[batch->session_count++] = session;
    return e;
}

enum err batch_add_ended(struct batch *batch, int64_t key)
{
    void *ended = batch->ended;
    enum err e = reserve(&ended, &batch->ended_size, batch->ended_count, sizeof *batch->ended);
    batch->ended = ended;
    if (e == ERR_NONE)
        batch->ended[batch->ended_count++] = key;
    return e;
}
