#!/bin/bash
# The simulated world (make sim): seeds that are always the same, each of which gives the same run
# again, and then random ones for SIM_SECONDS. Run from the top of the tree; the program stands
# beside the one in DEBATE_BIN.
set -eu
sim=$(dirname "$DEBATE_BIN")/sim

# A run is a function of its seed, to the byte, whatever ran before it in the process.
first=$("$sim" 7 2000)
again=$("$sim" 7 2000)
[[ $first == "$again" ]] || {
    printf 'a seed gives two runs:\n%s\n%s\n' "$first" "$again"
    exit 1
}
other=$("$sim" 8 2000)
[[ ${first##*trace } != "${other##*trace }" ]] || {
    echo "two seeds give one run"
    exit 1
}
after_another=$("$sim" --from 6 2 2000 | tail -n 1)
[[ $after_another == "$first" ]] || {
    printf 'what ran before is remembered:\n%s\n%s\n' "$first" "$after_another"
    exit 1
}

"$sim" --from 1000 "${SIM_SEEDS:-24}" 1000
"$sim" --seconds "${SIM_SECONDS:-30}" | sed 's/^/note: /'
((PIPESTATUS[0] == 0))
