/* Sound in and out: one's own voice to every peer, every peer's voice to one's ears. */
#include <string.h>

#include "session/session_inner.h"

void session_mute(struct session *session, bool muted)
{
    if (session->is_muted == muted)
        return;
    session->is_muted = muted;
    session_report_voice(session);
}

static void send_frame(struct session *session, const int16_t *pcm)
{
    uint8_t packet[MEDIA_PACKET_MAX];
    size_t len = 0;
    for (size_t i = 0; i < sizeof session->links / sizeof *session->links; i++) {
        struct link *link = &session->links[i];
        /* Also into silence: what arrives again first brings the voice back. */
        if (!link->voice || (link->state != PEER_CONNECTED && link->state != PEER_DISCONNECTED))
            continue;
        /* Coded once, for all. */
        if (len == 0)
            len = encoder_encode(session->encoder, pcm, packet);
        if (len > 0)
            /* RFC 3551, section 4.1: the marker is on the first packet of a talkspurt. */
            peer_send(link->voice->peer, packet, len, session->timestamp, !session->was_sending);
    }
    session->was_sending = len > 0;
    session->timestamp += MEDIA_FRAME_SAMPLES;
}

void session_capture(struct session *session, const int16_t pcm[MEDIA_FRAME_SAMPLES],
                     int64_t captured_us)
{
    static const int16_t silence[MEDIA_FRAME_SAMPLES];
    const int16_t *said = session->is_muted ? silence : pcm;
    bool speaks = speech_detector_feed(session->detector, said);
    if (speaks != session->is_speaking) {
        session->is_speaking = speaks;
        session_report_voice(session);
    }
    send_frame(session, said);
    session_record_frame(session, said, captured_us);
}

void session_playout(struct session *session, int64_t now_us, int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    int32_t sum[MEDIA_FRAME_SAMPLES] = {0};
    int16_t one[MEDIA_FRAME_SAMPLES];
    for (size_t i = 0; i < sizeof session->links / sizeof *session->links; i++) {
        struct link *link = &session->links[i];
        if (!link->jitter)
            continue;
        bool has_sound = jitter_get(link->jitter, now_us, one);
        if (session->handler.on_heard)
            session->handler.on_heard(session->handler.context, link->participant, one, has_sound);
        mix_add(sum, one);
    }
    mix_finish(sum, pcm);
}

bool session_peer_stats(const struct session *session, unsigned participant,
                        struct peer_stats *peer, struct jitter_stats *jitter)
{
    for (size_t i = 0; i < sizeof session->links / sizeof *session->links; i++) {
        const struct link *link = &session->links[i];
        if (link->participant != participant || !participant || !link->voice)
            continue;
        peer_stats(link->voice->peer, peer);
        *jitter = (struct jitter_stats){.frames_played = 0};
        if (link->jitter)
            jitter_stats(link->jitter, jitter);
        return true;
    }
    return false;
}
