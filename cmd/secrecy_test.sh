#!/bin/bash
# Whatever the server and its clients print, no token is in it, nor the signature of one.
. cmd/testing.sh
. "$tree/client/terminal/join_testing.sh"
export TMPDIR=$work
mkdir said
printf '%s\n' 'the first secret, which has 32 bytes' >secret
printf '%s\n' 'a secret of another server, 32 bytes' >other-secret
good=$("$program" token -u kim --role operator --secret-file secret)
bad=$("$program" token -u kim --secret-file other-secret)
old=$("$program" token -u kim -e 1 --secret-file secret)
mkfifo line
"$program" serve --listen 127.0.0.1:0 --data data --secret-file secret --countdown 0.2 \
    >line 2>said/server &
server=$!
pids+=($server)
read -r url <line
printf '%s\n' "$url" >>said/server
url=${url#listening on }
export DEBATE_SERVER=$url

# tries WORD...: whatever comes of it, it ends, and what it says is kept.
tries() {
    count=$((count + 1))
    timeout 60 "$program" "$@" >"said/$count" 2>&1 </dev/null
    (($? != 124)) || fail "debate $1 does not end"
}
# asks WORD...: the same for curl.
asks() {
    count=$((count + 1))
    curl -s -m 20 -i "$@" >"said/$count"
}
count=0
session=$("$program" room create sunday --seats 2 --json --token "$good" |
    sed -nE 's/.*"session_id":"([^"]*)".*/\1/p')
[[ $session ]] || fail 'no room'
echo sound >sound.opus

until ((SECONDS > 1)); do read -r -t 0.2 <> <(:); done # `old` expires
for token in "$good" "$bad" "x$old.x"; do
    for path in api/rooms/sunday api/rooms/nowhere api/rooms "api/sessions/$session/log" api/nowhere \
        r/sunday "ws/voice/$session" ws/signaling?room_code=sunday healthz; do
        mark=$([[ $path == *'?'* ]] && echo '&' || echo '?')
        asks "$url/$path" -H "Authorization: Bearer $token"
        asks "$url/$path$mark""token=$token"
        asks -G "$url/$path" --data-urlencode "token=$token"
        asks -X POST "$url/$path$mark""token=$token" -H 'Content-Type: application/json' -d "{\"code\":\"$token\"}"
    done
    asks "$url/ws/voice/$session?token=$token" -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
        -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' -m 0.2
    asks -X POST "$url/api/uploads" -H "Authorization: Bearer $token" -H 'Tus-Resumable: 1.0.0' \
        -H 'Upload-Length: 5' -H "Upload-Metadata: recording_id $(printf r_1 | base64)"
    tries room show sunday --token "$token"
    tries room list --token "$token"
    tries choose sunday agree --token "$token"
    tries upload sound.opus --recording-id r_1 --room sunday --token "$token"
    tries join nowhere/ --token "$token" --input none --output none
    # Where a token does not belong.
    tries room show sunday "$token"
    tries room show "$token"
    tries room "$token"
    tries "$token"
    tries choose sunday "$token" --token "$token"
    tries join "$url/r/sunday?token=$token"
    tries room show sunday --server "$url/?token=$token"
    tries room show sunday --server "http://user:$token@127.0.0.1:1"
    tries room show sunday --token --server "$token"
    tries "--$token"
    tries room show sunday "--token$token"
    tries serve --listen "$token"
    tries serve --guests="$token"
    tries replay "$token"
    tries bot "$token"
    tries token -u kim --room "$token" --secret-file secret
done
for token in "$bad" "$old" "x$good"; do
    tries join sunday --token "$token" --input none --output none
    tries join sunday --token "$token" --input none --output none --json
done
DEBATE_TOKEN=$bad tries bot "$tree/testdata/scenarios/choices-together.debate"
tries bot "$tree/testdata/scenarios/choices-together.debate" --output said/bot-left
enter kim --input none --seats 2 --token "$good" --record yes
await kim '"type":"welcome"'
say kim '{"type":"leave"}'
leaves_with kim 0
mv kim.out kim.err said
mkdir -p config/debate
printf 'token = %s\n' "$good" '[serve]' "listen $good" >config/debate/config
tries room show sunday
printf '%s\n' "$good" >config/debate/config
tries room show sunday
rm config/debate/config
kill -HUP "$server"
kill "$server"
wait "$server" || fail 'the server does not end well'
tries room show sunday --token "$good"
tries join sunday --token "$good" --input none --output none

((count > 150)) || fail "$count tries"
for secret in "$good" "$bad" "$old" "${good##*.}" "${bad##*.}" "${old##*.}" "$(<secret)"; do
    grep -rF -- "$secret" said >out && fail 'a token is shown'
done
grep -rq 'hidden' said || fail 'no place shows that a token was hidden'
finish
