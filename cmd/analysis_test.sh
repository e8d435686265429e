#!/bin/bash
# From voices to a report: two that speak and one that listens debate over WebRTC; the server analyses
# what they recorded and offers the report. What was said is known, and when.
. cmd/testing.sh
trap 'kill -9 "$server" "${others[@]}" 2>/dev/null; rm -rf "$work"' EXIT
others=()
said_kim='the government should help people who have lost their homes in the war the library should be open on sundays because many people work on all other days'
said_lee='we should not forget that every new plan costs money and takes time the town has no money for another day and the staff already work six days a week'
flite -voice rms -t "$said_kim" -o kim.wav
flite -voice slt -t "$said_lee" -o lee.wav
cat >three.debate <<END
speech .
limit  90
cast kim  "Kim"  host consents
cast lee  "Lee <b>" consents
cast park "Park" consents
at start+0.5 kim says kim.wav
at start+11  lee says lee.wav
at start+12  kim chooses shut
at start+21  kim ends
at end       expect kim uploads within 20
             expect lee uploads within 20
             expect park uploads within 20
END
echo '{"title":"Sundays","pages":[{"title":"Sundays?","choices":[{"id":"open","label":"Open"},
    {"id":"shut","label":"Closed on Sundays"}],"reveal":"never"}]}' >secret-ballot.json
mkfifo line never
exec {never}<>never # nothing ever comes from it: to look again a little later
"$program" serve --listen 127.0.0.1:0 --data data --countdown 0.2 --language en \
    --agenda secret-ballot.json >line 2>serve-err &
server=$!
read -r url <line
export DEBATE_SERVER=${url#listening on } DEBATE_DATA=data
kim=$("$program" token --user kim)
run 0 room create sunday --seats 3 --token "$kim" --json
session=$(sed -E 's/.*"session_id":"([^"]*)".*/\1/' out)
for who in lee park; do
    "$program" bot three.debate --as $who --room sunday --output played >$who-out 2>&1 &
    others+=($!)
done
run 0 bot three.debate --as kim --room sunday --token "$kim" --output played
for pid in "${others[@]}"; do wait "$pid" || fail "one of the others: $(cat ./*-out)"; done

# ask PATH TOKEN: its status; the body is in `answer`.
ask() { curl -s -o answer -w '%{http_code}' -H "Authorization: Bearer $2" "$DEBATE_SERVER$1"; }

# Until the report is announced.
limit=$((SECONDS + ${TEST_TIMEOUT:-300} - 60))
until ask "/api/sessions/$session" "$kim" >out && grep -q '"report":"/api' answer; do
    ((SECONDS < limit)) || { fail "no report: $(<serve-err)" && break; }
    read -rt 0.2 -u "$never"
done

# Those who took part get it; who did not does not.
[[ $(ask "/api/sessions/$session/report" "$kim") == 200 ]] || fail 'the host gets no report'
grep -q 'Lee &lt;b&gt;' answer || fail 'a name is not as it was'
grep -q '<audio id="r0" controls preload="none" src="data:audio/ogg;base64,' answer ||
    fail 'nothing to hear in it'
[[ $(ask "/api/sessions/$session/report" "$("$program" token --user mallory)") == 403 ]] ||
    fail 'a stranger gets it'

# What was chosen in secret is for whoever has the data; those who took part do not learn it.
for format in html json md; do
    [[ $(ask "/api/sessions/$session/report?format=$format" "$kim") == 200 ]] || fail "no $format"
    grep -qE '"choice":"shut"|Kim (chose|changed)' answer && fail "a secret choice is in the $format"
done
run 0 report "$session" --format md
grep -q 'Kim chose “Closed on Sundays”' out || fail 'the operator is not told what was chosen'
run 0 report "$session" --format json --output report.json
# number NAME: the participant of this name.
number() { sed -nE 's/^ *\{"participant_id":"(p[0-9])","nickname":"'"$1"'".*/\1/p' report.json; }
# what WHO: their words, in order.
what() { sed -nE 's/^ *\{"turn":[0-9]+,"participant_id":"'"$1"'","page":[0-9]+,"from_ms":[^,]*,"to_ms":[^,]*,"text":"([^"]*)"[,}].*/\1/p' report.json; }
# errors SAID HEARD: substitutions, insertions and deletions, in percent of the words said.
errors() {
    awk -v said="$1" -v heard="$2" 'function min(a, b) { return a < b ? a : b }
        BEGIN {
            n = split(said, s, " "); m = split(heard, h, " ")
            for (i = 0; i <= n; i++) for (j = 0; j <= m; j++)
                d[i, j] = !i ? j : !j ? i : min(min(d[i-1, j], d[i, j-1]) + 1, d[i-1, j-1] + (s[i] != h[j]))
            printf "%d", 100 * d[n, m] / n
        }'
}
# silence FILE: ms before the first sample above -36 dBFS, of 16 kHz after the WAV header.
silence() { od -An -v -t d2 -w2 -j 44 "$1" | awk '$1 > 500 || $1 < -500 { printf "%d", NR / 16; exit }'; }
# begins WHO: when their first piece of speech does, ms.
begins() { sed -nE 's/^ *\{"participant_id":"'"$1"'","from_ms":([-0-9]+).*/\1/p' report.json | head -n 1; }

for who in Kim Lee; do
    name=$who
    [[ $who == Lee ]] && name='Lee <b>'
    id=$(number "$name")
    said=said_${who,,}
    wrong_words=$(errors "${!said}" "$(what "$id" | tr '\n' ' ')")
    ((wrong_words < 20)) || fail "$who: $wrong_words % of the words are wrong: $(what "$id")"
    at=500
    [[ $who == Lee ]] && at=11000
    off=$(($(begins "$id") - at - $(silence "${who,,}.wav")))
    ((off > -300 && off < 300)) || fail "$who: begins $off ms off"
    echo "$who: $wrong_words % wrong, $off ms off"
done
[[ -z $(what "$(number Park)") && -z $(begins "$(number Park)") ]] || fail 'who was silent said something'
wait_ends() { kill -TERM "$server" && wait "$server"; }
wait_ends || fail 'the server does not end well'
finish
