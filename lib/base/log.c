#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

static enum log_level level_max = LOG_LEVEL_WARNING;

static const char *const level_names[] = {"error", "warning", "info", "debug"};

void log_set_level(enum log_level level)
{
    level_max = level;
}

__attribute__((format(printf, 2, 0))) static void write_line(enum log_level level,
                                                             const char *format, va_list args)
{
    if (level > level_max)
        return;
    char text[1024];
    vsnprintf(text, sizeof text, format, args);
    str_hide_tokens(text);
    /* What a client chose must not look like another line, nor speak to the terminal. */
    for (char *s = text; *s; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
    }
    fprintf(stderr, "debate: %s: %s\n", level_names[level], text);
}

#define LOG_FUNCTION(name, level)                                                                  \
    void name(const char *format, ...)                                                             \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        write_line(level, format, args);                                                           \
        va_end(args);                                                                              \
    }

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
