#include <string.h>

#include "proto/message_json.h"

/* A sentence about one field, in any language. */
enum { SENTENCE_SIZE = 1024 };

enum err ack_print(const struct command_id *id, uint64_t seq, struct buf *out)
{
    json_brief_begin();
    cJSON *root = message_new("ack", id);
    cJSON *data = json_put_object(root, "data");
    if (seq)
        json_put_integer(data, "seq", (int64_t)seq);
    return message_finish(root, out);
}

static void put_problem(cJSON *object, const struct problem *why, const char *sentence)
{
    json_put_string(object, "code", err_code(why->code));
    json_put_string(object, "message", sentence);
}

enum err error_print(const struct command_id *id, const struct problem *why, enum lang lang,
                     struct buf *out)
{
    struct buf sentence;
    buf_init(&sentence, SENTENCE_SIZE);
    enum err e = problem_print(why, lang, &sentence);
    if (!e) {
        json_brief_begin();
        cJSON *root = message_new("error", id);
        put_problem(json_put_object(root, "data"), why, sentence.data);
        e = message_finish(root, out);
    }
    buf_release(&sentence);
    return e;
}

enum err error_body_print(const struct problem *why, enum lang lang, struct buf *out)
{
    struct buf sentence;
    buf_init(&sentence, SENTENCE_SIZE);
    enum err e = problem_print(why, lang, &sentence);
    if (!e) {
        json_brief_begin();
        cJSON *root = json_new_object();
        put_problem(json_put_object(root, "error"), why, sentence.data);
        e = message_finish(root, out);
    }
    buf_release(&sentence);
    return e;
}

enum err pong_print(const struct command_id *id, double t0, double t1, double t2, struct buf *out)
{
    json_brief_begin();
    cJSON *root = message_new("pong", id);
    cJSON *data = json_put_object(root, "data");
    json_put_number(data, "t0", t0);
    json_put_rounded(data, "t1", t1);
    json_put_rounded(data, "t2", t2);
    return message_finish(root, out);
}
