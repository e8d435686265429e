#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "prompt_readline.h"
#include "text_unistring.h"

enum { QUEUE_MAX = 64 * 1024 }; /* bytes read and not yet understood */
#define PASTE_BEGIN "\x1b[200~"
#define PASTE_END   "\x1b[201~"

struct screen_candidates {
    const char *typed; /* what they have to begin with */
    char *words[PROMPT_CANDIDATES_MAX];
    size_t count;
};

/* What a key asked for; answered outside of readline. */
enum asked {
    ASKED_NOTHING,
    ASKED_LINE,
    ASKED_END,
    ASKED_TALK,
    ASKED_TOGGLE,
    ASKED_REDRAW,
    ASKED_BELL,
    ASKED_CANDIDATES
};

/* readline's callbacks have no context. */
static struct {
    bool is_open, is_bound, is_pasting;
    bool has_talk_key;
    FILE *nothing; /* what readline reads and writes */
    struct prompt_handler handler;
    struct buf queue; /* bytes to come */
    size_t whole;     /* how many of them are left of the character that is read now */
    struct buf paste;
    enum asked asked;
    char *line;            /* ASKED_LINE: readline's, to be freed */
    struct buf candidates; /* ASKED_CANDIDATES */
} prompt;

/* ---- what readline calls ---- */

