#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/sound_decoder.h"
#include "media/sound_source.h"
#include "media/webm.h"

/* RFC 7845 section 4.6: what a decoder needs to come round after a jump. */
enum { PREROLL_SAMPLES = 80 * MEDIA_RATE_HZ / 1000 };

struct webm_source {
    struct sound_source source; /* first, so that the one's address is the other's */
    int fd;
    struct webm *webm;
    struct sound_decoder *decoder;
    enum sound_rate rate;
    unsigned pre_skip;
};

/* Returns how many samples the packet has at this rate. */
static size_t decode(struct webm_source *webm, const struct webm_packet *packet, int16_t *pcm)
{
    float sound[SOUND_CHUNK_MAX];
    size_t count = packet->samples / webm->rate;
    size_t got = sound_decoder_decode(webm->decoder, packet->data, packet->len, sound, count);
    for (size_t i = 0; i < count; i++)
        pcm[i] = i < got ? sound_to_16(sound[i]) : 0;
    return count;
}

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
        *count = decode(webm, &packet, pcm);
        if (packet.sample >= webm->pre_skip) {
            *at = (packet.sample - webm->pre_skip) / webm->rate;
            return ERR_NONE;
        }
        size_t skipped = (webm->pre_skip - (size_t)packet.sample) / webm->rate;
        if (skipped < *count) {
            *at = 0;
            *count -= skipped;
            memmove(pcm, pcm + skipped, *count * sizeof *pcm);
            return ERR_NONE;
        }
    }
}

static enum err seek(struct sound_source *source, uint64_t sample)
{
    struct webm_source *webm = (struct webm_source *)source;
    uint64_t raw = sample * webm->rate + webm->pre_skip;
    webm_seek(webm->webm, raw > PREROLL_SAMPLES ? raw - PREROLL_SAMPLES : 0);
    sound_decoder_reset(webm->decoder);
    return ERR_NONE;
}

static void release(struct sound_source *source)
{
    struct webm_source *webm = (struct webm_source *)source;
    sound_decoder_free(webm->decoder);
    webm_close(webm->webm);
    if (webm->fd >= 0)
        close(webm->fd);
    mem_free(webm);
}

enum err sound_source_webm(int fd, enum sound_rate rate, struct sound_source **out)
{
    struct webm_source *webm = mem_zalloc(sizeof *webm);
    if (!webm)
        return ERR_NO_MEMORY;
    webm->fd = -1;
    webm->source =
        (struct sound_source){.restarts = true, .read = read_chunk, .seek = seek, .free = release};
    webm->rate = rate;
    webm->decoder = sound_decoder_new(MEDIA_RATE_HZ / rate);
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
