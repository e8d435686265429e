/* server_load_bench [MODE...]: what `debate serve` costs, beside what it may cost. DEBATE_BIN names
 * the program. The modes are listed at the end; without one all are run. The figures are of the
 * server alone, in CPU seconds (utime and stime), which hold on a busy machine too. "Bare sends"
 * are the same messages by a process that does nothing else: what the kernel costs on this machine.
 * "Bare libwebsockets" is one that has that library besides.
 */
#include <math.h>

#include "server/server_load_bare.h"
#include "server/server_load_bare_lws.h"
#include "server/server_load_bench.h"

enum {
    DELIVERED = 300000,  /* messages of fan-out and relay */
    IDLE_CLIENTS = 9999, /* rooms of three */
    CONNECTS = 10000,    /* and this often: */
    CONNECT_ROUNDS = 3,
    CONNECTING = 100, /* at once */
    CHURN_ROUND = 10000,
    CHURN_ROUNDS = 20,
    CHURN_ROOMS = 100,
    START_ROOMS = 1000
};

/* A target of 0 is none. */
static void report(const char *name, double value, const char *unit, double target, bool is_floor)
{
    bool ok = target == 0 || (is_floor ? value >= target : value <= target);
    printf("%-28s %10.*f %s", name, value < 100 ? 2 : 0, value, unit);
    if (target != 0)
        printf(" (target: %s %g)%s", is_floor ? "at least" : "at most", target,
               ok ? "" : " MISSED");
}

/* ---- getting there ---- */

static void say_init(struct load *load, struct client *client)
{
    (void)load;
    if (!client->is_signaling)
        load_text(client, "{\"type\":\"init\",\"data\":{}}");
}

static void count_welcomes(struct load *load, struct client *client, const char *text, size_t len)
{
    (void)client;
    load->count += load_says(text, len, "welcome");
}

static void count_starts(struct load *load, struct client *client, const char *text, size_t len)
{
    (void)client;
    load->count += load_says(text, len, "start");
}

/* Connects some of the clients, CONNECTING at a time. */
static void connect_some(struct load *load, size_t first, size_t count)
{
    size_t before = load->open, started = 0;
    double end = now_s() + LOAD_TIMEOUT_MS / 1e3;
    while (load->open - before < count) {
        while (started < count && started - (load->open - before) < CONNECTING)
            load_connect(load, &load->clients[first + started++]);
        load_pump(load, 100);
        if (now_s() > end)
            give_up("only %zu of %zu are connected", load->open - before, count);
    }
}

/* Rooms of three, all of them live. */
static void begin_debates(struct load *load, unsigned rooms, size_t sockets)
{
    load_start(load, "0", "0");
    load_make_rooms(load, rooms);
    load_make_clients(load, (size_t)rooms * LOAD_SEATS * sockets);
    load->on_open = say_init;
    load->on_text = count_starts;
    connect_some(load, 0, (size_t)rooms * LOAD_SEATS);
    load_until(load, &load->count, (uint64_t)rooms * LOAD_SEATS, "start");
    load->count = 0;
}

/* ---- fan-out ---- */

static void toggle(struct client *client)
{
    client->is_on = !client->is_on;
    load_text(client, client->is_on
                          ? "{\"type\":\"voice_status_update\",\"data\":{\"is_mic_on\":true,"
                            "\"is_speaking\":false}}"
                          : "{\"type\":\"voice_status_update\",\"data\":{\"is_mic_on\":false,"
                            "\"is_speaking\":false}}");
}

/* When all three have an event, the next of them speaks. */
static void pass_turn(struct load *load, struct client *client, const char *text, size_t len)
{
    struct client *room = &load->clients[client->room * LOAD_SEATS];
    if (!load_says(text, len, "voice_status"))
        return;
    load->count++;
    if (++room->stage % LOAD_SEATS == 0 && load->count < load->wanted)
        toggle(&room[room->stage / LOAD_SEATS % LOAD_SEATS]);
}

static void count_status(struct load *load, struct client *client, const char *text, size_t len)
{
    (void)client;
    load->count += load_says(text, len, "voice_status");
}

/* As many events a second, the rooms in turn. */
static void speak_at_rate(struct load *load, double per_s)
{
    double begin = now_s();
    for (uint64_t said = 0; load->count < load->wanted;) {
        uint64_t due = (uint64_t)((now_s() - begin) * per_s);
        for (; said < due && said * LOAD_SEATS < load->wanted; said++)
            toggle(&load->clients[said % load->client_count]);
        load_pump(load, 1);
        if (now_s() > begin + LOAD_TIMEOUT_MS / 1e3)
            give_up("fan-out: only %llu came", (unsigned long long)load->count);
    }
}

