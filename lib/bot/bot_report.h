/* The report of a debate, as bots write it: JSON lines, one a fact, and the table for people that
 * is made from them. Pure but for reading a folder; any thread.
 *
 * Lines have a `kind`: `debate` (title, room, session_id, cast:
 * nicknames by role), `role` (role, nickname, participant,
 * host, start_at, late_ms, error_ms, talk_ms, closed), `pair` (role hears other: connect_ms, lost,
 * received, concealed, recovered, round_trip_ms, delay_ms, fingerprint_words), `choice` (page,
 * role, choice), `recording` (role, path, bytes, seconds, gaps, drift_ppm, complete, uploaded,
 * sha256), `log` (path). Times are milliseconds; a negative one is not known. */
#ifndef DEBATE_BOT_BOT_REPORT_H
#define DEBATE_BOT_BOT_REPORT_H

#include "base/buf.h"
#include "base/err.h"

enum { BOT_REPORT_MAX = 1024 * 1024 }; /* bytes */

/* The table for people, from JSON lines. ERR_CORRUPT when one of them is none. */
enum err bot_report_print(const char *lines, size_t len, struct buf *out) MUST_CHECK;

/* All `*.report.jsonl` of a folder, one behind the other. ERR_NOT_FOUND: there are none. */
enum err bot_report_read(const char *folder, struct buf *out) MUST_CHECK;

#endif
