#include "media/webm.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/codec.h"
#include "media/fit.h"

/* Element ids. EBML: RFC 8794 section 11.2; the others: RFC 9559 section 5.1. */
enum {
    ID_EBML = 0x1a45dfa3,
    ID_SEGMENT = 0x18538067,
    ID_INFO = 0x1549a966,
    ID_TIMESTAMP_SCALE = 0x2ad7b1,
    ID_TRACKS = 0x1654ae6b,
    ID_TRACK_ENTRY = 0xae,
    ID_TRACK_NUMBER = 0xd7,
    ID_CODEC = 0x86,
    ID_CODEC_PRIVATE = 0x63a2,
    ID_CLUSTER = 0x1f43b675,
    ID_TIMESTAMP = 0xe7,
    ID_SIMPLE_BLOCK = 0xa3,
    ID_BLOCK_GROUP = 0xa0,
    ID_BLOCK = 0xa1
};

enum {
    WINDOW_SIZE = 64 * 1024,
    ELEMENT_HEAD_MAX = 12,    /* an id of 4 bytes, a size of 8 */
    FIELD_MAX = 64,           /* of a codec's name or an OpusHead */
    PACKET_BYTES_MAX = 61298, /* RFC 7845 section 6: the largest that makes sense, 120 ms stereo */
    BLOCK_LACING = 0x06,      /* RFC 9559 section 10.3; nobody laces Opus */
    OPUS_HEAD_SIZE = 19,      /* RFC 7845 section 5.1 */
    INDEX_SAMPLES = MEDIA_RATE_HZ,
    FIT_SAMPLES_MIN = 10 * MEDIA_RATE_HZ, /* in less, jitter is taken for drift */
    SCALE_NS_DEFAULT = 1000000            /* RFC 9559 section 5.1.2.9 */
};

/* The timestamps' lead over the samples is followed this slowly, as recording.c does it. */
static const double FOLLOW = 1.0 / 500;
static const double SAMPLES_MS = MEDIA_RATE_HZ / 1000.0;
/* Beyond that it is no clock that drifts. Crystals keep within 1e-4. */
static const double DRIFT_MAX = 1e-3;

/* Where a walk through the packets stands: enough to go on from there. */
struct place {
    uint64_t at;     /* in the file: the next element */
    uint64_t sample; /* of the next packet, unless a hole comes before it */
    int64_t cluster; /* its timestamp, in units of `scale_ns` */
    double behind;   /* samples that the timestamps are ahead, followed */
};

struct webm {
    int fd;
    unsigned pre_skip;
    uint64_t scale_ns, track;
    int64_t first; /* timestamp of the first block */
    uint64_t samples;
    struct place place;
    struct place *index; /* one a second at most */
    size_t index_count, index_room;
    struct sound_stretch *stretches;
    size_t stretch_count;
    struct fit fit; /* of the last stretch: samples over timestamps */
    uint8_t *window;
    uint64_t window_at;
    size_t window_len;
};

struct element {
    uint32_t id;
    bool is_endless; /* of unknown size: RFC 8794 section 6.2 */
    uint64_t body, size;
};

/* ---- bytes and elements ---- */

/* `len` bytes of the file; NULL: they are not there, or not to be read (then `*e` says so). */
static const uint8_t *bytes_at(struct webm *webm, uint64_t at, size_t len, enum err *e)
{
    if (at >= webm->window_at && at - webm->window_at <= webm->window_len &&
        len <= webm->window_len - (at - webm->window_at))
        return webm->window + (at - webm->window_at);
    webm->window_at = at;
    webm->window_len = 0;
    if (at > INT64_MAX - WINDOW_SIZE)
        return NULL;
    while (webm->window_len < WINDOW_SIZE) {
        ssize_t got = pread(webm->fd, webm->window + webm->window_len,
                            WINDOW_SIZE - webm->window_len, (off_t)(at + webm->window_len));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            *e = ERR_IO;
        if (got <= 0)
            break;
        webm->window_len += (size_t)got;
    }
    return len <= webm->window_len ? webm->window : NULL;
}

