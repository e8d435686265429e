/* `debate serve` under people who join, leave, break off, choose, flood it and end debates, all the
 * time: its memory stays flat, and when they have gone its file descriptors are as they were. In
 * SOAK_S seconds, with SOAK_ROOMS rooms of three; `make soak` says 600 and 1000. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <poll.h>

#include "server/server_load_bench.h"

enum {
    SHORT_S = 6,
    SHORT_ROOMS = 100,
    FLAT_S = 60,       /* from so many seconds on flatness can be told from warming up */
    TICK_MS = 20,      /* how often somebody does something */
    ACTIONS_S = 1200,  /* so many a second, with 1000 rooms */
    FLOOD = 300,       /* messages at once: more than bursts and a hundred dropped ones */
    SHORT_FLOOD = 250, /* fewer than that */
    RSS_MAX = 160 * 1024 * 1024,
    GROWTH_MAX = 8 * 1024 * 1024, /* from the third quarter to the last: what malloc scatters */
    SAMPLES_MAX = 24 * 3600
};

enum { STAGE_COMING, STAGE_IN };

static struct {
    uint64_t joins, leaves, cuts, choices, floods, ends, acks, events, refused, closed;
    uint64_t random;
    double samples[SAMPLES_MAX];
    size_t sample_count;
} soak;

static const char agenda[] =
    "{\"title\":\"Soak\",\"pages\":[{\"title\":\"Which?\",\"reveal\":\"never\",\"choices\":["
    "{\"id\":\"a\",\"label\":\"A\"},{\"id\":\"b\",\"label\":\"B\"}]},{\"title\":\"And?\"}]}";

/* xorshift64*: the same run each time, as far as it depends on us. */
static unsigned below(unsigned bound)
{
    soak.random ^= soak.random >> 12;
    soak.random ^= soak.random << 25;
    soak.random ^= soak.random >> 27;
    return (unsigned)((soak.random * UINT64_C(2685821657736338717)) >> 32) % bound;
}

static unsigned setting(const char *name, unsigned usual)
{
    const char *text = getenv(name);
    return text && *text ? (unsigned)atoi(text) : usual;
}

static size_t count_files(const struct load *load)
{
    char path[64];
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)load->pid);
    DIR *folder = opendir(path);
    if (!folder)
        give_up("the server is gone");
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 2; /* "." and ".." */
}

/* ---- clients ---- */

static void come(struct load *load, struct client *client)
{
    client->stage = STAGE_COMING;
    load_connect(load, client);
}

static void on_open(struct load *load, struct client *client)
{
    (void)load;
    load_text(client, "{\"type\":\"init\",\"data\":{}}");
}

static void on_text(struct load *load, struct client *client, const char *text, size_t len)
{
    (void)load;
    if (load_says(text, len, "welcome")) {
        client->stage = STAGE_IN;
        soak.joins++;
    } else if (load_says(text, len, "ack")) {
        soak.acks++;
    } else {
        soak.events++;
    }
}

static void on_gone(struct load *load, struct client *client)
{
    soak.closed++;
    client->stage = STAGE_COMING; /* comes again with the next tick */
    (void)load;
}

static void new_room(struct load *load, unsigned room)
{
    int fd = load_dial(load);
    load_make_room(load, fd, room);
    close(fd);
}

/* The debate has ended meanwhile. */
static void on_refused(struct load *load, struct client *client)
{
    soak.refused++;
    new_room(load, client->room);
}

/* ---- what they do ---- */

static void choose(struct client *client)
{
    load_text(client, below(2)
                          ? "{\"type\":\"submit_choice\",\"id\":1,\"data\":{\"choice\":\"a\"}}"
                          : "{\"type\":\"submit_choice\",\"id\":1,\"data\":{\"choice\":\"b\"}}");
    soak.choices++;
}

static void flood(struct client *client)
{
    unsigned count = below(2) ? FLOOD : SHORT_FLOOD;
    for (unsigned i = 0; i < count; i++)
        load_text(client, "{\"type\":\"ping\",\"data\":{\"t0\":1}}");
    soak.floods++;
}

static void cut(struct load *load, struct client *client)
{
    close(client->fd);
    client->state = CLIENT_IDLE;
    client->rest_len = 0;
    load->open--;
    soak.cuts++;
}

static void act(struct load *load, struct client *client)
{
    unsigned what = below(1000);
    if (client->state != CLIENT_OPEN || client->stage != STAGE_IN)
        return;
    if (what < 600) {
        choose(client);
    } else if (what < 750) {
        load_text(client, "{\"type\":\"leave\",\"data\":{}}");
        client->stage = STAGE_COMING;
        soak.leaves++;
    } else if (what < 900) {
        cut(load, client);
    } else if (what < 905) {
        flood(client);
    } else if (what < 910 && client->seat == 0) {
        load_text(client, "{\"type\":\"end_session\",\"data\":{}}");
        soak.ends++;
    } else {
        load_text(client, "{\"type\":\"voice_status_update\",\"data\":{\"is_mic_on\":true,"
                          "\"is_speaking\":true}}");
    }
}

