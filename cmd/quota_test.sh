#!/bin/bash
# `debate serve --quota` and analyses: what would go beyond it waits, says so, and goes on by itself
# when there is space.
. cmd/testing.sh
server=
trap '[[ $server ]] && kill -9 "$server" 2>/dev/null; rm -rf "$work"' EXIT
: >out
: >err
mkfifo line

serve() {
    "$program" serve --listen 127.0.0.1:0 --data data --language ko --quota 20M >line 2>>serve-err &
    server=$!
    read -r url <line
    export DEBATE_SERVER=${url#listening on }
}
# until_true WHAT COMMAND...: it must succeed at last.
until_true() {
    local limit=$((SECONDS + 40)) what=$1
    shift
    until "$@"; do
        ((SECONDS < limit)) || { cp serve-err err; fail "$what"; finish; }
        timeout 1 tail -n 0 -f serve-err | head -n 1 >/dev/null # a line, or a second
    done
}
# created ROOM: its session is in `session`.
created() {
    run 0 room create "$1" --json
    session=$(sed -E 's/.*"session_id":"([^"]*)".*/\1/' out)
}
reported() {
    curl -s -m 20 -H "Authorization: Bearer $DEBATE_TOKEN" "$DEBATE_SERVER/api/sessions/$1" |
        grep -q '"report":"/api'
}

serve
DEBATE_TOKEN=$("$program" token --data data --user kim)
export DEBATE_TOKEN
created first
first=$session
run 0 room end first
until_true 'no report' reported "$first"
created second
run 0 room create third
kill -9 "$server"
wait "$server" 2>/dev/null

# Of a report that has come since: more than there is.
mkdir -p "data/analysis/$first/answers"
truncate -s 20M "data/analysis/$first/answers/long.json"
serve
run 0 room end second
until_true 'it is not said that it waits' grep -qF "session $session: its analysis waits until there is space" serve-err
run 0 room end third # answered after what the second has caused
reported "$session" && fail 'it was analysed all the same'
[[ $(find "data/analysis/$session" -type f -size +0) ]] && fail 'something was written all the same'
wrong 4 'no space left' room create fourth

# With more space it goes on, the same moment.
run 0 forget "$first"
until_true 'it does not go on' reported "$session"
(($(grep -cF "session $session: its analysis waits" serve-err) == 1)) || fail 'it is not said once'
run 0 room create fourth

kill -TERM "$server"
wait "$server" || fail 'the server does not end well'
server=
finish
