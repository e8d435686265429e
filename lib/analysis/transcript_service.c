#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analysis/calls.h"
#include "analysis/transcript_inner.h"
#include "analysis/why.h"
#include "base/mem.h"

/* What is known of the piece that a call is for. */
struct asked {
    char name[ANSWER_NAME_SIZE];
    struct stt_way way;
};

struct by_service {
    struct making *making;
    struct asked *asked; /* of each piece */
    struct stt_way way;  /* in which the next is asked */
    bool settled;        /* it has been answered in this way */
};

static enum err name_question(const struct making *making, const struct clip *clip,
                              char name[ANSWER_NAME_SIZE])
{
    const struct transcript_request *request = making->request;
    const char *texts[] = {request->service->base, making->set->model, request->language,
                           making->prompt};
    struct answer_part parts[5] = {{clip->pcm, clip->samples * sizeof *clip->pcm}};
    for (size_t i = 0; i < 4; i++)
        parts[i + 1] = (struct answer_part){texts[i], texts[i] ? strlen(texts[i]) : 0};
    return answer_name(parts, 5, name);
}

static enum err ask(void *context, size_t index, struct buf *body, char type[CALL_TYPE_SIZE])
{
    struct by_service *service = context;
    struct making *making = service->making;
    struct asked *asked = &service->asked[index];
    struct clip clip;
    enum err e = making_clip(making, index, &clip);
    if (e && e != ERR_NO_MEMORY) {
        e = making_lose(making, index, "the sound of a piece cannot be read");
        goto out;
    }
    if (!e)
        e = name_question(making, &clip, asked->name);
    if (e)
        goto out;
    e = making_take_kept(making, index, asked->name);
    if (e == ERR_NOT_FOUND) {
        struct stt_question question = {.model = making->set->model,
                                        .language = making->request->language,
                                        .prompt = making->prompt,
                                        .pcm = clip.pcm,
                                        .samples = clip.samples};
        asked->way = service->way;
        e = stt_body(&question, &asked->way, body, type);
    } else if (!e) {
        making_progress(making);
    }
out:
    mem_free(clip.pcm);
    return e;
}

static enum call_next on_refusal(struct by_service *service, const struct asked *asked, int status,
                                 const char *text)
{
    bool by_format = status == 400 || status == 415;
    if (by_format && memcmp(&asked->way, &service->way, sizeof asked->way) != 0)
        return CALL_OTHERWISE; /* another piece has found a better way meanwhile */
    if (service->settled && (by_format || status == 413 || status == 422))
        return CALL_GIVE_UP;
    if (by_format && stt_other_way(&asked->way, text, &service->way))
        return CALL_OTHERWISE;
    return CALL_STOP;
}

static enum err take(void *context, size_t index, int status, const char *text, size_t len,
                     enum call_next *next)
{
    struct by_service *service = context;
    struct making *making = service->making;
    struct asked *asked = &service->asked[index];
    *next = CALL_DONE;
    if (status >= 300) {
        *next = on_refusal(service, asked, status, text);
        return ERR_NONE;
    }
    enum err e = making_take(making, index, text, len);
    if (e == ERR_CORRUPT) {
        *next = CALL_AGAIN;
        return ERR_NONE;
    }
    service->settled = true;
    if (!e)
        e = answer_keep(making->request->answers, asked->name, making->set->engine,
                        making->set->model, text, making->request->space);
    if (!e)
        making_progress(making);
    return e;
}

static void give_up(void *context, size_t index, const char *why)
{
    struct by_service *service = context;
    char line[SERVICE_WHY_SIZE];
    why_note(line, sizeof line, WHY_PIECE_UNANSWERED, service->making->set->engine, why, NULL);
    if (making_lose(service->making, index, line) == ERR_NONE)
        making_progress(service->making);
}

enum err transcript_by_service(struct making *making)
{
    size_t count = making->request->pieces->count;
    struct by_service service = {
        .making = making,
        .asked = mem_zalloc((count + 1) * sizeof *service.asked),
    };
    if (!service.asked)
        return ERR_NO_MEMORY;
    struct calls calls = {
        .service = making->request->service,
        .path = "/audio/transcriptions",
        .count = count,
        .ask = ask,
        .take = take,
        .give_up = give_up,
        .context = &service,
    };
    enum err e = calls_run(&calls, making->why, making->why_size);
    int saved = errno;
    mem_free(service.asked);
    errno = saved;
    return e;
}
