#!/bin/bash
# Devices on the command line, of a PulseAudio that is begun here.
. cmd/testing.sh
pulse=$tree/lib/sound/pulse_testing.sh
trap '"$pulse" stop "$work"; rm -rf "$work"' EXIT
"$pulse" start "$work" mouth ear >out 2>err || fail 'PulseAudio does not start'
export ALSA_CONFIG_PATH=$work/asound.conf

# number NAME: the device's in the table.
number() {
    awk -v name="$1" '$2 == name { print $1 }' table
}

run 0 devices
cp out table
[[ $(number mouth-heard) && $(number ear) ]] || fail 'not in the table'
grep -qE '^ +[0-9]+  default .* input, output$' table || fail 'no default'
grep -qE '^ +[0-9]+  ear +ALSA +0 ' table || fail 'a loudspeaker with inputs'
run 0 devices --json
grep -qF "{\"number\":$(number ear),\"name\":\"ear\",\"host\":\"ALSA\",\"inputs\":0," out ||
    fail 'not in the JSON'
[[ $(head -c 2 out) == '[{' && $(tail -n 1 out) == *'}]' ]] || fail 'no JSON list'

# By part of a name and by number; a meter's line each second.
run 0 devices --test --input Mouth --output "$(number ear)" --seconds 2.5
grep -qx 'input opened: mouth-heard' out || fail 'the microphone was not opened'
grep -qx 'output opened: ear' out || fail 'the loudspeaker was not opened'
(($(grep -c 'dBFS  \[.*\]$' out) == 2)) || fail 'not two lines of the meter'
grep -qE '^input: mouth-heard, 48000 Hz, [0-9]+ ms' out || fail 'no sum of the test'

# Of what is not there it says what there is, and the other side is tested.
run 1 devices --test --input blaster --output ear --seconds 1.5
grep -qx 'output opened: ear' out || fail 'the loudspeaker was not tested'
grep -qxE 'debate devices: input: no microphone matches "blaster".* mouth-heard, .*' err ||
    fail 'no word of what there is'

# One that goes away while it is listed.
"$pulse" unplug "$work" mouth
run 1 devices --test --input mouth --output none --seconds 1
grep -qx 'debate devices: input: mouth-heard: it is not there' err || fail 'not told that it went'

finish
