#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "rtc/sdp.h"

static const char *const type_names[] = {
    [ICE_HOST] = "host", [ICE_SRFLX] = "srflx", [ICE_PRFLX] = "prflx", [ICE_RELAY] = "relay"};

enum { TYPE_COUNT = sizeof type_names / sizeof *type_names };

/* A line has some twenty words, extensions included; a word of ours is no longer than a ufrag. */
enum { WORD_SIZE = ICE_UFRAG_SIZE };

/* Takes the next word off `*text`; false at the end, or when the word is too long. */
static bool next_word(const char **text, char word[WORD_SIZE])
{
    *text += strspn(*text, " ");
    size_t len = strcspn(*text, " \r\n");
    if (!len || len >= WORD_SIZE)
        return false;
    memcpy(word, *text, len);
    word[len] = '\0';
    *text += len;
    return true;
}

static bool next_number(const char **text, uint64_t max, uint64_t *out)
{
    char word[WORD_SIZE];
    return next_word(text, word) && str_to_u64(word, max, out);
}

static bool set_type(struct ice_candidate *out, const char *name)
{
    for (int i = 0; i < TYPE_COUNT; i++) {
        if (strcmp(name, type_names[i]) != 0)
            continue;
        out->type = i;
        return true;
    }
    return false;
}

/* What comes behind the type: pairs of a name and a value (RFC 8839, section 5.1). */
static bool read_extensions(const char *text, struct ice_candidate *out)
{
    char name[WORD_SIZE], value[WORD_SIZE];

    while (next_word(&text, name)) {
        uint64_t port;
        if (!next_word(&text, value))
            return false;
        if (!strcmp(name, "raddr") &&
            !str_copy(out->related_address, sizeof out->related_address, value))
            return false;
        if (!strcmp(name, "rport")) {
            if (!str_to_u64(value, UINT16_MAX, &port))
                return false;
            out->related_port = (uint16_t)port;
        }
        if (!strcmp(name, "ufrag") && !str_copy(out->ufrag, sizeof out->ufrag, value))
            return false;
    }
    return !text[strspn(text, " \r\n")];
}

enum err ice_candidate_parse(const char *text, struct ice_candidate *out)
{
    char word[WORD_SIZE];
    uint64_t component, priority, port;

    *out = (struct ice_candidate){0};
    if (!strncmp(text, "a=", 2))
        text += 2;
    if (strncmp(text, "candidate:", 10) != 0)
        return ERR_BAD_REQUEST;
    text += 10;
    if (!next_word(&text, word) || !str_copy(out->foundation, sizeof out->foundation, word))
        return ERR_BAD_REQUEST;
    if (!next_number(&text, 256, &component) || !component)
        return ERR_BAD_REQUEST;
    if (!next_word(&text, word))
        return ERR_BAD_REQUEST;
    out->udp = !strcasecmp(word, "udp");
    if (!next_number(&text, UINT32_MAX, &priority))
        return ERR_BAD_REQUEST;
    if (!next_word(&text, word) || !str_copy(out->address, sizeof out->address, word))
        return ERR_BAD_REQUEST;
    if (!next_number(&text, UINT16_MAX, &port))
        return ERR_BAD_REQUEST;
    if (!next_word(&text, word) || strcmp(word, "typ") != 0)
        return ERR_BAD_REQUEST;
    if (!next_word(&text, word) || !set_type(out, word))
        return ERR_BAD_REQUEST;
    out->component = (unsigned)component;
    out->priority = (uint32_t)priority;
    out->port = (uint16_t)port;
    return read_extensions(text, out) ? ERR_NONE : ERR_BAD_REQUEST;
}

void ice_candidate_print(struct buf *out, const struct ice_candidate *candidate)
{
    buf_printf(out, "candidate:%s %u %s %u %s %u typ %s", candidate->foundation,
               candidate->component, candidate->udp ? "udp" : "tcp", candidate->priority,
               candidate->address, candidate->port, type_names[candidate->type]);
    if (candidate->related_address[0])
        buf_printf(out, " raddr %s rport %u", candidate->related_address, candidate->related_port);
    if (candidate->ufrag[0])
        buf_printf(out, " ufrag %s", candidate->ufrag);
}

const char *ice_candidate_type_name(const struct ice_candidate *candidate)
{
    return type_names[candidate->type];
}