/* Has `wanted` messages delivered and reports what each cost. The server is ready. */
static double measure_delivery(struct load *load, const char *name, double target,
                               void (*deliver)(struct load *load))
{
    load->count = 0;
    load->wanted = DELIVERED;
    double cpu = load_cpu_s(load), begin = now_s();
    deliver(load);
    double took = now_s() - begin;
    cpu = load_cpu_s(load) - cpu;
    cpu *= 1e6 / (double)load->count;
    report(name, cpu, "CPU s a million delivered", target, false);
    printf("; %.0f a second\n", (double)load->count / took);
    load_stop(load);
    return cpu;
}

/* What of the targets a machine has no part in: how much dearer than libwebsockets alone we are. */
static void report_ratio(double ours, double bare, double target)
{
    report("  to bare libwebsockets", ours / bare, "times", round(target * 100) / 100, false);
    printf("\n");
}

/* One event of each room is under way. */
static void speak_in_turn(struct load *load)
{
    load->on_text = pass_turn;
    for (unsigned room = 0; room < load->rooms; room++)
        toggle(&load->clients[room * LOAD_SEATS]);
    load_until(load, &load->count, load->wanted, "fan-out");
}

/* One event of each participant is under way. */
static void speak_at_once(struct load *load)
{
    load->on_text = pass_turn;
    for (size_t i = 0; i < load->client_count; i++)
        toggle(&load->clients[i]);
    load_until(load, &load->count, load->wanted, "fan-out");
}

static void speak_5000_a_second(struct load *load)
{
    load->on_text = count_status;
    speak_at_rate(load, 5000);
}

/* The targets and what libwebsockets alone took where they were set. */
static void fan_out(const char *name, unsigned rooms, double target, double target_bare,
                    void (*deliver)(struct load *load))
{
    struct load load;
    bare_start(&load, rooms, false);
    measure_delivery(&load, "  bare sends", 0, deliver);
    bare_lws_start(&load, rooms, false);
    double bare = measure_delivery(&load, "  bare libwebsockets", 0, deliver);
    begin_debates(&load, rooms, 1);
    report_ratio(measure_delivery(&load, name, target, deliver), bare, target / target_bare);
}

static void fan_out_100(void)
{
    fan_out("fan-out, 100 rooms", 100, 6, 5.3, speak_at_once);
}

static void fan_out_1000(void)
{
    fan_out("fan-out, 1,000 rooms", 1000, 7, 6.7, speak_at_once);
}

/* A turn of the loop has one event of a room: nothing to gather. */
static void fan_out_in_turn(void)
{
    fan_out("fan-out, 100, in turn", 100, 6, 5.3, speak_in_turn);
}

static void fan_out_1000_in_turn(void)
{
    fan_out("fan-out, 1,000, in turn", 1000, 7, 6.7, speak_in_turn);
}

/* Far from saturation a turn of the loop has little to share its costs among. */
static void fan_out_paced(void)
{
    fan_out("fan-out, 5,000 events a s", 100, 0, 1, speak_5000_a_second);
}

/* ---- relay ---- */

static void send_candidate(struct client *client)
{
    char text[400];
    snprintf(
        text, sizeof text,
        "{\"type\":\"candidate\",\"to\":\"p%u\",\"data\":{\"candidate\":\"candidate:842163049 1 "
        "udp 1677729535 203.0.113.7 51472 typ srflx raddr 192.168.1.20 rport 51472 generation "
        "0\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0}}",
        client->stage);
    load_text(client, text);
}

/* Whoever is sent one sends one on; each knows its neighbour by the id in `peers`. */
static void relay_on(struct load *load, struct client *client, const char *text, size_t len)
{
    static const char relayed[] = "{\"from\":";
    if (len < sizeof relayed || memcmp(text, relayed, sizeof relayed - 1) != 0)
        return;
    if (++load->count < load->wanted)
        send_candidate(client);
}

/* `peers` tells who one is oneself: "self":"p2". */
static void learn_self(struct load *load, struct client *client, const char *text, size_t len)
{
    if (!client->is_signaling || !load_says(text, len, "peers"))
        return;
    const char *self = memmem(text, len, "\"self\":\"p", 9);
    if (!self)
        give_up("peers without self: %.*s", (int)len, text);
    client->stage = (unsigned)(self[9] - '0') % LOAD_SEATS + 1;
    load->count++;
}

static void relay_around(struct load *load)
{
    load->on_text = relay_on;
    size_t first = load->client_count - (size_t)load->rooms * LOAD_SEATS;
    for (unsigned room = 0; room < load->rooms; room++)
        send_candidate(&load->clients[first + room * LOAD_SEATS]);
    load_until(load, &load->count, load->wanted, "relay");
}

