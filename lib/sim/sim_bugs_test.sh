#!/bin/bash
# Shows that the simulator finds what is wrong: each patch of testdata/sim is built in (Makefile,
# sim-bugs) and must be caught, by the invariant that it names ("A or B": by the one that is broken
# first), within SEEDS runs of 1000 room-seconds from the seed that it names. Run from the top of the
# tree; the programs stand beside the one in DEBATE_BIN. A change of the code leads each seed
# elsewhere; the seeds that the patches name only save time.
set -u
bugs=$(dirname "$DEBATE_BIN")/sim-bugs
seeds=80
failures=0
caught=0
for patch in testdata/sim/*.patch; do
    name=$(basename "$patch" .patch)
    wanted=$(sed -n 's/^Caught by: //p' "$patch")
    from=$(sed -n 's/^From seed: //p' "$patch")
    said=$("$bugs/$name" --from "$from" "$seeds" 1000 2>&1 | grep -a '^sim: ')
    if [[ $said =~ ^sim:\ (${wanted// or /|}):\  ]]; then
        caught=$((caught + 1))
        printf '%s: %s\n' "$name" "$(sed -n 's/^sim: \(seed .*\)/\1/p' <<<"$said")"
    else
        failures=$((failures + 1))
        printf 'FAILED: %s is not caught by %s\n%s\n' "$name" "$wanted" "$said"
    fi
done
echo "note: $caught wrong changes are caught"
((failures == 0 && caught >= 12))
