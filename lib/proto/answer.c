#include "proto/message_json.h"

/* A sentence about one field, in any language. */
enum { SENTENCE_SIZE = 1024 };

enum err ack_print(const struct command_id *id, uint64_t seq, struct buf *out)
{
    struct json_writer json;
    message_begin(&json, out, "ack", id);
    json_write_object(&json, "data");
    if (seq)
        json_write_integer(&json, "seq", (int64_t)seq);
    return json_write_end(&json);
}

/* The document ends with `name`, which tells the problem. */
static enum err end_with_problem(struct json_writer *json, const char *name,
                                 const struct problem *why, enum lang lang)
{
    struct buf sentence;
    buf_init(&sentence, SENTENCE_SIZE);
    enum err e = problem_print(why, lang, &sentence);
    json_write_object(json, name);
    json_write_string(json, "code", err_code(why->code));
    json_write_string(json, "message", sentence.data);
    enum err written = json_write_end(json);
    buf_release(&sentence);
    return e ? e : written;
}

enum err error_print(const struct command_id *id, const struct problem *why, enum lang lang,
                     struct buf *out)
{
    struct json_writer json;
    message_begin(&json, out, "error", id);
    return end_with_problem(&json, "data", why, lang);
}

enum err error_body_print(const struct problem *why, enum lang lang, struct buf *out)
{
    struct json_writer json;
    json_write_begin(&json, out);
    return end_with_problem(&json, "error", why, lang);
}

enum err pong_print(const struct command_id *id, double t0, double t1, double t2, struct buf *out)
{
    struct json_writer json;
    message_begin(&json, out, "pong", id);
    json_write_object(&json, "data");
    json_write_exact(&json, "t0", t0);
    json_write_number(&json, "t1", t1);
    json_write_number(&json, "t2", t2);
    return json_write_end(&json);
}
