#include "base/err.h"

#include <assert.h>
#include <string.h>

static const struct {
    const char *code;
    int http_status;
} errors[ERR_COUNT] = {
    [ERR_NONE] = {"ok", 200},
    [ERR_BAD_MESSAGE] = {"bad_message", 400},
    [ERR_BAD_REQUEST] = {"bad_request", 400},
    [ERR_BAD_TOKEN] = {"bad_token", 401},
    [ERR_FORBIDDEN] = {"forbidden", 403},
    [ERR_NOT_FOUND] = {"not_found", 404},
    [ERR_ENDED] = {"ended", 410},
    [ERR_ROOM_FULL] = {"room_full", 409},
    [ERR_RATE_LIMITED] = {"rate_limited", 429},
    [ERR_UNAVAILABLE] = {"unavailable", 503},
    [ERR_TOO_LARGE] = {"too_large", 413},
    [ERR_UNSUPPORTED_MEDIA] = {"unsupported_media", 415},
    [ERR_CONFLICT] = {"conflict", 409},
    [ERR_WRONG_PHASE] = {"wrong_phase", 409},
    [ERR_NO_SUCH_PAGE] = {"no_such_page", 404},
    [ERR_NO_SUCH_CHOICE] = {"no_such_choice", 404},
    [ERR_ALREADY_REVEALED] = {"already_revealed", 409},
    [ERR_ALREADY_RECORDING] = {"already_recording", 409},
    [ERR_NOT_RECORDING] = {"not_recording", 409},
    [ERR_NO_CONSENT] = {"no_consent", 403},
    [ERR_UNKNOWN_TYPE] = {"unknown_type", 400},
    [ERR_INTERNAL] = {"internal", 500},
    [ERR_NO_SPACE] = {"unavailable", 507}, /* RFC 4918, section 11.5 */
    [ERR_NO_MEMORY] = {"internal", 500},
    [ERR_FULL] = {"internal", 500},
    [ERR_IO] = {"internal", 500},
    [ERR_CORRUPT] = {"internal", 500},
    [ERR_REFUSED] = {"internal", 500},
    [ERR_UNREACHABLE] = {"internal", 500},
    [ERR_UNTRUSTED] = {"internal", 500},
};

const char *err_code(enum err e)
{
    assert(e < ERR_COUNT);
    return errors[e].code;
}

int err_http_status(enum err e)
{
    assert(e < ERR_COUNT);
    return errors[e].http_status;
}

enum err err_from_code(const char *code)
{
    for (int e = ERR_BAD_MESSAGE; e <= ERR_INTERNAL; e++) {
        if (strcmp(errors[e].code, code) == 0)
            return (enum err)e;
    }
    return ERR_INTERNAL;
}
