#include "services.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "beside.h"
#include "input.h"

/* Those that are passed on. */
static const char *const passed_on[] = {"--language", "--llm", "--llm-key-file", "--llm-model",
                                        "--prompts",  "--stt", "--stt-key-file", "--stt-model"};

/* ---- one service ---- */

static enum exit_code take_key(const struct args *args, const char *name, struct buf *key,
                               struct service *service)
{
    const char *path = args_get(args, name);
    if (!path)
        return EXIT_CODE_DONE;
    enum exit_code code = input_read(args, path, key);
    if (code)
        return code;
    while (key->len && strchr("\r\n", key->data[key->len - 1]))
        key->data[--key->len] = '\0';
    if (key->len == 0 || strlen(key->data) != key->len)
        return args_usage_error(args, "%s: there is no key in it", path);
    service->key = key->data;
    return EXIT_CODE_DONE;
}

/* Its address, key and model. */
static enum exit_code take_service(const struct args *args, const char *name, struct buf *key,
                                   struct service *service)
{
    char key_file[32], model[32], why[SERVICE_WHY_SIZE] = "";
    snprintf(key_file, sizeof key_file, "%s-key-file", name);
    snprintf(model, sizeof model, "%s-model", name);
    service->base = args_get(args, name);
    service->model = args_get(args, model);
    if (!service->base) {
        const char *lone = args_asked(args, key_file) ? key_file
                           : args_asked(args, model)  ? model
                                                      : NULL;
        return lone ? args_usage_error(args, "--%s: of which service? Give --%s too", lone, name)
                    : EXIT_CODE_DONE;
    }
    enum exit_code code = take_key(args, key_file, key, service);
    if (!code && service_check(service, why, sizeof why))
        return args_usage_error(args, "--%s: %s", name, why);
    return code;
}

/* ---- all ---- */

static enum exit_code check_language(const struct args *args)
{
    const char *language = args_get(args, "language");
    if (!language || (strlen(language) == 2 && islower((unsigned char)language[0]) &&
                      islower((unsigned char)language[1])))
        return EXIT_CODE_DONE;
    return args_usage_error(args, "--language %s: it takes two letters, such as ko or en",
                            language);
}

enum exit_code services_take(struct services *services, const struct args *args)
{
    static const char *const recognisers[] = {"debate-recogniser", "../libexec/debate-recogniser",
                                              NULL};
    static const char *const prompts[] = {"../share/debate/prompts", "../lib/analysis/prompts",
                                          NULL};
    const char *own = args_get(args, "prompts");
    *services = (struct services){.stt = {0}};
    buf_init(&services->stt_key, INPUT_SECRET_MAX);
    buf_init(&services->llm_key, INPUT_SECRET_MAX);
    beside_program(recognisers, services->recogniser);
    if (own)
        snprintf(services->prompts, sizeof services->prompts, "%s", own);
    else
        beside_program(prompts, services->prompts);
    enum exit_code code = check_language(args);
    if (!code)
        code = take_service(args, "stt", &services->stt_key, &services->stt);
    return code ? code : take_service(args, "llm", &services->llm_key, &services->llm);
}

void services_release(struct services *services)
{
    buf_release(&services->stt_key);
    buf_release(&services->llm_key);
}

void services_request(const struct services *services, const struct args *args,
                      struct analysis_request *request)
{
    request->stt = services->stt.base ? &services->stt : NULL;
    request->llm = services->llm.base ? &services->llm : NULL;
    request->language = args_get(args, "language");
    request->recogniser = services->recogniser[0] ? services->recogniser : NULL;
    request->prompts = services->prompts[0] ? services->prompts : NULL;
}

bool services_words(const struct args *args, const char *words[SERVICES_WORDS])
{
    size_t count = 0;
    words[count++] = "debate";
    words[count++] = "analyze";
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++) {
        const char *value = args_get(args, passed_on[i] + strlen("--"));
        if (!value)
            continue;
        words[count++] = passed_on[i];
        words[count++] = value;
    }
    words[count] = NULL;
    return args_get(args, "stt") || args_get(args, "llm") || args_get(args, "language");
}
