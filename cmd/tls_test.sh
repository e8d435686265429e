#!/bin/bash
# TLS: certificates that cannot be used, what is spoken, a certificate and secrets that are replaced
# in the middle of a debate, and clients that trust no other.
. cmd/testing.sh
. "$tree/client/terminal/join_testing.sh"
mkfifo log
exec 9<>log

# hears TEXT: the server's next line on standard error holds it.
hears() {
    local said
    read -r -t 30 said <&9
    [[ $said == *"$1"* ]] || fail "the server says \"$said\", not \"$1\""
}

# authority NAME: makes NAME.ca.pem and its key.
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -keyout "$1.ca.key" -out "$1.ca.pem" -subj "/CN=$1" 2>/dev/null
}
# certificate NAME AUTHORITY ALTERNATIVE-NAMES: makes NAME.pem, its issuer's behind it, and NAME.key.
certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
        -out "$1.csr" -subj "/CN=$1" 2>/dev/null
    openssl x509 -req -in "$1.csr" -days 2 -CA "$2.ca.pem" -CAkey "$2.ca.key" -CAcreateserial \
        -extfile <(echo "subjectAltName=$3") -out "$1.pem" 2>/dev/null
    cat "$2.ca.pem" >>"$1.pem"
}
authority ours
authority theirs
here=DNS:localhost,IP:127.0.0.1
certificate first ours "$here"
certificate second ours "$here"
certificate elsewhere ours DNS:debate.example.org
certificate strange theirs "$here"

# ---- what cannot be used ----

export DEBATE_LISTEN=127.0.0.1:0
printf '%s\n' 'the first secret, which has 32 bytes' >secret
wrong 2 'go together' serve --tls-cert first.pem
wrong 2 'go together' serve --tls-key first.key
wrong 1 'nowhere: No such file' serve --data data --tls-cert nowhere --tls-key first.key
wrong 1 'nowhere: No such file' serve --data data --tls-cert first.pem --tls-key nowhere
wrong 1 'first.key: not a certificate' serve --data data --tls-cert first.key --tls-key first.key
wrong 1 'first.csr: not a private key' serve --data data --tls-cert first.pem --tls-key first.csr
wrong 1 "second.key: not the key of the certificate in first.pem" \
    serve --data data --tls-cert first.pem --tls-key second.key
openssl ec -in first.key -aes128 -passout pass:secret -out locked.key 2>/dev/null
wrong 1 'locked.key: not a private key' serve --data data --tls-cert first.pem --tls-key locked.key
head -c 300 first.pem >torn.pem
wrong 1 'torn.pem: not a certificate' serve --data data --tls-cert torn.pem --tls-key first.key
(cat first.pem; echo '-----BEGIN CERTIFICATE-----'; echo torn) >torn.pem
wrong 1 'torn.pem: not a certificate' serve --data data --tls-cert torn.pem --tls-key first.key

# ---- what is spoken ----