static void relay(void)
{
    struct load load;
    unsigned rooms = 100;
    bare_start(&load, rooms, true);
    measure_delivery(&load, "  bare sends", 0, relay_around);
    bare_lws_start(&load, rooms, true);
    double bare = measure_delivery(&load, "  bare libwebsockets", 0, relay_around);
    begin_debates(&load, rooms, 2);
    size_t voices = (size_t)rooms * LOAD_SEATS;
    for (size_t i = 0; i < voices; i++)
        load.clients[voices + i].is_signaling = true;
    load.on_text = learn_self;
    connect_some(&load, voices, voices);
    load_until(&load, &load.count, voices, "peers");
    double ours = measure_delivery(&load, "relay, 100 rooms", 8, relay_around);
    report_ratio(ours, bare, 8 / 6.9);
}

/* ---- connections ---- */

static void idle(void)
{
    struct load load;
    load_start(&load, "0", "0");
    double bare = load_rss_bytes(&load);
    load_make_rooms(&load, IDLE_CLIENTS / LOAD_SEATS);
    double with_rooms = load_rss_bytes(&load);
    load_make_clients(&load, IDLE_CLIENTS);
    load.on_open = say_init;
    load.on_text = count_starts;
    connect_some(&load, 0, IDLE_CLIENTS);
    load_until(&load, &load.count, IDLE_CLIENTS, "start");
    double full = load_rss_bytes(&load);
    double cpu = load_cpu_s(&load);
    load_for(&load, 10);
    cpu = load_cpu_s(&load) - cpu;
    double then = load_rss_bytes(&load);
    report("idle, 10,000 connections", (then - with_rooms) / IDLE_CLIENTS, "bytes a connection",
           7000, false);
    printf("; %.0f with the rooms, %.0f before the first pings; %.1f %% of a core\n",
           (then - bare) / IDLE_CLIENTS, (full - with_rooms) / IDLE_CLIENTS, cpu * 10);
    load_stop(&load);
}

static void note_gone(struct load *load, struct client *client)
{
    (void)load;
    client->stage = 0;
}

static void part_all(struct load *load)
{
    double end = now_s() + LOAD_TIMEOUT_MS / 1e3;
    for (size_t i = 0; i < load->client_count; i++) {
        load_leave(&load->clients[i]);
        if (i % CONNECTING == 0)
            load_pump(load, 0);
    }
    while (load->open > 0 && now_s() < end)
        load_pump(load, 100);
    if (load->open > 0)
        give_up("%zu were not closed", load->open);
}

static void connects(void)
{
    struct load load;
    double cpu = 0, took = 0;
    load_start(&load, "0", "0");
    load_make_rooms(&load, START_ROOMS);
    load_make_clients(&load, CONNECTS);
    load.on_gone = note_gone;
    for (int round = 0; round < CONNECT_ROUNDS; round++) {
        double cpu_before = load_cpu_s(&load), begin = now_s();
        connect_some(&load, 0, CONNECTS);
        took += now_s() - begin;
        cpu += load_cpu_s(&load) - cpu_before;
        part_all(&load);
    }
    double count = (double)CONNECTS * CONNECT_ROUNDS;
    report("connects", count / cpu, "a CPU second", 12000, true);
    printf("; %.0f a second went by\n", count / took);
    load_stop(&load);
}

/* Who is welcome goes. */
static void leave_when_welcome(struct load *load, struct client *client, const char *text,
                               size_t len)
{
    (void)load;
    if (client->stage == 0 && load_says(text, len, "welcome")) {
        client->stage = 1;
        load_leave(client);
    }
}

static void come_again(struct load *load, struct client *client)
{
    client->stage = 0;
    load->count++;
    if (load->count + load->open < load->wanted)
        load_connect(load, client);
}

static void churn(void)
{
    struct load load;
    load_start(&load, "0", "0");
    load_make_rooms(&load, CHURN_ROOMS);
    load_make_clients(&load, CHURN_ROOMS * LOAD_SEATS);
    load.on_open = say_init;
    load.on_text = leave_when_welcome;
    load.on_gone = come_again;
    double early = 0, late = 0;
    for (int round = 1; round <= CHURN_ROUNDS; round++) {
        load.count = 0;
        load.wanted = CHURN_ROUND;
        for (size_t i = 0; i < load.client_count; i++)
            load_connect(&load, &load.clients[i]);
        load_until(&load, &load.count, CHURN_ROUND, "churn");
        while (load.open > 0)
            load_pump(&load, 100);
        double rss = load_rss_bytes(&load);
        if (round == CHURN_ROUNDS / 2) /* by then SQLite's caches are full */
            early = rss;
        late = rss;
    }
    report("churn, 100,000 connections", (late - early) / (CHURN_ROUND * CHURN_ROUNDS / 2),
           "bytes kept of each", 5, false);
    printf("; %.1f MB after the first 100,000, %.1f after as many more\n", early / 1e6, late / 1e6);
    load_stop(&load);
}

