#include "words_intl.h"

#include <limits.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char domain[] = "debate";

/* What setlocale would take for messages (POSIX, "Internationalization Variables"). */
static const char *locale_wanted(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        if (value && value[0])
            return value;
    }
    return "C";
}

static bool is_c(const char *locale)
{
    return !locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
}

/* A small system has not generated the locale that is asked for. Its language can be spoken all the
 * same: gettext follows LANGUAGE in any locale but C itself. */
static void speak_without_locale(const char *wanted)
{
    setlocale(LC_MESSAGES, "C.UTF-8");
    const char *chosen = getenv("LANGUAGE");
    if (!chosen || !chosen[0])
        setenv("LANGUAGE", wanted, 1);
}

static bool is_folder(const char *path)
{
    return access(path, X_OK) == 0;
}

void words_init_in(const char *folder)
{
    char path[PATH_MAX];
    /* What comes from a room is UTF-8, so a terminal is taken to read it. */
    if (is_c(setlocale(LC_CTYPE, "")))
        setlocale(LC_CTYPE, "C.UTF-8");
    if (!setlocale(LC_MESSAGES, ""))
        speak_without_locale(locale_wanted());
    snprintf(path, sizeof path, "%s/locale", folder);
    if (!is_folder(path))
        snprintf(path, sizeof path, "%s/../share/locale", folder);
    bindtextdomain(domain, path);
    bind_textdomain_codeset(domain, "UTF-8");
    textdomain(domain);
}

void words_init(void)
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    program[len > 0 ? len : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash)
        *slash = '\0';
    words_init_in(slash ? program : ".");
}

const char *words_language(void)
{
    /* TRANSLATORS: the code of your language, such as ko. */
    return _("en");
}