/* Bytes of the character that the queue begins with; 0: not whole yet; -1: no UTF-8. */
static int first_character(void)
{
    unsigned char lead = (unsigned char)prompt.queue.data[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (len == 0 || lead > 0xf4)
        return -1;
    for (size_t i = 1; i < len && i < prompt.queue.len; i++)
        if ((prompt.queue.data[i] & 0xc0) != 0x80)
            return -1;
    if (prompt.queue.len < len)
        return 0;
    return utf8_valid(prompt.queue.data, len) ? (int)len : -1;
}

/* True when the queue begins with a whole character, or what readline left of it. */
static bool is_ready(void)
{
    while (prompt.whole == 0 && prompt.queue.len) {
        int character = first_character();
        if (character == 0)
            break;
        if (character > 0)
            prompt.whole = (size_t)character;
        else
            buf_consume(&prompt.queue, 1);
    }
    return prompt.whole > 0;
}

static int next_byte(FILE *stream)
{
    (void)stream;
    if (!is_ready())
        return EOF; /* it wants to read on inside of a key: there is no more yet */
    int byte = (unsigned char)prompt.queue.data[0];
    buf_consume(&prompt.queue, 1);
    prompt.whole--;
    return byte;
}

static int has_byte(void)
{
    return is_ready();
}

static void show_nothing(void)
{
}

static void remember(const char *line)
{
    HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;
    if (*line && (!last || strcmp(last->line, line) != 0))
        add_history(line);
}

static void take_line(char *line)
{
    if (line)
        remember(line);
    prompt.asked = line ? ASKED_LINE : ASKED_END;
    prompt.line = line;
}

/* ---- our keys ---- */

static size_t moved(int count)
{
    size_t at = (size_t)rl_point, len = (size_t)rl_end;
    for (; count > 0 && at < len; count--)
        at = text_cluster_end(rl_line_buffer, len, at);
    for (; count < 0 && at > 0; count++)
        at = text_cluster_start(rl_line_buffer, len, at);
    return at;
}

static int move(int count)
{
    rl_point = (int)moved(count);
    return 0;
}

static int erase(int count)
{
    int to = (int)moved(count), from = rl_point;
    rl_point = to < from ? to : from;
    rl_delete_text(rl_point, to < from ? from : to);
    return 0;
}

static int on_forward(int count, int key)
{
    (void)key;
    return move(count);
}

static int on_backward(int count, int key)
{
    (void)key;
    return move(-count);
}

static int on_delete(int count, int key)
{
    (void)key;
    return erase(count);
}

static int on_rubout(int count, int key)
{
    (void)key;
    return erase(-count);
}

static int on_space(int count, int key)
{
    if (!prompt.has_talk_key || rl_end > 0)
        return rl_insert(count, key);
    prompt.asked = ASKED_TALK;
    return 0;
}

static int on_toggle(int count, int key)
{
    (void)count;
    (void)key;
    prompt.asked = ASKED_TOGGLE;
    return 0;
}

static int on_redraw(int count, int key)
{
    (void)count;
    (void)key;
    prompt.asked = ASKED_REDRAW;
    return 0;
}

static int on_paste(int count, int key)
{
    (void)count;
    (void)key;
    prompt.is_pasting = true;
    buf_clear(&prompt.paste);
    return 0;
}

/* ---- completion ---- */

void screen_candidates_add(struct screen_candidates *candidates, const char *word)
{
    if (strncasecmp(word, candidates->typed, strlen(candidates->typed)) != 0 ||
        candidates->count == PROMPT_CANDIDATES_MAX)
        return;
    for (size_t i = 0; i < candidates->count; i++)
        if (strcmp(candidates->words[i], word) == 0)
            return;
    char *copy = mem_strdup(word);
    if (copy)
        candidates->words[candidates->count++] = copy;
}

/* Bytes, whole clusters, that all have in common. */
static size_t common_prefix(const struct screen_candidates *candidates)
{
    const char *first = candidates->words[0];
    size_t common = strlen(first), whole = 0;
    for (size_t i = 1; i < candidates->count; i++) {
        size_t same = 0;
        while (same < common && candidates->words[i][same] == first[same])
            same++;
        common = same;
    }
    for (size_t end = 0; end <= common && whole < common;) {
        end = text_cluster_end(first, strlen(first), whole);
        if (end <= common)
            whole = end;
    }
    return whole;
}

static void replace_word(int start, const char *word, size_t len, bool is_whole)
{
    char *text = mem_strndup(word, len);
    if (!text)
        return;
    rl_begin_undo_group();
    rl_delete_text(start, rl_point);
    rl_point = start;
    rl_insert_text(text);
    if (is_whole && rl_line_buffer[rl_point] == ' ')
        rl_point++;
    else if (is_whole)
        rl_insert_text(" ");
    rl_end_undo_group();
    mem_free(text);
}

static void fill_in(struct screen_candidates *candidates, int start)
{
    size_t typed = strlen(candidates->typed), common = common_prefix(candidates);
    if (candidates->count == 1) {
        replace_word(start, candidates->words[0], strlen(candidates->words[0]), true);
        return;
    }
    if (common >= typed)
        replace_word(start, candidates->words[0], common, false);
    buf_clear(&prompt.candidates);
    for (size_t i = 0; i < candidates->count; i++)
        buf_printf(&prompt.candidates, "%s%s", i ? "  " : "", candidates->words[i]);
    prompt.asked = ASKED_CANDIDATES;
}

static int on_tab(int count, int key)
{
    (void)count;
    (void)key;
    struct screen_candidates candidates = {0};
    char *line = mem_strndup(rl_line_buffer, (size_t)rl_point);
    if (!line)
        return 1;
    size_t start = (size_t)rl_point;
    while (start > 0 && line[start - 1] != ' ')
        start--;
    candidates.typed = line + start;
    prompt.handler.on_complete(prompt.handler.context, line, start, &candidates);
    if (candidates.count)
        fill_in(&candidates, (int)start);
    else
        prompt.asked = ASKED_BELL;
    for (size_t i = 0; i < candidates.count; i++)
        mem_free(candidates.words[i]);
    mem_free(line);
    return 0;
}

/* ---- opening ---- */

/* Our functions in place of readline's, wherever the person's inputrc has put them. */
static void replace_functions(Keymap map)
{
    static const struct {
        rl_command_func_t *theirs, *ours;
    } replaced[] = {
        {rl_forward_char, on_forward},
        {rl_forward, on_forward},
        {rl_backward_char, on_backward},
        {rl_backward, on_backward},
        {rl_delete, on_delete},
        {rl_rubout, on_rubout},
        {rl_complete, on_tab},
        {rl_menu_complete, on_tab},
        {rl_possible_completions, on_tab},
        {rl_insert_completions, on_tab},
        {rl_clear_screen, on_redraw},
        {rl_clear_display, on_redraw},
    };
    for (int key = 0; key < KEYMAP_SIZE; key++) {
        if (map[key].type == ISKMAP) {
            replace_functions((Keymap)(void *)map[key].function);
            continue;
        }
        for (size_t i = 0; i < sizeof replaced / sizeof *replaced; i++)
            if (map[key].type == ISFUNC && map[key].function == replaced[i].theirs)
                map[key].function = replaced[i].ours;
    }
}

/* Keys that readline knows from some terminals' descriptions alone. */
static void bind_if_unbound(Keymap map)
{
    static const struct {
        const char *sequence;
        rl_command_func_t *function;
    } keys[] = {
        {"\x1b[3~", on_delete},      {"\x1b[1~", rl_beg_of_line}, {"\x1b[7~", rl_beg_of_line},
        {"\x1b[4~", rl_end_of_line}, {"\x1b[8~", rl_end_of_line},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        rl_bind_keyseq_if_unbound_in_map(keys[i].sequence, keys[i].function, map);
}

static void bind_keys(void)
{
    Keymap maps[] = {emacs_standard_keymap, vi_insertion_keymap, vi_movement_keymap};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        replace_functions(maps[i]);
        bind_if_unbound(maps[i]);
        rl_bind_keyseq_in_map(PASTE_BEGIN, on_paste, maps[i]);
        rl_bind_key_in_map('T' & 0x1f, on_toggle, maps[i]);
        if (maps[i] != vi_movement_keymap)
            rl_bind_key_in_map(' ', on_space, maps[i]);
    }
    rl_variable_bind("bell-style", "none"); /* it would write to standard error */
    rl_variable_bind("input-meta", "on");
    rl_variable_bind("convert-meta", "off");
    rl_variable_bind("enable-bracketed-paste", "off"); /* it would block until the paste's end */
    rl_variable_bind("show-mode-in-prompt", "off");
    rl_variable_bind("keyseq-timeout", "0");
}

static void see_to_utf8(void)
{
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0 && setlocale(LC_CTYPE, "C.UTF-8"))
        setenv("LC_ALL", "C.UTF-8", 1);
}

