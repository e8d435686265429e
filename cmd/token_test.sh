#!/bin/bash
# Tokens: what stands in them, and whose secret signs them.
. cmd/testing.sh
secret=0123456789abcdef0123456789abcdef
printf '%s\n' "$secret" >secret

# base64url to bytes
decode() {
    local text
    text=$(tr -- '-_' '+/')
    while ((${#text} % 4)); do text+='='; done
    base64 -d <<<"$text"
}

# The signature that HS256 gives these two parts.
sign() {
    printf '%s' "$1" | openssl dgst -sha256 -hmac "$2" -binary | base64 | tr -d '=\n' |
        tr '+/' '-_'
}

claims() {
    cut -d. -f2 <out | decode
}

signed_with() {
    local token
    token=$(<out)
    [[ ${token##*.} == "$(sign "${token%.*}" "$1")" ]]
}

run 0 token --user kim --secret-file secret
(($(wc -l <out) == 1)) || fail 'not one line'
signed_with "$secret" || fail 'the signature is not of the secret without its newline'
[[ $(cut -d. -f1 <out | decode) == '{"alg":"HS256","typ":"JWT"}' ]] || fail 'the header'
[[ $(claims) =~ ^\{\"sub\":\"kim\",\"exp\":([0-9]+)\}$ ]] || fail 'the claims'
left=$((BASH_REMATCH[1] - $(date +%s)))
((left > 86400 - 60 && left <= 86400)) || fail 'not for a day'

run 0 token -u kim -n '이서연' --room sunday --role host -e 600 --secret-file secret
[[ $(claims) =~ ^\{\"sub\":\"kim\",\"exp\":([0-9]+),\"name\":\"이서연\",\"room\":\"sunday\",\"role\":\"host\"\}$ ]] ||
    fail 'all the claims'
left=$((BASH_REMATCH[1] - $(date +%s)))
((left > 600 - 60 && left <= 600)) || fail 'not for ten minutes'

# Where the secret comes from: the file, then the variable, then the data directory.
DEBATE_SECRET=$secret run 0 token -u kim
signed_with "$secret" || fail 'the variable is not taken'
mkdir data
printf '%s\r\n' "fedcba98$secret" >data/secret
run 0 token -u kim --data data
signed_with "fedcba98$secret" || fail "the server's own is not taken"
DEBATE_SECRET=$secret run 0 token -u kim --data data
signed_with "$secret" || fail 'the variable comes before the data directory'
DEBATE_SECRET=$secret$secret run 0 token -u kim --secret-file secret
signed_with "$secret" || fail 'the file comes before the variable'
printf '%s\n\n' "$secret" >two-newlines
run 0 token -u kim --secret-file two-newlines
signed_with "$secret" || fail 'an empty line counts'

# Several: the first signs.
printf '%s\n' "fedcba98$secret" '' "$secret" >several
run 0 token -u kim --secret-file several
signed_with "fedcba98$secret" || fail 'it is not the first that signs'
printf '%s\n' "$secret" "${secret%?}" >several
wrong 2 'several: a secret of 31 bytes' token -u kim --secret-file several
yes "$secret" | head -n 9 >several
wrong 2 'several: more than 8' token -u kim --secret-file several
printf '\n\n' >several
wrong 2 'several: a secret of 0 bytes' token -u kim --secret-file several

wrong 1 'debate-data/secret' token -u kim
wrong 2 '--user' token
wrong 2 '--user' token -u '' --secret-file secret
wrong 2 'UTF-8' token -u $'\xff' --secret-file secret
wrong 2 '--user' token -u "$(printf 'x%.0s' {1..129})" --secret-file secret
wrong 2 '--name' token -u kim -n "$(printf 'x%.0s' {1..65})" --secret-file secret
wrong 2 '--room' token -u kim --room 'a b' --secret-file secret
wrong 2 '--role' token -u kim --role judge --secret-file secret
wrong 2 '--expires' token -u kim -e 0 --secret-file secret
wrong 2 '--expires' token -u kim -e 1.5 --secret-file secret
run 0 token -u "$(printf '이%.0s' {1..128})" -n "$(printf '이%.0s' {1..64})" --secret-file secret

finish
