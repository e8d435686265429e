/* For tests: WebM as a browser writes it, packet by packet, in no time. cmocka's headers come
 * first. */
#ifndef DEBATE_MEDIA_WEBM_TESTING_H
#define DEBATE_MEDIA_WEBM_TESTING_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "media/codec.h"

/* Opus packets of 20 ms; what is silent for long is always the same one, and costs nothing. */
struct packets {
    struct encoder *encoder;
    unsigned silent; /* frames in a row */
    uint8_t bytes[MEDIA_PACKET_MAX];
    size_t len;
};

static inline void packets_next(struct packets *packets, const int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    static const int16_t nothing[MEDIA_FRAME_SAMPLES];
    bool is_silent = memcmp(pcm, nothing, sizeof nothing) == 0;
    packets->silent = is_silent ? packets->silent + 1 : 0;
    if (packets->silent > 10)
        return;
    if (!packets->encoder)
        packets->encoder = encoder_new();
    assert_non_null(packets->encoder);
    packets->len = encoder_encode(packets->encoder, pcm, packets->bytes);
    assert_true(packets->len > 0);
}

struct webm_writer {
    FILE *file;
    struct packets packets;
    int64_t cluster_ms;
};

static inline void webm_write_head(FILE *file)
{
    static const char head[] = "\x1a\x45\xdf\xa3\x87\x42\x82\x84webm"
                               "\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" /* endless */
                               "\x16\x54\xae\x6b\xa8\xae\xa6\xd7\x81\x01\x83\x81\x02\x86\x86"
                               "A_OPUS\x63\xa2\x93OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0";
    assert_int_equal(fwrite(head, 1, sizeof head - 1, file), sizeof head - 1);
}

static inline void webm_start(struct webm_writer *writer, const char *path)
{
    *writer = (struct webm_writer){.file = fopen(path, "wb"), .cluster_ms = INT64_MIN / 2};
    assert_non_null(writer->file);
    webm_write_head(writer->file);
}

static inline void webm_block(struct webm_writer *writer, int64_t at_ms, const void *packet,
                              size_t len)
{
    if (at_ms - writer->cluster_ms > 10000) { /* a new cluster, its size unknown */
        fwrite("\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff\xe7\x88", 1, 14, writer->file);
        for (int shift = 56; shift >= 0; shift -= 8)
            fputc((int)(at_ms >> shift & 0xff), writer->file);
        writer->cluster_ms = at_ms;
    }
    int relative = (int)(at_ms - writer->cluster_ms);
    size_t size = len + 4;
    const uint8_t block[] = {0xa3, (uint8_t)(0x40 | size >> 8), (uint8_t)size,
                             0x81, (uint8_t)(relative >> 8),    (uint8_t)relative,
                             0x80};
    fwrite(block, 1, sizeof block, writer->file);
    fwrite(packet, 1, len, writer->file);
}

static inline void webm_frame(struct webm_writer *writer, int64_t at_ms,
                              const int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    packets_next(&writer->packets, pcm);
    webm_block(writer, at_ms, writer->packets.bytes, writer->packets.len);
}

static inline void webm_end(struct webm_writer *writer)
{
    encoder_free(writer->packets.encoder);
    assert_int_equal(fclose(writer->file), 0);
}

#endif
