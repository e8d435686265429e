#!/bin/bash
# The manual's examples, run as they stand: each must exit with 0. Every page gets a folder and a
# server of its own, which the variables of the options name; what an example speaks of beyond that
# (a recording, a room where people talk) is made by the page's function.
. cmd/testing.sh
trap 'end_all; rm -rf "$work"' EXIT
export PATH="${program%/*}:$PATH" HOME=$work DEBATE_LISTEN=127.0.0.1:0 DEBATE_DATA=debate-data
: >out
: >err
running=()
mkfifo never
exec {never}<>never # nothing ever comes from it: to look again a little later

# ---- what runs beside an example ----

# beside WORD...: starts it; it is ended with the page.
beside() {
    "$@" >>beside.txt 2>&1 </dev/null &
    running+=($!)
}

end_all() {
    ((${#running[@]})) || return
    kill -9 "${running[@]}" 2>/dev/null
    wait "${running[@]}" 2>/dev/null
    running=()
}

# until_it WORD...: waits until it succeeds; the test fails when it does not within 30 s.
until_it() {
    local limit=$((SECONDS + 30))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < limit)) || { fail "$page: in vain: $*" && return 1; }
        read -rt 0.1 -u "$never"
    done
}

# serve WORD...: starts a server, waits for its line, leaves its URL in `url` and its id in `server`.
serve() {
    rm -f line
    mkfifo line
    "$@" >line 2>err &
    server=$!
    running+=("$server")
    read -r url <line
    [[ $url == 'listening on http://'* ]] || fail "$page: $*: said \"$url\""
    url=${url#listening on }
}

is_live() { debate room show sunday --json --token "$KIM" | grep -q '"phase":"live"'; }

# Three people in the room sunday, each in a process of their own, who play the scenario $1.
let_three_talk() {
    debate room create sunday --agenda library.json --token "$KIM" >out 2>err || fail "$page: no room"
    beside debate bot "$1" --as kim --room sunday --token "$KIM" --output .
    beside debate bot "$1" --as lee --room sunday --output .
    beside debate bot "$1" --as park --room sunday --output .
    until_it is_live
}

# ---- what the examples speak of ----

before_bot() {
    beside debate bot library.debate --as lee --room sunday --output demo
    beside debate bot library.debate --as park --room sunday --output demo
}

before_choose() { let_three_talk long.debate; }

# A debate that has ended, on the server and in a folder.
before_analyze() {
    debate room create sunday --token "$KIM" >out 2>err || fail "$page: no room"
    SESSION=$(debate room show sunday --json --token "$KIM" |
        sed -E 's/.*"session_id":"([^"]*)".*/\1/')
    export SESSION
    debate room end sunday --token "$KIM" >out 2>err || fail "$page: the session does not end"
    mkdir sunday
    cp sunday.jsonl sunday/log.jsonl
}

before_report() {
    before_analyze
    debate analyze "$SESSION" --language en >out 2>err || fail "$page: not analysed"
    debate analyze sunday --language en >out 2>err || fail "$page: the folder is not analysed"
}

before_forget() { before_analyze; }

before_mix() {
    mkdir sunday
    cp "$tree/testdata/logs/library.jsonl" sunday
    cp "$tree/testdata/speech/kim-1.opus" sunday/p2-1.opus
}

# Three died in the middle, and their recordings stayed behind.
before_upload() {
    local people who
    let_three_talk long.debate
    people=("${running[@]:1}")
    for who in kim lee park; do
        until_it grep -q '^at 96000 ' $who.timeline
    done
    kill -9 "${people[@]}"
    wait "${people[@]}" 2>/dev/null
    debate room end sunday --token "$KIM" >out 2>err || fail "$page: the session does not end"
}

# A headset: a loudspeaker of a sound server that nobody hears, and as its microphone what comes out
# of it.
before_devices() {
    mkdir -p "$work/run"
    export XDG_RUNTIME_DIR=$work/run PULSE_SERVER=unix:$work/run/pulse.sock
    cat >"$work/.asoundrc" <<END
pcm.headset {
    type asym
    playback.pcm { type pulse; device headset }
    capture.pcm { type pulse; device headset.monitor }
    hint { show on; description "headset" }
}
END
    beside pulseaudio -n --daemonize=no --use-pid-file=no --exit-idle-time=-1 --log-level=error \
        -L "module-native-protocol-unix socket=$work/run/pulse.sock auth-anonymous=1" \
        -L 'module-null-sink sink_name=headset'
    until_it pactl info
}

before_join() {
    before_devices
    cp testdata/speech/kim-1.opus kim.opus
}

# ---- pages ----

# The lines of the section EXAMPLES that are commands.
examples() {
    mandoc -T ascii -O width=999 "$1" | sed 's/.\x08//g' |
        awk '/^[^ ]/ { inside = $0 == "EXAMPLES"; next } inside' |
        sed -nE 's/^ +(\$ )?((debate|openssl) .*[^:])$/\2/p'
}

# The literal block number $2 of a page.
block() {
    awk -v wanted="$2" '/^\.Bd -literal/ { n++; inside = n == wanted; next }
        /^\.Ed/ { inside = 0 } inside' "$1"
}

# Places and ports of somebody's machine become those of this test.
here() { sed -e "s,/etc/debate,$PWD,g; s,/tmp/debate,$PWD/other,g; s,0\.0\.0\.0:8080,127.0.0.1:0,g"; }

# Somebody takes part until they are in, and leaves.
run_join() {
    local orders code
    rm -f orders
    mkfifo orders
    exec {orders}<>orders
    bash -c "exec $1" <orders >out 2>err &
    running+=($!)
    until_it grep -q '"type":"welcome"' out
    echo '{"type":"leave"}' >&"$orders"
    wait $!
    code=$?
    exec {orders}>&-
    return $code
}

run_example() {
    local code line=$1
    if [[ $line == 'debate serve'* ]]; then
        read -ra words <<<"${line% &}"
        DEBATE_DATA=other serve "${words[@]}"
        kill -TERM "$server"
        wait "$server"
        code=$?
    elif [[ $line == 'debate join '* ]]; then
        run_join "$line"
        code=$?
    else
        timeout -k 5 60 bash -c "$line" >out 2>err </dev/null
        code=$?
    fi
    ((code == 0)) || fail "$page: $line: exit $code"
    ran=$((ran + 1))
}

enter() {
    mkdir "$work/$page"
    cd "$work/$page" || exit 1
    ln -s "$tree/testdata" testdata
    cp testdata/agendas/library-on-sunday.json library.json
    cp testdata/logs/host-named-like-a-seat.jsonl sunday.jsonl
    printf 'x%.0s' {1..40} >secret
    cp secret turn-secret
    : >out
    : >err
    cat >short.debate <<'END'
speech testdata/speech
limit  50
cast kim  "Kim"  host consents
cast lee  "Lee"  consents
cast park "Park" consents
at start+0.2 kim says kim-1
             lee says lee-1
END
    { cat short.debate && echo 'at start+2 kim ends'; } >library.debate
    { cat short.debate && echo 'at start+45 kim ends'; } >long.debate
    serve debate serve --countdown 0.2
    export DEBATE_SERVER=$url
    KIM=$(debate token --user kim --name Kim)
    OPERATOR=$(debate token --user admin --role operator)
    HOST=$KIM
    export KIM OPERATOR HOST
}

ran=0
for path in "$tree"/man/*.[1-9]; do
    page=${path##*/}
    name=${page#debate-}
    mapfile -t lines < <(examples "$path")
    ((${#lines[@]})) || continue
    enter
    if declare -F "before_${name%.*}" >/dev/null; then "before_${name%.*}"; fi
    for line in "${lines[@]}"; do
        run_example "$(here <<<"$line")"
    done
    end_all
done
((ran > 20)) || fail "only $ran examples"

# What the formats' pages show.
page=formats
enter
mkdir folder
ln -s "$tree/testdata/agendas" "$tree/testdata/speech" .
block "$tree/man/debate-scenario.5" 1 >folder/example.debate
run 0 bot folder/example.debate --with-server
block "$tree/man/debate-log.5" 1 | awk '/^{/ { if (NR > 1) print line; line = "" }
    { sub(/^ /, ""); line = line $0 } END { print line }' >example.jsonl
run 0 replay --check example.jsonl
# The server does not know this recording, so the timeline that names it was read.
cp "$tree"/testdata/corpus/content_check/silence.opus example.opus
block "$tree/man/debate-log.5" 2 >example.timeline
run 4 upload example.opus --token "$KIM"
mkdir -p "$XDG_CONFIG_HOME/debate"
for number in 1 2; do
    block "$tree/man/debate-config.5" $number >"$XDG_CONFIG_HOME/debate/config"
    [[ -s $XDG_CONFIG_HOME/debate/config ]] || fail "debate-config.5 has no block $number"
    run 0 replay sunday.jsonl
done

echo "$ran examples"
finish
