/* log.h: what the server and the sessions say goes into the trace. */
#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "sim/world.h"

void log_set_level(enum log_level level)
{
    (void)level;
}

#define LOG_FUNCTION(name)                                                                         \
    void name(const char *format, ...)                                                             \
    {                                                                                              \
        char text[400];                                                                            \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        vsnprintf(text, sizeof text, format, args);                                                \
        va_end(args);                                                                              \
        trace(#name ": %s", text);                                                                 \
    }

LOG_FUNCTION(log_error)
LOG_FUNCTION(log_warning)
LOG_FUNCTION(log_info)
LOG_FUNCTION(log_debug)
