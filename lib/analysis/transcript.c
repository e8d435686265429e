#include "analysis/transcript.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "analysis/recogniser.h"
#include "analysis/track.h"
#include "analysis/transcript_inner.h"
#include "analysis/why.h"
#include "base/mem.h"
#include "base/str.h"
#include "media/media.h"

/* Of the sound around a piece, so that no word is cut into. */
#define PAD_MS 200.0
/* Pieces are cut to 30 s; whoever made longer ones may not fill the memory. */
#define CLIP_MAX_MS 120000.0

#define MODEL_DEFAULT "whisper-1"

_Static_assert(TRACK_COARSE_SAMPLES_MS * 1000 == STT_RATE_HZ, "a clip is read as it is asked for");

static double clip_from_ms(const struct making *making, size_t piece)
{
    return making->request->pieces->pieces[piece].from_ms - PAD_MS;
}

double making_clip_ms(const struct making *making, size_t piece)
{
    const struct piece *it = &making->request->pieces->pieces[piece];
    double length_ms = it->to_ms - it->from_ms + 2 * PAD_MS;
    return length_ms < 0 ? 0 : length_ms < CLIP_MAX_MS ? length_ms : CLIP_MAX_MS;
}

/* The track as if it had just been opened: a clip is the same whatever was read before, as its
 * answer is kept by its sound. */
static enum err open_track(struct making *making, unsigned participant, size_t track,
                           struct track_reader **reader)
{
    struct opened *opened = &making->opened[participant % LIMIT_PARTICIPANTS];
    enum err e = ERR_NOT_FOUND;
    if (opened->reader && opened->track == track)
        e = track_restart(opened->reader);
    if (e) {
        track_close(opened->reader);
        *opened = (struct opened){.track = track};
        e = track_open_coarse(&making->request->tracks[track], &opened->reader);
    }
    *reader = opened->reader;
    return e;
}

enum err making_clip(struct making *making, size_t piece, struct clip *clip)
{
    const struct transcript_request *request = making->request;
    size_t track = request->pieces->pieces[piece].track;
    struct track_reader *reader = NULL;
    *clip = (struct clip){.from_ms = clip_from_ms(making, piece),
                          .length_ms = making_clip_ms(making, piece)};
    double to_ms = clip->from_ms + clip->length_ms;
    clip->samples = (size_t)(track_coarse_sample(to_ms) - track_coarse_sample(clip->from_ms));
    clip->pcm = mem_alloc((clip->samples + 1) * sizeof *clip->pcm);
    if (!clip->pcm)
        return ERR_NO_MEMORY;
    if (track >= request->track_count)
        return ERR_CORRUPT;
    enum err e = open_track(making, request->pieces->pieces[piece].participant, track, &reader);
    return e ? e : track_read(reader, clip->from_ms, to_ms, clip->pcm);
}

void making_progress(struct making *making)
{
    const struct transcript_request *request = making->request;
    if (request->progress)
        request->progress(request->context, "transcribe", (double)making->done,
                          (double)request->pieces->count);
}

static unsigned page_at(const struct debate *debate, double at_ms)
{
    unsigned page = debate->page_count ? debate->pages[0].page : 1;
    for (size_t i = 0; i < debate->page_count && (double)debate->pages[i].from_ms <= at_ms; i++)
        page = debate->pages[i].page;
    return page;
}

static double within(double ms, const struct piece *piece)
{
    return ms < piece->from_ms ? piece->from_ms : ms > piece->to_ms ? piece->to_ms : ms;
}

static enum err add_words(struct turn *turn, const struct piece *piece, double from_ms,
                          const struct stt_heard *heard)
{
    struct word *words = mem_alloc((heard->word_count + 1) * sizeof *words);
    if (!words)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < heard->word_count; i++)
        words[i] = (struct word){.from_ms = within(from_ms + heard->words[i].from_ms, piece),
                                 .to_ms = within(from_ms + heard->words[i].to_ms, piece),
                                 .text = heard->texts + heard->words[i].text};
    turn->words = words;
    turn->word_count = heard->word_count;
    return ERR_NONE;
}

enum err making_take(struct making *making, size_t piece, const char *answer, size_t len)
{
    struct transcript_set *set = making->set;
    const struct piece *it = &making->request->pieces->pieces[piece];
    struct stt_heard *heard = &set->heard[piece];
    enum err e = stt_read(answer, len, making_clip_ms(making, piece), making->prompt, heard);
    if (e)
        return e;
    making->done++;
    set->transcript.dropped += heard->invented;
    if (!heard->text[0])
        return ERR_NONE;
    struct turn *turn = &set->turns[piece];
    *turn = (struct turn){
        .participant = it->participant,
        .page = page_at(making->request->debate, it->from_ms),
        .piece = piece,
        .from_ms = it->from_ms,
        .to_ms = it->to_ms,
        .text = heard->text,
    };
    return heard->word_count ? add_words(turn, it, clip_from_ms(making, piece), heard) : ERR_NONE;
}

enum err making_take_kept(struct making *making, size_t piece, const char *name)
{
    struct buf answer;
    buf_init(&answer, ANSWER_MAX);
    enum err e = answer_find(making->request->answers, name, &answer);
    if (!e)
        e = making_take(making, piece, answer.data ? answer.data : "", answer.len);
    buf_release(&answer);
    return e == ERR_CORRUPT ? ERR_NOT_FOUND : e;
}

