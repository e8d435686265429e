/* The observer: it sees all that crosses the wire and all that is on the disk, and says when an
 * invariant does not hold (world.h, broken). It takes part in nothing. One thread. */
#ifndef DEBATE_SIM_WATCH_H
#define DEBATE_SIM_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct actor;
struct conn;
struct disk;
struct event;
struct exchange;
struct server;

/* ---- server_side.c: the server's ends ---- */

void watch_socket_opened(struct conn *conn);
void watch_socket_gone(struct conn *conn);
/* A piece of a message is handed over; `text` is the whole of it with its last piece, else NULL. */
void watch_server_takes(struct conn *conn, const char *text, size_t len);
void watch_server_sends(struct conn *conn, const char *text, size_t len);
void watch_conn_freed(struct conn *conn);
void watch_server_closes(struct conn *conn, int code);
/* A whole request is handed over. */
void watch_server_is_asked(const struct conn *conn);
void watch_response(struct conn *conn, const struct exchange *exchange, const char *body,
                    size_t len);

/* ---- client_side.c: the participants' ends ---- */

void watch_client_gets(struct conn *conn, const char *text, size_t len);

/* ---- cast.c: what the sessions tell ---- */

void watch_actor_is_live(struct actor *actor, double late_ms, double error_ms);
/* Everybody is back: all have heard the same. */
void watch_all_are_well(void);
void watch_actor_heard(struct actor *actor, const struct event *event);

/* ---- server_process.c ---- */

void watch_begin(void);
void watch_end(void);
void watch_booted(struct server *server);
/* Before the server goes: nothing of it is looked at any more. */
void watch_server_gone(void);
/* What a process that is gone has left on the disk. */
void watch_disk_left(struct disk *disk, bool is_power_cut);
/* After each step. */
void watch_step(void);
uint64_t watch_events(void);
uint64_t watch_acks(void);

#endif
