# What the tests share in which scripts take part by `debate join`, behind cmd/testing.sh: a server
# that may be killed and begun again, and participants that are written to and read by line.
# Sourced, never run.
export XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config
pids=()
trap 'kill -9 "${pids[@]}" 2>/dev/null; rm -rf "$work"' EXIT
touch out err
declare -A pid feed

# serve PORT: starts the server on `data` and says where it is.
serve() {
    rm -f line
    mkfifo line
    "$program" serve --listen "127.0.0.1:$1" --data data --countdown 0.5 >line 2>>serve-log &
    server=$!
    pids+=($server)
    read -r -t 30 url <line || { cp serve-log err; fail 'the server does not come up'; finish; }
    export DEBATE_SERVER=${url#listening on }
}

# enter NAME OPTION...: a script joins; what it says stands in NAME.out, it hears through NAME.in.
enter() {
    local name=$1
    shift
    mkfifo "$name.in"
    : >"$name.out"
    "$program" join library --name "$name" --output none "$@" \
        <"$name.in" >"$name.out" 2>"$name.err" &
    pid[$name]=$!
    pids+=($!)
    exec {fd}>"$name.in"
    feed[$name]=$fd
}
say() {
    echo "$2" >&"${feed[$1]}"
}

# await NAME PATTERN [COUNT]: until so many lines of NAME's match.
await() {
    local deadline=$((SECONDS + 60))
    until (($(grep -cE "$2" "$1.out") >= ${3:-1})); do
        if ((SECONDS > deadline)); then
            cp "$1.out" out
            fail "$1 never saw $2"
            finish
        fi
        # Wakes when the file grows.
        timeout 1 tail -n 0 -f "$1.out" 2>/dev/null | head -n 1 >/dev/null
    done
}
leaves_with() {
    wait "${pid[$1]}"
    local code=$?
    ((code == $2)) || { cp "$1.err" err; fail "$1: exit $code instead of $2"; }
}

# What NAME saw has no gaps and no repeats; its numbers are in the file seqs.
saw_all() {
    sed -nE 's/^\{"type":"[a-z_]+","seq":([0-9]+).*/\1/p' "$1.out" >seqs
    seq 1 "$(tail -n 1 seqs)" | cmp -s - seqs || { cp seqs out; fail "$1: gaps or repeats"; }
}
