#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <opus/opus.h>
#include <opus/opusfile.h>

#include "base/mem.h"
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
    OpusDecoder *mono; /* of the first link; NULL: opusfile's own decodes */
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
 * voice is. Its own is kept for what is no such recording. */
static int on_decode(void *context, OpusMSDecoder *decoder, void *pcm, const ogg_packet *packet,
                     int samples, int channels, int format, int link)
{
    struct ogg_source *ogg = context;
    (void)decoder;
    if (link > 0 || channels != 1 || format != OP_DEC_FORMAT_FLOAT)
        return OP_DEC_USE_DEFAULT;
    int got =
        opus_decode_float(ogg->mono, packet->packet, (opus_int32)packet->bytes, pcm, samples, 0);
    return got == samples ? 0 : OP_EBADPACKET;
}

static enum err decode_mono(struct ogg_source *ogg)
{
    const OpusHead *head = op_head(ogg->opus, 0);
    if (head->channel_count != 1 || head->output_gain != 0)
        return ERR_NONE;
    ogg->mono = opus_decoder_create(MEDIA_RATE_HZ, 1, NULL);
    if (!ogg->mono)
        return ERR_NO_MEMORY;
    op_set_decode_callback(ogg->opus, on_decode, ogg);
    return ERR_NONE;
}

/* ---- what is asked of a source ---- */

static enum err read_chunk(struct sound_source *source, int16_t *pcm, uint64_t *at, size_t *count)
{
    struct ogg_source *ogg = (struct ogg_source *)source;
    int16_t all[CHANNELS_MAX * SOUND_CHUNK_MAX];
    int got, link;
    *count = 0;
    do
        got = op_read(ogg->opus, all, CHANNELS_MAX * SOUND_CHUNK_MAX, &link);
    while (got == OP_HOLE);
    if (got < 0) {
        enum err e = from_opusfile(ogg, got);
        return e == ERR_CORRUPT ? ERR_NONE : e; /* the end of what can be read */
    }
    ogg_int64_t behind = op_pcm_tell(ogg->opus);
    if (behind < got)
        behind = got;
    *at = (uint64_t)(behind - got);
    *count = (size_t)got;
    int channels = op_channel_count(ogg->opus, link);
    for (int i = 0; i < got; i++) {
        int sum = 0;
        for (int channel = 0; channel < channels; channel++)
            sum += all[i * channels + channel];
        pcm[i] = (int16_t)(sum / channels);
    }
    return ERR_NONE;
}

static enum err seek(struct sound_source *source, uint64_t sample)
{
    struct ogg_source *ogg = (struct ogg_source *)source;
    int code = op_pcm_seek(ogg->opus, (ogg_int64_t)sample);
    if (code != 0)
        return from_opusfile(ogg, code);
    if (ogg->mono)
        opus_decoder_ctl(ogg->mono, OPUS_RESET_STATE);
    return ERR_NONE;
}

static void release(struct sound_source *source)
{
    struct ogg_source *ogg = (struct ogg_source *)source;
    op_free(ogg->opus);
    if (ogg->mono)
        opus_decoder_destroy(ogg->mono);
    if (ogg->fd >= 0)
        close(ogg->fd);
    mem_free(ogg);
}

enum err sound_source_ogg(int fd, struct sound_source **out)
{
    static const OpusFileCallbacks callbacks = {.read = on_read, .seek = on_seek, .tell = on_tell};
    struct ogg_source *ogg = mem_zalloc(sizeof *ogg);
    if (!ogg)
        return ERR_NO_MEMORY;
    int code = 0;
    ogg->source = (struct sound_source){.read = read_chunk, .seek = seek, .free = release};
    ogg->fd = fd;
    ogg->opus = op_open_callbacks(ogg, &callbacks, NULL, 0, &code);
    ogg_int64_t total = ogg->opus ? op_pcm_total(ogg->opus, -1) : code;
    enum err e = total < 0 ? from_opusfile(ogg, (int)total) : decode_mono(ogg);
    if (e) {
        ogg->fd = -1;
        release(&ogg->source);
        return e;
    }
    ogg->is_open = true;
    /* Dither costs a fifth of decoding, and makes the silence of a bot noise; without it the same
     * place gives the same samples. */
    op_set_dither_enabled(ogg->opus, 0);
    ogg->source.samples = (uint64_t)total;
    *out = &ogg->source;
    return ERR_NONE;
}
