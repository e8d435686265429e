/* For the tests of `debate serve`: tus 1.0.0, and recordings to upload with it. */
#ifndef DEBATE_SERVER_TUS_TESTING_H
#define DEBATE_SERVER_TUS_TESTING_H

#include "server/debate_testing.h"

#define TUS         "Tus-Resumable: 1.0.0\r\n"
#define OFFSET_TYPE "Content-Type: application/offset+octet-stream\r\n"

struct bytes {
    const char *data;
    size_t len;
};

static inline const char *base64(const void *data, size_t len)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *from = data;
    char *out = keep_zalloc((len + 2) / 3 * 4 + 1), *to = out;
    for (size_t i = 0; i < len; i += 3) {
        unsigned long bits = (unsigned long)from[i] << 16;
        bits |= i + 1 < len ? (unsigned long)from[i + 1] << 8 : 0;
        bits |= i + 2 < len ? from[i + 2] : 0;
        *to++ = alphabet[bits >> 18];
        *to++ = alphabet[bits >> 12 & 63];
        *to++ = i + 1 < len ? alphabet[bits >> 6 & 63] : '=';
        *to++ = i + 2 < len ? alphabet[bits & 63] : '=';
    }
    return out;
}

static inline const char *digest(enum hash_kind kind, struct bytes bytes, bool is_hex)
{
    uint8_t out[SHA256_SIZE];
    size_t size = kind == HASH_SHA1 ? SHA1_SIZE : SHA256_SIZE;
    char *hex = keep_zalloc(SHA256_TEXT_SIZE);
    struct hash *hash = hash_new(kind);
    assert_non_null(hash);
    assert_int_equal(hash_update(hash, bytes.data, bytes.len), ERR_NONE);
    assert_int_equal(hash_final(hash, out), ERR_NONE);
    hash_free(hash);
    hex_encode(out, size, hex);
    return is_hex ? hex : base64(out, size);
}

/* ---- what is uploaded ---- */

static inline struct bytes file_bytes(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *data = keep_zalloc(1024 * 1024);
    assert_non_null(file);
    size_t len = fread(data, 1, 1024 * 1024 - 1, file);
    fclose(file);
    return (struct bytes){data, len};
}

static inline struct bytes speech(void)
{
    return file_bytes("testdata/speech/kim-1.opus");
}

static inline uint32_t ogg_crc(const char *data, size_t len)
{
    uint32_t crc = 0;
    for (size_t i = 0; i < len; i++) {
        crc ^= (uint32_t)(unsigned char)data[i] << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (crc & 0x80000000 ? 0x04c11db7 : 0);
    }
    return crc;
}

static inline void put_little(struct buf *out, uint64_t value, int size)
{
    for (int i = 0; i < size; i++, value >>= 8) {
        char byte = (char)value;
        assert_int_equal(buf_append(out, &byte, 1), ERR_NONE);
    }
}

/* A page of whole packets, `count` of `len` bytes each (RFC 3533, section 6). */
static inline void ogg_page(struct buf *out, int flags, uint64_t granule, uint32_t number_of_page,
                            const char *packet, size_t len, int count)
{
    size_t start = out->len;
    assert_int_equal(buf_append(out, "OggS", 5), ERR_NONE);
    put_little(out, (uint64_t)flags, 1);
    put_little(out, granule, 8);
    put_little(out, 0x1234, 4);
    put_little(out, number_of_page, 4);
    put_little(out, 0, 4);
    put_little(out, (len / 255 + 1) * (size_t)count, 1);
    for (int i = 0; i < count; i++) {
        for (size_t left = len; left >= 255; left -= 255)
            put_little(out, 255, 1);
        put_little(out, len % 255, 1);
    }
    for (int i = 0; i < count; i++)
        assert_int_equal(buf_append(out, packet, len), ERR_NONE);
    uint32_t crc = ogg_crc(out->data + start, out->len - start);
    for (int i = 0; i < 4; i++)
        out->data[start + 22 + (size_t)i] = (char)(crc >> 8 * i);
}

/* An Ogg Opus file (RFC 7845) of `pages` pages of 50 KB each, 42 packets of 20 ms in a page. */
static inline struct bytes ogg_opus(int pages)
{
    static const char head[] = "OpusHead\1\1\x38\1\x80\xbb\0\0\0\0"; /* and a 0 for the mapping */
    static const char tags[] = "OpusTags\4\0\0\0test\0\0\0";         /* and a 0 for no comments */
    struct buf out;
    char *packet = keep_zalloc(1275);
    memset(packet, 0x55, 1275);
    packet[0] = (char)0xf8; /* CELT, 20 ms, mono, one frame (RFC 6716, section 3.1) */
    buf_init(&out, 64 * 1024 * 1024);
    ogg_page(&out, 2, 0, 0, head, 19, 1);
    ogg_page(&out, 0, 0, 1, tags, 20, 1);
    for (int i = 0; i < pages; i++)
        ogg_page(&out, i == pages - 1 ? 4 : 0, (uint64_t)(i + 1) * 42 * 960, (uint32_t)i + 2,
                 packet, 1275, 42);
    size_t len = out.len;
    return (struct bytes){keep(buf_take(&out), free), len};
}

/* An EBML element: its id, a size of 8 bytes, its content. */
static inline void element(struct buf *out, const char *id, const void *content, size_t len)
{
    char size[8] = {1};
    for (int i = 1; i < 8; i++)
        size[i] = (char)((uint64_t)len >> (56 - 8 * i));
    assert_int_equal(buf_append(out, id, strlen(id)), ERR_NONE);
    assert_int_equal(buf_append(out, size, 8), ERR_NONE);
    assert_int_equal(buf_append(out, content, len), ERR_NONE);
}

