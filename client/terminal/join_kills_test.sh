#!/bin/bash
# kill -9 of the server at random moments of a live debate, KILLS times in a row on the same data:
# nothing acknowledged is missing, everybody comes back, the voices never stop, the debate ends.
. cmd/testing.sh
. "$tree/client/terminal/join_testing.sh"
kills=${KILLS:-50}
seed=${SEED:-$RANDOM}
RANDOM=$seed
echo "SEED=$seed KILLS=$kills"
names=(kim lee park)

voice=(--input "$tree/testdata/speech/reader-4.opus")
cat >agenda.json <<'JSON'
{"title": "Again and again", "pages": [{"title": "Which?", "reveal": "never",
  "choices": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}]}]}
JSON
serve 0
port=${DEBATE_SERVER##*:}
enter kim "${voice[@]}" --seats 3 --agenda agenda.json --record yes
await kim '"type":"welcome"'
enter lee "${voice[@]}" --record no
enter park "${voice[@]}" --record no
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
    leaves_with "$name" 0
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
    saw_all "$name"
    concealed=$(grep '"type":"stats"' "$name.out" | grep -oE '"frames_(played|concealed)":[0-9]+' |
        awk -F: '/played/ { p += $2 } /concealed/ { c += $2 } END { print int(100 * c / (p + c)) }')
    ((concealed < 10)) || fail "$name: $concealed % of what was heard had to be made up"
    echo "$name: $(wc -l <seqs) events, $concealed % of the voices concealed"
done
((acks > kills)) || fail "only $acks acks: too few to prove anything"
echo "$acks choices acknowledged over $kills deaths of the server, none lost"
finish
