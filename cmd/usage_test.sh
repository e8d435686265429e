#!/bin/bash
# Wrong usage and what it exits with; nobody is asked over the network but a port that is closed.
. cmd/testing.sh

# The program itself.
wrong 2 'which subcommand' 
wrong 2 'did you mean serve?' sreve
wrong 2 'no such subcommand' nothing-like-it
wrong 2 'no such option' --nothing
run 0 --version
grep -qxE 'debate [0-9]+\.[0-9]+\.[0-9]+' out || fail 'the version'
run 0 --help
for name in serve room token choose upload replay bot devices; do
    grep -q "^  $name " out || fail "--help has no $name"
done
mapfile -t names < <("$program" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
"$program" --version >version
for name in "${names[@]}"; do
    for word in --help -h; do
        run 0 "$name" $word
        grep -q "^Usage: debate $name" out || fail "$name $word"
    done
    run 0 "$name" --version
    cmp -s out version || fail "$name --version"
done
"$program" --help >/dev/full 2>err && fail 'a full disk goes unnoticed'

# Options and operands.
wrong 2 'did you mean --listen?' serve --liten 127.0.0.1:0
wrong 2 '--listen needs a value' serve --listen
wrong 2 '-z' serve -z
wrong 2 '--json takes no value' room list --json=yes
wrong 2 'takes options alone' serve here
wrong 2 'LOG is missing' replay
wrong 2 'CHOICE is missing' choose sunday
wrong 2 'one too many' choose sunday agree now
wrong 2 'FILE is missing' upload

# serve
long=$(printf 'x%.0s' {1..40})
printf '%s' "${long:0:31}" >short
printf '%s\r\n' "${long:0:31}" >short-line
printf '{"title":"x"}' >agenda
wrong 2 '--listen localhost:1' serve --listen localhost:1
wrong 2 '--listen 127.0.0.1' serve --listen 127.0.0.1
wrong 2 '--listen 127.0.0.1:65536' serve --listen 127.0.0.1:65536
wrong 2 '--listen ::1:8080' serve --listen ::1:8080
wrong 2 '--listen [127.0.0.1]:1' serve --listen '[127.0.0.1]:1'
wrong 2 '--secret-file' serve --listen 0.0.0.0:0
wrong 2 '--secret-file' serve --listen '[::]:0'
wrong 2 '31 bytes' serve --secret-file short
wrong 2 '31 bytes' serve --secret-file short-line
DEBATE_SECRET=short wrong 2 'DEBATE_SECRET' serve
wrong 1 'no-file' serve --secret-file no-file
wrong 1 'directory' serve --secret-file .
wrong 2 '--guests=maybe' serve --guests=maybe
wrong 2 '--record always' serve --record always
wrong 2 '--seats 1' serve --seats 1
wrong 2 '--seats 9' serve --seats 9
wrong 2 '--countdown 60.5' serve --countdown 60.5
wrong 2 '--rate-limit -1' serve --rate-limit -1
wrong 2 '--ping 10' serve --ping 10 --silent 10
wrong 2 '--empty 0' serve --empty 0
wrong 2 '--data' serve --data ''
wrong 2 'pages' serve --agenda agenda
wrong 1 'no-file' serve --agenda no-file
[[ -e debate-data ]] && fail 'a server that did not start left a directory'

# Those that ask a server.
nobody=http://127.0.0.1:1
wrong 2 'create, show, list or end' room
wrong 2 'make' room make
wrong 2 'CODE is missing' room show
wrong 2 'one too many' room list sunday
wrong 2 'room code' room show 'a b'
wrong 2 '--seats goes with create' room show sunday --seats 3
wrong 2 '--seats 9' room create sunday --seats 9 --token t
wrong 2 'pages' room create sunday --agenda agenda --token t
wrong 2 '--name' room create --name ''
wrong 2 '--token' room list
wrong 2 '--token' room end sunday
wrong 2 '--token' room list --token 'a b'
wrong 2 '--token' choose sunday agree
wrong 2 '--page 0' choose sunday agree --page 0 --token t
wrong 2 '--page 65' choose sunday agree --page 65 --token t
wrong 2 'CHOICE' choose sunday '' --token t
wrong 2 'CHOICE' choose sunday $'\xff' --token t
wrong 2 'CHOICE' choose sunday "$long$long" --token t
wrong 2 '--server ftp://x' choose sunday agree --token t --server ftp://x
wrong 2 '--server http://' choose sunday agree --token t --server http://
wrong 3 "$nobody" room create sunday --server "$nobody"
wrong 3 "$nobody" room list --server "$nobody" --token t
wrong 3 "$nobody" choose sunday agree --server "$nobody" --token t
DEBATE_SERVER=$nobody DEBATE_TOKEN=t wrong 3 "$nobody" choose sunday agree

# upload
: >empty.opus
echo sound >sound.opus
echo nonsense >broken.opus
echo nonsense >broken.timeline
wrong 2 '--token' upload sound.opus
wrong 2 'one FILE' upload sound.opus broken.opus --recording-id r_1 --token t
wrong 2 '--recording-id' upload sound.opus --recording-id 'r 1' --token t
wrong 2 '--session s_1' upload sound.opus --session s_1 --token t
wrong 2 'exclude' upload sound.opus --session s_1 --room sunday --token t
wrong 3 "$nobody" upload sound.opus --recording-id r_1 --server "$nobody" --token t

# join and bot
printf 'cast a "A"\ncast b "B"\n' >hostless.debate
printf 'speech none\ncast a "A" host\ncast b "B"\nat start a says x\n' >silent.debate
wrong 2 '--server ftp://x' join sunday --server ftp://x
wrong 2 '--token' join sunday --token ''
wrong 1 'sound.opus: Not a directory' join sunday --folder sound.opus
run 3 join sunday --server "$nobody"
grep -q "^debate join: no server answers at $nobody (.*); is debate serve running there?$" err ||
    fail 'join: where no server answers'
wrong 2 '--server ftp://x' bot hostless.debate --server ftp://x
wrong 2 '--token' bot hostless.debate --as a --room sunday --token ''
wrong 2 'nobody is cast as host' bot hostless.debate
run 1 bot silent.debate --server "$nobody"
[[ $(<err) == 'silent.debate:4: none/x.opus: No such file or directory' && ! -s out ]] ||
    fail 'bot: a sound that is not there'
sed -i '/says/d' silent.debate
run 1 bot silent.debate --server "$nobody" --output sound.opus
[[ $(<err) == 'sound.opus: Not a directory' && ! -s out ]] || fail 'bot: an output that is no folder'

# devices: an ALSA configuration without any.
export ALSA_CONFIG_PATH=/dev/null
wrong 1 'no sound device' devices
wrong 2 '--seconds is for --test' devices --seconds 1
wrong 2 '--json' devices --test --json
wrong 2 '--seconds 0' devices --test --seconds 0
wrong 1 'broken.wav: No such file' devices --test --input broken.wav --output none
wrong 1 'sound.opus: it is neither' devices --test --input sound.opus --output none
wrong 1 'input: ' devices --test --output none --seconds 0.5

# What others wrote stays on its line.
wrong 2 'no such subcommand' $'x\n\e[31m'
grep -q $'\e' err && fail 'an escape sequence got through'

finish
