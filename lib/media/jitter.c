#include "media/jitter.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "media/codec.h"
#include "media/delay.h"
#include "media/timestretch.h"

enum {
    /* Beyond the quantile: what the loop between socket and buffer may take. */
    MARGIN_US = 1000,
    FRAME_US = MEDIA_FRAME_MS * 1000,
    /* So much above what is needed before a frame is taken out again, lest it be put back. */
    HYSTERESIS_SAMPLES = 120,
    REBASE_SAMPLES = MEDIA_RATE_HZ,
    REBASE_US = 1000000,
    LATE_RUN_MAX = 10,
    /* Delay that is left behind at once instead of being talked away. */
    JUMP_SAMPLES = MEDIA_RATE_HZ * 8 / 10,
    JUMP_FIRST_SAMPLES = 2 * MEDIA_FRAME_SAMPLES,
    JUMP_KEEP_PACKETS = 3,
    /* Concealment is held for 60 ms, then fades for 60 ms. */
    CONCEAL_HOLD_FRAMES = 3,
    CONCEAL_FADE_FRAMES = 3,
    CONCEAL_FRAMES_MAX = CONCEAL_HOLD_FRAMES + CONCEAL_FADE_FRAMES,
    RETURN_SAMPLES = 240, /* 5 ms to fade back in */
    SHORTEN_PAUSE_FRAMES = 3,
    HURRY_SAMPLES = 2 * MEDIA_FRAME_SAMPLES,
    PATIENCE_FRAMES = 50,
    SOUND_MAX = CODEC_PACKET_SAMPLES_MAX + 2 * MEDIA_FRAME_SAMPLES + 2 * TIMESTRETCH_PERIOD_MAX,
};

static const double LOSS_FEC_ON = 0.02, LOSS_FEC_OFF = 0.005, LOSS_WEIGHT = 1.0 / 200;

struct packet {
    int64_t timestamp; /* unwrapped */
    int64_t received_us;
    uint16_t seq;
    uint16_t len;
    uint16_t samples;
    uint8_t payload[MEDIA_PACKET_MAX];
};

struct jitter {
    struct decoder *decoder;
    struct packet packets[JITTER_PACKETS_MAX];
    uint8_t order[JITTER_PACKETS_MAX]; /* by timestamp; from `count` on, those that are free */
    size_t count;

    bool started, fetched;
    int64_t newest_timestamp, newest_late_us;
    uint16_t newest_seq;
    int64_t seen[JITTER_PACKETS_MAX]; /* timestamps by seq, to know a duplicate */
    bool suspect;                     /* a timestamp from nowhere came, the next must agree */
    uint16_t suspect_seq;
    uint32_t suspect_timestamp;
    unsigned late_run;

    struct delay_arrivals arrivals;
    struct delay_fetches fetches;
    double loss;
    bool wait_for_fec;

    int64_t next_timestamp; /* of the sample that follows `sound` */
    int16_t sound[SOUND_MAX];
    size_t sound_count;
    int64_t sound_received_us; /* of the packet decoded last */
    int64_t waited_samples;    /* concealed while the next packet was waited for */
    unsigned conceal_run;      /* frames */
    unsigned shorten_pause, shorten_wait;
    struct jitter_stats stats;
};

struct jitter *jitter_new(void)
{
    struct jitter *jitter = mem_zalloc(sizeof *jitter);
    if (!jitter)
        return NULL;
    jitter->decoder = decoder_new();
    if (!jitter->decoder) {
        mem_free(jitter);
        return NULL;
    }
    for (size_t i = 0; i < JITTER_PACKETS_MAX; i++)
        jitter->order[i] = (uint8_t)i;
    delay_arrivals_init(&jitter->arrivals);
    delay_fetches_init(&jitter->fetches);
    return jitter;
}

void jitter_free(struct jitter *jitter)
{
    if (!jitter)
        return;
    decoder_free(jitter->decoder);
    mem_free(jitter);
}

