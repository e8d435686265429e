/* Bodies in chunks (RFC 9112, section 7.1). */
#include "server/chunks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

/* What the body holds, brought in pieces of so many bytes; `left`: what stands behind it. */
static enum chunks_state taken(const char *text, size_t piece, struct buf *body, size_t *left)
{
    struct chunks chunks = {0};
    size_t all = strlen(text), done = 0;
    while (done < all && chunks.state < CHUNKS_OVER) {
        const char *at = text + done, *part;
        size_t len = all - done < piece ? all - done : piece, given = len, part_len;
        while ((part = chunks_next(&chunks, &at, &len, &part_len)))
            assert_int_equal(buf_append(body, part, part_len), ERR_NONE);
        assert_ptr_equal(at, text + done + given - len);
        done += given - len;
    }
    *left = all - done;
    return chunks.state;
}

static void a_body_is_the_same_however_it_is_cut(void **state)
{
    (void)state;
    static const struct {
        const char *text, *body;
        size_t left;
    } rows[] = {
        {"0\r\n\r\n", "", 0},
        {"3\r\n{\r\n\r\n1\r\n}\r\n0\r\n\r\n", "{\r\n}", 0},
        {"00a\r\n0123456789\r\nA\r\nabcdefghij\r\n000\r\n\r\n", "0123456789abcdefghij", 0},
        {"2;name=\"v;1\"\r\n{}\r\n0 ;x\r\nDigest: 1\r\nB:\r\n\r\n", "{}", 0},
        {"1\r\nx\r\n0\r\n\r\nGET /", "x", 5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t piece = 1; piece <= strlen(rows[i].text); piece++) {
            struct buf body;
            size_t left;
            buf_init(&body, 100);
            assert_int_equal(taken(rows[i].text, piece, &body, &left), CHUNKS_OVER);
            assert_int_equal(left, rows[i].left);
            assert_int_equal(body.len, strlen(rows[i].body));
            if (body.len)
                assert_memory_equal(body.data, rows[i].body, body.len);
            buf_release(&body);
        }
    }
}

static void what_is_no_chunk_breaks_the_body_and_what_is_cut_off_does_not_end_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum chunks_state end;
    } rows[] = {
        {"{}", CHUNKS_BROKEN},
        {"\r\n", CHUNKS_BROKEN},
        {";x\r\n", CHUNKS_BROKEN},
        {"-1\r\n", CHUNKS_BROKEN},
        {"0x1\r\n", CHUNKS_BROKEN},
        {"1\nx\n0\n\n", CHUNKS_BROKEN},
        {"1;a\nx", CHUNKS_BROKEN},
        {"1\rx", CHUNKS_BROKEN},
        {"1\r\nxy", CHUNKS_BROKEN},
        {"1\r\nx\rx", CHUNKS_BROKEN},
        {"1\r\nx\r\n\r\n", CHUNKS_BROKEN},
        {"0\r\n\rx", CHUNKS_BROKEN},
        {"0\r\nA: b\n", CHUNKS_BROKEN},
        {"0\r\nA: b\rx", CHUNKS_BROKEN},
        {"10000000000000000\r\nx", CHUNKS_BROKEN}, /* 2^64 */
        {"ffffffffffffffff\r\nx", CHUNKS_DATA},
        {"", CHUNKS_SIZE},
        {"5\r\nabcd", CHUNKS_DATA},
        {"0\r\n", CHUNKS_TRAILER},
        {"0\r\nA: b\r\n", CHUNKS_TRAILER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t piece = 1; piece <= strlen(rows[i].text) + 1; piece++) {
            struct buf body;
            size_t left;
            buf_init(&body, 100);
            assert_int_equal(taken(rows[i].text, piece, &body, &left), rows[i].end);
            buf_release(&body);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_is_the_same_however_it_is_cut),
        cmocka_unit_test(what_is_no_chunk_breaks_the_body_and_what_is_cut_off_does_not_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
