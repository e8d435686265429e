/* For tests of hours: what recording.c writes its sound with (media/ogg.h), in the place of the
 * real one, so that silence costs nothing. The stream is as good; only its packets are made
 * cheaply. In one file of a test; cmocka's headers come first. */
#ifndef DEBATE_ANALYSIS_TRACK_OGG_TESTING_H
#define DEBATE_ANALYSIS_TRACK_OGG_TESTING_H

#include <stdlib.h>
#include <unistd.h>

#include <ogg/ogg.h>

#include "media/ogg.h"
#include "media/webm_testing.h"

struct ogg_writer {
    int fd;
    struct packets packets;
    ogg_stream_state stream;
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    size_t filled;
    uint64_t samples;
    long packet;
};

static void put_packet(struct ogg_writer *ogg, const void *data, size_t len, uint64_t granule,
                       bool is_last)
{
    ogg_packet packet = {.packet = (unsigned char *)(uintptr_t)data,
                         .bytes = (long)len,
                         .b_o_s = ogg->packet == 0,
                         .e_o_s = is_last,
                         .granulepos = (ogg_int64_t)granule,
                         .packetno = ogg->packet};
    ogg_page page;
    assert_int_equal(ogg_stream_packetin(&ogg->stream, &packet), 0);
    bool is_head = ogg->packet++ < 2;
    while (is_head || is_last ? ogg_stream_flush(&ogg->stream, &page)
                              : ogg_stream_pageout(&ogg->stream, &page)) {
        assert_int_equal(write(ogg->fd, page.header, (size_t)page.header_len), page.header_len);
        assert_int_equal(write(ogg->fd, page.body, (size_t)page.body_len), page.body_len);
    }
}

enum err ogg_open(int fd, uint32_t rate_hz, const struct ogg_tag *tags, size_t tag_count,
                  struct ogg_writer **out)
{
    assert_int_equal(rate_hz, MEDIA_RATE_HZ);
    (void)tags;
    (void)tag_count;
    struct ogg_writer *ogg = calloc(1, sizeof *ogg);
    assert_non_null(ogg);
    ogg->fd = fd;
    assert_int_equal(ogg_stream_init(&ogg->stream, 1), 0);
    put_packet(ogg, "OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0", 19, 0, false);
    put_packet(ogg, "OpusTags\4\0\0\0test\0\0\0\0", 20, 0, false);
    *out = ogg;
    return ERR_NONE;
}

static void put_frame(struct ogg_writer *ogg, uint64_t granule, bool is_last)
{
    packets_next(&ogg->packets, ogg->pcm);
    put_packet(ogg, ogg->packets.bytes, ogg->packets.len, granule, is_last);
    memset(ogg->pcm, 0, sizeof ogg->pcm);
    ogg->filled = 0;
}

enum err ogg_write(struct ogg_writer *ogg, const int16_t *pcm, size_t samples)
{
    for (size_t i = 0; i < samples; i++) {
        ogg->pcm[ogg->filled++] = pcm[i];
        ogg->samples++;
        if (ogg->filled == MEDIA_FRAME_SAMPLES)
            put_frame(ogg, ogg->samples, false);
    }
    return ERR_NONE;
}

enum err ogg_close(struct ogg_writer *ogg)
{
    /* What the encoder still holds, and the end where the sound ends (RFC 7845, section 4.4). */
    put_frame(ogg, ogg->samples + CODEC_LOOKAHEAD_SAMPLES, true);
    ogg_stream_clear(&ogg->stream);
    encoder_free(ogg->packets.encoder);
    free(ogg);
    return ERR_NONE;
}

#endif
