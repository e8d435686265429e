#!/bin/bash
# The config file as subcommands follow it.
. cmd/testing.sh
mkdir -p config/debate
config=config/debate/config

echo 'server = http://127.0.0.1:1' >$config
wrong 3 'http://127.0.0.1:1' room show sunday
DEBATE_SERVER=http://127.0.0.1:2 wrong 3 'http://127.0.0.1:2' room show sunday

# What does not go together with what is asked for gives way; asked for together, it is wrong.
printf '[room]\nseats = 4\n' >$config
wrong 3 '127.0.0.1:1' room show sunday --server http://127.0.0.1:1
printf '[replay]\njson = on\nspeed = 2\n' >$config
run 0 replay --check "$tree/testdata/logs/library.jsonl"
grep -q 'events; written anew' out || fail '--check has not counted more than the config'
printf '[replay]\ncheck = on\n' >$config
run 0 replay --json "$tree/testdata/logs/library.jsonl"
cmp -s out "$tree/testdata/logs/library.jsonl" || fail '--json has not counted more than the config'
: >sound.opus
printf '[upload]\nroom = sunday\n' >$config
wrong 3 '127.0.0.1:1' upload sound.opus --session s_AbCdEfGhIjKlMnOpQrStUv --recording-id r \
    --token t --server http://127.0.0.1:1
wrong 2 'exclude' upload sound.opus --session s_AbCdEfGhIjKlMnOpQrStUv --room x --token t

# The secret of a variable counts more than a file of the config's.
printf 'secret-file = nowhere\n' >$config
wrong 1 'nowhere' token --user kim
DEBATE_SECRET=$(printf 'x%.0s' {1..32}) run 0 token --user kim

# What is wrong is found where it stands.
printf '\nseats = 99\n' >$config
wrong 2 'from 2 to 8 (--seats comes from line 2 of the config file)' room create sunday
DEBATE_SERVER=x wrong 2 'http://127.0.0.1:8080 (--server comes from DEBATE_SERVER)' room show sunday
wrong 2 '--seats 1: it takes a whole number from 2 to 8' room create sunday --seats 1
grep -q 'comes from' err && fail 'an option of the command line comes from elsewhere'

# A line that is wrong stops every subcommand, and help alone does without the file.
printf '\n[serve]\nliten = 127.0.0.1:0\n' >$config
wrong 2 "$work/$config:3: liten: debate serve has no such option; did you mean listen?" token --user kim
run 0 token --help
run 0 token --version
run 0 --version
rm $config
mkdir $config
wrong 1 "$work/$config: Is a directory" token --user kim
rmdir $config

# A bot's own server has the scenario's options alone.
printf '[serve]\nguests = off\nlisten = 192.0.2.1:1\n' >$config
DEBATE_GUESTS=off DEBATE_SECRET=short run 0 bot "$tree/testdata/scenarios/not-the-host.debate" --with-server

finish
