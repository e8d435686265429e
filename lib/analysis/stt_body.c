#include "analysis/stt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rand.h"
#include "media/ogg.h"
#include "media/wav.h"

enum { BOUNDARY_SIZE = 32 };

bool stt_other_way(const struct stt_way *refused, const char *answer, struct stt_way *next)
{
    bool about_format =
        strstr(answer, "response_format") != NULL || strstr(answer, "timestamp_granularities");
    *next = *refused;
    if (about_format && !refused->plain)
        next->plain = true;
    else if (!refused->wav)
        next->wav = true;
    else if (!refused->plain)
        next->plain = true;
    else
        return false;
    return true;
}

/* A machine that isn't little-endian would have to swap here; there is none. */
static enum err append_wav(const int16_t *pcm, size_t samples, struct buf *out)
{
    uint8_t header[WAV_HEADER_SIZE];
    wav_header(header, STT_RATE_HZ, samples);
    enum err e = buf_append(out, header, sizeof header);
    return e ? e : buf_append(out, pcm, samples * sizeof *pcm);
}

static enum err append_file(int fd, struct buf *out)
{
    struct stat stat;
    if (fstat(fd, &stat) != 0)
        return ERR_IO;
    enum err e = buf_reserve(out, (size_t)stat.st_size);
    for (off_t at = 0; !e && at < stat.st_size;) {
        ssize_t got = pread(fd, out->data + out->len, (size_t)(stat.st_size - at), at);
        if (got <= 0) {
            errno = got < 0 ? errno : EIO;
            return ERR_IO;
        }
        at += got;
        out->len += (size_t)got;
    }
    if (!e)
        out->data[out->len] = '\0';
    return e;
}

/* libopusenc writes to a file: here one in memory. */
static enum err append_ogg(const int16_t *pcm, size_t samples, struct buf *out)
{
    struct ogg_writer *ogg = NULL;
    int fd = memfd_create("piece.ogg", MFD_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    enum err e = ogg_open(fd, STT_RATE_HZ, NULL, 0, &ogg);
    if (!e) {
        e = ogg_write(ogg, pcm, samples);
        enum err closed = ogg_close(ogg);
        e = e ? e : closed;
    }
    if (!e)
        e = append_file(fd, out);
    close(fd);
    return e;
}

static enum err append_field(struct buf *body, const char *boundary, const char *name,
                             const char *value)
{
    return value ? buf_printf(body,
                              "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n",
                              boundary, name, value)
                 : ERR_NONE;
}

enum err stt_body(const struct stt_question *question, const struct stt_way *way, struct buf *body,
                  char type[STT_TYPE_SIZE])
{
    char boundary[BOUNDARY_SIZE];
    enum err e;
    rand_id("b_", boundary);
    snprintf(type, STT_TYPE_SIZE, "multipart/form-data; boundary=%s", boundary);
    if ((e = append_field(body, boundary, "model", question->model)) ||
        (e = append_field(body, boundary, "language", question->language)) ||
        (e = append_field(body, boundary, "prompt", question->prompt)) ||
        (e = append_field(body, boundary, "temperature", "0")) ||
        (e = append_field(body, boundary, "response_format", way->plain ? "json" : "verbose_json")))
        return e;
    if (!way->plain &&
        ((e = append_field(body, boundary, "timestamp_granularities[]", "segment")) ||
         (e = append_field(body, boundary, "timestamp_granularities[]", "word"))))
        return e;
    if ((e = buf_printf(body,
                        "--%s\r\nContent-Disposition: form-data; name=\"file\"; "
                        "filename=\"piece.%s\"\r\nContent-Type: audio/%s\r\n\r\n",
                        boundary, way->wav ? "wav" : "ogg", way->wav ? "wav" : "ogg")))
        return e;
    e = way->wav ? append_wav(question->pcm, question->samples, body)
                 : append_ogg(question->pcm, question->samples, body);
    return e ? e : buf_printf(body, "\r\n--%s--\r\n", boundary);
}
