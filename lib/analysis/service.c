#include "analysis/service.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static size_t scheme_len(const char *base)
{
    if (strncasecmp(base, "http://", 7) == 0)
        return 7;
    return strncasecmp(base, "https://", 8) == 0 ? 8 : 0;
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7f)
            return false;
    return true;
}

enum err service_check(const struct service *service, char *why, size_t why_size)
{
    size_t at = scheme_len(service->base);
    size_t host_len = strcspn(service->base + at, "/");
    if (!at || !is_plain(service->base) || host_len == 0 || strpbrk(service->base, "?#"))
        snprintf(why, why_size, "a service needs an address like https://api.openai.com/v1");
    else if (memchr(service->base + at, '@', host_len))
        snprintf(why, why_size,
                 "the address of a service may hold no password: put the key into a file");
    else if (service->key && (!service->key[0] || !is_plain(service->key)))
        snprintf(why, why_size, "the key for %.*s is empty or holds characters that no key has",
                 (int)host_len, service->base + at);
    else
        return ERR_NONE;
    return ERR_BAD_REQUEST;
}

void service_name(const struct service *service, char *out, size_t out_size)
{
    const char *host = service->base + scheme_len(service->base);
    snprintf(out, out_size, "%.*s", (int)strcspn(host, "/"), host);
}
