#include "analysed.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "input.h"
#include "server/analyses.h"
#include "store/store_reader.h"

enum {
    ANALYSED_LOG_MAX = 1 << 30, /* bytes: LIMIT_EVENTS_SESSION events, each a kilobyte */
    ANALYSED_WHY_SIZE = 512
};

static bool join(char out[PATH_MAX], const char *folder, const char *name)
{
    int len = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    return len > 0 && len < PATH_MAX;
}

/* ---- a folder ---- */

static int is_jsonl(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".jsonl") == 0;
}

/* Bots' reports are lines of JSON too: a log begins with its header (protocol, section 8). */
static bool is_log(const char *folder, const char *name)
{
    static const char header[] = "{\"log\":\"debate\",";
    char path[PATH_MAX], start[sizeof header] = "";
    FILE *file = join(path, folder, name) ? fopen(path, "re") : NULL;
    if (!file)
        return false;
    bool is_it = fgets(start, sizeof start, file) && strcmp(start, header) == 0;
    fclose(file);
    return is_it;
}

/* log.jsonl, or the one *.jsonl that is there. */
static enum exit_code find_log(const struct args *args, const char *folder, char path[PATH_MAX])
{
    struct dirent **names = NULL;
    enum exit_code code = EXIT_CODE_DONE;
    if (!join(path, folder, "log.jsonl"))
        return args_error(args, EXIT_CODE_FAILED, "%s: %s", folder, strerror(ENAMETOOLONG));
    if (access(path, F_OK) == 0)
        return EXIT_CODE_DONE;
    int found = scandir(folder, &names, is_jsonl, alphasort), count = 0;
    if (found < 0)
        return args_error(args, EXIT_CODE_FAILED, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < found; i++) {
        if (is_log(folder, names[i]->d_name) && join(path, folder, names[i]->d_name))
            count++;
        free(names[i]);
    }
    free(names);
    if (count != 1)
        code = args_error(args, EXIT_CODE_FAILED,
                          count > 1 ? "%s: several logs here; call the one that is meant log.jsonl"
                                    : "%s: no log here: a file log.jsonl, or one NAME.jsonl",
                          folder);
    return code;
}

static enum exit_code take_folder(struct analysed *analysed, const struct args *args,
                                  const char *folder)
{
    char path[PATH_MAX];
    enum exit_code code = find_log(args, folder, path);
    if (code)
        return code;
    if (!join(analysed->folder, folder, "analysis") ||
        snprintf(analysed->recordings, PATH_MAX, "%s", folder) >= PATH_MAX)
        return args_error(args, EXIT_CODE_FAILED, "%s: %s", folder, strerror(ENAMETOOLONG));
    return input_read(args, path, &analysed->log);
}

/* ---- a session ---- */

enum exit_code analysed_own(const struct args *args, const char *data)
{
    char path[PATH_MAX];
    struct stat about;
    if (geteuid() != 0 || !join(path, data, "debate.db") || stat(path, &about) != 0 ||
        about.st_uid == 0)
        return EXIT_CODE_DONE;
    return args_error(args, EXIT_CODE_FAILED,
                      "%s: belongs to user %u, to whom what root makes there would be closed; run "
                      "this as that user, see debate-serve(1)",
                      data, (unsigned)about.st_uid);
}

static bool says_forgotten(const struct buf *log)
{
    return log->len && strstr(log->data, "\n{\"type\":\"forgotten\",");
}

bool analysed_is_forgotten(const struct analysed *analysed)
{
    char why[ANALYSED_WHY_SIZE];
    struct buf log;
    if (!analysed->session_id)
        return false;
    buf_init(&log, ANALYSED_LOG_MAX);
    bool is = !store_read_log(analysed->data, analysed->session_id, &log, why, sizeof why) &&
              says_forgotten(&log);
    buf_release(&log);
    return is;
}

static enum exit_code take_session(struct analysed *analysed, const struct args *args,
                                   const char *session_id)
{
    const char *data = args_get(args, "data");
    char why[ANALYSED_WHY_SIZE] = "", above[PATH_MAX];
    enum err e = store_read_log(data, session_id, &analysed->log, why, sizeof why);
    if (e)
        return args_error(args, EXIT_CODE_FAILED, "%s", why);
    if (says_forgotten(&analysed->log))
        return args_error(args, EXIT_CODE_FAILED, "session %s was forgotten", session_id);
    analysed->data = data;
    analysed->session_id = session_id;
    if (!join(above, data, "analysis") || !join(analysed->folder, above, session_id) ||
        snprintf(analysed->recordings, PATH_MAX, "%s", data) >= PATH_MAX)
        return args_error(args, EXIT_CODE_FAILED, "%s: %s", data, strerror(ENAMETOOLONG));
    analysed->is_of_server = true;
    return EXIT_CODE_DONE;
}

enum exit_code analysed_prepare(const struct analysed *analysed, const struct args *args)
{
    const char *data = analysed->recordings;
    char above[PATH_MAX];
    if (!analysed->is_of_server)
        return EXIT_CODE_DONE;
    enum exit_code code = analysed_own(args, data);
    if (code)
        return code;
    if (!join(above, data, "analysis") || (mkdir(above, 0700) != 0 && errno != EEXIST))
        return args_error(args, EXIT_CODE_FAILED, "%s/analysis: %s", data, strerror(errno));
    return EXIT_CODE_DONE;
}

enum exit_code analysed_find(struct analysed *analysed, const struct args *args,
                             const char *operand)
{
    struct stat about;
    analysed->data = analysed->session_id = NULL;
    buf_init(&analysed->log, ANALYSED_LOG_MAX);
    if (stat(operand, &about) == 0 && S_ISDIR(about.st_mode))
        return take_folder(analysed, args, operand);
    if (session_id_valid(operand))
        return take_session(analysed, args, operand);
    return args_usage_error(args, "%s: neither a session's id nor a folder", operand);
}

void analysed_release(struct analysed *analysed)
{
    buf_release(&analysed->log);
}

struct analysis_request analysed_request(const struct analysed *analysed)
{
    return (struct analysis_request){.log = analysed->log.data ? analysed->log.data : "",
                                     .log_len = analysed->log.len,
                                     .recordings = analysed->recordings,
                                     .folder = analysed->folder};
}

/* ---- more ---- */

_Static_assert((int)EXIT_CODE_NO_SPACE == (int)ANALYSES_NO_SPACE, "what a server takes it for");

enum exit_code analysed_failed(const struct args *args, enum err e, const char *why)
{
    enum exit_code code = e == ERR_UNREACHABLE   ? EXIT_CODE_UNREACHABLE
                          : e == ERR_UNTRUSTED   ? EXIT_CODE_UNREACHABLE
                          : e == ERR_REFUSED     ? EXIT_CODE_REFUSED
                          : e == ERR_BAD_REQUEST ? EXIT_CODE_USAGE
                          : e == ERR_NO_SPACE    ? EXIT_CODE_NO_SPACE
                                                 : EXIT_CODE_FAILED;
    return args_error(args, code, "%s", why[0] ? why : err_code(e));
}