/* A variable-size integer (RFC 8794 section 4), with its length marker when it is an id. */
static bool vint_at(struct webm *webm, uint64_t *at, size_t size_max, bool is_id, uint64_t *value,
                    bool *all_ones, enum err *e)
{
    const uint8_t *bytes = bytes_at(webm, *at, 1, e);
    size_t size = 1;
    if (!bytes)
        return false;
    while (size <= 8 && !(bytes[0] & (0x80 >> (size - 1))))
        size++;
    if (size > size_max || !(bytes = bytes_at(webm, *at, size, e)))
        return false;
    uint64_t mask = (UINT64_C(1) << (7 * size)) - 1, all = 0;
    for (size_t i = 0; i < size; i++)
        all = all << 8 | bytes[i];
    *all_ones = (all & mask) == mask;
    *value = is_id ? all : all & mask;
    *at += size;
    return true;
}

/* False at the end of the file, or of what can be read of it. */
static bool element_at(struct webm *webm, uint64_t at, struct element *out, enum err *e)
{
    uint64_t id, size;
    bool all_ones;
    if (!vint_at(webm, &at, 4, true, &id, &all_ones, e) ||
        !vint_at(webm, &at, 8, false, &size, &all_ones, e))
        return false;
    *out = (struct element){
        .id = (uint32_t)id, .is_endless = all_ones, .body = at, .size = all_ones ? 0 : size};
    return true;
}

/* The bytes of a short element; NULL when it is longer than `max`. */
static const uint8_t *field(struct webm *webm, const struct element *element, size_t max,
                            enum err *e)
{
    return element->size <= max && !element->is_endless
               ? bytes_at(webm, element->body, (size_t)element->size, e)
               : NULL;
}

