#!/bin/bash
# Recordings that a dead process left: what is lost, what becomes of them when its person comes
# back, and `debate upload --pending` on a line that breaks and with a server that dies.
. cmd/testing.sh
pids=()
trap 'kill -9 "${pids[@]}" 2>/dev/null; rm -rf "$work"' EXIT
mkfifo line proxy-line
serve() {
    "$program" serve --listen "$1" --data data --countdown 0.2 >line 2>>serve-log &
    server=$!
    pids+=("$server")
    echo "$server" >server-pid
    read -r url <line
    url=${url#listening on }
    export DEBATE_SERVER=$url
}
serve 127.0.0.1:0
operator=$("$program" token --data data --user op --role operator)

cat >three.debate <<END
speech $tree/testdata/speech
limit  120
cast kim  "Kim"  host consents
cast lee  "Lee"  consents
cast park "Park" consents
at start kim says kim-1
         lee says lee-1
         park says reader-4
END

sed '/park/d' three.debate >two.debate

# bot ROLE ROOM FOLDER: a process of its own; its number is in `bot`.
bot() {
    "$program" bot three.debate --as "$1" --room "$2" --output "$3" \
        --token "$("$program" token --data data --user "$1")" >"$1-out" 2>&1 &
    bot=$!
    pids+=("$bot")
}
# The same of two alone, as guests.
guest() {
    "$program" bot two.debate --as "$1" --room "$2" --output "$3" >"$1-out" 2>&1 &
    bot=$!
    pids+=("$bot")
}
# wait_for PID FILE PATTERN: until the file, which that process makes, has such a line.
wait_for() {
    grep -qm1 -- "$3" < <(exec tail -n +1 -s 0.1 -F --pid="$1" "$2" 2>/dev/null) ||
        fail "$2 never had $3"
}
die() {
    kill -9 "$1"
    wait "$1" 2>/dev/null
}
# The length of an Ogg Opus file in ms, by the granule position (48 kHz) of its last page.
length_ms() {
    local at
    at=$(LC_ALL=C grep -abo OggS "$1" | tail -n 1 | cut -d: -f1)
    echo $(($(od -An -t d8 -j $((at + 6)) -N 8 "$1") / 48))
}
started_ms() {
    sed -n 's/^started_at_ms //p' "$1"
}
sha() {
    sha256sum "$1" | cut -d' ' -f1
}
# What the server says of the recording of FILE: one JSON object.
at_server() {
    local id session
    id=$(sed -n 's/^recording_id //p' "${1%.opus}.timeline")
    session=${id%_*}
    curl -s -H "Authorization: Bearer $operator" "$url/api/sessions/s_${session#r_}" |
        grep -oE "\{[^{}]*\"recording_id\":\"$id\"[^{}]*\}"
}
arrived() {
    at_server "$1" | grep -qF "\"sha256\":\"$(sha "$1")\"" || fail "$1 did not arrive as it is"
}

# ---- killed in the middle; one comes back, one does not ----

bot kim sunday left
kim=$bot
bot lee sunday left
lee=$bot
bot park sunday left
park=$bot
wait_for "$lee" left/lee.timeline '^at 9'
died_ms=$(date +%s%3N)
die "$lee"
lost_ms=$((died_ms - $(started_ms left/lee.timeline) - $(length_ms left/lee.opus)))
# A second is promised; the rest is for a busy machine.
((lost_ms < 1500)) || fail "$lost_ms ms of sound were lost"
[[ $(stat -c %a left/lee.pending) == 600 ]] || fail 'lee.pending is not for its owner alone'
wait_for "$park" left/park.timeline '^at 9'
die "$park"
cp left/park.opus park-before.opus
bot park sunday left
park=$bot
wait_for "$park" left/park-2.timeline '^at 9'
cmp -s left/park.opus park-before.opus || fail 'coming back changed the old recording'

# What living processes record is left alone, and what still runs at the server is kept.
wrong 1 'is still being recorded' upload --pending left
grep -qF left/lee.opus err || fail 'not of lee.opus'
[[ -f left/lee.pending && -f left/kim.pending && -f left/park-2.pending ]] || fail 'not kept'

run 0 room end sunday --token "$operator"
wait "$kim" || fail "kim failed: $(<kim-out)"
wait "$park" || fail "park failed: $(<park-out)"
for name in kim park park-2; do
    arrived "left/$name.opus"
    [[ ! -e left/$name.pending ]] || fail "$name is still pending"
done
# The one that was cut off ended at the server where its sound does.
seconds=$(at_server left/park.opus | sed -nE 's/.*"duration":([0-9.]+).*/\1/p')
awk -v a="$seconds" -v b="$(length_ms left/park.opus)" \
    'BEGIN { d = a * 1000 - b; exit !(d > -100 && d < 100) }' ||
    fail "park ended after $seconds s, its sound after $(length_ms left/park.opus) ms"

run 0 upload --pending left
grep -qF "left/lee.opus: $(stat -c %s left/lee.opus) bytes, checked, sha256 $(sha left/lee.opus)" out ||
    fail 'lee.opus is not said to have arrived'
[[ ! -e left/lee.pending ]] || fail 'lee.opus is still pending'
arrived left/lee.opus
run 0 upload --pending left
[[ $(<out) == 'nothing is pending' ]] || fail 'something is pending'

# ---- a line that breaks, a server and an upload that die ----

# Prints its port, and stands between an upload and the server. Each further word is N:BYTES or
# N:BYTES:FILE: the Nth PATCH is cut after so many bytes, and the process whose number is in the
# file is killed first.
cat >proxy.pl <<'END'
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
$SIG{PIPE} = 'IGNORE';
$| = 1;
my ($port, %cuts) = (shift, map { /^(\d+):(.+)$/ } @ARGV);
my $listener = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1') or die;
print $listener->sockport, "\n";
my $patches = 0;
while (my $client = $listener->accept) {
    my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or next;
    my $both = IO::Select->new($client, $server);
    my ($passed, $cut) = (0);
    PASS: while (1) {
        for my $from ($both->can_read) {
            sysread($from, my $data, 65536) or last PASS;
            if ($from == $client) {
                $cut = $cuts{++$patches} if !$passed && $data =~ /^PATCH/;
                my ($left, $file) = split /:/, $cut // '';
                my $is_cut = defined $left && $passed + length $data >= $left;
                $data = substr $data, 0, $left - $passed if $is_cut;
                $passed += length $data;
                print $server $data;
                $server->flush;
                next if !$is_cut;
                if (defined $file) {
                    open my $in, '<', $file or die;
                    kill 'KILL', scalar <$in>;
                }
                print "cut $patches\n";
                last PASS;
            }
            print $client $data;
            $client->flush;
        }
    }
    close $client;
    close $server;
}
END
# through FOLDER CUT...: puts the proxy between the server and what is pending in the folder.
through() {
    local folder=$1 port
    shift
    perl proxy.pl "${url##*:}" "$@" >proxy-line 2>proxy-err &
    proxy=$!
    pids+=("$proxy")
    exec 3<proxy-line
    read -r port <&3
    sed -i "s,\"server\":\"[^\"]*\",\"server\":\"http://127.0.0.1:$port\"," "$folder"/*.pending
}
# 21 MiB of Ogg Opus, and so many chunks.
for ((i = 0; i < 16; i++)); do cat "$tree"/testdata/speech/*.opus; done >part
while (($(stat -c %s part) < 21 << 20)); do cat part part >more && mv more part; done
head -c $((21 << 20)) part >big.opus

for name in kim lee park; do
    bot "$name" monday "$name"
    declare "$name=$bot"
done
for name in kim lee park; do wait_for "${!name}" "$name/$name.timeline" '^at 0'; done
for name in kim lee park; do
    die "${!name}"
    cp big.opus "$name/$name.opus"
done
run 0 room end monday --token "$operator"

cuts=()
for ((i = 1; i <= 20; i++)); do
    cuts+=("$((2 * i - 1)):$(((RANDOM << 15 | RANDOM) % (1 << 20) + 1))")
done
through kim "${cuts[@]}"
run 0 upload --pending kim
kill "$proxy"
(($(grep -c ^cut <&3) == 20)) || fail 'the line was not cut twenty times'
arrived kim/kim.opus || echo "cut at ${cuts[*]}"

through lee 4:700000:server-pid
"$program" upload --pending lee >out 2>err &
upload=$!
pids+=("$upload")
read -r _ <&3
wait "$server" 2>/dev/null
serve "127.0.0.1:${url##*:}"
wait "$upload" || fail 'an upload did not survive the server'
kill "$proxy"
arrived lee/lee.opus

through park 5:300000:upload-pid
"$program" upload --pending park >out 2>err &
upload=$!
pids+=("$upload")
echo "$upload" >upload-pid
wait "$upload" 2>/dev/null && fail 'the upload was not killed'
[[ -s park/park.opus.upload && -f park/park.pending ]] || fail 'nothing says how to go on'
run 0 upload --pending park
kill "$proxy"
arrived park/park.opus

# ---- guests, and what the next debate finds ----

guest kim tuesday guests
kim=$bot
guest lee tuesday guests
wait_for "$bot" guests/lee.timeline '^at 0'
die "$bot"
# Both seats are taken: only Lee gets in, who is known by what was left.
guest lee tuesday guests
wait_for "$bot" guests/lee-2.timeline '^at 0'
die "$bot"
die "$kim"
run 0 room end tuesday --token "$operator"
for name in kim lee lee-2; do
    [[ -f guests/$name.pending ]] || fail "$name is not pending"
done
guest kim wednesday guests
kim=$bot
guest lee wednesday guests
wait_for "$kim" guests/kim-2.timeline '^at 9'
run 0 room end wednesday --token "$operator"
wait "$kim" || fail "kim failed: $(<kim-out)"
wait "$bot" || fail "lee failed: $(<lee-out)"
for name in kim kim-2 lee lee-2 lee-3; do
    arrived "guests/$name.opus"
    [[ ! -e guests/$name.pending ]] || fail "$name is still pending"
done

# ---- what no server takes ----

mkdir refused
cp "$tree/testdata/speech/kim-1.opus" refused/kim.opus
pending() {
    printf '{"server":"%s","token":"%s","session_id":"%s","recording_id":"%s","room_code":"sunday"}\n' \
        "$1" "$2" "$3" "$4" >refused/kim.pending
}
session=$("$program" room show sunday --token "$operator" | sed -nE 's/^session +//p')
for case in "404 $operator s_0123456789abcdefghijkl r_0123456789abcdefghijkl_1 no server takes" \
    "404 $operator $session r_${session#s_}_99 no server takes" \
    "401 x.y.z $session r_${session#s_}_1 host's token"; do
    read -r _ token id recording text <<<"$case"
    pending "$url" "$token" "$id" "$recording"
    wrong 4 "$text" upload --pending refused
    [[ -f refused/kim.opus && -f refused/kim.refused && ! -e refused/kim.pending ]] ||
        fail "not set aside: $text"
    run 0 upload --pending refused
    rm refused/kim.refused
done
mv refused/kim.opus .
: >refused/kim.opus
pending "$url" "$operator" "$session" "r_${session#s_}_1"
wrong 1 'before there was a sound' upload --pending refused
mv kim.opus refused
rm refused/kim.refused
echo '{"server":' >refused/kim.pending
wrong 1 'damaged' upload --pending refused
[[ -f refused/kim.refused ]] || fail 'what is damaged is not set aside'
kill "$server"
wait "$server"
pending "$url" "$operator" "$session" "r_${session#s_}_1"
wrong 3 'kept for later' upload --pending refused
[[ -f refused/kim.pending ]] || fail 'not kept without a server'

# ---- the folder ----

wrong 1 nowhere upload --pending nowhere
wrong 2 'one too many' upload --pending left refused
wrong 2 'exclude' upload --pending --room sunday
export XDG_STATE_HOME=$work/state
run 0 upload --pending
[[ $(<out) == 'nothing is pending' ]] || fail 'the usual folder is not empty'
[[ $(stat -c %a state/debate/recordings) == 700 ]] || fail 'the usual folder is open'
mv refused/kim.* state/debate/recordings
wrong 3 'state/debate/recordings/kim.opus' upload --pending

finish
