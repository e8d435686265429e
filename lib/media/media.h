/* The frame that all sound here is cut into: 20 ms, 48 kHz, mono, 16 bit (RFC 7587: Opus's RTP
 * clock is 48 kHz whatever it codes). */
#ifndef DEBATE_MEDIA_MEDIA_H
#define DEBATE_MEDIA_MEDIA_H

enum {
    MEDIA_RATE_HZ = 48000,
    MEDIA_FRAME_MS = 20,
    MEDIA_FRAME_SAMPLES = 960,
    MEDIA_PACKET_MAX = 1275, /* RFC 6716 section 3.4, bytes */
};

#endif
