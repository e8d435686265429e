#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysed.h"
#include "analysis/debate.h"
#include "analysis/mixdown.h"
#include "analysis/why.h"
#include "print.h"

enum { MIX_WHY_SIZE = 512 };

static void show_progress(void *context, const char *step, double done, double of)
{
    (void)context;
    (void)step;
    fprintf(stderr, "\r%3.0f%% of %.0f s ", of > 0 ? 100 * done / of : 100, of / 1000);
}

/* Whose voice is missing, and how well the others are placed. */
static void tell(const struct debate *debate, const struct tracks *tracks)
{
    size_t count;
    const struct track *track = tracks_all(tracks, &count);
    char why[WHY_SIZE];
    for (size_t i = 0; i < count; i++, track++) {
        printf("p%u ", track->participant);
        print_safely(stdout, debate->people[track->participant - 1].nickname);
        if (track->missing) {
            why_say(track->missing, LANG_EN, why, sizeof why);
            printf(": no sound, %s\n", why);
        } else {
            printf(": from %.3f s to %.3f s, %zu gaps, %+.1f ppm, placed by the %s\n",
                   track_from_ms(track) / 1000, track_to_ms(track) / 1000, track->gap_count,
                   track->drift_ppm, track->has_timeline ? "timeline" : "log");
        }
    }
}

static enum exit_code mix(const struct args *args, const struct debate *debate,
                          const char *recordings)
{
    char why[MIX_WHY_SIZE] = "";
    struct tracks *tracks;
    bool is_shown = isatty(STDERR_FILENO) == 1;
    enum err e = tracks_place(debate, recordings, &tracks);
    if (e)
        return args_error(args, EXIT_CODE_FAILED, "%s: %s", recordings,
                          e == ERR_IO ? "cannot be read" : err_code(e));
    struct mixdown_request request = {.debate = debate,
                                      .tracks = tracks,
                                      .mix = args_get(args, "output"),
                                      .folder = args_get(args, "tracks"),
                                      .progress = is_shown ? show_progress : NULL};
    e = mixdown_write(&request, why, sizeof why);
    if (is_shown)
        fputs("\r\033[K", stderr);
    if (!e || e == ERR_NOT_FOUND)
        tell(debate, tracks);
    tracks_free(tracks);
    return e ? args_error(args, EXIT_CODE_FAILED, "%s", why) : EXIT_CODE_DONE;
}

static enum exit_code check(const struct args *args)
{
    const char *output = args_get(args, "output");
    if (!output && !args_get(args, "tracks"))
        return args_usage_error(args, "what is it to write? Give --output FILE or --tracks FOLDER");
    if (output && !mixdown_takes(output))
        return args_usage_error(args, "--output %s: it takes NAME.opus, NAME.ogg or NAME.wav",
                                output);
    return EXIT_CODE_DONE;
}

static enum exit_code run(const struct args *args)
{
    const char *operand = args_operand(args, 0);
    char why[MIX_WHY_SIZE] = "";
    struct analysed where;
    struct debate_log *log = NULL;
    enum exit_code code = check(args);
    if (code)
        return code;
    code = analysed_find(&where, args, operand);
    if (!code) {
        enum err e =
            debate_read(where.log.data ? where.log.data : "", where.log.len, &log, why, sizeof why);
        if (e)
            code =
                args_error(args, EXIT_CODE_FAILED, "%s: %s", operand, why[0] ? why : err_code(e));
    }
    if (!code && !debate_of(log)->started)
        code = args_error(args, EXIT_CODE_FAILED, "%s: this debate never started", operand);
    if (!code)
        code = mix(args, debate_of(log), where.recordings);
    debate_log_free(log);
    analysed_release(&where);
    return code;
}

static const struct option options[] = {
    OPTION_DATA,
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .help = "Write all voices together: Ogg Opus into NAME.opus or NAME.ogg, or NAME.wav."},
    {.name = "tracks",
     .argument = "FOLDER",
     .help = "Write a WAV file for each participant into FOLDER, all beginning at the common start "
             "and equally long, so that an editor lays them under each other."},
    {0},
};

static const char *const examples[] = {
    "debate mix sunday --output sunday.opus",
    "Hear the debate again, from a folder with its log and recordings.",
    "debate mix sunday --tracks voices",
    "Write a file for each voice, to be edited.",
    NULL,
};

const struct cmd cmd_mix = {
    .name = "mix",
    .summary = "write the recordings of a debate as one sound",
    .operands = "SESSION|FOLDER",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Lays the recordings of all participants over each other, each where it belongs on the "
        "common clock, with what its own clock drifted taken out: for each it says where it lies, "
        "and whether the timeline that came with it says so or the log alone. Loud voices that "
        "meet are bent a little rather than cut.\n\n"
        "SESSION is an ended session in the data directory of the server, which may go on "
        "running. FOLDER has a log (log.jsonl, or the one *.jsonl in it) and recordings, under "
        "the names that the log gives them, or any with their NAME.timeline beside them.",
    .options = options,
    .examples = examples,
    .run = run,
};