static uint64_t number(struct webm *webm, const struct element *element, enum err *e)
{
    const uint8_t *bytes = field(webm, element, sizeof(uint64_t), e);
    uint64_t value = 0;
    for (size_t i = 0; bytes && i < element->size; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* Elements that others stand in are gone into, all others passed over. False: nothing can be found
 * behind it. */
static bool pass(uint64_t *at, const struct element *element)
{
    switch (element->id) {
    case ID_SEGMENT:
    case ID_INFO:
    case ID_TRACKS:
    case ID_TRACK_ENTRY:
    case ID_CLUSTER:
    case ID_BLOCK_GROUP:
        *at = element->body;
        return true;
    default:
        *at = element->body + element->size;
        return !element->is_endless;
    }
}

/* ---- what the file is ---- */

/* One track's description, as far as it was seen. */
struct entry {
    uint64_t number;
    bool is_opus, has_head;
    unsigned pre_skip;
};

static void take_head(struct webm *webm, const struct element *element, struct entry *entry,
                      enum err *e)
{
    const uint8_t *head = field(webm, element, FIELD_MAX, e);
    if (!head || element->size < OPUS_HEAD_SIZE || memcmp(head, "OpusHead", 8) != 0)
        return;
    /* Version 0.x, mono or stereo, mapping family 0: what is decoded without a table. */
    entry->has_head = head[8] >> 4 == 0 && (head[9] == 1 || head[9] == 2) && head[18] == 0;
    entry->pre_skip = (unsigned)head[10] | (unsigned)head[11] << 8;
}

static void take_description(struct webm *webm, const struct element *element, struct entry *entry,
                             enum err *e)
{
    static const char opus[] = "A_OPUS";
    const uint8_t *name;
    switch (element->id) {
    case ID_TIMESTAMP_SCALE:
        webm->scale_ns = number(webm, element, e);
        break;
    case ID_TRACK_ENTRY:
        *entry = (struct entry){0};
        break;
    case ID_TRACK_NUMBER:
        entry->number = number(webm, element, e);
        break;
    case ID_CODEC:
        name = field(webm, element, FIELD_MAX, e);
        entry->is_opus =
            name && element->size >= sizeof opus - 1 && memcmp(name, opus, sizeof opus - 1) == 0;
        break;
    case ID_CODEC_PRIVATE:
        take_head(webm, element, entry, e);
        break;
    default:
        break;
    }
}

/* Up to the first cluster; the first track with Opus is the one. */
static enum err read_description(struct webm *webm)
{
    enum err e = ERR_NONE;
    struct entry entry = {0};
    struct element element;
    uint64_t at = 0;
    bool is_found = false, is_first = true;
    while (element_at(webm, at, &element, &e) && element.id != ID_CLUSTER) {
        if (is_first && element.id != ID_EBML)
            return ERR_CORRUPT;
        is_first = false;
        if (!is_found || element.id == ID_TIMESTAMP_SCALE)
            take_description(webm, &element, &entry, &e);
        if (!is_found && entry.is_opus && entry.has_head && entry.number) {
            is_found = true;
            webm->track = entry.number;
            /* Chromium says 0; but no encoder is without delay, and its is libopus. */
            webm->pre_skip = entry.pre_skip ? entry.pre_skip : CODEC_LOOKAHEAD_SAMPLES;
        }
        if (!pass(&at, &element))
            return ERR_CORRUPT;
    }
    if (e)
        return e;
    /* A tick of a second is the longest that anybody can have meant. */
    if (!is_found || webm->scale_ns == 0 || webm->scale_ns > 1000000000)
        return ERR_CORRUPT;
    webm->place.at = at;
    return ERR_NONE;
}

/* ---- packets ---- */

/* The track's packet in a block, and its timestamp in samples; false: there is none in it. */
static bool open_block(struct webm *webm, const struct element *element, struct webm_packet *out,
                       double *stamp, enum err *e)
{
    uint64_t at = element->body, track;
    bool all_ones;
    if (element->is_endless || element->size > PACKET_BYTES_MAX ||
        !vint_at(webm, &at, 8, false, &track, &all_ones, e) || track != webm->track)
        return false;
    size_t head = (size_t)(at - element->body) + 3;
    const uint8_t *bytes =
        head < element->size ? bytes_at(webm, element->body, (size_t)element->size, e) : NULL;
    if (!bytes || bytes[head - 1] & BLOCK_LACING)
        return false;
    int16_t relative = (int16_t)(bytes[head - 3] << 8 | bytes[head - 2]);
    out->data = bytes + head;
    out->len = (size_t)element->size - head;
    out->samples = codec_packet_samples(out->data, out->len);
    if (webm->first == INT64_MIN)
        webm->first = webm->place.cluster + relative;
    *stamp = (double)(webm->place.cluster + relative - webm->first) * (double)webm->scale_ns *
             (MEDIA_RATE_HZ / 1e9);
    return out->samples > 0;
}

/* Where the packet belongs, by its timestamp and what came before. */
static void settle(struct place *place, struct webm_packet *packet, double stamp)
{
    double late = stamp - (double)place->sample - place->behind;
    if (late > WEBM_HOLE_SAMPLES)
        place->sample += (uint64_t)fmin(late, SOUND_SAMPLES_MAX);
    else
        place->behind += FOLLOW * fmax(late, -WEBM_HOLE_SAMPLES);
    packet->sample = place->sample;
    place->sample += packet->samples;
}

static enum err next_packet(struct webm *webm, struct webm_packet *out, double *stamp)
{
    struct place *place = &webm->place;
    struct element element;
    enum err e = ERR_NONE;
    *out = (struct webm_packet){0};
    while (place->sample < SOUND_SAMPLES_MAX && element_at(webm, place->at, &element, &e)) {
        if (!pass(&place->at, &element))
            break;
        if (element.id == ID_TIMESTAMP) {
            uint64_t cluster = number(webm, &element, &e);
            place->cluster = cluster > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)cluster;
        } else if ((element.id == ID_SIMPLE_BLOCK || element.id == ID_BLOCK) &&
                   open_block(webm, &element, out, stamp, &e)) {
            settle(place, out, *stamp);
            return ERR_NONE;
        }
        if (e)
            break;
    }
    *out = (struct webm_packet){0};
    return e;
}

enum err webm_next(struct webm *webm, struct webm_packet *out)
{
    double stamp;
    return next_packet(webm, out, &stamp);
}

void webm_seek(struct webm *webm, uint64_t sample)
{
    size_t low = 0, high = webm->index_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (webm->index[middle].sample <= sample)
            low = middle;
        else
            high = middle;
    }
    if (webm->index_count)
        webm->place = webm->index[low];
}

