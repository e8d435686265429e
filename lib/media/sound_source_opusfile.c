#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <opus/opusfile.h>

#include "base/mem.h"
#include "media/sound_decoder.h"
#include "media/sound_source.h"

/* opusfile looks for the end, and the links of a chain, by jumping about in the file: some twenty
 * times in one that is a single recording. It remembers each link, so a file that was made of
 * nothing but links must not be gone through. */
enum { OPENING_JUMPS_MAX = 1000 };

enum { CHANNELS_MAX = 8 }; /* RFC 7845 section 5.1.1.2; opusfile reads no more */

struct ogg_source {
    struct sound_source source; /* first, so that the one's address is the other's */
    int fd;
    int saved_errno; /* of what failed to be read; 0: nothing did */
    bool is_open;
    unsigned jumps;
    OggOpusFile *opus;
    enum sound_rate rate;
    struct sound_decoder *mono; /* of the first link; NULL: opusfile's own decodes */
};

/* ---- what opusfile calls ---- */

static int on_read(void *stream, unsigned char *bytes, int size)
{
    struct ogg_source *ogg = stream;
    ssize_t got;
    do
        got = read(ogg->fd, bytes, (size_t)size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        ogg->saved_errno = errno;
    return (int)got;
}

static int on_seek(void *stream, opus_int64 offset, int whence)
{
    struct ogg_source *ogg = stream;
    if (!ogg->is_open && ++ogg->jumps > OPENING_JUMPS_MAX)
        return -1;
    return lseek(ogg->fd, offset, whence) < 0 ? -1 : 0;
}

static opus_int64 on_tell(void *stream)
{
    return lseek(((struct ogg_source *)stream)->fd, 0, SEEK_CUR);
}

static enum err from_opusfile(const struct ogg_source *ogg, int code)
{
    if (code == OP_EFAULT)
        return ERR_NO_MEMORY;
    errno = ogg->saved_errno;
    return ogg->saved_errno ? ERR_IO : ERR_CORRUPT;
}

/* opusfile decodes by a multistream decoder, which takes twice as long for the one stream that a
 * voice is, and by that at 48 kHz alone: each sample of a lower rate is handed to it as many times.
 * Its own is kept for what is no such recording. */
static int on_decode(void *context, OpusMSDecoder *decoder, void *pcm, const ogg_packet *packet,
                     int samples, int channels, int format, int link)
{
    struct ogg_source *ogg = context;
    (void)decoder;
    if (link > 0 || channels != 1 || format != OP_DEC_FORMAT_FLOAT)
        return OP_DEC_USE_DEFAULT;
    float *out = pcm;
    size_t count = (size_t)samples / ogg->rate;
    if (sound_decoder_decode(ogg->mono, packet->packet, (size_t)packet->bytes, out, count) != count)
        return OP_EBADPACKET;
    for (size_t i = count; ogg->rate == SOUND_16_KHZ && i-- > 0;)
        out[3 * i + 2] = out[3 * i + 1] = out[3 * i] = out[i];
    return 0;
}

static enum err decode_mono(struct ogg_source *ogg)
{
    const OpusHead *head = op_head(ogg->opus, 0);
    if (head->channel_count != 1 || head->output_gain != 0)
        return ERR_NONE;
    ogg->mono = sound_decoder_new(MEDIA_RATE_HZ / ogg->rate);
    if (!ogg->mono)
        return ERR_NO_MEMORY;
    op_set_decode_callback(ogg->opus, on_decode, ogg);
    return ERR_NONE;
}

/* ---- what is asked of a source ---- */

static float mean(const float *values, size_t count)
{
    float sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (float)count;
}

/* Of all channels, and at a lower rate of all that a sample stands for: these begin at its
 * multiples. What of the last one lies beyond the chunk is not waited for. */
static size_t mix_down(const struct ogg_source *ogg, const float *sound, size_t count, int link,
                       uint64_t *at, int16_t *pcm)
{
    size_t channels = (size_t)op_channel_count(ogg->opus, link), rate = ogg->rate, made = 0;
    size_t first = (rate - *at % rate) % rate;
    bool is_ours = ogg->mono && link == 0; /* one value, as many times */
    *at = (*at + first) / rate;
    for (size_t i = first; i < count; i += rate) {
        size_t values = (count - i < rate ? count - i : rate) * channels;
        pcm[made++] = sound_to_16(is_ours ? sound[i] : mean(sound + i * channels, values));
    }
    return made;
}

static enum err read_chunk(struct sound_source *source, int16_t *pcm, uint64_t *at, size_t *count)
{
    struct ogg_source *ogg = (struct ogg_source *)source;
    float all[CHANNELS_MAX * SOUND_CHUNK_MAX];
    int got, link;
    *count = 0;
    do {
        do
            got = op_read_float(ogg->opus, all, CHANNELS_MAX * SOUND_CHUNK_MAX, &link);
        while (got == OP_HOLE);
        if (got < 0) {
            enum err e = from_opusfile(ogg, got);
            return e == ERR_CORRUPT ? ERR_NONE : e; /* the end of what can be read */
        }
        ogg_int64_t behind = op_pcm_tell(ogg->opus);
        *at = behind > got ? (uint64_t)(behind - got) : 0;
        *count = mix_down(ogg, all, (size_t)got, link, at, pcm);
    } while (*count == 0 && got > 0);
    return ERR_NONE;
}

static enum err seek(struct sound_source *source, uint64_t sample)
{
    struct ogg_source *ogg = (struct ogg_source *)source;
    int code = op_pcm_seek(ogg->opus, (ogg_int64_t)(sample * ogg->rate));
    if (code != 0)
        return from_opusfile(ogg, code);
    if (ogg->mono)
        sound_decoder_reset(ogg->mono);
    return ERR_NONE;
}

static void release(struct sound_source *source)
{
    struct ogg_source *ogg = (struct ogg_source *)source;
    op_free(ogg->opus);
    sound_decoder_free(ogg->mono);
    if (ogg->fd >= 0)
        close(ogg->fd);
    mem_free(ogg);
}

enum err sound_source_ogg(int fd, enum sound_rate rate, struct sound_source **out)
{
    static const OpusFileCallbacks callbacks = {.read = on_read, .seek = on_seek, .tell = on_tell};
    struct ogg_source *ogg = mem_zalloc(sizeof *ogg);
    if (!ogg)
        return ERR_NO_MEMORY;
    int code = 0;
    ogg->source = (struct sound_source){.read = read_chunk, .seek = seek, .free = release};
    ogg->fd = fd;
    ogg->rate = rate;
    ogg->opus = op_open_callbacks(ogg, &callbacks, NULL, 0, &code);
    ogg_int64_t total = ogg->opus ? op_pcm_total(ogg->opus, -1) : code;
    enum err e = total < 0 ? from_opusfile(ogg, (int)total) : decode_mono(ogg);
    if (e) {
        ogg->fd = -1;
        release(&ogg->source);
        return e;
    }
    ogg->is_open = true;
    ogg->source.samples = (uint64_t)total;
    *out = &ogg->source;
    return ERR_NONE;
}
