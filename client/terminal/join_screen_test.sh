#!/bin/bash
# A person in a terminal takes part in a debate: what they see, compared as text.
. cmd/testing.sh
export XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config LC_ALL=C.UTF-8
unset NO_COLOR LANGUAGE
pids=()
trap 'tmux -L "debate-$$" kill-server 2>/dev/null; kill -9 "${pids[@]}" 2>/dev/null; rm -rf "$work"' EXIT
touch out err
mkfifo line
"$program" serve --listen 127.0.0.1:0 --data data --countdown 0.5 >line 2>serve-log &
pids+=($!)
read -r -t 30 url <line || fail 'no server'
export DEBATE_SERVER=${url#listening on }
cat >agenda.json <<'JSON'
{"title": "Library", "pages": [
  {"title": "도서관을 일요일에 열까요?", "text": "The town library is closed on Sundays. 열면 좋을까요? 👍🏽",
   "choices": [{"id": "open", "label": "Open it"}, {"id": "closed", "label": "Keep it closed"}]},
  {"title": "Who pays?", "text": "Somebody has to."}]}
JSON

terminal() {
    tmux -L "debate-$$" "$@"
}
shown() {
    terminal capture-pane -p -t "$1" | sed -e 's/ *$//' -e '/^$/d'
}
# sees WINDOW PATTERN: until a row of it matches.
sees() {
    local deadline=$((SECONDS + 60))
    until shown "$1" | grep -qE -- "$2"; do
        if ((SECONDS > deadline)); then
            shown "$1" >out
            fail "the screen of $1 never showed: $2"
            finish
        fi
        timeout 1 tail -n 0 -f "$1.bytes" | head -c 1 >/dev/null
    done
}
# opens WINDOW COLUMNS ROWS WORD...: a terminal of that size that runs WORD... and says how it ended.
opens() {
    local window=$1 columns=$2 rows=$3
    shift 3
    : >"$window.bytes"
    terminal -f /dev/null new-session -d -s "$window" -x "$columns" -y "$rows" \
        "cat >/dev/null; $*; echo \"exit code \$?\"; cat >/dev/null"
    terminal pipe-pane -t "$window" "cat >>$work/$window.bytes"
    # Only now, so that nothing is missed.
    terminal send-keys -t "$window" C-d
}
types() {
    local window=$1
    shift
    terminal send-keys -t "$window" "$@"
}
foot() {
    shown "$1" | tail -n "$2"
}

opens kim 80 30 "$program" join library --name Kim --seats 2 --agenda agenda.json --input none \
    --output none
sees kim '^Record your voice\? \[y/n/always/never\]'
shown kim >out
grep -q 'The room is new; you will be its host. It has 2 seats.' out || fail 'who is here'
types kim 'perhaps' Enter
sees kim 'Please answer y'
types kim n Enter
sees kim '^\* Kim \(you\) has taken a seat \(1 of 2\)\.'
sees kim '^lobby 1/2'

mkfifo lee.in
"$program" join library --name 이지은 --input none --output none --record yes <lee.in >lee.out 2>&1 &
pids+=($!)
exec {lee}>lee.in
sees kim '^\+ Go! You started [0-9.]+ ms after'
sees kim 'if 이지은 sees the same words: [a-z]{4} '
sees kim '^== Page 1 of 2: 도서관을 일요일에 열까요\?'
sees kim 'The voice of 이지은 is being recorded'

# Half a line, and something happens meanwhile: neither tears the other.
types kim '/choose op'
sees kim '^> /choose op$'
echo '{"type":"submit_choice","data":{"choice":"closed"}}' >&"$lee"
sees kim '^\* 이지은 has chosen on page 1\.$'
[[ $(foot kim 1) == '> /choose op' ]] || { shown kim >out; fail 'the line that is typed is torn'; }
[[ $(foot kim 3 | head -n 1) == '1 Open it  2 Keep it closed' ]] ||
    { shown kim >out; fail 'the choices do not stand at the foot'; }
types kim Tab
sees kim '^> /choose open'

# In 40 columns everything stands there, wrapped anew.
terminal resize-window -t kim -x 40 -y 30
sees kim '^The town library is closed on Sundays\.$'
shown kim >out
grep -q '^== Page 1 of 2: 도서관을 일요일에' out || fail 'the title in 40 columns'
foot kim 1 | grep -q '^> /choose open' || fail 'the typed line in 40 columns'
types kim Enter
sees kim 'You have chosen "Open it"'
foot kim 3 | head -n 1 | grep -qF '[1 Open it]' || { shown kim >out; fail 'which choice is mine'; }
types kim '/next' Enter
sees kim '^Somebody has to\.'
types kim '/nonsense' Enter
sees kim 'There is no "/nonsense"'
sees kim '^page 2/2'
# Clocks and milliseconds are other ones each time.
shown kim | sed -n '/The choices on page 1/,$p' |
    sed -E 's/[0-9]+:[0-9]{2}/0:00/; s/[.0-9]+ ms/0 ms/g; s/line (good|fair|poor)/line good/' >out
cat >wanted <<'TEXT'
* The choices on page 1:
    Kim (you): Open it
    이지은: Keep it closed
+ You have chosen "Open it"; the server
  has it on disk.
> /next
== Page 2 of 2: Who pays?
Somebody has to.
> /nonsense
! There is no "/nonsense"; /help shows
  what there is.
page 2/2, 0:00 | no microphone
>
TEXT
grep -v '^page 2/2' wanted >wanted-rows
grep -v '^page 2/2' out | diff wanted-rows - >err || fail 'the screen is another'
grep -q '^page 2/2, 0:00' out || fail 'the status row'

# Ten columns are few, but all is still there.
terminal resize-window -t kim -x 10 -y 20
sees kim '^page 2/2'
types kim '/who' Enter
sees kim '^ +이지은:|^ *이지은'
foot kim 2 | head -n 1 | grep -q '^page 2/2' || { shown kim >out; fail 'the status in 10 columns'; }
terminal resize-window -t kim -x 80 -y 30

# Mute, and the others are told.
types kim '/mute' Enter
sees kim '^\* Kim \(you\) has muted the microphone\.'
sees kim 'muted'

# Somebody who reads Korean.
opens park 80 30 LC_ALL=ko_KR.UTF-8 "$program" join other --name 박 --input none --output none
sees park '음성을 녹음해도 될까요'
types park 예 Enter
sees park '^\* 박 \(나\) 님이 녹음에 동의했습니다\.'
types park C-c
sees park 'exit code 0'

# Ctrl-C in the middle of a debate gives the seat up, and sends the recording first.
# is_recorded WINDOW: somebody in it is recorded, in a room of its name with one who says nothing.
is_recorded() {
    local silence
    opens "$1" 80 30 "$program" join "$1" --name Cut --seats 2 --output none --record yes \
        --input "$tree/testdata/speech/kim-1.opus"
    sees "$1" 'Cut \(you\) has taken a seat'
    mkfifo "$1.in"
    "$program" join "$1" --name Other --input none --output none <"$1.in" >other.out 2>&1 &
    pids+=($!)
    exec {silence}>"$1.in"
    sees "$1" 'The voice of Cut \(you\) is being recorded'
}
is_recorded cut
types cut C-c
sees cut 'exit code 0'
shown cut >out
grep -q 'Your recording .* has arrived and is the same there' out || fail 'Ctrl-C has sent nothing'

# A dumb terminal: plain lines.
opens dumb 80 30 TERM=dumb "$program" join third --name Dumb --input none --output none --record no
sees dumb 'Dumb \(you\) has taken a seat'
types dumb C-c
sees dumb 'exit code 0'
grep -q $'\033' dumb.bytes && fail 'a dumb terminal was sent sequences'

# Ending asks once more; then the terminal is as it was.
types kim '/end' Enter
sees kim '^End the debate for everybody\? \[y/n\]'
types kim 'y' Enter
sees kim '^\* The host has ended the debate\.'
sees kim '^exit code 0'

# Without a server Ctrl-C cannot send it, and says where it is.
is_recorded left
kill -9 "${pids[0]}"
sees left 'The connection to the server is lost'
types left C-c
sees left '^exit code 1'
shown left | tr '\n' ' ' >out
grep -q 'debate join: the recording was not sent: it lies in .*/left-.*\.opus' out ||
    fail 'not told where the recording is'
finish
