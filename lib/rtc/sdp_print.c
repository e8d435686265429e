#include <inttypes.h>
#include <stdio.h>

#include "rtc/sdp.h"

static const char *const setup_names[] = {[SDP_SETUP_NONE] = "actpass",
                                          [SDP_SETUP_ACTPASS] = "actpass",
                                          [SDP_SETUP_ACTIVE] = "active",
                                          [SDP_SETUP_PASSIVE] = "passive"};

static const char *const direction_names[] = {[SDP_SENDRECV] = "sendrecv",
                                              [SDP_SENDONLY] = "sendonly",
                                              [SDP_RECVONLY] = "recvonly",
                                              [SDP_INACTIVE] = "inactive"};

void fingerprint_print(const uint8_t fingerprint[SHA256_SIZE], char *out)
{
    for (size_t i = 0; i < SHA256_SIZE; i++)
        snprintf(out + 3 * i, 4, "%02X%s", fingerprint[i], i + 1 < SHA256_SIZE ? ":" : "");
}

/* RFC 8829, section 5.3.1: a section that is not wanted gets port 0 and stays in its place. */
static void print_refused(struct buf *out, const struct sdp_section *section)
{
    buf_printf(out, "m=%s 0 %s %s\r\nc=IN IP4 0.0.0.0\r\n", section->kind, section->proto,
               section->format);
    if (section->mid[0])
        buf_printf(out, "a=mid:%s\r\n", section->mid);
    buf_append_str(out, "a=inactive\r\n");
}

static void print_transport(struct buf *out, const struct sdp_local *local)
{
    char fingerprint[FINGERPRINT_SIZE];

    fingerprint_print(local->fingerprint, fingerprint);
    buf_printf(out,
               "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=ice-options:trickle\r\n"
               "a=fingerprint:sha-256 %s\r\na=setup:%s\r\n",
               local->ufrag, local->pwd, fingerprint, setup_names[local->setup]);
    for (size_t i = 0; i < local->candidate_count; i++) {
        buf_append_str(out, "a=");
        ice_candidate_print(out, &local->candidates[i]);
        buf_append_str(out, "\r\n");
    }
    if (local->end_of_candidates)
        buf_append_str(out, "a=end-of-candidates\r\n");
}

/* The port is 9 and the address 0.0.0.0, because candidates say where (RFC 8840, section 4.1.1). */
static void print_audio(struct buf *out, const struct sdp_local *local)
{
    const struct sdp_section *offered =
        local->offer ? &local->offer->sections[local->offer->audio] : NULL;
    const char *mid = offered ? offered->mid : local->mid;
    unsigned type = local->payload_type;

    buf_printf(out, "m=audio 9 %s %u\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n",
               offered ? offered->proto : "UDP/TLS/RTP/SAVPF", type);
    if (mid[0])
        buf_printf(out, "a=mid:%s\r\n", mid);
    buf_printf(out, "a=%s\r\na=rtcp-mux\r\n", direction_names[local->direction]);
    print_transport(out, local);
    /* RFC 7587, section 7.1 */
    buf_printf(out,
               "a=rtpmap:%u opus/48000/2\r\na=fmtp:%u minptime=10;useinbandfec=1\r\na=ptime:20\r\n",
               type, type);
    buf_printf(out, "a=msid:%s audio\r\na=ssrc:%" PRIu32 " cname:%s\r\n", local->cname, local->ssrc,
               local->cname);
}

void sdp_print(struct buf *out, const struct sdp_local *local)
{
    const struct sdp *offer = local->offer;
    const char *mid = offer ? offer->sections[offer->audio].mid : local->mid;

    buf_printf(out, "v=0\r\no=- %" PRIu64 " %u IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
               local->session_id, local->version);
    if (!offer || offer->bundled)
        buf_printf(out, "a=group:BUNDLE %s\r\n", mid);
    buf_append_str(out, "a=msid-semantic:WMS *\r\n");
    if (!offer) {
        print_audio(out, local);
        return;
    }
    for (size_t i = 0; i < offer->section_count; i++) {
        if (i == offer->audio)
            print_audio(out, local);
        else
            print_refused(out, &offer->sections[i]);
    }
}
