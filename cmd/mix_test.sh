#!/bin/bash
# One sound of a debate, and a file for each voice.
. cmd/testing.sh
speech=$tree/testdata/speech

mkdir sunday
cp "$tree/testdata/logs/library.jsonl" sunday/
cp "$speech/kim-1.opus" sunday/lee.opus
printf '%s\n' 'debate-timeline 1' 'recording_id r_AbCdEfGhIjKlMnOpQrStUv_1' \
    'started_at_ms 1763872356295' 'rate 48000' 'at 0 0' 'at 144000 3000000' >sunday/lee.timeline

# length FILE: of a WAV file, in milliseconds.
length() {
    echo $((($(stat -c %s "$1") - 44) / 96))
}

# level FILE FROM TO: the loudest sample there, times in milliseconds.
level() {
    od -An -v -td2 -w2 -j $((44 + $2 * 96)) -N $((($3 - $2) * 96)) "$1" |
        awk '{ a = $1 < 0 ? -$1 : $1; if (a > most) most = a } END { print most + 0 }'
}

# The voice begins a second after the start, as the timeline says; the log would have it at once.
run 0 mix sunday --output all.wav --tracks voices
grep -q '^p2 이서연: from 1.000 s to 5.275 s, 0 gaps, .*placed by the timeline$' out ||
    fail 'it is not said where the recording lies'
[[ $(length all.wav) == 79320 ]] || fail "the mix lasts $(length all.wav) ms, the debate 79307"
cmp -s all.wav 'voices/p2-이서연.wav' || fail 'the one voice is not the mix'
[[ $(ls voices) == p2-이서연.wav ]] || fail "there are more files: $(ls voices)"
(($(level all.wav 0 1000) < 100)) || fail 'there is sound before it'
(($(level all.wav 1000 2000) > 3000)) || fail 'there is no sound where it belongs'

# Ogg, by its suffix, and of the places where a recording may lie the one that the log names.
cp sunday/lee.opus sunday/p2-1.opus
run 0 mix sunday -o all.ogg
[[ $(head -c 4 all.ogg) == OggS ]] || fail 'no Ogg'
[[ -s err ]] && fail 'it says more than it should'

# What a browser sent.
rm sunday/lee.* && cp "$speech/kim-1.webm" sunday/p2-1.opus
run 0 mix sunday -o webm.wav
grep -q 'placed by the log$' out || fail 'WebM is not read'
(($(level webm.wav 300 2000) > 3000)) || fail 'WebM is silent'

wrong 2 'what is it to write' mix sunday
wrong 2 'NAME.opus, NAME.ogg or NAME.wav' mix sunday -o all.mp3
wrong 2 "neither a session's id nor a folder" mix nowhere -o x.wav
wrong 1 'No such file or directory' mix sunday -o nowhere/x.wav
rm sunday/p2-1.opus
run 1 mix sunday -o x.wav
grep -q 'there is no sound' err || fail 'a debate without sound is not named'
grep -q 'p2 이서연: no sound, ' out || fail 'whose sound is missing is not said'
[[ -e x.wav || -e x.wav.part ]] && fail 'half a file stays'
finish
