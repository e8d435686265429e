#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "rtc/sdp.h"
#include "rtc/sdp_samples.h"

static struct sdp parsed;
static char why[128];

static void parses(const char *text)
{
    if (sdp_parse(text, &parsed, why, sizeof why) != ERR_NONE)
        fail_msg("refused: %s", why);
}

static void refused(const char *text, const char *reason)
{
    assert_int_equal(sdp_parse(text, &parsed, why, sizeof why), ERR_BAD_REQUEST);
    assert_non_null(strstr(why, reason));
}

/* `text` with the first `old` replaced by `new`; static. */
static const char *with(const char *text, const char *old, const char *new)
{
    static char out[2 * SDP_LEN_MAX];
    const char *at = strstr(text, old);

    assert_non_null(at);
    struct buf b;
    buf_init(&b, sizeof out - 1);
    assert_int_equal(buf_append(&b, text, (size_t)(at - text)), ERR_NONE);
    assert_int_equal(buf_append_str(&b, new), ERR_NONE);
    assert_int_equal(buf_append_str(&b, at + strlen(old)), ERR_NONE);
    memcpy(out, b.data, b.len + 1);
    buf_release(&b);
    return out;
}

static void a_chromium_offer_is_understood(void **state)
{
    (void)state;
    parses(chromium_offer);
    assert_int_equal(parsed.section_count, 3);
    assert_int_equal(parsed.audio, 0);
    assert_string_equal(parsed.sections[0].mid, "0");
    assert_string_equal(parsed.sections[1].kind, "video");
    assert_string_equal(parsed.sections[2].format, "webrtc-datachannel");
    assert_true(parsed.bundled);
    assert_string_equal(parsed.ufrag, "Kx7/");
    assert_string_equal(parsed.pwd, "0Zr2y8xQmB3nV5tL7wPdGk1s");
    assert_int_equal(parsed.payload_type, 111);
    assert_int_equal(parsed.setup, SDP_SETUP_ACTPASS);
    assert_int_equal(parsed.direction, SDP_SENDRECV);
    assert_true(parsed.has_fingerprint);
    assert_int_equal(parsed.fingerprint[0], 0x1f);
    assert_int_equal(parsed.fingerprint[31], 0x9e);
    assert_int_equal(parsed.candidate_count, 2);
    assert_string_equal(parsed.candidates[1].address, "192.0.2.7");
    assert_false(parsed.end_of_candidates);
}

static void a_firefox_offer_with_everything_at_session_level_is_understood(void **state)
{
    (void)state;
    parses(firefox_offer);
    assert_string_equal(parsed.sections[parsed.audio].mid, "0");
    assert_int_equal(parsed.payload_type, 109);
    assert_string_equal(parsed.ufrag, "b1f2c3d4");
    assert_true(parsed.has_fingerprint);
    assert_int_equal(parsed.fingerprint[0], 0xab);
    assert_int_equal(parsed.setup, SDP_SETUP_ACTPASS); /* it comes last */
    assert_int_equal(parsed.candidate_count, 1);
    assert_true(parsed.end_of_candidates);
}

static void lines_may_end_in_lf_alone(void **state)
{
    (void)state;
    char *text = strdup(chromium_offer);
    size_t to = 0;
    for (size_t i = 0; text[i]; i++)
        if (text[i] != '\r')
            text[to++] = text[i];
    text[to] = '\0';
    parses(text);
    assert_string_equal(parsed.ufrag, "Kx7/");
    assert_int_equal(parsed.candidate_count, 2);
    free(text);
}

static void opus_is_found_in_capitals_and_at_another_number(void **state)
{
    (void)state;
    parses(aiortc_answer);
    assert_int_equal(parsed.payload_type, 96);
    assert_int_equal(parsed.setup, SDP_SETUP_ACTIVE);
    assert_false(parsed.sections[0].bundle_only);
    refused(with(aiortc_answer, "OPUS/48000/2", "OPUS/48000"), "Opus");
    refused(with(aiortc_answer, "rtpmap:96", "rtpmap:97"), "Opus"); /* not in its m= line */
}

