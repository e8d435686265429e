#!/bin/bash
# Starting and ending a server on loopback, and the secret that it keeps.
. cmd/testing.sh
trap '[[ ${server-} ]] && kill -9 "$server" 2>/dev/null; rm -rf "$work"' EXIT

# start WORD...: starts a server, waits for its line, leaves its URL in `url`.
start() {
    local line
    mkfifo line
    "$program" serve --data data "$@" >line 2>err &
    server=$!
    read -r line <line
    rm line
    [[ $line == 'listening on http://'*:[1-9]* ]] || fail "serve $*: said \"$line\""
    url=${line#listening on }
}

# end SIGNAL: ends it, and it must exit with 0.
end() {
    local code
    kill -"$1" "$server"
    wait "$server"
    code=$?
    server=
    ((code == 0)) || fail "SIG$1: exit $code"
}

: >out
umask 0
start --listen 127.0.0.1:0 --quota 20G
umask 22
find data ! \( -type d -perm 700 -o -type f -perm 600 \) | grep . && fail 'others can read what is in data'
[[ $(stat -c %a data/secret) == 600 ]] || fail 'others can read the secret'
(($(wc -c <data/secret) >= 65)) || fail 'a short secret'
cp data/secret kept
(($(awk '/open files/ { print $4 == $5 }' "/proc/$server/limits"))) || fail 'not as many files as it could have'
end TERM

# The same port at once, the same secret.
start --listen "${url#http://}" --countdown 0.5 --seats 2 --record off --agenda "$tree/testdata/agendas/two-pages.json"
cmp -s kept data/secret || fail 'the secret has changed'
run 0 token --user kim --data data
end INT

start --listen '[::1]:0'
[[ $url == 'http://[::1]:'* ]] || fail "an IPv6 URL: $url"
end TERM

# A secret that is given needs none in the directory.
rm -r data
cp kept given
start --listen 127.0.0.1:0 --secret-file given
[[ -e data/secret ]] && fail 'a secret too many'
end TERM

# STUN and TURN.
start --listen 127.0.0.1:0 --stun stun:stun.example.org --turn 'turn.example.org:3478?transport=udp' --turn-secret-file kept
end TERM
for stun in '' turn:stun.example.org stuns:stun.example.org stun.example.org:0 stun.example.org:65536 \
    'stun.example.org?transport=udp' '[stun]' '[::1' "$(printf 'x%.0s' {1..256})" 'stun."example' $'stun\n'; do
    wrong 2 '--stun' serve --stun "$stun"
done
for turn in turns:turn.example.org turn: 'turn.example.org:x' 'turn.example.org?transport=tls' http://turn; do
    wrong 2 '--turn' serve --turn "$turn" --turn-secret-file kept
done
wrong 2 '--turn-secret-file' serve --turn turn.example.org
wrong 2 '--turn' serve --turn-secret-file kept
wrong 1 'nowhere' serve --turn turn.example.org --turn-secret-file nowhere
printf 'short\n' >turn-secret
wrong 2 'turn-secret: a secret of 5 bytes' serve --turn turn.example.org --turn-secret-file turn-secret
printf 'the first line of a secret, long enough\nand another\n' >turn-secret
wrong 2 'one line' serve --turn turn.example.org --turn-secret-file turn-secret

for quota in '' 0x10 20g 20GB -1 1.5G 9223372036854775808 9007199254740992K G; do
    wrong 2 '--quota' serve --quota "$quota"
done

# A data directory has a version (PRAGMA user_version, at byte 60 of the database): what was written
# before it had one is taken, what a newer program has written is not.
set_version() {
    printf "\\0\\0\\0\\$1" | dd of=data/debate.db bs=1 seek=60 conv=notrunc status=none
}
start --listen 127.0.0.1:0
run 0 room create kept --server "$url"
end TERM
set_version 2
cp data/debate.db newer
wrong 1 'a newer debate' serve --listen 127.0.0.1:0 --data data
cmp -s newer data/debate.db || fail 'what a newer program wrote has changed'
set_version 0
start --listen 127.0.0.1:0
run 0 room show kept --server "$url" --token "$("$program" token -u kim --data data)"
end TERM

# One directory, one server.
start --listen 127.0.0.1:0
wrong 1 data serve --listen 127.0.0.1:0 --data data
wrong 1 "${url##*:}" serve --listen "${url#http://}" --data other
end TERM

finish