enum err prompt_open(const struct prompt_handler *handler)
{
    if (prompt.is_open)
        return ERR_REFUSED;
    if (!prompt.nothing)
        prompt.nothing = fopen("/dev/null", "r+e");
    if (!prompt.nothing)
        return ERR_IO;
    see_to_utf8();
    prompt.is_open = true;
    prompt.is_pasting = prompt.has_talk_key = false;
    prompt.asked = ASKED_NOTHING;
    prompt.whole = 0;
    prompt.handler = *handler;
    buf_init(&prompt.queue, QUEUE_MAX);
    buf_init(&prompt.paste, PROMPT_PASTE_MAX);
    buf_init(&prompt.candidates, QUEUE_MAX);
    rl_readline_name = "debate";
    rl_instream = rl_outstream = prompt.nothing;
    rl_catch_signals = rl_catch_sigwinch = 0;
    rl_prep_term_function = NULL;
    rl_deprep_term_function = NULL;
    rl_getc_function = next_byte;
    rl_input_available_hook = has_byte;
    rl_redisplay_function = show_nothing;
    if (!prompt.is_bound) {
        rl_initialize();
        bind_keys();
        using_history();
        stifle_history(PROMPT_HISTORY_MAX);
        prompt.is_bound = true;
    }
    rl_callback_handler_install("", take_line);
    return ERR_NONE;
}

void prompt_close(void)
{
    if (!prompt.is_open)
        return;
    prompt.is_open = false;
    rl_callback_sigcleanup(); /* out of a search */
    rl_callback_handler_remove();
    free(prompt.line);
    prompt.line = NULL;
    buf_release(&prompt.queue);
    buf_release(&prompt.paste);
    buf_release(&prompt.candidates);
}

/* ---- feeding ---- */

static void answer_line(void)
{
    char *line = prompt.line;
    prompt.line = NULL;
    prompt.handler.on_line(prompt.handler.context, line);
    free(line);
}

static void answer(void)
{
    const struct prompt_handler *handler = &prompt.handler;
    enum asked asked = prompt.asked;
    prompt.asked = ASKED_NOTHING;
    switch (asked) {
    case ASKED_NOTHING:
        break;
    case ASKED_LINE:
        answer_line();
        break;
    case ASKED_END:
        handler->on_end(handler->context);
        break;
    case ASKED_TALK:
        handler->on_talk_key(handler->context);
        break;
    case ASKED_TOGGLE:
        handler->on_toggle_key(handler->context);
        break;
    case ASKED_REDRAW:
        handler->on_redraw_key(handler->context);
        break;
    case ASKED_BELL:
        handler->on_bell(handler->context);
        break;
    case ASKED_CANDIDATES:
        handler->on_candidates(handler->context, prompt.candidates.data);
        break;
    }
}

/* A line's end in it must not send it. */
static void insert_paste(void)
{
    struct buf clean;
    buf_init(&clean, 4 * PROMPT_PASTE_MAX);
    text_clean(&clean, prompt.paste.data, prompt.paste.len, false);
    if (clean.len)
        rl_insert_text(clean.data);
    buf_release(&clean);
}

/* Bytes up to the paste's end go to the paste; once it has ended, into the line. */
static void take_paste(void)
{
    size_t end_len = strlen(PASTE_END);
    char *end = memmem(prompt.queue.data, prompt.queue.len, PASTE_END, end_len);
    size_t len = end                          ? (size_t)(end - prompt.queue.data)
                 : prompt.queue.len > end_len ? prompt.queue.len - end_len
                                              : 0; /* the end may be half here */
    /* Beyond the limit nothing more is taken. */
    size_t room = PROMPT_PASTE_MAX - prompt.paste.len;
    buf_append(&prompt.paste, prompt.queue.data, len < room ? len : room);
    buf_consume(&prompt.queue, end ? len + end_len : len);
    if (!end)
        return;
    prompt.is_pasting = false;
    insert_paste();
}

void prompt_feed(const char *bytes, size_t len)
{
    if (!prompt.is_open || buf_append(&prompt.queue, bytes, len))
        return;
    while (prompt.is_open && prompt.queue.len) {
        if (prompt.is_pasting) {
            size_t before = prompt.queue.len;
            take_paste();
            if (prompt.queue.len == before)
                return;
            continue;
        }
        if (!is_ready())
            return;
        rl_callback_read_char();
        answer();
    }
}

const char *prompt_line(size_t *len, size_t *point)
{
    *len = (size_t)rl_end;
    *point = (size_t)rl_point;
    return rl_line_buffer;
}

const char *prompt_message(void)
{
    return rl_display_prompt && *rl_display_prompt ? rl_display_prompt : NULL;
}

void prompt_set_talk_key(bool on)
{
    prompt.has_talk_key = on;
}
