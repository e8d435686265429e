/* The common start: everybody at the same instant of the server's clock (protocol, section 5). */
#include "session/session_inner.h"

bool session_clock_ms(const struct session *session, int64_t at_us, double *ms, double *error_ms)
{
    double offset_ms;
    if (!clock_sync_get(&session->clock, &offset_ms, error_ms))
        return false;
    *ms = (double)at_us / 1000 + offset_ms;
    return true;
}

int64_t session_start_at_ms(const struct session *session)
{
    return session->start_at_ms;
}

static void go_live(struct session *session, int64_t due_us)
{
    int64_t now_us = monotonic_us();
    double late_ms = 0;
    session->is_live = true;
    session->start_us = due_us;
    if (!session->clock.is_stale &&
        session_clock_ms(session, now_us, &session->started_at_ms, &session->start_error_ms)) {
        late_ms = session->started_at_ms - (double)session->start_at_ms;
    } else {
        session->started_at_ms = (double)session->start_at_ms;
        session->start_error_ms = -1;
    }
    if (session->handler.on_live)
        session->handler.on_live(session->handler.context, due_us, late_ms,
                                 session->start_error_ms);
    session_report_start(session);
}

void session_on_start_due(void *context, int64_t due_us)
{
    struct session *session = context;
    ticker_stop(session->start_ticker);
    if (!session->is_live && session->start_at_ms)
        go_live(session, due_us);
}

/* When the start is known, and again whenever the clock is known better. */
void session_arm_start(struct session *session)
{
    double offset_ms, error_ms;
    if (session->is_live || session->state == SESSION_FINISHING)
        return;
    if (!session->start_at_ms) {
        ticker_stop(session->start_ticker);
        return;
    }
    /* After a connection was lost the old samples may be of another server's clock. */
    if (!session->clock.is_stale && clock_sync_get(&session->clock, &offset_ms, &error_ms)) {
        /* Rounded up: never early. */
        int64_t due_us = (int64_t)(((double)session->start_at_ms - offset_ms) * 1000) + 1;
        if (ticker_set(session->start_ticker, due_us, 0) == ERR_NONE)
            return;
    }
    ticker_stop(session->start_ticker);
    /* Without a sample, `start` itself is the sign. */
    if (session->phase == PHASE_LIVE)
        go_live(session, monotonic_us());
}

/* The server takes it once it is live itself, and once only. */
void session_report_start(struct session *session)
{
    if (!session->is_live || session->phase != PHASE_LIVE)
        return;
    session_want_recording(session);
    if (session->start_is_reported)
        return;
    struct command command = {.type = COMMAND_REPORT_START};
    command.report_start.at_ms = session->started_at_ms;
    command.report_start.has_error = session->start_error_ms >= 0;
    command.report_start.error_ms = session->start_error_ms;
    session->start_is_reported = session_send(session, &command) == ERR_NONE;
}