static void a_section_of_port_0_is_taken_only_when_it_is_bundle_only(void **state)
{
    (void)state;
    refused(with(aiortc_answer, "m=audio 9", "m=audio 0"), "no audio");
    parses(with(with(aiortc_answer, "m=audio 9", "m=audio 0"), "a=sendrecv",
                "a=sendrecv\r\na=bundle-only"));
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    refused("", "not a session");
    refused("{\"sdp\":1}", "not a session");
    refused("v=0\r\n", "no audio");
    refused(with(aiortc_answer, "m=audio", "m=video"), "no audio");
    refused(with(aiortc_answer, "a=rtcp-mux", "a=x"), "rtcp-mux");
    refused(with(aiortc_answer, "a=ice-ufrag:", "a=x:"), "credentials");
    refused(with(aiortc_answer, "a=ice-pwd:", "a=x:"), "credentials");
    refused(with(aiortc_answer, "a=ice-ufrag:", "a=ice-ufrag:\001"), "malformed");
    refused(with(aiortc_answer, "a=setup:active", "a=setup:holdconn"), "malformed");
    refused(with(aiortc_answer, "m=audio 9 ", "m=audio 65536 "), "m= line");
}

static void only_a_sha_256_fingerprint_counts(void **state)
{
    (void)state;
    parses(with(aiortc_answer, "a=fingerprint:sha-256", "a=x"));
    assert_false(parsed.has_fingerprint);
    parses(with(aiortc_answer, "a=fingerprint:sha-256", "a=fingerprint:sha-1"));
    assert_false(parsed.has_fingerprint);
    parses(with(aiortc_answer, "a=fingerprint:sha-256", "a=fingerprint:SHA-256"));
    assert_true(parsed.has_fingerprint);
    refused(with(aiortc_answer, "a=fingerprint:sha-256 4", "a=fingerprint:sha-256 X"), "malformed");
    refused(with(aiortc_answer, "a=fingerprint:sha-256 4A:", "a=fingerprint:sha-256 "),
            "malformed");
}

static void there_may_be_many_sections_but_not_too_many(void **state)
{
    (void)state;
    struct buf b;

    buf_init(&b, SDP_LEN_MAX);
    buf_append_str(&b, aiortc_answer);
    for (int i = 1; i < SDP_SECTIONS_MAX; i++)
        buf_printf(&b, "m=video 9 RTP/SAVPF 97\r\na=mid:%d\r\n", i);
    parses(b.data);
    assert_int_equal(parsed.section_count, SDP_SECTIONS_MAX);
    buf_append_str(&b, "m=video 9 RTP/SAVPF 97\r\n");
    refused(b.data, "too many");
    buf_release(&b);
}

static void candidates_beyond_the_bound_are_left_out(void **state)
{
    (void)state;
    struct buf b;

    buf_init(&b, SDP_LEN_MAX);
    buf_append_str(&b, aiortc_answer);
    for (int i = 0; i < 2 * SDP_CANDIDATES_MAX; i++)
        buf_printf(&b, "a=candidate:%d 1 udp 1 192.0.2.1 %d typ host\r\n", i, 1 + i);
    parses(b.data);
    assert_int_equal(parsed.candidate_count, SDP_CANDIDATES_MAX);
    buf_release(&b);
}

static void an_overlong_description_is_refused(void **state)
{
    (void)state;
    char *text = malloc(SDP_LEN_MAX + 2);
    memset(text, 'a', SDP_LEN_MAX + 1);
    memcpy(text, "v=0\r\n", 5);
    text[SDP_LEN_MAX + 1] = '\0';
    refused(text, "too long");
    free(text);
}

