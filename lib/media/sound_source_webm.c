#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/sound_source.h"
#include "media/webm.h"

/* RFC 7845 section 4.6: what a decoder needs to come round after a jump. */
enum { PREROLL_SAMPLES = 80 * MEDIA_RATE_HZ / 1000 };

struct webm_source {
    struct sound_source source; /* first, so that the one's address is the other's */
    int fd;
    struct webm *webm;
    struct decoder *decoder;
    unsigned pre_skip;
};

static enum err read_chunk(struct sound_source *source, int16_t *pcm, uint64_t *at, size_t *count)
{
    struct webm_source *webm = (struct webm_source *)source;
    struct webm_packet packet;
    for (;;) {
        enum err e = webm_next(webm->webm, &packet);
        if (e || packet.samples == 0) {
            *count = 0;
            return e;
        }
        size_t got = decoder_decode(webm->decoder, packet.data, packet.len, pcm, SOUND_CHUNK_MAX);
        if (got < packet.samples)
            memset(pcm + got, 0, (packet.samples - got) * sizeof *pcm);
        *count = packet.samples;
        if (packet.sample >= webm->pre_skip) {
            *at = packet.sample - webm->pre_skip;
            return ERR_NONE;
        }
        size_t skipped = webm->pre_skip - (size_t)packet.sample;
        if (skipped < packet.samples) {
            *at = 0;
            *count = packet.samples - skipped;
            memmove(pcm, pcm + skipped, *count * sizeof *pcm);
            return ERR_NONE;
        }
    }
}

static enum err seek(struct sound_source *source, uint64_t sample)
{
    struct webm_source *webm = (struct webm_source *)source;
    uint64_t raw = sample + webm->pre_skip;
    webm_seek(webm->webm, raw > PREROLL_SAMPLES ? raw - PREROLL_SAMPLES : 0);
    decoder_reset(webm->decoder);
    return ERR_NONE;
}

static void release(struct sound_source *source)
{
    struct webm_source *webm = (struct webm_source *)source;
    decoder_free(webm->decoder);
    webm_close(webm->webm);
    if (webm->fd >= 0)
        close(webm->fd);
    mem_free(webm);
}

enum err sound_source_webm(int fd, struct sound_source **out)
{
    struct webm_source *webm = mem_zalloc(sizeof *webm);
    if (!webm)
        return ERR_NO_MEMORY;
    webm->fd = -1;
    webm->source = (struct sound_source){.read = read_chunk, .seek = seek, .free = release};
    webm->decoder = decoder_new();
    enum err e = webm->decoder ? webm_open(fd, &webm->webm) : ERR_NO_MEMORY;
    if (e) {
        release(&webm->source);
        return e;
    }
    webm->fd = fd;
    webm->pre_skip = webm_pre_skip(webm->webm);
    uint64_t raw = webm_samples(webm->webm);
    webm->source.samples = raw > webm->pre_skip ? raw - webm->pre_skip : 0;
    webm->source.stretches = webm_stretches(webm->webm, &webm->source.stretch_count);
    *out = &webm->source;
    return ERR_NONE;
}
