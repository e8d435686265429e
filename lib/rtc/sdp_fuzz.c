#include "base/fuzz_testing.h"
#include "rtc/sdp.h"

static const uint8_t fingerprint[SHA256_SIZE] = {1, 2, 3};

static void within_bounds(const struct sdp *sdp)
{
    fuzz_holds(sdp->section_count <= SDP_SECTIONS_MAX && sdp->audio < sdp->section_count &&
               sdp->candidate_count <= SDP_CANDIDATES_MAX && sdp->payload_type < 128);
    fuzz_holds(strlen(sdp->ufrag) < sizeof sdp->ufrag && strlen(sdp->pwd) < sizeof sdp->pwd);
    fuzz_holds(strcmp(sdp->sections[sdp->audio].kind, "audio") == 0);
}

/* Our answer to it is a description in which the other side finds its own section, and what we
 * said. */
static void answer(const struct sdp *offer, struct sdp *again)
{
    char why[128];
    struct buf out;
    struct sdp_local local = {.offer = offer,
                              .session_id = 1,
                              .ufrag = offer->ufrag,
                              .pwd = offer->pwd,
                              .fingerprint = fingerprint,
                              .setup = SDP_SETUP_ACTIVE,
                              .direction = offer->direction,
                              .payload_type = offer->payload_type,
                              .ssrc = 7,
                              .cname = "cname",
                              .candidates = offer->candidates,
                              .candidate_count = offer->candidate_count,
                              .end_of_candidates = offer->end_of_candidates};
    buf_init(&out, 4 * SDP_LEN_MAX);
    sdp_print(&out, &local);
    fuzz_holds(!out.failed);
    if (out.len < SDP_LEN_MAX) {
        fuzz_holds(sdp_parse(out.data, again, why, sizeof why) == ERR_NONE);
        within_bounds(again);
        fuzz_holds(again->audio == offer->audio && again->section_count == offer->section_count);
        fuzz_holds(again->payload_type == offer->payload_type &&
                   again->direction == offer->direction && again->setup == SDP_SETUP_ACTIVE);
        fuzz_holds(strcmp(again->ufrag, offer->ufrag) == 0 && strcmp(again->pwd, offer->pwd) == 0 &&
                   strcmp(again->sections[again->audio].mid, offer->sections[offer->audio].mid) ==
                       0);
        fuzz_holds(again->has_fingerprint &&
                   memcmp(again->fingerprint, fingerprint, SHA256_SIZE) == 0);
        fuzz_holds(again->candidate_count == offer->candidate_count);
    }
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sdp sdp, again;
    char *text = fuzz_text(data, size), why[128] = "";
    if (sdp_parse(text, &sdp, why, sizeof why) != ERR_NONE) {
        fuzz_holds(why[0] && strlen(why) < sizeof why && !strpbrk(why, "\r\n"));
    } else {
        within_bounds(&sdp);
        answer(&sdp, &again);
    }
    free(text);
    return 0;
}
