#!/bin/bash
# A live debate whose disk fills up, really, and is cleared again: what cannot be kept is refused in
# words, nothing that was acknowledged is lost, uploads go on where they stopped, and the debate
# comes to its end. The disk is a tmpfs, in a mount namespace of the test's own.
if [[ ! ${FULL_DISK_INSIDE-} ]]; then
    for as in --map-root-user ''; do
        unshare $as --mount true 2>/dev/null && FULL_DISK_INSIDE=1 exec unshare $as --mount "$0"
    done
    echo 'FAILED: no mount namespace to be had: run this as root, or allow user namespaces'
    exit 1
fi
. cmd/testing.sh
. "$tree/client/terminal/join_testing.sh"
mkdir data
mount -t tmpfs -o size=3m tmpfs data || { fail 'no tmpfs can be mounted'; finish; }
trap 'kill -9 "${pids[@]}" 2>/dev/null; umount -l data; rm -rf "$work"' EXIT
names=(kim lee park)

fill() { cat /dev/zero >data/fill 2>/dev/null; }
clear_up() { rm data/fill; }

# ask STATUS METHOD PATH CURL-OPTION...: the answer must come, and soon; it is in body and head.
ask() {
    local wanted=$1 status
    status=$(curl -s -m 20 -o body -D head -w '%{http_code}' -X "$2" -H "Authorization: Bearer $operator" \
        "${@:4}" "$DEBATE_SERVER$3")
    [[ $status == "$wanted" ]] || { cat head body >out; fail "$2 $3: $status instead of $wanted"; }
}
# refused STATUS METHOD PATH CURL-OPTION...: with a body that says so to machines and to people.
refused() {
    ask "$@"
    grep -qE '^\{"error":\{"code":"unavailable","message":"[^"]*(disk|space)[^"]*"\}\}$' body ||
        { cp body out; fail "$2 $3: what is refused is not said why"; }
}
# choose NAME ID CHOICE
choose() {
    say "$1" "{\"type\":\"submit_choice\",\"id\":$2,\"data\":{\"page\":1,\"choice\":\"$3\"}}"
}
header() { sed -nE "s/^$1: (.*)\r$/\1/Ip" head; }

cat >agenda.json <<'JSON'
{"title": "A full disk", "pages": [{"title": "Which?", "reveal": "never",
  "choices": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}]}, {"title": "And then?"}]}
JSON
serve 0
port=${DEBATE_SERVER##*:}
operator=$("$program" token --data data --user op --role operator)
voice=(--input "$tree/testdata/speech/reader-4.opus")
enter kim "${voice[@]}" --seats 3 --agenda agenda.json --record yes
await kim '"type":"welcome"'
enter lee "${voice[@]}" --record no
enter park "${voice[@]}" --record no
for name in "${names[@]}"; do
    await "$name" '"type":"live"'
done
await kim '"type":"recording_started"'
say kim '{"type":"consent","data":{"recording":false}}'
await kim '"type":"recording_stopped"'
session=$(sed -nE 's/.*"session_id":"([^"]+)".*/\1/p' kim.out | head -n 1)
recording=$(sed -nE 's/.*"recording_id":"([^"]+)".*/\1/p' kim.out | head -n 1)
for name in "${names[@]}"; do
    choose "$name" 1 a
    await "$name" '"type":"ack","id":1,'
done

# An upload that is begun while there is space.
cat "$tree"/testdata/speech/*.opus >sound.opus
metadata="recording_id $(printf %s "$recording" | base64 -w 0)"
tus=(-H 'Tus-Resumable: 1.0.0')
create=("${tus[@]}" -H "Upload-Length: $(stat -c %s sound.opus)" -H "Upload-Metadata: $metadata")
ask 201 POST /api/uploads "${create[@]}"
upload=$(header location)
patch() {
    tail -c +$(($1 + 1)) sound.opus >rest
    "${@:2}" PATCH "$upload" "${tus[@]}" -H "Upload-Offset: $1" --data-binary @rest \
        -H 'Content-Type: application/offset+octet-stream' -H 'Expect:'
}

# ---- full ----

fill
# The page of the log that is at hand may still take a line or two; the first that it does not
# take is answered as well.
for ((i = 0; i < 20; i++)); do
    curl -s -m 20 -o body -w '%{http_code}' -X POST -H "Authorization: Bearer $operator" \
        -d "{\"code\":\"full-$i\"}" "$DEBATE_SERVER/api/rooms" >status
    [[ $(<status) == 201 ]] || break
done
[[ $(<status) == 503 ]] || { cp body out; fail "a room on a full disk: $(<status)"; }
refused 503 POST /api/rooms -d '{"code":"another"}'
[[ $(header retry-after) ]] || fail 'it is not said when to try again'
refused 503 POST "/api/rooms" -d "{\"code\":\"full-$i\"}"
refused 503 GET "/api/rooms/full-$i"
refused 503 POST "/api/sessions/$session/choices" -d '{"page":1,"choice":"b"}'
refused 503 POST "/api/sessions/$session/end"
ask 200 GET /healthz
ask 200 GET "/api/sessions/$session"
grep -qF '"phase":"live"' body || fail 'the debate is not live any more'
for name in "${names[@]}"; do
    choose "$name" 2 b
    await "$name" '"type":"error","id":2,"data":\{"code":"internal","message":"[^"]*disk'
done

refused 507 POST /api/uploads "${create[@]}"
(($(find data/uploads -type f | wc -l) <= 2)) || fail 'an upload that was refused left something'
patch 0 refused 507
ask 200 HEAD "$upload" --head "${tus[@]}"
offset=$(header upload-offset)
((offset < $(stat -c %s sound.opus))) || fail "all is said to be there: $offset"
file=${upload##*/} # its name, and behind it the recording's
[[ $(stat -c %s "data/uploads/${file:0:22}") == "$offset" ]] || fail 'the upload is not as long as is said'
[[ -e data/recordings ]] && find data/recordings -type f | grep . && fail 'half a recording is kept'