static void candidates_of_all_kinds_are_read(void **state)
{
    (void)state;
    struct ice_candidate c;

    assert_int_equal(ice_candidate_parse("candidate:842163049 1 udp 1677729535 203.0.113.9 46154 "
                                         "typ srflx raddr 10.0.0.17 rport 46155 generation 0 "
                                         "ufrag EEtu network-id 1 network-cost 10",
                                         &c),
                     ERR_NONE);
    assert_string_equal(c.foundation, "842163049");
    assert_int_equal(c.component, 1);
    assert_true(c.udp);
    assert_int_equal(c.priority, 1677729535);
    assert_string_equal(c.address, "203.0.113.9");
    assert_int_equal(c.port, 46154);
    assert_int_equal(c.type, ICE_SRFLX);
    assert_string_equal(c.related_address, "10.0.0.17");
    assert_int_equal(c.related_port, 46155);
    assert_string_equal(c.ufrag, "EEtu");

    assert_int_equal(
        ice_candidate_parse("a=candidate:1 1 TCP 1518280447 fd00::2 9 typ host tcptype active", &c),
        ERR_NONE);
    assert_false(c.udp);
    assert_string_equal(c.address, "fd00::2");
    assert_int_equal(
        ice_candidate_parse("candidate:1 1 UDP 1 0f4c8a4e-1d2b.local 5000 typ host\r\n", &c),
        ERR_NONE);
    assert_true(c.udp);
}

static void nonsense_is_no_candidate(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "candidate:",
        "candidat:1 1 udp 1 192.0.2.1 1 typ host",
        "candidate:1 0 udp 1 192.0.2.1 1 typ host",
        "candidate:1 1 udp x 192.0.2.1 1 typ host",
        "candidate:1 1 udp 4294967296 192.0.2.1 1 typ host",
        "candidate:1 1 udp 1 192.0.2.1 65536 typ host",
        "candidate:1 1 udp 1 192.0.2.1 1 typ",
        "candidate:1 1 udp 1 192.0.2.1 1 typ hose",
        "candidate:1 1 udp 1 192.0.2.1 1 tip host",
        "candidate:1 1 udp 1 192.0.2.1 1 typ srflx raddr",
        "candidate:1 1 udp 1 192.0.2.1 1 typ srflx raddr 1.1.1.1 rport x",
        "candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 1 typ host",
        "candidate:1 1 udp 1 192.0.2.1 1 typ host\r\na=evil",
    };
    struct ice_candidate c;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (ice_candidate_parse(lines[i], &c) != ERR_BAD_REQUEST)
            fail_msg("taken: %s", lines[i]);
}

static void a_candidate_is_printed_as_it_was_read(void **state)
{
    (void)state;
    static const char line[] = "candidate:7 1 udp 1677729535 203.0.113.9 46154 typ relay raddr "
                               "10.0.0.17 rport 46155 ufrag EEtu";
    struct ice_candidate c;
    struct buf b;

    buf_init(&b, 1000);
    assert_int_equal(ice_candidate_parse(line, &c), ERR_NONE);
    ice_candidate_print(&b, &c);
    assert_string_equal(b.data, line);
    buf_release(&b);
}

static char *printed(const struct sdp *offer)
{
    static const uint8_t fingerprint[SHA256_SIZE] = {0x0a, 0xff};
    const struct ice_candidate candidate = {
        .foundation = "1", .component = 1, .udp = true, .address = "192.0.2.1", .port = 9000};
    const struct sdp_local local = {
        .offer = offer,
        .session_id = 4711,
        .version = 1,
        .mid = "0",
        .ufrag = "abcd",
        .pwd = "0123456789012345678901",
        .fingerprint = fingerprint,
        .setup = offer ? SDP_SETUP_ACTIVE : SDP_SETUP_ACTPASS,
        .payload_type = offer ? offer->payload_type : 111,
        .ssrc = 99,
        .cname = "kim",
        .candidates = &candidate,
        .candidate_count = 1,
        .end_of_candidates = true,
    };
    struct buf b;

    buf_init(&b, SDP_LEN_MAX);
    sdp_print(&b, &local);
    return buf_take(&b);
}

static void our_offer_says_what_the_protocol_asks_for(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "v=0\r\n",        "a=group:BUNDLE 0\r\n",
        "m=audio 9 ",     "a=rtpmap:111 opus/48000/2\r\n",
        "a=rtcp-mux\r\n", "a=fmtp:111 minptime=10;useinbandfec=1\r\n",
        "a=sendrecv\r\n", "a=ice-options:trickle\r\n",
        "a=msid:kim ",    "a=ssrc:99 cname:kim\r\n",
    };
    char *text = printed(NULL);

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(text, lines[i]))
            fail_msg("no %s in\n%s", lines[i], text);
    parses(text);
    assert_int_equal(parsed.setup, SDP_SETUP_ACTPASS);
    assert_int_equal(parsed.fingerprint[1], 0xff);
    assert_int_equal(parsed.candidate_count, 1);
    assert_true(parsed.end_of_candidates);
    free(text);
}

