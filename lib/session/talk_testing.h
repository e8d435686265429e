/* For tests: two who talk to each other in real time: codec, SRTP over loopback or peer_testing.h's
 * relay, jitter buffer, concealment. Both say the same voice; what each played is kept. One
 * thread; everything runs in call_until. Whoever includes this also includes cmocka. */
#ifndef DEBATE_SESSION_TALK_TESTING_H
#define DEBATE_SESSION_TALK_TESTING_H

#include <math.h>

#include "base/mem.h"
#include "media/codec.h"
#include "media/jitter.h"
#include "media/mix.h"
#include "rtc/peer_testing.h"

enum { TALK_FRAME_US = 20000 };

/* What is said; it begins anew at its end. The owner keeps it longer than the talk. */
struct talk_voice {
    int16_t *pcm;
    size_t samples;
};

/* One who speaks and hears. */
struct talker {
    struct call_side *side;
    const struct talk_voice *voice;
    struct encoder *encoder;
    struct jitter *jitter;
    struct speech_detector *detector;
    struct rtc_timer *speak, *listen;
    int64_t speak_us, listen_us; /* when they are due next */
    size_t frames;               /* to be listened to */
    size_t spoken, listened;
    int16_t *heard; /* as it was played, from the first tick on */
    double delay_ms_sum;
    int64_t late_us_max; /* how late a tick of ours was: the machine's, not the path's, fault */
};

struct talk {
    struct call call;
    struct talker kim, lee;
};

static inline void talker_on_rtp(struct call_side *side, const struct rtp_packet *packet)
{
    struct talker *talker = side->user;
    jitter_put(talker->jitter, packet->seq, packet->timestamp, packet->payload, packet->payload_len,
               packet->received_us);
}

static inline void talker_note_late(struct talker *talker, int64_t due_us)
{
    int64_t late_us = rtc_now_us() - due_us;
    if (late_us > talker->late_us_max)
        talker->late_us_max = late_us;
}

static inline void talker_on_speak(void *user)
{
    struct talker *talker = user;
    uint8_t packet[MEDIA_PACKET_MAX];
    const struct talk_voice *voice = talker->voice;
    size_t at = talker->spoken % (voice->samples / MEDIA_FRAME_SAMPLES);
    const int16_t *pcm = voice->pcm + at * MEDIA_FRAME_SAMPLES;

    talker_note_late(talker, talker->speak_us);
    speech_detector_feed(talker->detector, pcm);
    size_t len = encoder_encode(talker->encoder, pcm, packet);
    assert_true(len > 0);
    peer_send(talker->side->peer, packet, len, (uint32_t)talker->spoken * MEDIA_FRAME_SAMPLES,
              talker->spoken == 0);
    talker->spoken++;
    talker->speak_us += TALK_FRAME_US;
    rtc_timer_set(talker->speak, talker->speak_us);
}

static inline void talker_on_listen(void *user)
{
    struct talker *talker = user;
    int32_t sum[MEDIA_FRAME_SAMPLES] = {0};
    int16_t one[MEDIA_FRAME_SAMPLES];
    struct jitter_stats stats;

    if (talker->listened == talker->frames)
        return;
    talker_note_late(talker, talker->listen_us);
    jitter_get(talker->jitter, rtc_now_us(), one);
    mix_add(sum, one);
    mix_finish(sum, talker->heard + talker->listened++ * MEDIA_FRAME_SAMPLES);
    jitter_stats(talker->jitter, &stats);
    talker->delay_ms_sum += stats.delay_ms;
    talker->listen_us += TALK_FRAME_US;
    rtc_timer_set(talker->listen, talker->listen_us);
}

/* `phase_us`: how long after a frame is sent, the one that stands for it could be asked for. */
static inline void talker_open(struct talker *talker, struct call_side *side,
                               const struct talk_voice *voice, size_t frames, int64_t now_us,
                               int64_t phase_us)
{
    memset(talker, 0, sizeof *talker);
    talker->side = side;
    side->user = talker;
    side->on_rtp = talker_on_rtp;
    talker->voice = voice;
    talker->frames = frames;
    talker->heard = mem_zalloc(frames * MEDIA_FRAME_SAMPLES * sizeof *talker->heard);
    talker->encoder = encoder_new();
    talker->jitter = jitter_new();
    talker->detector = speech_detector_new();
    talker->speak = rtc_timer_new(side->call->loop, talker_on_speak, talker);
    talker->listen = rtc_timer_new(side->call->loop, talker_on_listen, talker);
    assert_true(talker->heard && talker->encoder && talker->jitter && talker->detector);
    talker->speak_us = now_us;
    talker->listen_us = now_us + phase_us;
    rtc_timer_set(talker->speak, talker->speak_us);
    rtc_timer_set(talker->listen, talker->listen_us);
}

static inline void talker_close(struct talker *talker)
{
    encoder_free(talker->encoder);
    jitter_free(talker->jitter);
    speech_detector_free(talker->detector);
    rtc_timer_free(talker->speak);
    rtc_timer_free(talker->listen);
    mem_free(talker->heard);
    memset(talker, 0, sizeof *talker);
}

/* Both talk from now on; the call is connected. */
static inline void talk_begin(struct talk *talk, const struct talk_voice *voice, size_t frames,
                              int64_t phase_us)
{
    int64_t now_us = rtc_now_us();
    talker_open(&talk->kim, &talk->call.a, voice, frames, now_us, phase_us);
    talker_open(&talk->lee, &talk->call.b, voice, frames, now_us, phase_us);
}

static inline bool talk_is_over(const struct talk *talk)
{
    return talk->kim.listened == talk->kim.frames && talk->lee.listened == talk->lee.frames;
}

static inline void talk_close(struct talk *talk)
{
    talker_close(&talk->kim);
    talker_close(&talk->lee);
    call_close(&talk->call);
}

/* A piece of what a talker heard, in frames. */
struct talk_piece {
    size_t from, count;
    size_t lag_max; /* how much later it may have been heard at most */
};

/* The delay at which what was heard is most like what was said, in samples. `count` frames must
 * have been listened to beyond the piece. */
static inline size_t talk_lag(const struct talker *talker, struct talk_piece piece,
                              double *likeness)
{
    const int16_t *said = talker->voice->pcm + piece.from * MEDIA_FRAME_SAMPLES;
    const int16_t *heard = talker->heard + piece.from * MEDIA_FRAME_SAMPLES;
    size_t best = 0;
    *likeness = -1;
    for (size_t at = 0; at < piece.lag_max * MEDIA_FRAME_SAMPLES; at += 12) {
        double product = 0, energy_said = 1, energy_heard = 1;
        for (size_t i = 0; i < piece.count * MEDIA_FRAME_SAMPLES; i += 3) {
            double a = said[i], b = heard[i + at];
            product += a * b;
            energy_said += a * a;
            energy_heard += b * b;
        }
        double now = product / sqrt(energy_said * energy_heard);
        if (now > *likeness) {
            *likeness = now;
            best = at;
        }
    }
    return best;
}

#endif