static void come_all(struct load *load)
{
    for (size_t i = 0; i < load->client_count; i++) {
        if (load->clients[i].state == CLIENT_IDLE)
            come(load, &load->clients[i]);
    }
}

static void go_on(struct load *load, unsigned seconds)
{
    double begin = now_s(), next = begin, next_sample = begin + 1;
    unsigned actions = ACTIONS_S * load->rooms / 1000 * TICK_MS / 1000 + 1;
    while (now_s() < begin + seconds) {
        load_pump(load, TICK_MS);
        if (now_s() < next)
            continue;
        next += TICK_MS / 1e3;
        for (unsigned i = 0; i < actions; i++)
            act(load, &load->clients[below((unsigned)load->client_count)]);
        come_all(load);
        if (now_s() >= next_sample && soak.sample_count < SAMPLES_MAX) {
            soak.samples[soak.sample_count++] = load_rss_bytes(load);
            next_sample += 1;
        }
    }
}

/* ---- what is left ---- */

/* Ten samples at most: where it goes. */
static void show_samples(void)
{
    size_t step = (soak.sample_count + 9) / 10;
    printf("memory, every %zu s:", step);
    for (size_t i = step; step && i <= soak.sample_count; i += step)
        printf(" %.1f", soak.samples[i - 1] / 1e6);
    printf(" MB\n");
}

static double mean(size_t from, size_t to)
{
    double sum = 0;
    for (size_t i = from; i < to; i++)
        sum += soak.samples[i];
    return to > from ? sum / (double)(to - from) : 0;
}

static void go_all(struct load *load)
{
    for (size_t i = 0; i < load->client_count; i++) {
        if (load->clients[i].state == CLIENT_IDLE)
            continue;
        close(load->clients[i].fd);
        load->clients[i].state = CLIENT_IDLE;
    }
}

static void wait_for_files(const struct load *load, size_t wanted)
{
    double end = now_s() + LOAD_TIMEOUT_MS / 1e3;
    while (count_files(load) != wanted) {
        if (now_s() > end)
            give_up("%zu files are open, %zu were", count_files(load), wanted);
        poll(NULL, 0, 20);
    }
}

static void memory_is_flat_and_files_are_closed(void **state)
{
    unsigned seconds = setting("SOAK_S", SHORT_S), rooms = setting("SOAK_ROOMS", SHORT_ROOMS);
    struct rlimit files;
    struct load load;
    (void)state;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    soak.random = 88172645463325252u;
    load_start(&load, "0", NULL);
    load.agenda = agenda;
    size_t before = count_files(&load);
    double empty = load_rss_bytes(&load), cpu = load_cpu_s(&load);
    load_make_rooms(&load, rooms);
    load_make_clients(&load, (size_t)rooms * LOAD_SEATS);
    load.on_open = on_open;
    load.on_text = on_text;
    load.on_gone = on_gone;
    load.on_refused = on_refused;
    come_all(&load);
    go_on(&load, seconds);
    cpu = load_cpu_s(&load) - cpu;
    size_t open = count_files(&load), count = soak.sample_count;
    go_all(&load);
    wait_for_files(&load, before);
    double third = mean(count / 2, count * 3 / 4), last = mean(count * 3 / 4, count);
    printf("%u s, %zu sockets in %u rooms: %llu joins, %llu leaves, %llu cuts, %llu choices, %llu "
           "floods, %llu debates ended, %llu acks, %llu events, %llu refused\n",
           seconds, load.client_count, rooms, (unsigned long long)soak.joins,
           (unsigned long long)soak.leaves, (unsigned long long)soak.cuts,
           (unsigned long long)soak.choices, (unsigned long long)soak.floods,
           (unsigned long long)soak.ends, (unsigned long long)soak.acks,
           (unsigned long long)soak.events, (unsigned long long)soak.refused);
    printf("memory: %.1f MB at first, %.1f MB in the third quarter, %.1f MB in the last, %.1f MB "
           "afterwards; files: %zu at first, %zu in the end, %zu afterwards; CPU: %.1f %%\n",
           empty / 1e6, third / 1e6, last / 1e6, load_rss_bytes(&load) / 1e6, before, open,
           count_files(&load), 100 * cpu / seconds);
    show_samples();
    assert_true(soak.joins >= load.client_count);
    assert_true(soak.acks > 0 && soak.floods > 0 && soak.cuts > 0 && soak.leaves > 0);
    assert_true(last < RSS_MAX);
    if (seconds >= FLAT_S)
        assert_true(last - third < GROWTH_MAX);
    load_stop(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_is_flat_and_files_are_closed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
