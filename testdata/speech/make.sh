#!/bin/bash
# Makes the speech of this folder again: every NAME.txt whose voice stands in the table below
# becomes NAME.opus. Needs the Debian packages flite, pocketsphinx-testdata, sox and opus-tools;
# the tests don't, they read what is committed. See README.md.
set -euo pipefail
cd "$(dirname "$0")"
readers=/usr/share/pocketsphinx/test/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# name, then a voice of flite or a file of pocketsphinx-testdata
table="
kim-1 flite:rms
kim-2 flite:rms
kim-3 flite:rms
lee-1 flite:slt
lee-2 flite:slt
lee-3 flite:slt
park-1 flite:awb
park-2 flite:awb
park-3 flite:awb
reader-1 librivox/sense_and_sensibility_01_austen_64kb-0880.wav
reader-2 librivox/sense_and_sensibility_01_austen_64kb-0930.wav
reader-3 librivox/sense_and_sensibility_01_austen_64kb-0890.wav
reader-4 librivox/sense_and_sensibility_01_austen_64kb-0920.wav
reader-5 cards/005.wav
reader-6 goforward.raw
"

# The serial number is fixed so that the same voice gives the same file.
serial=1
while read -r name source; do
    [[ $name ]] || continue
    case $source in
    flite:*)
        flite -voice "${source#flite:}" -f "$name.txt" -o "$work/in.wav"
        ;;
    *.raw)
        sox -D -t raw -r 16000 -e signed -b 16 -c 1 "$readers/$source" "$work/in.wav"
        ;;
    *)
        cp "$readers/$source" "$work/in.wav"
        ;;
    esac
    sox -D "$work/in.wav" "$work/level.wav" gain -n -3
    opusenc --quiet --bitrate 24 --speech --padding 0 --serial "$serial" --discard-comments \
        --title "$name" "$work/level.wav" "$name.opus"
    serial=$((serial + 1))
done <<<"$table"
