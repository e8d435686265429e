/* GET /metrics: Prometheus' text format, version 0.0.4. */
#include <inttypes.h>

#include "server/server_inner.h"
#include "server/socket.h"

static const int close_codes[] = {CLOSE_NORMAL,    CLOSE_GOING_AWAY, CLOSE_BAD_UTF8, CLOSE_POLICY,
                                  CLOSE_TOO_LARGE, CLOSE_REPLACED,   CLOSE_TOO_SLOW, CLOSE_NO_INIT};
enum { CLOSE_CODES = sizeof close_codes / sizeof *close_codes };

void server_count_close(struct server *server, int code)
{
    for (size_t i = 0; i < CLOSE_CODES; i++) {
        if (close_codes[i] == code)
            server->metrics.closes[i]++;
    }
}

static void put(struct buf *out, const char *type, const char *name, const char *help,
                uint64_t value)
{
    (void)buf_printf(out, "# HELP debate_%s %s\n# TYPE debate_%s %s\ndebate_%s %" PRIu64 "\n", name,
                     help, name, type, name, value);
}

static void put_sessions(const struct server *server, struct buf *out)
{
    const struct house_room *room, *next;
    uint64_t counts[PHASE_ENDED + 1] = {0};
    for (room = server->house.by_code; room; room = next) {
        next = room->by_code.next;
        counts[room_phase(room->room)]++;
    }
    (void)buf_printf(out, "# HELP debate_sessions Sessions that go on, by phase.\n"
                          "# TYPE debate_sessions gauge\n");
    for (int phase = PHASE_LOBBY; phase < PHASE_ENDED; phase++)
        (void)buf_printf(out, "debate_sessions{phase=\"%s\"} %" PRIu64 "\n",
                         phase_name((enum phase)phase), counts[phase]);
}

static void put_closes(const struct server *server, struct buf *out)
{
    (void)buf_printf(out,
                     "# HELP debate_socket_closes_total WebSockets closed by the server, by code.\n"
                     "# TYPE debate_socket_closes_total counter\n");
    for (size_t i = 0; i < CLOSE_CODES; i++)
        (void)buf_printf(out, "debate_socket_closes_total{code=\"%d\"} %" PRIu64 "\n",
                         close_codes[i], server->metrics.closes[i]);
}

enum err metrics_print(const struct server *server, struct buf *out)
{
    const struct metrics *m = &server->metrics;
    put(out, "gauge", "sockets", "WebSockets that are open.", server->socket_count);
    put(out, "gauge", "uploads", "Uploads that are under way.", uploads_count(server->uploads));
    put(out, "gauge", "disk_refuses", "1 while the log cannot be written.", server->turn.is_stuck);
    put_sessions(server, out);
    put(out, "gauge", "sessions_kept", "Sessions that have ended and are kept in memory.",
        server->house.ended_count);
    put(out, "counter", "sessions_created_total", "Sessions made.", m->sessions_created);
    put(out, "counter", "requests_total", "HTTP requests, upgrades included.", m->requests);
    put(out, "counter", "refusals_total", "HTTP requests answered with an error.", m->refusals);
    put(out, "counter", "messages_received_total", "WebSocket messages in.", m->messages_in);
    put(out, "counter", "messages_sent_total", "WebSocket messages out.", m->messages_out);
    put(out, "counter", "events_total", "Events written down.", m->events);
    put(out, "counter", "commits_total", "Commits of the log.", m->commits);
    put(out, "counter", "uploads_finished_total", "Recordings taken in.", m->uploads_finished);
    put(out, "counter", "upload_bytes_total", "Bytes of recordings taken in.", m->upload_bytes);
    put(out, "counter", "sockets_silent_total", "WebSockets cut for their silence.",
        m->sockets_silent);
    put_closes(server, out);
    return out->failed ? ERR_NO_MEMORY : ERR_NONE;
}