enum err making_lose(struct making *making, size_t piece, const char *why)
{
    struct transcript_set *set = making->set;
    making->done++;
    set->transcript.failed++;
    if (set->note)
        return ERR_NONE;
    char note[PARTICIPANT_SIZE + WHY_SIZE];
    snprintf(note, sizeof note, "p%u\n%s", making->request->pieces->pieces[piece].participant, why);
    set->note = mem_strdup(note);
    return set->note ? ERR_NONE : ERR_NO_MEMORY;
}

/* The pieces that have words become the turns. */
static void gather(struct transcript_set *set, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (set->turns[i].text)
            set->turns[kept++] = set->turns[i];
    set->transcript.turns = set->turns;
    set->transcript.turn_count = kept;
}

static bool is_english(const char *language)
{
    return language && strncasecmp(language, "en", 2) == 0 &&
           (language[2] == '\0' || language[2] == '-' || language[2] == '_');
}

static enum err say_missing(struct transcript_set *set, enum why why, const char *what)
{
    char line[WHY_SIZE];
    why_note(line, sizeof line, why, what, NULL, NULL);
    set->missing = mem_strdup(line);
    return set->missing ? ERR_NONE : ERR_NO_MEMORY;
}

/* Why the embedded recogniser cannot be used, in `missing`; nothing there: it can. */
static enum err find_missing(const struct transcript_request *request, struct transcript_set *set)
{
    const char *recogniser = request->recogniser ? request->recogniser : "debate-recogniser";
    if (request->service)
        return ERR_NONE;
    if (!request->language)
        return say_missing(set, WHY_LANGUAGE_UNKNOWN, NULL);
    if (!is_english(request->language))
        return say_missing(set, WHY_ENGLISH_ALONE, request->language);
    if (!request->recogniser || access(recogniser, X_OK) != 0)
        return say_missing(set, WHY_NO_RECOGNISER, recogniser);
    return ERR_NONE;
}

static enum err name_engine(const struct transcript_request *request, struct transcript_set *set)
{
    char name[128] = RECOGNISER_ENGINE;
    const char *model = RECOGNISER_MODEL;
    if (request->service) {
        service_name(request->service, name, sizeof name);
        model = request->service->model ? request->service->model : MODEL_DEFAULT;
    }
    set->engine = mem_strdup(name);
    set->model = mem_strdup(model);
    set->language = request->language ? mem_strdup(request->language) : NULL;
    set->transcript.draft = !request->service;
    return set->engine && set->model && (set->language || !request->language) ? ERR_NONE
                                                                              : ERR_NO_MEMORY;
}

static enum err make(struct making *making)
{
    const struct transcript_request *request = making->request;
    struct transcript_set *set = making->set;
    size_t count = request->pieces->count;
    enum err e = name_engine(request, set);
    if (!e && request->service)
        e = service_check(request->service, making->why, making->why_size);
    if (!e)
        e = find_missing(request, set);
    if (e || set->missing)
        return e;
    set->turns = mem_zalloc((count + 1) * sizeof *set->turns);
    set->heard = mem_zalloc((count + 1) * sizeof *set->heard);
    set->heard_count = set->heard ? count : 0;
    if (!set->turns || !set->heard)
        return ERR_NO_MEMORY;
    set->transcript.turns = set->turns; /* so that transcript_free finds all words */
    set->transcript.turn_count = count;
    e = answers_open(request->answers);
    if (!e)
        e = request->service ? transcript_by_service(making) : transcript_by_recogniser(making);
    if (!e)
        gather(set, count);
    /* Nothing but failures: then there is none. */
    if (!e && count && set->transcript.failed == count) {
        set->missing = set->note;
        set->note = NULL;
    }
    return e;
}

enum err transcript_make(const struct transcript_request *request, struct transcript_set **out,
                         char *why, size_t why_size)
{
    const struct agenda *agenda = request->debate->agenda;
    why[0] = '\0';
    struct transcript_set *set = mem_zalloc(sizeof *set);
    if (!set)
        return ERR_NO_MEMORY;
    struct making making = {
        .request = request,
        .set = set,
        .prompt = agenda && agenda->title && agenda->title[0] ? agenda->title : NULL,
        .why = why,
        .why_size = why_size,
    };
    enum err e = make(&making);
    int saved = errno;
    for (size_t i = 0; i < LIMIT_PARTICIPANTS; i++)
        track_close(making.opened[i].reader);
    errno = saved;
    if (e) {
        if (!why[0] && e == ERR_IO)
            snprintf(why, why_size, "the answers in %s: %s", request->answers, strerror(errno));
        transcript_free(set);
        return e;
    }
    struct transcript *transcript = &set->transcript;
    transcript->engine = set->engine;
    transcript->model = set->model;
    transcript->language = set->language;
    transcript->missing = set->missing;
    transcript->note = set->note;
    *out = set;
    return ERR_NONE;
}

const struct transcript *transcript_of(const struct transcript_set *set)
{
    return &set->transcript;
}

void transcript_free(struct transcript_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->transcript.turn_count; i++)
        mem_free((void *)set->turns[i].words);
    for (size_t i = 0; i < set->heard_count; i++)
        stt_heard_release(&set->heard[i]);
    json_free(set->document);
    mem_free(set->turns);
    mem_free(set->heard);
    mem_free(set->engine);
    mem_free(set->model);
    mem_free(set->language);
    mem_free(set->missing);
    mem_free(set->note);
    mem_free(set);
}
