#include "store/content_check.h"

#include <string.h>

/* Ogg: RFC 3533 section 6; Opus in Ogg: RFC 7845 section 5.1. */
enum {
    OGG_HEADER_SIZE = 27,
    OGG_TYPE_AT = 5,
    OGG_CRC_AT = 22,
    OGG_SEGMENTS_AT = 26,
    OGG_CONTINUED = 0x01,
    OGG_FIRST = 0x02,
    OPUS_HEAD_SIZE = 19,
    OPUS_VERSION_AT = 8, /* the upper half of the byte is the major version, 0 */
    OPUS_CHANNELS_AT = 9
};
#define OGG_POLYNOMIAL 0x04c11db7u

/* Element ids. EBML and DocType: RFC 8794 section 11.2; the others: RFC 9559 section 5.1. */
enum {
    ID_EBML = 0x1a45dfa3,
    ID_DOC_TYPE = 0x4282,
    ID_SEGMENT = 0x18538067,
    ID_CLUSTER = 0x1f43b675,
    ID_TRACKS = 0x1654ae6b,
    ID_TRACK_ENTRY = 0xae,
    ID_TRACK_TYPE = 0x83,
    ID_CODEC = 0x86,
    TRACK_VIDEO = 1, /* RFC 9559 section 5.1.4.1.3 */
    TRACK_AUDIO = 2,
    EBML_HEADER_MAX = 1024 /* bytes; real ones have some 40 */
};

enum step { STEP_DONE, STEP_MORE, STEP_BAD };

struct bytes {
    const uint8_t *data;
    size_t len;
};

struct element {
    uint32_t id;
    bool is_endless; /* of unknown size: RFC 8794 section 6.2 */
    size_t body, end;
};

static bool starts_like(const struct bytes *in, const char *magic, size_t len)
{
    return memcmp(in->data, magic, in->len < len ? in->len : len) == 0;
}

/* CRC-32 from the top bit, starting at 0, the CRC's own field taken as 0 (RFC 3533 section 6). */
static uint32_t ogg_crc(const uint8_t *page, size_t len)
{
    uint32_t crc = 0;
    for (size_t i = 0; i < len; i++) {
        bool is_field = i >= OGG_CRC_AT && i < OGG_CRC_AT + 4;
        crc ^= (uint32_t)(is_field ? 0 : page[i]) << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (crc & 0x80000000u ? OGG_POLYNOMIAL : 0);
    }
    return crc;
}

