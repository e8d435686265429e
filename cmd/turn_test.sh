#!/bin/bash
# Voices where a TURN server is the only way: coturn, a server and two who take part, each of these
# in a network of its own that reaches nobody but the machine in the middle. Then the same by TCP, and
# with a secret that coturn does not know.
#
#   kim 10.0.1.2 --- 10.0.1.1 [10.0.0.1: debate serve, coturn] 10.0.2.1 --- 10.0.2.2 lee
. cmd/networks_testing.sh

# ---- the networks ----

middle_at_10_0_0_1
behind kim 1
behind lee 2
(($(</proc/sys/net/ipv4/ip_forward) == 0)) || fail 'the middle passes packets on'
in_network kim ip route get 10.0.2.2 >out 2>&1 && fail 'kim has a way to lee'

# ---- who takes part ----

# await FILE PATTERN: until a part of it matches, which may have several lines.
await() {
    local deadline=$((SECONDS + 30))
    until grep -qzE "$2" "$1"; do
        if ((SECONDS > deadline)); then
            cp "$1" out
            fail "$1 never said $2"
            cat ./*.err >err
            finish
        fi
        # Wakes when the file grows.
        timeout 1 tail -n 0 -f "$1" 2>/dev/null | head -n 1 >/dev/null
    done
}

printf 'what coturn and debate both know: %s\n' "$RANDOM$RANDOM$RANDOM" >turn-secret
printf 'what coturn has never heard of: %s\n' "$RANDOM$RANDOM$RANDOM" >wrong-secret
printf 'who may come: %s%s%s and so on, long enough\n' "$RANDOM" "$RANDOM" "$RANDOM" >secret

# The relay itself has no way into the two networks either, so that it takes one on each side.
turnserver -n -v --listening-ip=10.0.0.1 --relay-ip=10.0.0.1 --relay-threads=1 \
    --denied-peer-ip=10.0.1.0-10.0.2.255 --use-auth-secret \
    --static-auth-secret="$(<turn-secret)" --realm=debate --no-tls --no-dtls --no-cli \
    --userdb="$work/turndb" --pidfile="$work/turn-pid" --log-file=stdout >turn-log 2>&1 &
pids+=($!)
await turn-log 'IPv4. (UDP|TCP) listener opened on *: *10.0.0.1:3478'

# serve SECRET-FILE OPTION...: starts a server that knows of coturn.
served=0
serve() {
    ((++served))
    rm -f line
    mkfifo line
    "$program" serve --listen 10.0.0.1:0 --data "data-$served" --secret-file secret --guests=rooms \
        --countdown 0.2 --record off --turn-secret-file "$@" >line 2>>serve-log &
    pids+=($!)
    read -r -t 30 url <line || { cp serve-log err; fail "serve"; exit 1; }
    export DEBATE_SERVER=${url#listening on }
}

# enter NAME ROOM: joins from the network of this name.
declare -A pid feed
enter() {
    local name=$1
    rm -f "$name.in"
    mkfifo "$name.in"
    : >"$name.out"
    nsenter "--net=${network[$name]}" "$program" join "$2" --json --seats 2 --name "$name" \
        --input "$tree/testdata/speech/$name-1.opus" --output "$name.wav" \
        <"$name.in" >"$name.out" 2>"$name.err" &
    pid[$name]=$!
    pids+=($!)
    exec {fd}>"$name.in"
    feed[$name]=$fd
}
leave() {
    echo '{"type":"leave"}' >&"${feed[$1]}"
    wait "${pid[$1]}" || { cp "$1.err" err; fail "$1: exit $?"; }
    exec {feed[$1]}>&-
}

# How many samples of a sound are louder than any noise.
loud() {
    tail -c +45 "$1" | od -An -v -w2 -td2 | awk '$1 > 1000 || $1 < -1000 { n++ } END { print n + 0 }'
}

# ---- through the relay ----

serve turn-secret --turn 10.0.0.1
enter kim library
await kim.out '"type":"welcome"'
enter lee library
said() { printf '"participant_id":"%s"[^}]*"is_speaking":true.*"participant_id":"%s"[^}]*"is_speaking":false' "$1" "$1"; }
await kim.out "$(said p2)"
await lee.out "$(said p1)"
for name in kim lee; do
    echo /stats >&"${feed[$name]}"
    await $name.out '"type":"stats"'
    grep -q '"type":"stats".*"state":"connected".*"relayed":true.*"local_candidate":"[0-9.:]* relay","remote_candidate":"[0-9.:]* relay"' \
        $name.out || { cp $name.out out; fail "$name: not through a relay on both sides"; }
done
leave kim
leave lee
# What was lent is given back.
for participant in p1 p2; do
    await turn-log "refreshed, realm=[^,]*, username=<[^>]*-$participant>, lifetime=0"
done
for name in kim lee; do
    (($(loud $name.wav) > 10000)) || { cp $name.err err; fail "$name heard $(loud $name.wav) loud samples"; }
    grep -q 'TURN' $name.err && { cp $name.err err; fail "$name complains"; }
done

# ---- the same by TCP, with a STUN server beside it ----

serve turn-secret --turn 'turn:10.0.0.1:3478?transport=tcp' --stun 10.0.0.1
enter kim evening
await kim.out '"type":"welcome"'
enter lee evening
for name in kim lee; do
    await $name.out '"type":"peer".*"state":"connected"'
    echo /stats >&"${feed[$name]}"
    await $name.out '"type":"stats".*"state":"connected".*"relayed":true'
done
leave kim
leave lee
for near in 10.0.1.2 10.0.2.2; do
    grep -q "tcp or tls connected to: $near" turn-log || { cp turn-log out; fail "$near did not come by TCP"; }
done

# ---- with a login that the TURN server does not know ----

serve wrong-secret --turn 10.0.0.1
enter kim sunday
await kim.out '"type":"welcome"'
enter lee sunday
for name in kim lee; do
    await $name.err 'no TURN server gave a relay: .*the login is wrong'
done
leave kim
leave lee
finish
