#include "rtc/sdp.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

/* A part of the text, without its ends. */
struct span {
    const char *at;
    size_t len;
};

/* What may stand before the first m= line for all sections, or in a section for itself. */
struct transport {
    char ufrag[ICE_UFRAG_SIZE], pwd[ICE_PWD_SIZE];
    bool has_fingerprint;
    uint8_t fingerprint[SHA256_SIZE];
    enum sdp_setup setup;
    bool has_direction;
    enum sdp_direction direction;
    bool end_of_candidates;
    bool bad; /* an attribute that we need makes no sense */
};

static enum err fail(char *why, size_t why_size, const char *text)
{
    snprintf(why, why_size, "%s", text);
    return ERR_BAD_REQUEST;
}

/* Takes a line off `text`, which may end in CRLF or LF; false at the end. */
static bool next_line(struct span *text, struct span *line)
{
    if (!text->len)
        return false;
    const char *end = memchr(text->at, '\n', text->len);
    line->at = text->at;
    line->len = end ? (size_t)(end - text->at) : text->len;
    size_t taken = line->len + (end ? 1 : 0);
    text->at += taken;
    text->len -= taken;
    if (line->len && line->at[line->len - 1] == '\r')
        line->len--;
    return true;
}

/* Takes a word off `text`; false when there is none. */
static bool next_word(struct span *text, struct span *word)
{
    while (text->len && *text->at == ' ') {
        text->at++;
        text->len--;
    }
    const char *end = text->len ? memchr(text->at, ' ', text->len) : NULL;
    word->at = text->at;
    word->len = end ? (size_t)(end - text->at) : text->len;
    text->at += word->len;
    text->len -= word->len;
    return word->len > 0;
}

static bool starts_with(struct span s, const char *prefix, struct span *rest)
{
    size_t len = strlen(prefix);
    if (s.len < len || memcmp(s.at, prefix, len) != 0)
        return false;
    *rest = (struct span){s.at + len, s.len - len};
    return true;
}

static bool span_is(struct span s, const char *text)
{
    return s.len == strlen(text) && !memcmp(s.at, text, s.len);
}

/* False when it does not fit or holds what no token holds (RFC 8866, section 9). */
static bool copy_token(char *out, size_t size, struct span s)
{
    if (s.len >= size)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= ' ' || s.at[i] > '~')
            return false;
    memcpy(out, s.at, s.len);
    out[s.len] = '\0';
    return true;
}

static bool span_number(struct span s, uint64_t max, uint64_t *out)
{
    char text[24];
    return copy_token(text, sizeof text, s) && str_to_u64(text, max, out);
}