static uint32_t little_endian(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static enum step check_opus_head(const struct bytes *in, size_t at)
{
    static const char magic[] = "OpusHead";
    struct bytes head = {.data = in->data + at, .len = in->len > at ? in->len - at : 0};
    if (!starts_like(&head, magic, sizeof magic - 1))
        return STEP_BAD;
    if (head.len > OPUS_VERSION_AT && (head.data[OPUS_VERSION_AT] & 0xf0) != 0)
        return STEP_BAD;
    if (head.len <= OPUS_CHANNELS_AT)
        return STEP_MORE;
    uint8_t channels = head.data[OPUS_CHANNELS_AT];
    return channels == 1 || channels == 2 ? STEP_DONE : STEP_BAD;
}

static enum step check_ogg(const struct bytes *in)
{
    /* "OggS" and version 0 */
    if (!starts_like(in, "OggS", 5))
        return STEP_BAD;
    if (in->len > OGG_TYPE_AT && (in->data[OGG_TYPE_AT] & (OGG_FIRST | OGG_CONTINUED)) != OGG_FIRST)
        return STEP_BAD;
    if (in->len < OGG_HEADER_SIZE)
        return STEP_MORE;
    size_t segments = in->data[OGG_SEGMENTS_AT], body = OGG_HEADER_SIZE + segments;
    if (segments == 0)
        return STEP_BAD;
    if (in->len < body)
        return STEP_MORE;
    size_t size = 0, packet = 0;
    bool packet_ended = false;
    for (size_t i = 0; i < segments; i++) {
        uint8_t lacing = in->data[OGG_HEADER_SIZE + i];
        size += lacing;
        packet += packet_ended ? 0 : lacing;
        packet_ended = packet_ended || lacing < 255;
    }
    if (!packet_ended || packet < OPUS_HEAD_SIZE)
        return STEP_BAD;
    enum step step = check_opus_head(in, body);
    if (step == STEP_BAD || in->len < body + size)
        return step == STEP_BAD ? STEP_BAD : STEP_MORE;
    bool crc_fits = ogg_crc(in->data, body + size) == little_endian(in->data + OGG_CRC_AT);
    return crc_fits ? step : STEP_BAD;
}

/* A variable-size integer (RFC 8794 section 4) of at most `max` bytes before `end`; with its length
 * marker when it is an id. */
static enum step read_vint(const struct bytes *in, size_t *at, size_t end, size_t max, bool is_id,
                           uint64_t *value, bool *all_ones)
{
    if (*at >= end)
        return STEP_BAD;
    if (*at >= in->len)
        return STEP_MORE;
    uint8_t first = in->data[*at];
    size_t size = 1;
    while (size <= 8 && !(first & (0x80 >> (size - 1))))
        size++;
    if (size > max || size > end - *at)
        return STEP_BAD;
    if (size > in->len - *at)
        return STEP_MORE;
    uint64_t mask = ((uint64_t)1 << (7 * size)) - 1, all = first;
    for (size_t i = 1; i < size; i++)
        all = all << 8 | in->data[*at + i];
    *all_ones = (all & mask) == mask;
    *value = is_id ? all : all & mask;
    *at += size;
    return STEP_DONE;
}

/* The element at `at` in a parent that ends at `end`. */
static enum step read_element(const struct bytes *in, size_t at, size_t end, struct element *out)
{
    uint64_t id, size;
    bool all_ones;
    enum step step = read_vint(in, &at, end, 4, true, &id, &all_ones);
    if (step == STEP_DONE)
        step = read_vint(in, &at, end, 8, false, &size, &all_ones);
    if (step != STEP_DONE)
        return step;
    *out = (struct element){.id = (uint32_t)id, .is_endless = all_ones, .body = at, .end = end};
    if (all_ones)
        return STEP_DONE;
    if (size > end - at)
        return STEP_BAD;
    out->end = at + (size_t)size;
    return STEP_DONE;
}

/* Whether a string element is `text`, with or without NULs behind (RFC 8794 section 13). */
static bool is_text(const struct bytes *in, const struct element *e, const char *text)
{
    size_t size = e->end - e->body, len = strlen(text);
    if (size < len || memcmp(in->data + e->body, text, len) != 0)
        return false;
    for (size_t i = len; i < size; i++) {
        if (in->data[e->body + i] != 0)
            return false;
    }
    return true;
}

static uint64_t unsigned_of(const struct bytes *in, const struct element *e)
{
    uint64_t value = 0;
    for (size_t i = e->body; i < e->end; i++)
        value = value << 8 | in->data[i];
    return value;
}

/* A child of a parent that lies whole within the bytes. */
static bool next_child(const struct bytes *in, size_t *at, const struct element *parent,
                       struct element *child, bool *is_bad)
{
    if (*at >= parent->end)
        return false;
    if (read_element(in, *at, parent->end, child) != STEP_DONE || child->is_endless) {
        *is_bad = true;
        return false;
    }
    *at = child->end;
    return true;
}

static enum step check_ebml_header(const struct bytes *in, const struct element *header)
{
    if (header->is_endless || header->end - header->body > EBML_HEADER_MAX)
        return STEP_BAD;
    if (header->end > in->len)
        return STEP_MORE;
    struct element child;
    bool is_bad = false, is_webm = false;
    size_t at = header->body;
    while (next_child(in, &at, header, &child, &is_bad)) {
        if (child.id == ID_DOC_TYPE)
            is_webm = is_text(in, &child, "webm");
    }
    return is_webm && !is_bad ? STEP_DONE : STEP_BAD;
}

static enum step check_tracks(const struct bytes *in, const struct element *tracks)
{
    if (tracks->is_endless)
        return STEP_BAD;
    if (tracks->end > in->len)
        return STEP_MORE;
    struct element track, child;
    bool is_bad = false, has_opus = false, has_video = false;
    size_t at = tracks->body;
    while (next_child(in, &at, tracks, &track, &is_bad)) {
        if (track.id != ID_TRACK_ENTRY)
            continue;
        uint64_t type = 0;
        bool is_opus = false;
        size_t inner = track.body;
        while (next_child(in, &inner, &track, &child, &is_bad)) {
            if (child.id == ID_TRACK_TYPE)
                type = unsigned_of(in, &child);
            else if (child.id == ID_CODEC)
                is_opus = is_text(in, &child, "A_OPUS");
        }
        has_opus = has_opus || (type == TRACK_AUDIO && is_opus);
        has_video = has_video || type == TRACK_VIDEO;
    }
    return has_opus && !has_video && !is_bad ? STEP_DONE : STEP_BAD;
}

static enum step check_webm(const struct bytes *in)
{
    if (!starts_like(in, "\x1a\x45\xdf\xa3", 4))
        return STEP_BAD;
    struct element e, segment;
    enum step step = read_element(in, 0, SIZE_MAX, &e);
    if (step == STEP_DONE)
        step = check_ebml_header(in, &e);
    if (step == STEP_DONE)
        step = read_element(in, e.end, SIZE_MAX, &segment);
    if (step != STEP_DONE)
        return step;
    if (segment.id != ID_SEGMENT)
        return STEP_BAD;
    for (size_t at = segment.body;; at = e.end) {
        step = read_element(in, at, segment.end, &e);
        if (step != STEP_DONE)
            return step;
        if (e.id == ID_TRACKS)
            return check_tracks(in, &e);
        /* Who streams tells the tracks before the sound. */
        if (e.id == ID_CLUSTER || e.is_endless || e.end > CONTENT_CHECK_BYTES)
            return STEP_BAD;
    }
}

enum content content_check(const uint8_t *prefix, size_t len, bool is_complete)
{
    if (len == 0)
        return is_complete ? CONTENT_OTHER : CONTENT_UNDECIDED;
    bool is_all = is_complete || len >= CONTENT_CHECK_BYTES;
    struct bytes in = {.data = prefix,
                       .len = len < CONTENT_CHECK_BYTES ? len : CONTENT_CHECK_BYTES};
    enum step ogg = check_ogg(&in), webm = check_webm(&in);
    if (ogg == STEP_DONE)
        return CONTENT_OGG_OPUS;
    if (webm == STEP_DONE)
        return CONTENT_WEBM_OPUS;
    bool may_become = ogg == STEP_MORE || webm == STEP_MORE;
    return may_become && !is_all ? CONTENT_UNDECIDED : CONTENT_OTHER;
}
