#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session/pending_send.h"
#include "upload.h"

/* What can be done about a refusal. */
static const char *advice(int status)
{
    switch (status) {
    case 401:
    case 403:
        return "debate upload FILE --token TOKEN may send it, with the host's token";
    case 404:
    case 410:
        return "no server takes it any more; who needs it must be given the file";
    default:
        return "the file stays as it is";
    }
}

static enum exit_code tell(const struct args *args, const char *path, enum pending_end end,
                           const struct pending_report *report)
{
    switch (end) {
    case PENDING_SENT:
        upload_print(args, path, report->pending.recording_id, &report->result);
        return EXIT_CODE_DONE;
    case PENDING_ELSEWHERE:
        return EXIT_CODE_DONE;
    case PENDING_RUNNING:
    case PENDING_UNPROVEN:
    case PENDING_FAILED:
        return args_error(args, EXIT_CODE_FAILED, "%s: %s; it is kept for later", path,
                          report->why);
    case PENDING_UNREACHABLE:
        return args_error(args, EXIT_CODE_UNREACHABLE,
                          "%s: not sent to %s (%s); it is kept for later", path,
                          report->pending.server, report->why);
    case PENDING_REFUSED:
        return args_error(args, report->status ? EXIT_CODE_REFUSED : EXIT_CODE_FAILED,
                          "%s: %s%s; it is set aside as .refused and not tried again: %s", path,
                          report->status ? "the server refused: " : "", report->why,
                          advice(report->status));
    }
    return EXIT_CODE_FAILED;
}

/* Each of them, whatever became of the one before: they may be of different servers. */
static enum exit_code send_all(const struct args *args, const struct pending_list *list)
{
    enum exit_code first = EXIT_CODE_DONE;
    for (size_t i = 0; i < list->count; i++) {
        struct pending_report report;
        enum pending_end end =
            pending_send(list->recordings[i], upload_show_progress, NULL, &report);
        upload_end_progress();
        enum exit_code code = tell(args, list->recordings[i], end, &report);
        fflush(stdout);
        if (!first)
            first = code;
    }
    return first;
}

enum exit_code upload_pending(const struct args *args)
{
    char usual[PENDING_PATH_SIZE];
    const char *folder = args_operand(args, 0);
    struct pending_list list;
    if (!folder) {
        enum err e = pending_folder(usual);
        if (e == ERR_NOT_FOUND)
            return args_usage_error(args, "in which folder? There is no HOME");
        if (e)
            return args_error(args, EXIT_CODE_FAILED, "%s: %s", usual, strerror(errno));
        folder = usual;
    }
    if (pending_list_read(folder, &list))
        return args_error(args, EXIT_CODE_FAILED, "%s: %s", folder, strerror(errno));
    if (list.count == 0 && !args_given(args, "json"))
        printf("nothing is pending\n");
    enum exit_code code = send_all(args, &list);
    pending_list_release(&list);
    return code;
}
