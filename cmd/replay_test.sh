#!/bin/bash
# Session logs: good, torn, damaged.
. cmd/testing.sh
logs=$tree/testdata/logs
good=$logs/library.jsonl

run 0 replay "$good"
cmp -s out "$tree/testdata/golden/replay-library.txt" || {
    diff "$tree/testdata/golden/replay-library.txt" out
    fail 'the timeline has changed'
}
[[ -s err ]] && fail 'a good log is complained about'

run 0 replay --json "$good"
cmp -s out "$good" || fail '--json is not the log'
"$program" replay --json - <"$good" >out 2>err || fail 'standard input is not read'
cmp -s out "$good" || fail 'standard input is not the log'

run 0 replay --check "$good"
grep -q '^26 events' out || fail '--check does not count'
# A host's log leaves out who is who; its maker is called "p1", and sat down second.
run 0 replay --check "$(dirname "$good")/host-named-like-a-seat.jsonl"

# Ten thousand times faster than the 90 s that it took.
run 0 replay --speed 10000 "$good"
cmp -s out "$tree/testdata/golden/replay-library.txt" || fail '--speed tells another story'

# The last line was torn.
for form in '' --check --json; do
    run 0 replay $form "$logs/torn.jsonl"
    grep -q 'line 27 is torn' err || fail "a torn line goes unnoticed ($form)"
done
head -n 26 "$good" | cmp -s - out || fail 'a torn line is told'

# Every other damage names its line.
damaged() {
    local form
    for form in '' --check --json; do
        run 1 replay $form log
        (($(wc -l <err) == 1)) && grep -q "line $1: " err || fail "$2 ($form)"
    done
}
cp "$logs/line-missing.jsonl" log
damaged 13 'a missing line'
sed '15s/:true/: true/' "$good" >log
damaged 15 'a space more'
sed '16s/"seq":15/"seq":16/' "$good" >log
damaged 16 'a wrong number'
sed '17s/p2/p7/g' "$good" >log
damaged 17 'an unknown participant'
sed '5d' "$logs/torn.jsonl" >log
damaged 5 'a missing line in a torn log'
sed '20s/$/\r/' "$good" >log
damaged 20 'a carriage return'
sed '1s/"seats":3/"seats":9/' "$good" >log
damaged 1 'too many seats'
sed 1d "$good" >log
damaged 1 'no header'
: >log
damaged 1 'an empty file'
head -c 100 "$good" >log
damaged 1 'a torn header'
printf '\xff\xfe' >log
damaged 1 'no text at all'

# A room that nobody entered.
head -n 1 "$good" >log
run 0 replay log
grep -q '^room library' out || fail 'a header alone'
run 0 replay --check log
grep -q '^0 events' out || fail 'a header alone, checked'

wrong 1 'no-file' replay no-file
wrong 1 'directory' replay .
wrong 2 '--speed 0' replay --speed 0 "$good"
wrong 2 '--speed -1' replay --speed -1 "$good"
wrong 2 '--speed fast' replay --speed fast "$good"
wrong 2 '--check' replay --check --json "$good"
wrong 2 '--check' replay --check --speed 2 "$good"

finish
