/* Speech to text and a language model for tests, as scripts: what they answer, and whether the keys
 * to them can be seen. cmocka's headers come first; one file a program. */
#ifndef DEBATE_SERVICES_TESTING_H
#define DEBATE_SERVICES_TESTING_H

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

#include "analysis/service_testing.h"

static const char stt_key[] = "sk-of-speech-1234567", llm_key[] = "sk-of-language-7654321";
static const char said[] = "The staff already work six days, and money is short.";
static const char lie[] = "Libraries cost nobody anything";

static struct fake_service stt, llm;
static bool leaked; /* a key stood where others may read it */

static inline void put(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fprintf(file, "%s\n", text);
    assert_int_equal(fclose(file), 0);
}

static inline bool has_key(const char *path)
{
    static char text[4 * 1024 * 1024];
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    return memmem(text, len, stt_key, strlen(stt_key)) ||
           memmem(text, len, llm_key, strlen(llm_key));
}

/* What `ps` shows of every process while a service is being asked. */
static inline void look_at_processes(void)
{
    DIR *dir = opendir("/proc");
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[PATH_MAX];
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        leaked |= has_key(path);
        snprintf(path, sizeof path, "/proc/%s/environ", entry->d_name);
        leaked |= has_key(path);
    }
    if (dir)
        closedir(dir);
}

static inline void no_key_in(const char *name)
{
    DIR *dir = opendir(name);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[PATH_MAX];
        if (entry->d_name[0] == '.')
            continue;
        if (snprintf(path, sizeof path, "%s/%s", name, entry->d_name) >= (int)sizeof path)
            fail_msg("%s: a path is too long", name);
        if (entry->d_type == DT_DIR)
            no_key_in(path);
        else if (has_key(path))
            fail_msg("a key stands in %s", path);
    }
    closedir(dir);
}

static inline void listen_to(const struct fake_request *request, struct fake_answer *answer)
{
    look_at_processes();
    if (!strstr(request->head, stt_key))
        answer->status = 401;
    snprintf(answer->body, sizeof answer->body,
             "{\"text\":\"%s\",\"language\":\"en\",\"duration\":3.0,\"segments\":[{\"start\":0,"
             "\"end\":2.5,\"text\":\"%s\",\"avg_logprob\":-0.1,\"no_speech_prob\":0.01}]}",
             said, said);
}

/* One finding that can be looked up, and one that cannot. */
static inline void think(const struct fake_request *request, struct fake_answer *answer)
{
    look_at_processes();
    if (!strstr(request->head, llm_key))
        answer->status = 401;
    snprintf(answer->body, sizeof answer->body,
             "{\"choices\":[{\"message\":{\"content\":\"{\\\"summary\\\":\\\"Money.\\\","
             "\\\"findings\\\":[{\\\"kind\\\":\\\"argument\\\",\\\"turn\\\":\\\"t0\\\","
             "\\\"quotation\\\":\\\"money is short\\\",\\\"text\\\":\\\"There is no money.\\\","
             "\\\"against\\\":true},{\\\"kind\\\":\\\"argument\\\",\\\"turn\\\":\\\"t0\\\","
             "\\\"quotation\\\":\\\"%s\\\",\\\"text\\\":\\\"An invented reason.\\\","
             "\\\"against\\\":false}]}\"}}]}",
             lie);
}

#endif