/* "<kind> <port> <proto> <format> …" */
static bool read_media_line(struct span line, struct sdp_section *out)
{
    struct span word;
    uint64_t port;

    *out = (struct sdp_section){0};
    if (!next_word(&line, &word) || !copy_token(out->kind, sizeof out->kind, word))
        return false;
    if (!next_word(&line, &word) || !span_number(word, UINT16_MAX, &port))
        return false;
    out->port = (uint16_t)port;
    if (!next_word(&line, &word) || !copy_token(out->proto, sizeof out->proto, word))
        return false;
    return next_word(&line, &word) && copy_token(out->format, sizeof out->format, word);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 8122, section 5: 32 pairs of digits with colons between. */
static bool read_fingerprint(struct span text, uint8_t out[SHA256_SIZE])
{
    if (text.len != 3 * SHA256_SIZE - 1)
        return false;
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        int high = hex_digit(text.at[3 * i]), low = hex_digit(text.at[3 * i + 1]);
        if (high < 0 || low < 0 || (i + 1 < SHA256_SIZE && text.at[3 * i + 2] != ':'))
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static void take_fingerprint(struct transport *t, struct span value)
{
    struct span hash;

    if (t->has_fingerprint || !next_word(&value, &hash) || hash.len != 7 ||
        strncasecmp(hash.at, "sha-256", 7) != 0)
        return;
    struct span digits;
    if (next_word(&value, &digits) && read_fingerprint(digits, t->fingerprint))
        t->has_fingerprint = true;
    else
        t->bad = true;
}

static void take_setup(struct transport *t, struct span value)
{
    if (span_is(value, "actpass"))
        t->setup = SDP_SETUP_ACTPASS;
    else if (span_is(value, "active"))
        t->setup = SDP_SETUP_ACTIVE;
    else if (span_is(value, "passive"))
        t->setup = SDP_SETUP_PASSIVE;
    else
        t->bad = true; /* holdconn, or nonsense */
}

static bool take_direction(struct transport *t, struct span attribute)
{
    static const char *const names[] = {[SDP_SENDRECV] = "sendrecv",
                                        [SDP_SENDONLY] = "sendonly",
                                        [SDP_RECVONLY] = "recvonly",
                                        [SDP_INACTIVE] = "inactive"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!span_is(attribute, names[i]))
            continue;
        t->has_direction = true;
        t->direction = (enum sdp_direction)i;
        return true;
    }
    return false;
}

static void take_transport(struct transport *t, struct span attribute)
{
    struct span value;

    if (take_direction(t, attribute))
        return;
    if (starts_with(attribute, "ice-ufrag:", &value))
        t->bad |= value.len < 4 || !copy_token(t->ufrag, sizeof t->ufrag, value);
    else if (starts_with(attribute, "ice-pwd:", &value))
        t->bad |= value.len < 22 || !copy_token(t->pwd, sizeof t->pwd, value);
    else if (starts_with(attribute, "fingerprint:", &value))
        take_fingerprint(t, value);
    else if (starts_with(attribute, "setup:", &value))
        take_setup(t, value);
    else if (span_is(attribute, "end-of-candidates"))
        t->end_of_candidates = true;
}

/* The section that is being read. */
struct section_state {
    struct transport transport;
    bool rtcp_mux, has_opus;
    uint8_t payload_type;
    struct span formats; /* of its m= line */
};

/* "<payload type> opus/48000/2", names in any case (RFC 7587, section 7; RFC 4855, section 3) */
static void take_rtpmap(struct section_state *state, struct span value)
{
    struct span word, type;
    uint64_t number;

    if (state->has_opus || !next_word(&value, &type) || !span_number(type, 127, &number))
        return;
    if (!next_word(&value, &word) || word.len != 12 ||
        strncasecmp(word.at, "opus/48000/2", 12) != 0)
        return;
    struct span formats = state->formats;
    while (next_word(&formats, &word)) {
        if (word.len != type.len || memcmp(word.at, type.at, type.len) != 0)
            continue;
        state->has_opus = true;
        state->payload_type = (uint8_t)number;
    }
}

static void take_candidate(struct sdp *out, struct span attribute)
{
    char text[1024];

    if (out->candidate_count == SDP_CANDIDATES_MAX || attribute.len >= sizeof text)
        return;
    memcpy(text, attribute.at, attribute.len);
    text[attribute.len] = '\0';
    /* One that we can't read is no reason to refuse the others. */
    if (ice_candidate_parse(text, &out->candidates[out->candidate_count]) == ERR_NONE)
        out->candidate_count++;
}

static void take_section_attribute(struct sdp *out, struct section_state *state, struct span line)
{
    struct span value;

    take_transport(&state->transport, line);
    if (span_is(line, "rtcp-mux"))
        state->rtcp_mux = true;
    else if (starts_with(line, "rtpmap:", &value))
        take_rtpmap(state, value);
    else if (starts_with(line, "candidate:", &value))
        take_candidate(out, line);
}

/* Reads the m= lines and, of every section, its mid. */
static enum err read_sections(struct span text, struct sdp *out, char *why, size_t why_size)
{
    struct span line, value;

    while (next_line(&text, &line)) {
        struct sdp_section *section =
            out->section_count ? &out->sections[out->section_count - 1] : NULL;
        if (starts_with(line, "m=", &value)) {
            if (out->section_count == SDP_SECTIONS_MAX)
                return fail(why, why_size, "too many media sections");
            if (!read_media_line(value, &out->sections[out->section_count]))
                return fail(why, why_size, "a malformed m= line");
            out->section_count++;
        } else if (section && starts_with(line, "a=mid:", &value)) {
            if (!value.len || !copy_token(section->mid, sizeof section->mid, value))
                return fail(why, why_size, "a malformed a=mid");
        } else if (section && span_is(line, "a=bundle-only")) {
            section->bundle_only = true;
        }
    }
    return ERR_NONE;
}

static bool section_usable(const struct sdp_section *section)
{
    return !strcmp(section->kind, "audio") && (section->port || section->bundle_only) &&
           strstr(section->proto, "RTP/SAVP");
}

static bool choose_audio(struct sdp *out)
{
    for (size_t i = 0; i < out->section_count; i++) {
        if (!section_usable(&out->sections[i]))
            continue;
        out->audio = i;
        return true;
    }
    return false;
}

static void read_group(struct sdp *out, struct span words)
{
    const char *mid = out->sections[out->audio].mid;
    struct span word;

    while (*mid && next_word(&words, &word))
        if (span_is(word, mid))
            out->bundled = true;
}

/* Reads the attributes: `session` of all sections, `state` of the chosen one, `other` of whatever
 * other section shares its transport with the chosen one. */
static void read_attributes(struct span text, struct sdp *out, struct transport *session,
                            struct section_state *state, struct transport *other)
{
    struct span line, value;
    size_t section = SIZE_MAX; /* before the first m= line */

    while (next_line(&text, &line)) {
        if (starts_with(line, "m=", &value)) {
            section++;
            if (section == out->audio)
                state->formats = value;
        } else if (!starts_with(line, "a=", &value)) {
            continue;
        } else if (section == SIZE_MAX) {
            struct span group;
            take_transport(session, value);
            if (starts_with(value, "group:BUNDLE", &group))
                read_group(out, group);
        } else if (section == out->audio) {
            take_section_attribute(out, state, value);
        } else {
            take_transport(other, value);
        }
    }
}

/* The section's own, else what the session says, else, in a bundle, what another section says. */
static void settle_transport(struct sdp *out, const struct transport *own,
                             const struct transport *session, const struct transport *other)
{
    const struct transport *levels[] = {own, session, out->bundled ? other : session};

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        const struct transport *t = levels[i];
        if (!out->ufrag[0] && t->ufrag[0] && t->pwd[0]) {
            str_copy(out->ufrag, sizeof out->ufrag, t->ufrag);
            str_copy(out->pwd, sizeof out->pwd, t->pwd);
        }
        if (!out->has_fingerprint && t->has_fingerprint) {
            out->has_fingerprint = true;
            memcpy(out->fingerprint, t->fingerprint, SHA256_SIZE);
        }
        if (out->setup == SDP_SETUP_NONE)
            out->setup = t->setup;
    }
    out->direction = own->has_direction       ? own->direction
                     : session->has_direction ? session->direction
                                              : SDP_SENDRECV;
    out->end_of_candidates = own->end_of_candidates || session->end_of_candidates;
}

