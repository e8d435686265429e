#include "terminal/lines_uv.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

enum { LINES_READ_SIZE = 4096, LINES_FLUSH_MS = 2000 };

union lines_stream {
    uv_stream_t stream;
    uv_pipe_t pipe;
    uv_tty_t tty;
};

/* ERR_REFUSED: it is a file, to be read and written as it is. */
static enum err open_stream(uv_loop_t *loop, int fd, union lines_stream *stream)
{
    int e;
    switch (uv_guess_handle(fd)) {
    case UV_TTY:
        e = uv_tty_init(loop, &stream->tty, fd, 0);
        break;
    case UV_NAMED_PIPE:
        e = uv_pipe_init(loop, &stream->pipe, 0);
        if (e == 0)
            e = uv_pipe_open(&stream->pipe, fd);
        break;
    default:
        return ERR_REFUSED;
    }
    return e ? ERR_IO : ERR_NONE;
}

/* ---- in ---- */

struct lines_in {
    union lines_stream stream;
    bool is_file, is_freed, is_ended, is_reading;
    int fd;
    lines_in_fn *on_line;
    void *context;
    struct buf line;
    char chunk[LINES_READ_SIZE];
};

enum err lines_in_new(uv_loop_t *loop, int fd, lines_in_fn *on_line, void *context,
                      struct lines_in **out)
{
    struct lines_in *in = mem_zalloc(sizeof *in);
    if (!in)
        return ERR_NO_MEMORY;
    in->fd = fd;
    in->on_line = on_line;
    in->context = context;
    buf_init(&in->line, LINES_IN_MAX);
    enum err e = open_stream(loop, fd, &in->stream);
    in->is_file = e == ERR_REFUSED;
    if (e && !in->is_file) {
        mem_free(in);
        return e;
    }
    in->stream.stream.data = in;
    *out = in;
    return ERR_NONE;
}

static void give_line(struct lines_in *in)
{
    in->on_line(in->context, in->line.data ? in->line.data : "");
    if (!in->is_freed)
        buf_clear(&in->line);
}

static void take_chunk(struct lines_in *in, size_t len)
{
    const char *from = in->chunk;
    while (len > 0 && !in->is_freed) {
        const char *end = memchr(from, '\n', len);
        size_t part = end ? (size_t)(end - from) : len;
        size_t room = LINES_IN_MAX - in->line.len;
        if (buf_append(&in->line, from, part < room ? part : room))
            in->line.failed = false; /* the line is cut; the rest of it is read past */
        if (end)
            give_line(in);
        part += end != NULL;
        from += part;
        len -= part;
    }
}

static void give_end(struct lines_in *in)
{
    if (in->is_ended || in->is_freed)
        return;
    in->is_ended = true;
    if (in->line.len > 0)
        give_line(in);
    if (!in->is_freed)
        in->on_line(in->context, NULL);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    struct lines_in *in = handle->data;
    *out = uv_buf_init(in->chunk, sizeof in->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *chunk)
{
    (void)chunk;
    struct lines_in *in = stream->data;
    if (len > 0)
        take_chunk(in, (size_t)len);
    else if (len < 0)
        give_end(in);
    if (len < 0 && !in->is_freed)
        uv_read_stop(stream);
}

static void release_in(struct lines_in *in)
{
    buf_release(&in->line);
    mem_free(in);
}

void lines_in_start(struct lines_in *in)
{
    if (!in->is_file) {
        uv_read_start(&in->stream.stream, on_alloc, on_read);
        return;
    }
    /* A file does not keep anybody waiting. */
    in->is_reading = true;
    while (!in->is_freed) {
        ssize_t len = read(in->fd, in->chunk, sizeof in->chunk);
        if (len <= 0)
            break;
        take_chunk(in, (size_t)len);
    }
    give_end(in);
    in->is_reading = false;
    if (in->is_freed)
        release_in(in);
}

static void on_in_closed(uv_handle_t *handle)
{
    release_in(handle->data);
}

void lines_in_free(struct lines_in *in)
{
    if (!in || in->is_freed)
        return;
    in->is_freed = true;
    if (!in->is_file)
        uv_close((uv_handle_t *)&in->stream.stream, on_in_closed);
    else if (!in->is_reading)
        release_in(in);
}

/* ---- out ---- */

struct lines_out {
    union lines_stream stream;
    uv_timer_t patience;
    uv_loop_t *loop;
    bool is_file, is_broken;
    int fd;
};

struct lines_write {
    uv_write_t write;
    char text[];
};

enum err lines_out_new(uv_loop_t *loop, int fd, struct lines_out **out)
{
    struct lines_out *made = mem_zalloc(sizeof *made);
    if (!made)
        return ERR_NO_MEMORY;
    made->loop = loop;
    made->fd = fd;
    enum err e = open_stream(loop, fd, &made->stream);
    made->is_file = e == ERR_REFUSED;
    if (e && !made->is_file) {
        mem_free(made);
        return e;
    }
    made->stream.stream.data = made;
    *out = made;
    return ERR_NONE;
}

static void on_written(uv_write_t *write, int status)
{
    struct lines_out *out = write->handle->data;
    if (status < 0)
        out->is_broken = true;
    mem_free(write->data);
}

static enum err queue_text(struct lines_out *out, const char *text, size_t len)
{
    if (uv_stream_get_write_queue_size(&out->stream.stream) + len > LINES_OUT_QUEUE_MAX)
        return ERR_IO;
    struct lines_write *write = mem_alloc(sizeof *write + len);
    if (!write)
        return ERR_NO_MEMORY;
    memcpy(write->text, text, len);
    write->write.data = write;
    uv_buf_t part = uv_buf_init(write->text, (unsigned)len);
    if (uv_write(&write->write, &out->stream.stream, &part, 1, on_written) == 0)
        return ERR_NONE;
    mem_free(write);
    return ERR_IO;
}

enum err lines_out_put(struct lines_out *out, const char *text, size_t len)
{
    while (out->is_file && len > 0) {
        ssize_t wrote = write(out->fd, text, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return ERR_IO;
        text += wrote;
        len -= (size_t)wrote;
    }
    if (out->is_broken)
        return ERR_IO;
    return len > 0 ? queue_text(out, text, len) : ERR_NONE;
}

static void on_out_closed(uv_handle_t *handle)
{
    mem_free(handle->data);
}

static void on_patience_closed(uv_handle_t *handle)
{
    struct lines_out *out = handle->data;
    uv_close((uv_handle_t *)&out->stream.stream, on_out_closed);
}

static void on_patience_over(uv_timer_t *timer)
{
    struct lines_out *out = timer->data;
    out->is_broken = true;
}

void lines_out_free(struct lines_out *out)
{
    if (!out)
        return;
    if (out->is_file) {
        mem_free(out);
        return;
    }
    uv_timer_init(out->loop, &out->patience);
    out->patience.data = out;
    uv_timer_start(&out->patience, on_patience_over, LINES_FLUSH_MS, 0);
    while (uv_stream_get_write_queue_size(&out->stream.stream) > 0 && !out->is_broken)
        uv_run(out->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&out->patience, on_patience_closed);
}
