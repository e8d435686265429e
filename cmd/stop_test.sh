#!/bin/bash
# SIGTERM in the middle of a debate over TLS: whoever is in hears 1001, whoever comes 503, a client
# that reads nothing holds nobody up, and all are back soon after the server is.
. cmd/testing.sh
. "$tree/client/terminal/join_testing.sh"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key.pem \
    -out cert.pem -subj /CN=debate -addext subjectAltName=IP:127.0.0.1 2>/dev/null
export SSL_CERT_FILE=$work/cert.pem

# begin PORT
begin() {
    rm -f line
    mkfifo line
    "$program" serve --listen "127.0.0.1:$1" --data data --countdown 0.2 --tls-cert cert.pem \
        --tls-key key.pem >line 2>>serve-log &
    server=$!
    pids+=($server)
    read -r -t 30 url <line || { cp serve-log err; fail 'the server does not come up'; finish; }
    began_ms=$(now_ms)
    export DEBATE_SERVER=${url#listening on }
}
now_ms() {
    echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

begin 0
port=${DEBATE_SERVER##*:}
token=$("$program" token -u operator --role operator --data data)
enter kim --input none --seats 3 --record no
await kim '"type":"welcome"'
enter lee --input none --record no
await lee '"type":"welcome"'
session=$(sed -nE 's/.*"session_id":"([^"]*)".*/\1/p' kim.out | head -n 1)

# One opens a socket, and then stops.
mkfifo deaf.in
openssl s_client -quiet -connect "127.0.0.1:$port" <deaf.in >deaf.out 2>/dev/null &
deaf=$!
pids+=($deaf)
exec {fd}>deaf.in
printf '%s\r\n' "GET /ws/voice/$session HTTP/1.1" "Host: 127.0.0.1:$port" 'Upgrade: websocket' \
    'Connection: Upgrade' 'Sec-WebSocket-Version: 13' 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \
    "Authorization: Bearer $token" '' >&$fd
await deaf '^HTTP/1.1 101'
kill -STOP "$deaf"

asked_ms=$(now_ms)
kill -TERM "$server"
await kim '"type":"closed","data":\{"code":1001,"returns":true'
await lee '"type":"closed","data":\{"code":1001,"returns":true'
[[ $(curl -s -o out -w '%{http_code}' --cacert cert.pem "$DEBATE_SERVER/healthz") == 503 ]] ||
    fail 'not 503 while it ends'
wait "$server"
code=$?
took_ms=$(($(now_ms) - asked_ms))
((code == 0)) || fail "exit $code"
((took_ms < 6000)) || fail "it took $took_ms ms to end"

# However often they have tried in vain. 2 s is the rule, and a loaded machine takes its time.
await kim '"state":"away"' 8
await lee '"state":"away"' 8
begin "$port"
for name in kim lee; do
    await "$name" '"type":"welcome"' 2
    back_ms=$(($(now_ms) - began_ms))
    ((back_ms < 3000)) || fail "$name is back after $back_ms ms"
    echo "note: ended after $took_ms ms; $name back after $back_ms ms"
    saw_all "$name"
done
say kim '{"type":"leave"}'
say lee '{"type":"leave"}'
leaves_with kim 0
leaves_with lee 0
kill "$server"
wait "$server" || fail 'it does not end well'
{ kill -9 "$deaf"; wait "$deaf"; } 2>/dev/null
finish
