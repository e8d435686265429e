#!/bin/bash
# `debate analyze`, `debate report` and `debate forget` on folders and on data directories.
. cmd/testing.sh

# A folder with what three people said, as recordings without a timeline: the log places them.
made_folder() {
    mkdir -p "$1"
    cp "$tree"/testdata/logs/library.jsonl "$1/log.jsonl"
}

# The steps in `out`, as "tracks:true pieces:false …".
steps() { sed -nE 's/^\{"step":"([a-z]+)","made":(true|false)\}$/\1:\2/p' "$1" | tr '\n' ' '; }

# Wrong usage.
wrong 2 'neither a session' analyze nothing-like-it
wrong 2 'SESSION|DIR is missing' analyze
mkdir empty
wrong 1 'no log here' analyze empty
cp "$tree"/testdata/logs/library.jsonl empty/a.jsonl
cp "$tree"/testdata/logs/library.jsonl empty/b.jsonl
wrong 1 'several logs' analyze empty
wrong 1 'debate.db' analyze s_0123456789abcdefghijkl --data nowhere
[[ -e nowhere ]] && fail 'a data directory was made'
rm empty/b.jsonl
echo '{"type":"report"}' >empty/kim.report.jsonl
run 0 analyze empty --language ko
made_folder one
wrong 2 '--language' analyze one --language korean
wrong 2 '--stt' analyze one --stt nothing
wrong 2 'of which service' analyze one --llm-key-file key
: >key
wrong 2 'no key' analyze one --stt http://127.0.0.1:1/v1 --stt-key-file key
wrong 1 'not analysed yet' report one
wrong 2 '--format' report one --format pdf
wrong 1 'line 1' analyze "$(mkdir bad && echo nonsense >bad/log.jsonl && echo bad)"

# Steps are made once, and again when what they are made from has changed.
run 0 analyze one --language ko
[[ $(steps out) == 'tracks:true pieces:true measures:true transcript:true findings:true report:true ' ]] ||
    fail "the steps: $(steps out)"
for name in tracks pieces measures transcript findings; do
    [[ -s one/analysis/$name.json ]] || fail "no $name.json"
done
[[ $(stat -c %a one/analysis) == 700 && $(stat -c %a one/analysis/report.html) == 600 ]] ||
    fail 'others may read it'
run 0 analyze one --language ko
[[ $(steps out) == 'tracks:false pieces:false measures:false '* ]] || fail "again: $(steps out)"
cp "$tree"/testdata/speech/kim-1.opus one/stranger.opus
run 0 analyze one --language ko
[[ $(steps out) == 'tracks:true '* ]] || fail "a file came: $(steps out)"

# Whenever it is killed, it goes on, and what stood is not made again.
for step in tracks pieces measures transcript findings; do
    made_folder "killed-$step"
    mkfifo "fifo-$step"
    "$program" analyze "killed-$step" --language ko >"fifo-$step" 2>err &
    pid=$!
    grep -q "\"step\":\"$step\",\"made\":true" "fifo-$step"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    before=$(cd "killed-$step/analysis" && stat -c '%n %i %Y' tracks.json pieces.json measures.json 2>/dev/null)
    run 0 analyze "killed-$step" --language ko
    [[ $(cd "killed-$step/analysis" && stat -c '%n %i %Y' tracks.json pieces.json measures.json) == "$before"* ]] ||
        fail "after $step: something was made again"
    [[ $(steps out) == *report:true* ]] || fail "after $step: $(steps out)"
    compgen -G "killed-$step/analysis/*.part" >/dev/null && fail "after $step: a half is left"
done

# What it may write is all that it writes, and with more it goes on.
made_folder small
kept() { find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }'; }
mkdir -m 700 small/analysis
for bytes in 0 3000 20000; do
    before=$(kept small/analysis)
    run 5 analyze small --language ko --space $bytes
    grep -qE '^debate analyze: small/analysis: [a-z]+: what may be written is used up$' err ||
        fail "--space $bytes: it does not say what is missing"
    (($(kept small/analysis) <= before + bytes)) || fail "--space $bytes: it wrote more"
    compgen -G 'small/analysis/*.part' >/dev/null && fail "--space $bytes: a half is left"
done
[[ $(steps out) == *'findings:'* ]] || fail "what there is space for is not made: $(steps out)"
run 0 analyze small --language ko --space 5M
[[ $(steps out) == 'tracks:false pieces:false measures:false '*report:true* ]] || fail "with space: $(steps out)"
wrong 2 '--space' analyze small --space much

# Two at once do not get into each other's way.
made_folder both
"$program" analyze both --language ko >first 2>&1 &
pid=$!
run 0 analyze both --language ko
wait "$pid" || fail 'the other failed'

# Reports.
for format in html md json vtt srt csv; do
    run 0 report one --format $format
    [[ -s out || $format == srt ]] || fail "$format: nothing"
    run 0 report one --format $format --output "report.$format"
    cmp -s out /dev/null || fail "$format: it printed, too"
done
grep -q '<html lang="ko">' report.html || fail 'not in the language of the debate'
run 0 report one --language en
grep -q '<html lang="en">' out || fail 'not in English'
wrong 2 'beside what' report one --audio beside
wrong 2 '--audio' report one --audio loud
wrong 1 'nowhere/x.html' report one --output nowhere/x.html
run 0 report one --audio beside --output beside.html
[[ -d beside_files ]] || fail 'no folder beside'
"$program" report one >/dev/full 2>err && fail 'a full disk goes unnoticed'

# Forgetting where no server runs.
mkfifo line
"$program" serve --listen 127.0.0.1:0 --data data >line 2>serve-err &
server=$!
trap 'kill -9 "$server" 2>/dev/null; rm -rf "$work"' EXIT
read -r url <line
url=${url#listening on }
export DEBATE_SERVER=$url DEBATE_DATA=data
token=$("$program" token --user kim)
run 0 room create sunday --token "$token" --json
session=$(sed -E 's/.*"session_id":"([^"]*)".*/\1/' out)
wrong 1 'has not ended' analyze "$session"
run 0 room end sunday --token "$token"
run 0 analyze "$session" --language en
[[ -s data/analysis/$session/report.html ]] || fail 'no report'
wrong 1 'in use by another' forget "$session" --data data
wrong 4 'Only the host' forget "$session" --token "$("$program" token --user lee)"
kill -TERM "$server"
wait "$server"
if ((EUID == 0)); then # what root makes is of no use to the server's user
    chown 1 data/debate.db
    wrong 1 'belongs to user 1' analyze "$session" --language en
    wrong 1 'belongs to user 1' forget "$session" --data data
    [[ -s data/analysis/$session/report.html ]] || fail 'it was forgotten all the same'
    chown 0 data/debate.db
fi
run 0 forget "$session" --data data
grep -q "$session: removed 0 recordings (0 bytes), transcript and report" out || fail 'it does not say what'
[[ -e data/analysis/$session ]] && fail 'the analysis is still there'
wrong 1 'forgotten before' forget "$session" --data data
wrong 1 'no session' forget s_0123456789abcdefghijkl --data data
wrong 1 'was forgotten' analyze "$session" --language en
finish
