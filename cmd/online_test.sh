#!/bin/bash
# The subcommands that ask a server, against one on loopback.
. cmd/testing.sh
trap '[[ ${server-} ]] && kill -9 "$server" 2>/dev/null; rm -rf "$work"' EXIT
mkfifo line
"$program" serve --listen 127.0.0.1:0 --data data --seats 4 >line 2>serve-log &
server=$!
read -r url <line
export DEBATE_SERVER=${url#listening on }/

token() {
    "$program" token --data data "$@"
}
# The value of a string in the JSON that was printed.
field() {
    sed -nE "s/.*\"$1\":\"([^\"]*)\".*/\1/p" out
}
fact() {
    sed -nE "s/^$1 +(.*)/\1/p" out
}
operator=$(token --user op --role operator)
nobody=$(token --user nobody)

# create: made, found again, made up.
run 0 room create sunday --seats 2 --agenda "$tree/testdata/agendas/two-pages.json" --name Kim
[[ $(fact seats) == 2 && $(fact room) == sunday && $(fact created) == yes ]] || fail 'a new room'
session=$(fact session)
maker=$(fact token)
[[ $session == s_* && $maker == *.*.* ]] || fail 'no session or no token'
run 0 room create sunday --json --token "$maker"
grep -q '"created":false' out || fail 'a second session'
[[ $(field session_id) == "$session" && -z $(field token) ]] || fail 'found again'
run 0 room create --json
grep -q '"created":true' out || fail 'a room without a code'
[[ $(field code) =~ ^[2-9a-z]{9}$ && $(field token) == *.*.* ]] || fail 'the code is not made up'
DEBATE_TOKEN=$nobody run 0 room create monday
[[ $(fact seats) == 4 && -z $(fact token) ]] || fail "the server's seats"

# show and list.
run 0 room show sunday
[[ $(fact session) == "$session" && $(fact host) == 'nobody yet' ]] || fail 'show'
run 0 room show sunday --json --token "$operator"
[[ $(field session_id) == "$session" ]] || fail 'show --json'
wrong 4 not_found room show no-such-room
run 0 room list --token "$operator"
grep -qE "^sunday +lobby +0 of 2 +1  $session\$" out || fail 'list'
(($(wc -l <out) == 4)) || fail 'not three rooms and a line above'
run 0 room list --json --token "$operator"
[[ $(<out) == '{"rooms":['* ]] || fail 'list --json'
wrong 4 forbidden room list --token "$nobody"

# A refusal is the server's word.
wrong 4 bad_token room show sunday --token "${maker}x"
wrong 4 forbidden room show monday --token "$maker"
wrong 4 forbidden choose sunday agree --token "$nobody"
wrong 4 forbidden room end sunday --token "$nobody"
echo sound >sound.opus
wrong 4 'sound.opus' upload sound.opus --recording-id r_1 --room sunday --token "$nobody"
printf 'debate-timeline 1\nrecording_id r_2\nrate 48000\n' >sound.timeline
wrong 4 'sound.opus' upload sound.opus --session "$session" --token "$nobody"
rm sound.timeline
wrong 1 'no timeline' upload sound.opus --token "$nobody"

# end
run 0 room end sunday --token "$operator"
wrong 4 ended room end sunday --token "$operator"
run 0 room show sunday --token "$operator"
[[ $(fact phase) == ended ]] || fail 'not ended'

# What is not a debate server.
kill "$server"
wait "$server" || fail 'the server did not end well'
server=
wrong 3 'is debate serve running' room show sunday --token "$operator"

finish
