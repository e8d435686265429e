#!/bin/bash
# Microphones and seats that cannot be had: one clear line, and the debate goes on without.
. cmd/testing.sh
. "$tree/client/terminal/join_testing.sh"

# A microphone that another program has, and one that this user may not use: ALSA is told so by a
# plugin, because there is no sound card to be had. PortAudio opens each device twice to look at it.
cat >refusing.c <<'END'
#include <alsa/asoundlib.h>
int _snd_pcm_refusing_open(snd_pcm_t **pcm, const char *name, snd_config_t *root,
                           snd_config_t *config, snd_pcm_stream_t stream, int mode)
{
    static long opened[256];
    long error = 0, opens = 0;
    snd_config_t *entry;
    (void)name;
    (void)root;
    if (snd_config_search(config, "error", &entry) == 0)
        snd_config_get_integer(entry, &error);
    if (snd_config_search(config, "opens", &entry) == 0)
        snd_config_get_integer(entry, &opens);
    if (opened[error]++ >= opens)
        return -(int)error;
    return snd_pcm_open(pcm, "null", stream, mode);
}
SND_DLSYM_BUILD_VERSION(_snd_pcm_refusing_open, SND_PCM_DLSYM_VERSION);
END
gcc -shared -fPIC -DPIC -o refusing.so refusing.c -lasound 2>err || fail 'no plugin'
cat >asound.conf <<END
pcm_type.refusing { lib "$work/refusing.so" }
pcm.null { type null }
pcm.taken { type refusing error 16 opens 2 }  # EBUSY
pcm.denied { type refusing error 13 opens 2 } # EACCES
pcm.hidden { type refusing error 1 opens 0 }
END
export ALSA_CONFIG_PATH=$work/asound.conf
run 1 devices --test --input taken --output none --seconds 3
grep -qx 'debate devices: input: taken: it is in use by another program, or gone' err ||
    fail 'not told that it is in use'
run 1 devices --test --input denied --output none --seconds 1
grep -qx 'debate devices: input: denied: .* this user may not use it' err ||
    fail 'not told that it is denied'
run 1 devices --test --input hidden --output none --seconds 1
grep -qx 'debate devices: input: no microphone matches "hidden" (one in use may be hidden); .*' err ||
    fail 'not told that it may be hidden'


# The debate goes on without it.
serve 0
enter kim --input none --seats 2 --record no
await kim '"type":"welcome"'
enter lee --input taken --record no
await kim '"type":"start"'
await lee '"type":"sound".*it is in use by another program'
say kim '{"type":"end_session"}'
leaves_with kim 0
leaves_with lee 0
saw_all lee
enter park --input none --seats 2 --record no
await park '"type":"welcome"'
enter choi --input denied --record no
await park '"type":"start"'
await choi '"type":"sound".*this user may not use it'

# Both seats are taken; who only looks on needs none, is told of nothing forbidden, and leaves.
enter late --input none
leaves_with late 4
[[ $(<late.err) == 'debate join: all seats are taken' ]] || { cp late.err err; fail 'not told that it is full'; }
enter watcher --input none --token "$("$program" token --data data --user w --role observer)"
await watcher '"type":"welcome"'
say watcher /who
say watcher /leave
leaves_with watcher 0
grep '"type":"error"' watcher.out >out && fail 'an observer did what is forbidden'

say park '{"type":"end_session"}'
leaves_with choi 0
kill "$server"
wait "$server"

finish