enum err sdp_parse(const char *text, struct sdp *out, char *why, size_t why_size)
{
    struct span all = {text, strnlen(text, SDP_LEN_MAX + 1)};
    struct transport session = {0}, other = {0};
    struct section_state state = {0};
    struct span rest;

    *out = (struct sdp){0};
    if (why_size)
        why[0] = '\0';
    if (all.len > SDP_LEN_MAX)
        return fail(why, why_size, "the description is too long");
    if (!starts_with(all, "v=0", &rest))
        return fail(why, why_size, "not a session description");
    enum err e = read_sections(all, out, why, why_size);
    if (e != ERR_NONE)
        return e;
    if (!choose_audio(out))
        return fail(why, why_size, "no audio section");
    read_attributes(all, out, &session, &state, &other);
    out->payload_type = state.payload_type;
    settle_transport(out, &state.transport, &session, &other);
    if (!state.has_opus)
        return fail(why, why_size, "no Opus in the audio section");
    if (!state.rtcp_mux)
        return fail(why, why_size, "no rtcp-mux in the audio section");
    if (state.transport.bad || session.bad)
        return fail(why, why_size, "malformed ICE credentials, fingerprint or setup");
    if (!out->ufrag[0])
        return fail(why, why_size, "no ICE credentials");
    return ERR_NONE;
}