static inline void element_of(struct buf *out, const char *id, struct buf *inner)
{
    element(out, id, inner->data, inner->len);
    buf_release(inner);
}

static inline struct buf small_buf(void)
{
    struct buf b;
    buf_init(&b, 100000);
    return b;
}

/* A WebM file with one Opus track, of the form that browsers record. */
static inline struct bytes webm_opus(void)
{
    struct buf out = small_buf(), head = small_buf(), segment = small_buf(), info = small_buf();
    struct buf tracks = small_buf(), track = small_buf(), audio = small_buf();
    struct buf cluster = small_buf();
    element(&head, "\x42\x86", "\1", 1);
    element(&head, "\x42\xf7", "\1", 1);
    element(&head, "\x42\xf2", "\4", 1);
    element(&head, "\x42\xf3", "\10", 1);
    element(&head, "\x42\x82", "webm", 4);
    element(&head, "\x42\x87", "\4", 1);
    element(&head, "\x42\x85", "\2", 1);
    element_of(&out, "\x1a\x45\xdf\xa3", &head);
    element(&info, "\x2a\xd7\xb1", "\x0f\x42\x40", 3);
    element(&info, "\x4d\x80", "test", 4);
    element(&info, "\x57\x41", "test", 4);
    element_of(&segment, "\x15\x49\xa9\x66", &info);
    element(&audio, "\xb5", "\x47\x3b\x80\0", 4); /* 48000.0 */
    element(&audio, "\x9f", "\1", 1);
    element(&track, "\xd7", "\1", 1);
    element(&track, "\x73\xc5", "\1", 1);
    element(&track, "\x83", "\2", 1);
    element(&track, "\x86", "A_OPUS", 6);
    element(&track, "\x63\xa2", "OpusHead\1\1\0\0\x80\xbb\0\0\0\0\0", 19);
    element_of(&track, "\xe1", &audio);
    element_of(&tracks, "\xae", &track);
    element_of(&segment, "\x16\x54\xae\x6b", &tracks);
    element(&cluster, "\xe7", "\0", 1);
    for (int i = 0; i < 5; i++)
        element(&cluster, "\xa3", text("\x81%c%c\x80%s", 1, 1 + 20 * i, "\xf8\x7f\x7e"), 7);
    element_of(&segment, "\x1f\x43\xb6\x75", &cluster);
    element_of(&out, "\x18\x53\x80\x67", &segment);
    size_t len = out.len;
    return (struct bytes){keep(buf_take(&out), free), len};
}

/* ---- tus ---- */

/* The version is in every answer (tus 1.0.0, Tus-Resumable), a refusal's too. */
static inline struct answer tus(const char *method, const char *path, const char *token,
                                const char *headers, struct bytes body)
{
    struct answer answer =
        http_with(method, path, token, text(TUS "%s", headers), body.data, body.len);
    const char *version = header_of(&answer, "Tus-Resumable");
    if (answer.status && (!version || strcmp(version, "1.0.0") != 0))
        fail_here("no version of tus in the answer: %s", answer.head);
    return answer;
}

static inline const char *metadata(const char *recording)
{
    return text("Upload-Metadata: recording_id %s,filename %s\r\n",
                base64(recording, strlen(recording)), base64("kim.opus", 8));
}

static inline struct answer upload_created(const char *recording, const char *token, size_t len)
{
    return tus("POST", "/api/uploads", token,
               text("Upload-Length: %zu\r\n%sContent-Length: 0\r\n", len, metadata(recording)),
               (struct bytes){0});
}

/* Creates an upload; its path. */
static inline const char *upload_new_(const char *recording, const char *token, size_t len)
{
    struct answer answer = upload_created(recording, token, len);
    want_status_(answer, 201);
    const char *location = header_of(&answer, "Location");
    const char *path = location ? strstr(location, "/api/uploads/") : NULL;
    if (!path)
        fail_here("Location: %s", location ? location : "none");
    return path;
}

static inline struct answer patch(const char *path, const char *token, size_t offset,
                                  struct bytes part, const char *headers)
{
    return tus("PATCH", path, token,
               text("Upload-Offset: %zu\r\n" OFFSET_TYPE "%s", offset, headers), part);
}

static inline struct bytes part_of(struct bytes all, size_t from, size_t to)
{
    return (struct bytes){all.data + from, to - from};
}

static inline long offset_of(const char *path, const char *token)
{
    struct answer answer = tus("HEAD", path, token, "", (struct bytes){0});
    want_status_(answer, 200);
    const char *offset = header_of(&answer, "Upload-Offset");
    if (!offset)
        fail_here("no Upload-Offset");
    return atol(offset);
}

static inline void want_offset_(const char *path, const char *token, size_t offset)
{
    long is = offset_of(path, token);
    if (is != (long)offset)
        fail_here("at %ld, not %zu", is, offset);
}

/* The upload is no more. */
static inline void want_gone_(const char *path, const char *token)
{
    struct answer answer = tus("HEAD", path, token, "", (struct bytes){0});
    if (answer.status != 404 && answer.status != 410)
        fail_here("not gone: %d", answer.status);
}

#define upload_new(recording, token, len)                                                          \
    (here(__FILE__, __LINE__), upload_new_(recording, token, len))
#define want_offset(path, token, offset)                                                           \
    (here(__FILE__, __LINE__), want_offset_(path, token, offset))
#define want_gone(path, token) (here(__FILE__, __LINE__), want_gone_(path, token))

#endif
