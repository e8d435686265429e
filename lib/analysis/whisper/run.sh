#!/bin/bash
# Holds speech to text against a real whisper.cpp server, which it builds on the first run: source
# from npm's nodejs-whisper, kept in WHISPER (default: ~/.cache/debate-whisper); this takes one or
# two minutes, and the network. Not a part of `make check` for that.
#
#   run.sh TEST     TEST is the program of whisper_test.c
set -eu
here=$(dirname "$0")
test=$1
folder=${WHISPER:-${XDG_CACHE_HOME:-$HOME/.cache}/debate-whisper}
package=nodejs-whisper@0.3.1
server=$folder/build/bin/whisper-server

# Fetched anew and built anew whenever the last time did not come to its end.
build() {
    rm -rf "$folder/package" "$folder/build"
    mkdir -p "$folder"
    (cd "$folder" && file=$(npm pack "$package" 2>build.log) && tar xzf "$file") || return
    cmake -S "$folder/package/cpp/whisper.cpp" -B "$folder/build" -DCMAKE_BUILD_TYPE=Release \
        -DWHISPER_BUILD_TESTS=OFF -DBUILD_SHARED_LIBS=OFF >"$folder/build.log" 2>&1 &&
        cmake --build "$folder/build" -j2 --target whisper-server >>"$folder/build.log" 2>&1
}
if [[ ! -x $server ]] && ! build; then
    tail -20 "$folder/build.log" >&2
    echo "$package cannot be fetched and built here" >&2
    exit 1
fi
node "$here/model.mjs" >"$folder/model.bin"

# It takes no port 0: a port that is free now.
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => {
    console.log(s.address().port); s.close(); })')
"$server" --host 127.0.0.1 --port "$port" --model "$folder/model.bin" --threads 2 \
    --inference-path /v1/audio/transcriptions >"$folder/server.log" 2>&1 &
pid=$!
trap 'kill "$pid" 2>/dev/null || :' EXIT
curl --silent --fail --retry 60 --retry-delay 1 --retry-connrefused --output "$folder/health" \
    "http://127.0.0.1:$port/health" || {
    tail -20 "$folder/server.log" >&2
    exit 1
}
"$test" "http://127.0.0.1:$port/v1"