# ---- killed, and begun again on the full disk ----

kill -9 "$server"
wait "$server" 2>/dev/null
grep -c 'the log cannot be written' serve-log >complaints
(($(<complaints) == 1)) || { cp serve-log err; fail 'the operator was not told once'; }
run 1 serve --listen 127.0.0.1:0 --data data
[[ $(tail -n 1 err) == 'debate serve: data: cannot be written to; is the disk full?' ]] ||
    fail 'it is not said why the server does not start'
clear_up
serve "$port"
for name in "${names[@]}"; do
    # In, and the last thing that happened to the connection.
    deadline=$((SECONDS + 30))
    until [[ $(grep '"type":"state"' "$name.out" | tail -n 1) == *'"in"'* ]]; do
        ((SECONDS < deadline)) || { fail "$name did not come back"; finish; }
        timeout 1 tail -n 0 -f "$name.out" | head -n 1 >/dev/null
    done
    choose "$name" 3 b
    await "$name" '"type":"ack","id":3,"data":\{"seq"'
done

# ---- full, and cleared while it runs ----

fill
# What is decided and not yet written is not acknowledged before it is, what comes later is refused:
# which of two is the later one, they can't know.
for ((last = 4; last < 100; last++)); do
    choose lee "$last" "$( ((last % 2)) && echo a || echo b)"
    choose park "$last" "$( ((last % 2)) && echo a || echo b)"
    ask 200 GET /healthz
    grep -qE '"type":"error","id":([4-9]|[0-9]{2}),' lee.out && break
done
ask 503 POST "/api/sessions/$session/end"
clear_up
for ((i = 4; i <= last; i++)); do
    await lee "\"type\":\"(ack|error)\",\"id\":$i,"
    await park "\"type\":\"(ack|error)\",\"id\":$i,"
done
deadline=$((SECONDS + 30))
until [[ $(curl -s -m 20 -o body -w '%{http_code}' -H "Authorization: Bearer $operator" \
    "$DEBATE_SERVER/api/rooms") == 200 ]]; do
    ((SECONDS < deadline)) || { fail 'the disk is free, and nothing is shown'; finish; }
done
ask 200 HEAD "$upload" --head "${tus[@]}"
patch "$(header upload-offset)" ask 204
cmp -s sound.opus data/recordings/"$session"/* || fail 'the recording is not what was sent'
for name in "${names[@]}"; do
    choose "$name" 30 a
    await "$name" '"type":"ack","id":30,'
done
say kim /next
await park '"type":"next_page"'
say kim /end
leaves_with kim 1 # what it would upload has been uploaded, and is something else
leaves_with lee 0
leaves_with park 0
for name in "${names[@]}"; do saw_all "$name"; done
ask 200 GET "/api/sessions/$session/log"
cp body log.jsonl
run 0 replay --check log.jsonl
grep -qF '"type":"recording_uploaded"' log.jsonl || fail 'the log knows of no upload'
for name in "${names[@]}"; do
    self=$(sed -nE 's/^\{"type":"welcome".*"participant_id":"(p[0-9]+)","host".*/\1/p' "$name.out" | head -n 1)
    sed -nE 's/^\{"type":"ack","id":[0-9]+,"data":\{"seq":([0-9]+)\}\}/\1/p' "$name.out" >acked
    sed -nE "s/^\{\"type\":\"choice_submitted\",\"seq\":([0-9]+),.*\"participant_id\":\"$self\".*/\1/p" log.jsonl >kept
    diff acked kept >out || fail "$name: what was acknowledged and what is in the log differ"
done
finish