/* ---- start ---- */

struct begun {
    int64_t first_ns, last_ns, start_at_ns;
    unsigned heard;
};
static struct begun begun[START_ROOMS];

static void note_start(struct load *load, struct client *client, const char *text, size_t len)
{
    struct begun *room = &begun[client->room];
    if (!load_says(text, len, "start"))
        return;
    const char *at = memmem(text, len, "\"start_at\":", 11);
    int64_t came_ns = client->came_ns ? client->came_ns : now_ns(CLOCK_REALTIME);
    room->start_at_ns = at ? atoll(at + 11) * 1000000 : 0;
    if (!room->heard || came_ns < room->first_ns)
        room->first_ns = came_ns;
    if (!room->heard || came_ns > room->last_ns)
        room->last_ns = came_ns;
    room->heard++;
    load->count++;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The last of every room comes, the rooms spread over so many seconds. */
static void fill_rooms(struct load *load, double seconds)
{
    double begin = now_s();
    for (unsigned room = 0; room < START_ROOMS;) {
        for (; room < START_ROOMS && now_s() - begin >= room * seconds / START_ROOMS; room++)
            load_text(&load->clients[room * LOAD_SEATS + LOAD_SEATS - 1],
                      "{\"type\":\"init\",\"data\":{}}");
        load_pump(load, 0);
    }
}

static void init_but_last(struct load *load, struct client *client)
{
    if (client->seat < LOAD_SEATS - 1)
        say_init(load, client);
}

static void start(const char *name, double seconds)
{
    struct load load;
    double skews[START_ROOMS], lates[START_ROOMS];
    unsigned early = 0;
    memset(begun, 0, sizeof begun);
    load_start(&load, "3", "0");
    load_make_rooms(&load, START_ROOMS);
    load_make_clients(&load, START_ROOMS * LOAD_SEATS);
    load.stamps = true;
    load.on_open = init_but_last;
    load.on_text = count_welcomes;
    connect_some(&load, 0, load.client_count);
    load_until(&load, &load.count, START_ROOMS * (LOAD_SEATS - 1), "welcome");
    load.count = 0;
    load.on_text = note_start;
    fill_rooms(&load, seconds);
    load_until(&load, &load.count, load.client_count, "start");
    for (unsigned i = 0; i < START_ROOMS; i++) {
        skews[i] = (double)(begun[i].last_ns - begun[i].first_ns) / 1e3;
        lates[i] = (double)(begun[i].first_ns - begun[i].start_at_ns) / 1e3;
        early += begun[i].first_ns < begun[i].start_at_ns || begun[i].heard != LOAD_SEATS;
    }
    qsort(skews, START_ROOMS, sizeof *skews, compare);
    qsort(lates, START_ROOMS, sizeof *lates, compare);
    report(name, skews[START_ROOMS * 99 / 100], "us of skew in a room, p99", 100, false);
    printf("; median %.0f, worst %.0f; late by %.0f to %.0f us, median %.0f; %u early%s\n",
           skews[START_ROOMS / 2], skews[START_ROOMS - 1], lates[0], lates[START_ROOMS - 1],
           lates[START_ROOMS / 2], early, early ? " MISSED" : "");
    load_stop(&load);
}

static void start_in_a_second(void)
{
    start("start, 1,000 rooms in 1 s", 1);
}

static void start_at_once(void)
{
    start("start, 1,000 rooms at once", 0);
}

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {
    {"fan-out", fan_out_100},
    {"fan-out-1000", fan_out_1000},
    {"fan-out-in-turn", fan_out_in_turn},
    {"fan-out-1000-in-turn", fan_out_1000_in_turn},
    {"fan-out-paced", fan_out_paced},
    {"relay", relay},
    {"idle", idle},
    {"connects", connects},
    {"churn", churn},
    {"start", start_in_a_second},
    {"start-at-once", start_at_once},
};
enum { MODES = sizeof modes / sizeof *modes };

int main(int argc, char **argv)
{
    struct rlimit files;
    if (!getenv("DEBATE_BIN"))
        give_up("DEBATE_BIN must name the program");
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    pin(1);
    for (int arg = 1; arg < argc || (arg == 1 && argc == 1); arg++) {
        bool found = false;
        for (int i = 0; i < MODES; i++) {
            if (argc > 1 && strcmp(argv[arg], modes[i].name) != 0)
                continue;
            found = true;
            modes[i].run();
        }
        if (!found)
            give_up("%s: no such mode", argv[arg]);
    }
    return 0;
}