static void an_answer_keeps_mid_and_payload_type_and_refuses_the_rest(void **state)
{
    (void)state;
    parses(chromium_offer);
    static struct sdp offer;
    offer = parsed;
    char *text = printed(&offer);

    assert_non_null(strstr(text, "a=group:BUNDLE 0\r\n"));
    assert_non_null(strstr(text, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"));
    assert_non_null(strstr(text, "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n"));
    assert_non_null(strstr(text, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
    assert_null(strstr(text, "telephone-event"));
    parses(text);
    assert_int_equal(parsed.section_count, 3);
    assert_string_equal(parsed.sections[1].mid, "1");
    assert_int_equal(parsed.payload_type, 111);
    free(text);
}

static void audio_behind_video_is_answered_in_its_place(void **state)
{
    (void)state;
    parses(werift_offer);
    assert_int_equal(parsed.audio, 1);
    assert_string_equal(parsed.ufrag, "9a8b"); /* of the section that it is bundled with */
    assert_true(parsed.has_fingerprint);
    static struct sdp offer;
    offer = parsed;
    char *text = printed(&offer);

    assert_non_null(strstr(text, "a=group:BUNDLE sound\r\n"));
    assert_true(strstr(text, "m=video 0 ") < strstr(text, "m=audio 9 "));
    assert_non_null(strstr(text, "a=mid:sound\r\n"));
    assert_non_null(strstr(text, "a=rtpmap:96 opus/48000/2\r\n"));
    free(text);
}

static void garbage_never_breaks_the_parser(void **state)
{
    (void)state;
    static const char *const samples[] = {chromium_offer, firefox_offer, aiortc_answer,
                                          werift_offer};
    static const char alphabet[] = "\r\n :=/amv0159\xff";
    unsigned seed = 1;

    for (size_t s = 0; s < sizeof samples / sizeof *samples; s++) {
        size_t len = strlen(samples[s]);
        char *text = malloc(len + 1); /* of its exact size, for the sanitizer's sake */
        for (size_t cut = 0; cut <= len; cut++) {
            char *part = strndup(samples[s], cut);
            (void)!sdp_parse(part, &parsed, why, sizeof why);
            free(part);
        }
        for (int round = 0; round < 5000; round++) {
            memcpy(text, samples[s], len + 1);
            for (int i = 0; i <= round % 8; i++)
                text[(size_t)rand_r(&seed) % len] =
                    alphabet[(size_t)rand_r(&seed) % (sizeof alphabet - 1)];
            if (sdp_parse(text, &parsed, why, sizeof why) == ERR_NONE)
                free(printed(&parsed));
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chromium_offer_is_understood),
        cmocka_unit_test(a_firefox_offer_with_everything_at_session_level_is_understood),
        cmocka_unit_test(lines_may_end_in_lf_alone),
        cmocka_unit_test(opus_is_found_in_capitals_and_at_another_number),
        cmocka_unit_test(a_section_of_port_0_is_taken_only_when_it_is_bundle_only),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(only_a_sha_256_fingerprint_counts),
        cmocka_unit_test(there_may_be_many_sections_but_not_too_many),
        cmocka_unit_test(candidates_beyond_the_bound_are_left_out),
        cmocka_unit_test(an_overlong_description_is_refused),
        cmocka_unit_test(candidates_of_all_kinds_are_read),
        cmocka_unit_test(nonsense_is_no_candidate),
        cmocka_unit_test(a_candidate_is_printed_as_it_was_read),
        cmocka_unit_test(our_offer_says_what_the_protocol_asks_for),
        cmocka_unit_test(an_answer_keeps_mid_and_payload_type_and_refuses_the_rest),
        cmocka_unit_test(audio_behind_video_is_answered_in_its_place),
        cmocka_unit_test(garbage_never_breaks_the_parser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
