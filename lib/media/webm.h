/* The Opus packets of a WebM file (RFC 9559), as browsers' MediaRecorder writes them: clusters of
 * any or unknown size, without a duration or cues. Inner part of sound_reader.h. One thread at a
 * time; blocks on the disk.
 *
 * A file is read by somebody who does not trust it: only the elements that matter are looked at,
 * whatever stands around them, and the first that is not whole ends the file.
 *
 * Packets follow each other without a seam, whatever their timestamps (whole milliseconds, and the
 * capture's jitter) say, until a timestamp runs ahead by more than WEBM_HOLE_SAMPLES: that is a
 * hole. Samples are counted from the first packet on, holes included, at 48 kHz. */
#ifndef DEBATE_MEDIA_WEBM_H
#define DEBATE_MEDIA_WEBM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "media/media.h"
#include "media/sound_reader.h"

enum {
    WEBM_HOLE_SAMPLES = 50 * MEDIA_RATE_HZ / 1000, /* Chromium's packets are of 60 ms */
    WEBM_STRETCHES_MAX = 1000, /* holes beyond that are filled, but no longer told apart */
};

struct webm_packet {
    uint64_t sample; /* its first */
    size_t samples;
    const uint8_t *data; /* until the next call */
    size_t len;
};

struct webm;

/* Reads what the file is and goes through its packets once. `fd` stays the caller's, and must
 * outlive it. ERR_CORRUPT when it is no WebM with Opus, mono or stereo; ERR_IO with errno. */
enum err webm_open(int fd, struct webm **out) MUST_CHECK;
void webm_close(struct webm *webm); /* NULL is allowed */
uint64_t webm_samples(const struct webm *webm);
unsigned webm_pre_skip(const struct webm *webm);
/* By the straight line through the timestamps of each stretch. */
const struct sound_stretch *webm_stretches(const struct webm *webm, size_t *count);
/* The next packet; its `samples` is 0 at the end. ERR_IO with errno. */
enum err webm_next(struct webm *webm, struct webm_packet *out) MUST_CHECK;
/* So that the next packet begins at `sample`, or at most some 2 s before. */
void webm_seek(struct webm *webm, uint64_t sample);

#endif
