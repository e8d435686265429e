/* debate-recogniser: English speech into words, by pocketsphinx. A program of its own, so that its
 * faults stay its own (analysis/recogniser.h starts it and speaks with it).
 *
 * Standard input is one piece after the other: its length in bytes (32 bits, little endian), and
 * as many bytes of 16 kHz mono samples (16 bit, little endian). For each there is on standard
 * output a line a word, "WORD FROM_MS TO_MS", and a line "." at its end. Ends with its input; with
 * status 2 when the model is not there. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <pocketsphinx.h>
#include <sphinxbase/err.h>

enum { PIECE_BYTES_MAX = 16000 * 2 * 120, FRAME_MS = 10, SILENCE_MAX = 4 };

static ps_decoder_t *open_decoder(void)
{
    /* Means over the whole of a piece, not over what came before it: the words of a piece do not
     * hang on the order of pieces. What is removed as noise costs words (of speech coded by Opus
     * twice as many were wrong), and what is removed as silence shifts the times of the words.
     * Digital silence has no logarithm and was heard as "dog": a little noise, the same each time,
     * is put over it. */
    cmd_ln_t *config = cmd_ln_init(
        NULL, ps_args(), TRUE, "-hmm", MODELS "/en-us/en-us", "-lm", MODELS "/en-us/en-us.lm.bin",
        "-dict", MODELS "/en-us/cmudict-en-us.dict", "-cmn", "batch", "-remove_noise", "no",
        "-remove_silence", "no", "-logfn", "/dev/null", NULL);
    ps_decoder_t *decoder = config ? ps_init(config) : NULL;
    cmd_ln_free_r(config);
    return decoder;
}

/* Fillers are no words: <s>, <sil>, [NOISE], ++BREATH++. A second pronunciation is "read(2)". */
static void print_word(const char *word, int from_frame, int to_frame)
{
    if (strchr("<[+", word[0]))
        return;
    printf("%.*s %d %d\n", (int)strcspn(word, "("), word, from_frame * FRAME_MS,
           (to_frame + 1) * FRAME_MS);
}

/* Digital silence was heard as "dog". */
static bool is_silent(const int16_t *pcm, size_t samples)
{
    while (samples && abs(pcm[samples - 1]) <= SILENCE_MAX)
        samples--;
    return samples == 0;
}

static bool finish_piece(void)
{
    return puts(".") >= 0 && fflush(stdout) == 0;
}

static bool hear(ps_decoder_t *decoder, const int16_t *pcm, size_t samples)
{
    if (is_silent(pcm, samples))
        return finish_piece();
    if (ps_start_stream(decoder) < 0 || ps_start_utt(decoder) < 0 ||
        ps_process_raw(decoder, pcm, samples, FALSE, TRUE) < 0 || ps_end_utt(decoder) < 0)
        return false;
    for (ps_seg_t *segment = ps_seg_iter(decoder); segment; segment = ps_seg_next(segment)) {
        int from_frame, to_frame;
        ps_seg_frames(segment, &from_frame, &to_frame);
        print_word(ps_seg_word(segment), from_frame, to_frame);
    }
    return finish_piece();
}

/* false at the end of the input. */
static bool read_piece(int16_t *pcm, size_t *samples)
{
    uint8_t head[4];
    if (fread(head, 1, sizeof head, stdin) != sizeof head)
        return false;
    size_t bytes = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    *samples = bytes / 2;
    return bytes <= PIECE_BYTES_MAX && fread(pcm, 1, bytes, stdin) == bytes;
}

int main(void)
{
    /* Whoever asks is gone: nobody reads on. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    err_set_logfp(NULL);
    ps_decoder_t *decoder = open_decoder();
    int16_t *pcm = malloc(PIECE_BYTES_MAX);
    if (!decoder || !pcm)
        return 2;
    size_t samples;
    bool heard = true;
    while (heard && read_piece(pcm, &samples))
        heard = hear(decoder, pcm, samples);
    free(pcm);
    ps_free(decoder);
    return heard ? 0 : 1;
}
