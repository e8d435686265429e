#!/bin/bash
# Scripts take part in a debate: one JSON event a line out, one command a line in.
. cmd/testing.sh
. "$tree/client/terminal/join_testing.sh"
serve 0
port=${DEBATE_SERVER##*:}

enter kim --input none --seats 2 --agenda "$tree/testdata/agendas/two-pages.json" --record yes
await kim '"type":"welcome".*"participant_id":"p1"'
grep -q '"type":"entered".*"created":true' kim.out || fail 'the room was not made'
enter lee --input none --record no
await lee '"type":"welcome".*"participant_id":"p2"'
await lee '^\{"type":"start"'
await lee '"type":"live","data":\{"late_ms":[0-9]'
await kim '"type":"peer","data":\{"participant_id":"p2","state":"connected"'
await kim '"type":"recording_started".*"participant_id":"p1"'

# Commands are those of the protocol, and are answered with their id.
say lee '{"type":"next_page","id":"turn"}'
await lee '\{"type":"error","id":"turn","data":\{"code":"forbidden"'
say lee '{"type":"start_recording","id":5}'
await lee '\{"type":"error","id":5,"data":\{"code":"no_consent"'
say lee '{"type":"submit_choice","id":"mine","data":{"choice":"tea"}}'
await lee '\{"type":"ack","id":"mine","data":\{"seq":[0-9]+'
say lee '/choose nonsense'
await lee '\{"type":"error","data":\{"code":"bad_request"'
say lee 'this is no command'
await lee '\{"type":"error","data":\{"code":"bad_request"' 2
say lee '{"type":'
await lee '"code":"bad_message"'
say kim '{"type":"voice_status_update","id":1,"data":{"is_mic_on":false}}'
await lee '"type":"voice_status".*"participant_id":"p1".*"is_mic_on":false'
say kim /stats
await kim '"type":"stats","data":\{"p2":\{"state":"connected"'
say lee /stats
await lee '"type":"stats","data":\{"p1":\{"state":"connected"'

# Both see the same words, when they are connected and later.
words='"fingerprint_words":"[a-z]{4}( [a-z]{4}){7}"'
(($(grep -ohE "$words" kim.out lee.out | sort | uniq -c | awk '{ print $1 }') == 4)) ||
    fail 'they see different fingerprint words'

# The server dies and comes back: to the same seat, and no event is seen twice or missed.
kill -9 "$server"
await kim '"type":"state","data":\{"state":"away"'
serve "$port"
await kim '"type":"state","data":\{"state":"in"' 2
await lee '"type":"state","data":\{"state":"in"' 2
await kim '"type":"connected".*"participant_id":"p1"'
say kim '{"type":"submit_choice","data":{"choice":"coffee"}}'
await lee '"type":"choices_revealed".*"p1":"coffee".*"p2":"tea"'

# The same person from elsewhere: the first one says so and stops.
token=$(sed -n 's/^ *"token": *"\([^"]*\)".*/\1/p; s/.*"token":"\([^"]*\)".*/\1/p' \
    state/debate/recordings/*.pending | head -n 1)
[[ $token == *.*.* ]] || fail 'no token beside the recording'
say kim /next
await lee '"type":"next_page".*"page":2'
enter again --input none --token "$token" --record yes
await kim '"type":"closed","data":\{"code":4001,"returns":false\}'
leaves_with kim 4
await again '"type":"welcome".*"participant_id":"p1"'

# Ctrl-C leaves properly: the recording is sent first.
await again '"type":"recording_started".*"participant_id":"p1"' 2
kill -INT "${pid[again]}"
leaves_with again 0
await lee '"type":"leave".*"participant_id":"p1"'
grep -q '"type":"upload".*"uploaded":true' again.out || fail 'the recording was not sent'

say lee '{"type":"leave"}'
leaves_with lee 0
for name in kim lee again; do saw_all $name; done

# A crash leaves the recording on disk; whoever joins next from here sends it.
enter kim2 --input none --seats 2 --record yes
await kim2 '"type":"welcome"'
enter lee2 --input none --record no
await kim2 '"type":"recording_started".*"participant_id":"p1"'
await lee2 '"type":"recording_started".*"participant_id":"p1"'
kill -9 "${pid[kim2]}"
wait "${pid[kim2]}" 2>/dev/null
await lee2 '"type":"disconnected".*"participant_id":"p1"'
say lee2 /leave
leaves_with lee2 0
operator=$("$program" token --data data --user op --role operator)
run 0 room end library --token "$operator"
pending=$(basename "$(ls state/debate/recordings/*.pending)" .pending)
[[ $pending ]] || fail 'nothing is pending after the crash'
enter kim3 --input none --seats 2
await kim3 "\"type\":\"pending\".*$pending.*\"uploaded\":true"
[[ ! -e state/debate/recordings/$pending.pending ]] || fail 'it is still pending'
say kim3 /leave
leaves_with kim3 0

# What is wrong before there is a debate.
wrong 2 'ROOM' join 'no room'
wrong 2 '--record maybe' join library --record maybe
wrong 2 '--echo-cancel loud' join library --echo-cancel loud
run 4 join library --token not.a.token
grep -qF 'bad_token' out || grep -qiF 'token' err || fail 'does not tell of the token'
DEBATE_SERVER=http://127.0.0.1:1 run 3 join library
grep -q 'debate join: ' err || fail 'does not say that nobody answers'
finish
