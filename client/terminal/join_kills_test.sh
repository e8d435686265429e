#!/bin/bash
# kill -9 of the server at random moments of a live debate, KILLS times in a row on the same data:
# nothing acknowledged is missing, everybody comes back, the voices never stop, the debate ends.
. cmd/testing.sh
kills=${KILLS:-50}
seed=${SEED:-$RANDOM}
RANDOM=$seed
echo "SEED=$seed KILLS=$kills"
export XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config
pids=()
trap 'kill -9 "${pids[@]}" 2>/dev/null; rm -rf "$work"' EXIT
touch out err
names=(kim lee park)

serve() {
    rm -f line
    mkfifo line
    "$program" serve --listen "127.0.0.1:$1" --data data --countdown 0.5 >line 2>>serve-log &
    server=$!
    pids+=($server)
    read -r -t 30 url <line || { cp serve-log err; fail 'the server does not come back'; finish; }
    export DEBATE_SERVER=${url#listening on }
}
declare -A pid feed
enter() {
    mkfifo "$1.in"
    : >"$1.out"
    "$program" join library --name "$1" --input "$tree/testdata/speech/reader-4.opus" --output none \
        "${@:2}" --json <"$1.in" >"$1.out" 2>"$1.err" &
    pid[$1]=$!
    pids+=($!)
    exec {fd}>"$1.in"
    feed[$1]=$fd
}
say() {
    echo "$2" >&"${feed[$1]}"
}
# await NAME PATTERN [COUNT]
await() {
    local deadline=$((SECONDS + 60))
    until (($(grep -cE "$2" "$1.out") >= ${3:-1})); do
        if ((SECONDS > deadline)); then
            tail -n 20 "$1.out" >out
            fail "$1 never saw $2"
            finish
        fi
        timeout 1 tail -n 0 -f "$1.out" 2>/dev/null | head -n 1 >/dev/null
    done
}

cat >agenda.json <<'JSON'
{"title": "Again and again", "pages": [{"title": "Which?", "reveal": "never",
  "choices": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}]}]}
JSON
serve 0
port=${DEBATE_SERVER##*:}
enter kim --seats 3 --agenda agenda.json --record yes
await kim '"type":"welcome"'
enter lee --record no
enter park --record no
for name in "${names[@]}"; do
    await "$name" '"type":"live"'
    await "$name" '"type":"peer".*"connected"' 2
done
await kim '"type":"recording_started"'

said=0
for ((i = 0; i < kills; i++)); do
    # The moment is what is random here, not something that is waited for.
    for ((k = RANDOM % 4; k >= 0; k--)); do
        for name in "${names[@]}"; do
            choice=$( ((said % 2)) && echo a || echo b)
            say "$name" "{\"type\":\"submit_choice\",\"id\":$said,\"data\":{\"page\":1,\"choice\":\"$choice\"}}"
        done
        said=$((said + 1))
        sleep "0.$((RANDOM % 30 + 10))"
    done
    kill -9 "$server"
    wait "$server" 2>/dev/null
    serve "$port"
done
for name in "${names[@]}"; do
    say "$name" /stats
    await "$name" '"type":"stats"'
    # In, and the last thing that happened to the connection.
    deadline=$((SECONDS + 30))
    until [[ $(grep '"type":"state"' "$name.out" | tail -n 1) == *'"in"'* ]]; do
        ((SECONDS < deadline)) || { fail "$name did not come back"; finish; }
        timeout 1 tail -n 0 -f "$name.out" | head -n 1 >/dev/null
    done
done
for name in "${names[@]}"; do
    grep -E '"type":"peer".*"state":"(disconnected|failed|closed)"' "$name.out" >out &&
        fail "$name: a voice stopped"
done
say kim /end
for name in "${names[@]}"; do
    wait "${pid[$name]}"
    code=$?
    ((code == 0)) || { cp "$name.err" err; fail "$name: exit $code"; }
done

# Every ack, in the log for ever.
operator=$("$program" token --data data --user op --role operator)
session=$(sed -nE 's/.*"session_id":"([^"]+)".*/\1/p' kim.out | head -n 1)
curl -sf -H "Authorization: Bearer $operator" "$DEBATE_SERVER/api/sessions/$session/log" >log.jsonl ||
    fail 'no log'
run 0 replay --check log.jsonl
acks=0
for name in "${names[@]}"; do
    self=$(sed -nE 's/^\{"type":"welcome".*"participant_id":"(p[0-9]+)","host".*/\1/p' "$name.out" | head -n 1)
    while read -r seq; do
        acks=$((acks + 1))
        grep -qE "^\{\"type\":\"choice_submitted\",\"seq\":$seq,.*\"participant_id\":\"$self\"" log.jsonl ||
            fail "$name: the choice of event $seq was acknowledged and is lost"
    done < <(sed -nE 's/^\{"type":"ack","id":[0-9]+,"data":\{"seq":([0-9]+)\}\}/\1/p' "$name.out")
    # What each saw, without gaps and repeats.
    sed -nE 's/^\{"type":"[a-z_]+","seq":([0-9]+).*/\1/p' "$name.out" >seqs
    seq 1 "$(tail -n 1 seqs)" | cmp -s - seqs || { cp seqs out; fail "$name: gaps or repeats"; }
    concealed=$(grep '"type":"stats"' "$name.out" | grep -oE '"frames_(played|concealed)":[0-9]+' |
        awk -F: '/played/ { p += $2 } /concealed/ { c += $2 } END { print int(100 * c / (p + c)) }')
    ((concealed < 10)) || fail "$name: $concealed % of what was heard had to be made up"
    echo "$name: $(wc -l <seqs) events, $concealed % of the voices concealed"
done
((acks > kills)) || fail "only $acks acks: too few to prove anything"
echo "$acks choices acknowledged over $kills deaths of the server, none lost"
finish