/* ---- going through it once ---- */

static enum err note_place(struct webm *webm, const struct place *place)
{
    if (webm->index_count &&
        place->sample < webm->index[webm->index_count - 1].sample + INDEX_SAMPLES)
        return ERR_NONE;
    if (webm->index_count == webm->index_room) {
        size_t room = webm->index_room ? 2 * webm->index_room : 64;
        struct place *more = mem_realloc(webm->index, room * sizeof *more);
        if (!more)
            return ERR_NO_MEMORY;
        webm->index = more;
        webm->index_room = room;
    }
    webm->index[webm->index_count++] = *place;
    return ERR_NONE;
}

/* The straight line through the timestamps of the last stretch. */
static void end_stretch(struct webm *webm)
{
    if (!webm->stretch_count)
        return;
    struct sound_stretch *last = &webm->stretches[webm->stretch_count - 1];
    last->to_sample = webm->samples;
    double slope = 1 / SAMPLES_MS, found = fit_slope(&webm->fit, slope);
    bool is_long = last->to_sample - last->from_sample >= FIT_SAMPLES_MIN;
    if (is_long && fabs(found / slope - 1) <= DRIFT_MAX)
        slope = found;
    last->from_ms = fit_at(&webm->fit, (double)last->from_sample, slope);
    last->to_ms = fit_at(&webm->fit, (double)last->to_sample, slope);
}

static enum err note_stamp(struct webm *webm, const struct webm_packet *packet, double stamp)
{
    bool is_new = webm->stretch_count == 0 || packet->sample > webm->samples;
    if (is_new && webm->stretch_count < WEBM_STRETCHES_MAX) {
        end_stretch(webm);
        size_t count = webm->stretch_count;
        if ((count & (count - 1)) == 0) {
            void *more =
                mem_realloc(webm->stretches, (count ? 2 * count : 1) * sizeof *webm->stretches);
            if (!more)
                return ERR_NO_MEMORY;
            webm->stretches = more;
        }
        webm->stretches[webm->stretch_count++] =
            (struct sound_stretch){.from_sample = packet->sample};
        webm->fit = (struct fit){0};
    }
    fit_add(&webm->fit, (double)packet->sample, stamp / SAMPLES_MS);
    webm->samples = packet->sample + packet->samples;
    return ERR_NONE;
}

static enum err scan(struct webm *webm)
{
    struct webm_packet packet;
    double stamp = 0;
    enum err e;
    for (;;) {
        struct place before = webm->place;
        e = next_packet(webm, &packet, &stamp);
        if (e || packet.samples == 0)
            break;
        e = note_place(webm, &before);
        if (!e)
            e = note_stamp(webm, &packet, stamp);
        if (e)
            break;
    }
    end_stretch(webm);
    webm_seek(webm, 0);
    return e;
}

enum err webm_open(int fd, struct webm **out)
{
    struct webm *webm = mem_zalloc(sizeof *webm);
    if (!webm)
        return ERR_NO_MEMORY;
    webm->fd = fd;
    webm->scale_ns = SCALE_NS_DEFAULT;
    webm->first = INT64_MIN;
    webm->window = mem_alloc(WINDOW_SIZE);
    enum err e = webm->window ? read_description(webm) : ERR_NO_MEMORY;
    if (!e)
        e = scan(webm);
    if (e) {
        webm_close(webm);
        return e;
    }
    *out = webm;
    return ERR_NONE;
}

void webm_close(struct webm *webm)
{
    if (!webm)
        return;
    mem_free(webm->stretches);
    mem_free(webm->index);
    mem_free(webm->window);
    mem_free(webm);
}

uint64_t webm_samples(const struct webm *webm)
{
    return webm->samples;
}

unsigned webm_pre_skip(const struct webm *webm)
{
    return webm->pre_skip;
}

const struct sound_stretch *webm_stretches(const struct webm *webm, size_t *count)
{
    *count = webm->stretch_count;
    return webm->stretches;
}
