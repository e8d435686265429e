#include "media/ogg.h"

#include <errno.h>
#include <unistd.h>

#include <opus/opusenc.h>

#include "base/mem.h"
#include "base/rand.h"
#include "media/media.h"

enum {
    BITRATE_BPS = 32000,
    VOICE_RATE_HZ = 16000,
    MUXING_DELAY_SAMPLES = MEDIA_RATE_HZ / 2,
    WRITE_SAMPLES_MAX = MEDIA_RATE_HZ,
};

struct ogg_writer {
    OggOpusEnc *enc;
    int fd;
    int failed; /* errno of the first failure: libopusenc does not hand on what its callbacks say */
};

static int write_page(void *user, const unsigned char *data, opus_int32 len)
{
    struct ogg_writer *ogg = user;
    while (len > 0 && !ogg->failed) {
        ssize_t written = write(ogg->fd, data, (size_t)len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            ogg->failed = written < 0 ? errno : ENOSPC;
            break;
        }
        data += written;
        len -= (opus_int32)written;
    }
    return ogg->failed != 0;
}

static int leave_open(void *user)
{
    (void)user;
    return 0;
}

static enum err state_of(const struct ogg_writer *ogg, int code)
{
    if (ogg->failed) {
        errno = ogg->failed;
        return ERR_IO;
    }
    if (code == OPE_OK)
        return ERR_NONE;
    return code == OPE_ALLOC_FAIL ? ERR_NO_MEMORY : ERR_INTERNAL;
}

static int begin(struct ogg_writer *ogg, uint32_t rate_hz, OggOpusComments *comments)
{
    static const OpusEncCallbacks callbacks = {write_page, leave_open};
    int code = OPE_OK;
    ogg->enc =
        ope_encoder_create_callbacks(&callbacks, ogg, comments, (opus_int32)rate_hz, 1, 0, &code);
    if (!ogg->enc)
        return code != OPE_OK ? code : OPE_ALLOC_FAIL;
    uint32_t serial;
    rand_bytes(&serial, sizeof serial);
    ope_encoder_ctl(ogg->enc, OPE_SET_SERIALNO((opus_int32)(serial >> 1)));
    ope_encoder_ctl(ogg->enc, OPE_SET_COMMENT_PADDING(0));
    ope_encoder_ctl(ogg->enc, OPE_SET_DECISION_DELAY(0));
    ope_encoder_ctl(ogg->enc, OPE_SET_MUXING_DELAY(MUXING_DELAY_SAMPLES));
    ope_encoder_ctl(ogg->enc, OPUS_SET_BITRATE(BITRATE_BPS));
    ope_encoder_ctl(ogg->enc, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    if (rate_hz <= VOICE_RATE_HZ)
        ope_encoder_ctl(ogg->enc, OPUS_SET_MAX_BANDWIDTH(OPUS_BANDWIDTH_WIDEBAND));
    return ope_encoder_flush_header(ogg->enc);
}

static void release(struct ogg_writer *ogg)
{
    if (ogg->enc)
        ope_encoder_destroy(ogg->enc);
    mem_free(ogg);
}

enum err ogg_open(int fd, uint32_t rate_hz, const struct ogg_tag *tags, size_t tag_count,
                  struct ogg_writer **out)
{
    struct ogg_writer *ogg = mem_zalloc(sizeof *ogg);
    if (!ogg)
        return ERR_NO_MEMORY;
    ogg->fd = fd;
    OggOpusComments *comments = ope_comments_create();
    int code = comments ? OPE_OK : OPE_ALLOC_FAIL;
    for (size_t i = 0; i < tag_count && code == OPE_OK; i++)
        code = ope_comments_add(comments, tags[i].name, tags[i].value);
    if (code == OPE_OK)
        code = begin(ogg, rate_hz, comments);
    if (comments)
        ope_comments_destroy(comments);
    enum err e = state_of(ogg, code);
    if (e) {
        int saved = errno;
        release(ogg);
        errno = saved;
        return e;
    }
    *out = ogg;
    return ERR_NONE;
}

enum err ogg_write(struct ogg_writer *ogg, const int16_t *pcm, size_t samples)
{
    int code = OPE_OK;
    while (samples > 0 && code == OPE_OK && !ogg->failed) {
        size_t chunk = samples < WRITE_SAMPLES_MAX ? samples : WRITE_SAMPLES_MAX;
        bool is_silent = media_is_silent(pcm, chunk);
        ope_encoder_ctl(
            ogg->enc, OPUS_SET_COMPLEXITY(is_silent ? MEDIA_COMPLEXITY_SILENT : MEDIA_COMPLEXITY));
        code = ope_encoder_write(ogg->enc, pcm, (int)chunk);
        pcm += chunk;
        samples -= chunk;
    }
    return state_of(ogg, code);
}

enum err ogg_close(struct ogg_writer *ogg)
{
    static const int16_t nothing[1];
    /* libopusenc aborts when it ends a stream that it never saw begin. */
    int code = ogg->failed ? OPE_OK : ope_encoder_write(ogg->enc, nothing, 0);
    if (code == OPE_OK && !ogg->failed)
        code = ope_encoder_drain(ogg->enc);
    enum err e = state_of(ogg, code);
    int saved = errno;
    release(ogg);
    errno = saved;
    return e;
}