# renew NAME: puts a certificate and its key where the server looks.
renew() {
    cp "$1.pem" cert.pem
    cp "$1.key" key.pem
}
# begin ADDRESS
begin() {
    rm -f line
    mkfifo line
    "$program" serve --listen "$1" --data data --secret-file secret --countdown 0.2 \
        --tls-cert cert.pem --tls-key key.pem >line 2>log &
    server=$!
    pids+=($server)
    read -r -t 30 url <line
    [[ $url == "listening on https://${1%:*}:"[1-9]* ]] || fail "it says \"$url\""
    export DEBATE_SERVER=${url#listening on }
    address=${DEBATE_SERVER#https://}
}
end() {
    kill "$server"
    wait "$server" || fail 'it does not end well'
}
renew first
begin 127.0.0.1:0
export SSL_CERT_FILE=$work/ours.ca.pem

# shown OPTION...: what the server's certificate is for.
shown() {
    openssl s_client -connect "$address" -CAfile ours.ca.pem -verify_return_error "$@" </dev/null 2>err |
        sed -nE 's/^subject=CN = //p'
}
[[ $(shown) == first ]] || fail 'not its certificate'
[[ $(shown -tls1_3) == first ]] || fail 'no TLS 1.3'
[[ $(shown -tls1_2) == first ]] || fail 'no TLS 1.2'
[[ -z $(shown -tls1_1 -cipher DEFAULT@SECLEVEL=0) ]] || fail 'TLS 1.1'
curl -s "http://$address/healthz" && fail 'plain HTTP'
[[ $(curl -s --cacert ours.ca.pem -o out -w '%{http_version} %{http_code}' "$DEBATE_SERVER/healthz") == '1.1 200' ]] ||
    fail 'https'

# Two bytes of a handshake, and nothing more; what becomes of it is seen at the end.
exec 8<>"/dev/tcp/${address%:*}/${address##*:}"
printf '\026\003' >&8

# ---- whom clients trust ----

# distrusts WORD...: exit code 3, and one line that says why.
distrusts() {
    run 3 "$@"
    (($(grep -c . err) == 1)) || fail "debate $1: not one line"
    grep -q 'certificate cannot be trusted' err || fail "debate $1: does not say why"
}
token=$("$program" token -u kim --secret-file secret)
run 0 room create sunday --token "$token"
echo sound >sound.opus
mkdir recorded
cp "$tree/testdata/logs/library.jsonl" recorded/log.jsonl
cp "$tree/testdata/speech/lee-1.opus" recorded/p2-1.opus
distrusted() {
    distrusts room show sunday --token "$token"
    distrusts choose sunday agree --token "$token"
    distrusts upload sound.opus --recording-id r_1 --room sunday --token "$token"
    distrusts join sunday --input none --output none
    distrusts analyze recorded --stt "$DEBATE_SERVER/v1"
    # A bot's report has a line for all that it missed.
    run 3 bot "$tree/testdata/scenarios/choices-together.debate"
    grep -q 'certificate cannot be trusted' err out || fail 'a bot does not say why'
}
SSL_CERT_FILE=$work/theirs.ca.pem distrusted
unset SSL_CERT_FILE
distrusted
SSL_CERT_FILE=$work/nowhere distrusts room show sunday --token "$token"
export SSL_CERT_FILE=$work/ours.ca.pem
run 0 room show sunday --token "$token"
run 4 analyze recorded --stt "$DEBATE_SERVER/v1" # there is no such service, and it says so
run 0 room show sunday --token "$token" --server "https://localhost:${address##*:}"

# ---- replaced in the middle of a debate ----

enter kim --input none --seats 2 --agenda "$tree/testdata/agendas/two-pages.json" --record yes
await kim '"type":"welcome"'
enter lee --input none --record no
await kim '"type":"live"'
await lee '"type":"live"'
await kim '"type":"recording_started"'
renew second
printf '%s\n' 'the second secret, with 32 bytes too' "$(<secret)" >secret
kill -HUP "$server"
hears 'used from now on'
[[ $(shown) == second ]] || fail 'not the new certificate'
say lee '{"type":"submit_choice","id":"mine","data":{"choice":"tea"}}'
await lee '"type":"ack","id":"mine"'
await kim '"type":"choice_submitted"'
new_token=$("$program" token -u park --secret-file secret)
run 0 room show library --token "$new_token"
run 0 room show library --token "$token"

# What cannot be used changes nothing, not even the secrets.
printf '%s\n' 'a third secret, that has 32 bytes too' >secret
for bad in torn.pem first.pem nowhere; do
    rm cert.pem
    cp "$bad" cert.pem 2>/dev/null
    kill -HUP "$server"
    hears '.pem: '
    hears 'nothing has changed'
done
[[ $(shown) == second ]] || fail 'the certificate is gone'
run 0 room show library --token "$token"
renew second
printf '%s\n' 'the second secret, with 32 bytes too' 'the first secret, which has 32 bytes' >secret

# A long message, an upload, and the end.
long=$(head -c 9000 /dev/zero | tr '\0' x)
say kim "{\"type\":\"nonsense\",\"id\":\"long\",\"data\":{\"text\":\"$long\"}}"
await kim '"id":"long"'
say kim '{"type":"next_page","id":"turn"}'
await lee '"type":"next_page"'
say kim '{"type":"end_session","id":"end"}'
leaves_with kim 0
leaves_with lee 0
saw_all kim
saw_all lee
grep -q '"uploaded":true' kim.out || { cp kim.out out; fail 'the recording was not sent'; }
cat kim.out lee.out | grep -E '"type":"(disconnected|away)"' && fail 'somebody was dropped'

# ---- whose certificate it is not ----

renew elsewhere
kill -HUP "$server"
hears 'used from now on'
distrusts room show sunday --token "$token"
renew strange
kill -HUP "$server"
hears 'used from now on'
distrusts room show sunday --token "$token"

read -r -t 30 -u 8
(($? == 1)) || fail 'a handshake that goes no further stays open'
end

# Nobody comes back to a server that is another one: neither by a name nor, with IPv6, by an address.
certificate v6 ours 'IP:::1'
comes_back() {
    local name=$1 right=$2 at=$3
    renew "$right"
    begin "$at:0"
    enter "$name" --input none --seats 2 --record no
    await "$name" '"type":"welcome"'
    end
    renew elsewhere
    begin "$address"
    await "$name" '"state":"away","why":"[^"]*certificate cannot be trusted'
    renew "$right"
    kill -HUP "$server"
    hears 'used from now on'
    await "$name" '"type":"welcome"' 2
    say "$name" '{"type":"leave"}'
    leaves_with "$name" 0
    end
}
comes_back park second 127.0.0.1
comes_back choi v6 '[::1]'
finish