/* 48 samples are 1,000 us. */
static int64_t samples_to_us(int64_t samples)
{
    return samples * 125 / 6;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static struct packet *first_packet(struct jitter *jitter)
{
    return jitter->count ? &jitter->packets[jitter->order[0]] : NULL;
}

static void remove_first(struct jitter *jitter)
{
    assert(jitter->count > 0);
    uint8_t slot = jitter->order[0];
    jitter->count--;
    memmove(jitter->order, jitter->order + 1, jitter->count);
    jitter->order[jitter->count] = slot;
}

/* Goes on from `timestamp` as if nothing had been before it, keeping what was learnt of jitter. */
static void begin_at(struct jitter *jitter, uint16_t seq, uint32_t timestamp, int64_t received_us)
{
    int64_t late_us = received_us - samples_to_us(timestamp);
    if (jitter->started) {
        delay_arrivals_shift(&jitter->arrivals, late_us - jitter->newest_late_us);
        jitter->stats.resyncs++;
    }
    jitter->started = true;
    jitter->count = 0;
    jitter->newest_timestamp = jitter->next_timestamp = timestamp;
    jitter->newest_seq = seq;
    jitter->newest_late_us = late_us;
    jitter->waited_samples = 0;
    jitter->late_run = 0;
    jitter->suspect = false;
    for (size_t i = 0; i < JITTER_PACKETS_MAX; i++)
        jitter->seen[i] = INT64_MIN;
}

/* False: a timestamp that has nothing to do with those before it, and nothing yet bears it out. */
static bool accept_timestamp(struct jitter *jitter, uint16_t seq, uint32_t timestamp,
                             int64_t *unwrapped, int64_t received_us)
{
    int64_t step = (int32_t)(timestamp - (uint32_t)jitter->newest_timestamp);
    int64_t late_us = received_us - samples_to_us(jitter->newest_timestamp + step);
    int64_t late_step_us = late_us - jitter->newest_late_us;
    bool far = (step > REBASE_SAMPLES || step < -REBASE_SAMPLES) &&
               (late_step_us > REBASE_US || late_step_us < -REBASE_US);
    bool newer = (int16_t)(seq - jitter->newest_seq) > 0;
    if (!far && !(newer && step < 0)) {
        *unwrapped = jitter->newest_timestamp + step;
        return true;
    }
    uint32_t since = timestamp - jitter->suspect_timestamp;
    if (jitter->suspect && seq == (uint16_t)(jitter->suspect_seq + 1) && since > 0 &&
        since <= CODEC_PACKET_SAMPLES_MAX) {
        begin_at(jitter, seq, timestamp, received_us);
        *unwrapped = jitter->newest_timestamp;
        return true;
    }
    jitter->suspect = true;
    jitter->suspect_seq = seq;
    jitter->suspect_timestamp = timestamp;
    return false;
}

static void insert(struct jitter *jitter, const struct packet *header, const uint8_t *payload)
{
    if (jitter->count == JITTER_PACKETS_MAX) {
        remove_first(jitter);
        jitter->stats.packets_dropped++;
        jitter->next_timestamp = first_packet(jitter)->timestamp;
    }
    uint8_t slot = jitter->order[jitter->count];
    struct packet *packet = &jitter->packets[slot];
    packet->timestamp = header->timestamp;
    packet->received_us = header->received_us;
    packet->seq = header->seq;
    packet->len = header->len;
    packet->samples = header->samples;
    memcpy(packet->payload, payload, header->len);
    size_t at = jitter->count;
    while (at > 0 && jitter->packets[jitter->order[at - 1]].timestamp > packet->timestamp) {
        jitter->order[at] = jitter->order[at - 1];
        at--;
    }
    jitter->order[at] = slot;
    jitter->count++;
}

void jitter_put(struct jitter *jitter, uint16_t seq, uint32_t timestamp, const uint8_t *payload,
                size_t len, int64_t received_us)
{
    size_t samples = len <= MEDIA_PACKET_MAX ? codec_packet_samples(payload, len) : 0;
    if (samples == 0) {
        jitter->stats.packets_bad++;
        return;
    }
    if (!jitter->started)
        begin_at(jitter, seq, timestamp, received_us);
    struct packet header = {
        .received_us = received_us, .seq = seq, .len = (uint16_t)len, .samples = (uint16_t)samples};
    if (!accept_timestamp(jitter, seq, timestamp, &header.timestamp, received_us)) {
        jitter->stats.packets_bad++;
        return;
    }
    if (jitter->seen[seq % JITTER_PACKETS_MAX] == header.timestamp) {
        jitter->stats.packets_duplicate++;
        return;
    }
    jitter->suspect = false;
    jitter->seen[seq % JITTER_PACKETS_MAX] = header.timestamp;
    int64_t late_us = received_us - samples_to_us(header.timestamp);
    delay_arrivals_add(&jitter->arrivals, received_us, late_us);
    if (header.timestamp < jitter->next_timestamp && jitter->fetched) {
        jitter->stats.packets_late++;
        if (++jitter->late_run < LATE_RUN_MAX)
            return;
        begin_at(jitter, seq, timestamp, received_us);
        header.timestamp = jitter->newest_timestamp;
    }
    jitter->late_run = 0;
    if (header.timestamp >= jitter->newest_timestamp) {
        jitter->newest_timestamp = header.timestamp;
        jitter->newest_seq = seq;
        jitter->newest_late_us = late_us;
    }
    insert(jitter, &header, payload);
    if (!jitter->fetched)
        jitter->next_timestamp = first_packet(jitter)->timestamp;
}

static void ramp(int16_t *pcm, size_t count, double from, double to)
{
    for (size_t i = 0; i < count; i++)
        pcm[i] = (int16_t)(pcm[i] * (from + (to - from) * (double)i / (double)count));
}

static double conceal_gain(unsigned run)
{
    if (run <= CONCEAL_HOLD_FRAMES)
        return 1;
    return run >= CONCEAL_FRAMES_MAX
               ? 0
               : 1 - (run - CONCEAL_HOLD_FRAMES) / (double)CONCEAL_FADE_FRAMES;
}

/* Real sound follows concealment: it comes back from where the fade had got to. */
static void sound_is_back(struct jitter *jitter, int16_t *pcm)
{
    double gain = conceal_gain(jitter->conceal_run);
    if (gain < 1)
        ramp(pcm, RETURN_SAMPLES, gain, 1);
    jitter->conceal_run = 0;
}

static void conceal(struct jitter *jitter, int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    jitter->stats.frames_concealed++;
    if (jitter->conceal_run >= CONCEAL_FRAMES_MAX) {
        memset(pcm, 0, MEDIA_FRAME_SAMPLES * sizeof *pcm);
        return;
    }
    decoder_conceal(jitter->decoder, pcm);
    double from = conceal_gain(jitter->conceal_run);
    double to = conceal_gain(++jitter->conceal_run);
    if (to < 1)
        ramp(pcm, MEDIA_FRAME_SAMPLES, from, to);
}

static void note_loss(struct jitter *jitter, bool lost)
{
    jitter->loss += LOSS_WEIGHT * ((lost ? 1 : 0) - jitter->loss);
    if (jitter->loss > LOSS_FEC_ON)
        jitter->wait_for_fec = true;
    else if (jitter->loss < LOSS_FEC_OFF)
        jitter->wait_for_fec = false;
}

static void play_first(struct jitter *jitter)
{
    struct packet *packet = first_packet(jitter);
    int16_t *pcm = jitter->sound + jitter->sound_count;
    size_t samples = decoder_decode(jitter->decoder, packet->payload, packet->len, pcm,
                                    SOUND_MAX - jitter->sound_count);
    if (samples >= RETURN_SAMPLES)
        sound_is_back(jitter, pcm);
    jitter->sound_count += samples;
    jitter->next_timestamp = packet->timestamp + (int64_t)samples;
    jitter->sound_received_us = packet->received_us;
    jitter->waited_samples = 0;
    jitter->stats.frames_played++;
    note_loss(jitter, false);
    remove_first(jitter);
}

/* Fills the place of what is missing before the first packet: its own FEC, or concealment. */
static void fill_gap(struct jitter *jitter, int64_t gap)
{
    struct packet *after = first_packet(jitter);
    int16_t *pcm = jitter->sound + jitter->sound_count;
    size_t samples = gap < MEDIA_FRAME_SAMPLES ? (size_t)gap : MEDIA_FRAME_SAMPLES;
    bool last = gap == MEDIA_FRAME_SAMPLES;
    if (last && codec_packet_has_fec(after->payload, after->len)) {
        decoder_recover(jitter->decoder, after->payload, after->len, pcm);
        sound_is_back(jitter, pcm);
        jitter->stats.frames_recovered++;
    } else {
        conceal(jitter, pcm);
    }
    jitter->sound_count += samples;
    jitter->next_timestamp += (int64_t)samples;
    note_loss(jitter, true);
}

/* Adds to `sound` whatever comes next in the sender's time. */
static void produce(struct jitter *jitter)
{
    struct packet *packet = first_packet(jitter);
    if (!packet) {
        conceal(jitter, jitter->sound + jitter->sound_count);
        jitter->sound_count += MEDIA_FRAME_SAMPLES;
        jitter->waited_samples += MEDIA_FRAME_SAMPLES;
        return;
    }
    int64_t gap = packet->timestamp - jitter->next_timestamp;
    if (gap > 0 && jitter->waited_samples > 0) {
        /* What was concealed while waiting stood in for what never came. */
        int64_t skip = gap < jitter->waited_samples ? gap : jitter->waited_samples;
        jitter->next_timestamp += skip;
        jitter->waited_samples = 0;
        gap -= skip;
        note_loss(jitter, true);
    }
    if (gap > 0)
        fill_gap(jitter, gap);
    else
        play_first(jitter);
}

/* The sender's time, in samples, up to which all but a few packets are here at `fetch_us`. */
static int64_t safe_timestamp(const struct jitter *jitter, int64_t fetch_us)
{
    int64_t target_us = delay_arrivals_target_us(&jitter->arrivals) + MARGIN_US +
                        (jitter->wait_for_fec ? FRAME_US : 0);
    return floor_div((fetch_us - target_us) * 6, 125);
}

/* How many samples there are too many (above zero) or too few, for the delay to be what it should
 * be. Frames are fetched whole, so a delay that ends within a packet gains nothing: the place to be
 * is where a packet begins, the latest that is safe. */
static int64_t surplus(const struct jitter *jitter, int64_t safe)
{
    int64_t slack = safe - jitter->next_timestamp;
    int64_t held = (int64_t)jitter->sound_count;
    int64_t less =
        held + MEDIA_FRAME_SAMPLES * floor_div(slack - HYSTERESIS_SAMPLES, MEDIA_FRAME_SAMPLES);
    if (less > 0)
        return less;
    int64_t more = held + MEDIA_FRAME_SAMPLES * floor_div(slack, MEDIA_FRAME_SAMPLES);
    return more < 0 ? more : 0;
}

static void jump(struct jitter *jitter, int64_t safe)
{
    while (jitter->count > JUMP_KEEP_PACKETS &&
           first_packet(jitter)->timestamp + MEDIA_FRAME_SAMPLES <= safe) {
        remove_first(jitter);
        jitter->stats.packets_dropped++;
    }
    if (jitter->count > 0 && first_packet(jitter)->timestamp > jitter->next_timestamp) {
        jitter->next_timestamp = first_packet(jitter)->timestamp;
        jitter->waited_samples = 0;
    }
}

static void shorten(struct jitter *jitter, int64_t surplus_samples)
{
    jitter->shorten_wait++;
    if (jitter->shorten_pause > 0) {
        jitter->shorten_pause--;
        return;
    }
    bool hurry = surplus_samples > HURRY_SAMPLES;
    double wanted = hurry ? 0.6 : jitter->shorten_wait > PATIENCE_FRAMES ? 0.5 : 0.85;
    size_t max =
        surplus_samples < TIMESTRETCH_PERIOD_MAX ? (size_t)surplus_samples : TIMESTRETCH_PERIOD_MAX;
    if (max > jitter->sound_count - MEDIA_FRAME_SAMPLES)
        max = jitter->sound_count - MEDIA_FRAME_SAMPLES;
    double similarity;
    size_t period = timestretch_period(jitter->sound, jitter->sound_count, TIMESTRETCH_PERIOD_MIN,
                                       max, &similarity);
    if (period == 0 || similarity < wanted)
        return;
    jitter->sound_count = timestretch_shorten(jitter->sound, jitter->sound_count, period);
    jitter->stats.samples_dropped += period;
    jitter->shorten_pause = hurry ? 0 : SHORTEN_PAUSE_FRAMES;
    jitter->shorten_wait = 0;
}

/* More hurry than in shortening: until it is done, every late packet is heard. */
static void lengthen(struct jitter *jitter, int64_t missing)
{
    size_t max = TIMESTRETCH_PERIOD_MAX;
    if (missing > TIMESTRETCH_PERIOD_MIN && missing < TIMESTRETCH_PERIOD_MAX)
        max = (size_t)missing;
    double similarity;
    size_t period = timestretch_period(jitter->sound, jitter->sound_count, TIMESTRETCH_PERIOD_MIN,
                                       max, &similarity);
    if (period == 0 || similarity < 0.5)
        return;
    jitter->sound_count = timestretch_lengthen(jitter->sound, jitter->sound_count, period);
    jitter->stats.samples_stretched += period;
}

/* Decodes as much as a frame and, where there is too much, a period on top need. */
static void fill(struct jitter *jitter, int64_t surplus_samples)
{
    size_t wanted = MEDIA_FRAME_SAMPLES;
    if (surplus_samples > (int64_t)jitter->sound_count)
        wanted += TIMESTRETCH_PERIOD_MAX;
    while (jitter->sound_count < MEDIA_FRAME_SAMPLES ||
           (jitter->sound_count < wanted && jitter->count > 0))
        produce(jitter);
}

bool jitter_get(struct jitter *jitter, int64_t now_us, int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    int64_t fetch_us = delay_fetches_add(&jitter->fetches, now_us);
    if (!jitter->started) {
        memset(pcm, 0, MEDIA_FRAME_SAMPLES * sizeof *pcm);
        return false;
    }
    int64_t move = 0;
    if (jitter->waited_samples == 0 && jitter->count > 0) {
        int64_t safe = safe_timestamp(jitter, fetch_us);
        move = surplus(jitter, safe);
        if (move > (jitter->fetched ? JUMP_SAMPLES : JUMP_FIRST_SAMPLES)) {
            jump(jitter, safe);
            move = surplus(jitter, safe);
        }
    }
    jitter->fetched = true;
    fill(jitter, move);
    bool whole = jitter->conceal_run == 0;
    if (whole && move >= TIMESTRETCH_PERIOD_MIN)
        shorten(jitter, move);
    else if (whole && move < 0)
        lengthen(jitter, -move);
    if (jitter->waited_samples == 0)
        jitter->stats.delay_ms = (double)(now_us - jitter->sound_received_us) / 1000;
    memcpy(pcm, jitter->sound, MEDIA_FRAME_SAMPLES * sizeof *pcm);
    jitter->sound_count -= MEDIA_FRAME_SAMPLES;
    memmove(jitter->sound, jitter->sound + MEDIA_FRAME_SAMPLES,
            jitter->sound_count * sizeof *jitter->sound);
    return jitter->conceal_run < CONCEAL_FRAMES_MAX;
}

void jitter_stats(const struct jitter *jitter, struct jitter_stats *out)
{
    *out = jitter->stats;
    if (!delay_arrivals_empty(&jitter->arrivals))
        out->delay_target_ms = (double)(delay_arrivals_target_us(&jitter->arrivals) + MARGIN_US +
                                        (jitter->wait_for_fec ? FRAME_US : 0) -
                                        delay_arrivals_base_us(&jitter->arrivals)) /
                               1000;
}
