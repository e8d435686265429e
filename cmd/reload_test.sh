#!/bin/bash
# SIGHUP has `debate serve` read its secrets again.
. cmd/testing.sh
trap '[[ ${server-} ]] && kill -9 "$server" 2>/dev/null; rm -rf "$work"' EXIT
: >out
: >err
mkfifo line log
exec 9<>log

# hears TEXT: the server's next line on standard error holds it.
hears() {
    local said
    read -r -t 30 said <&9
    [[ $said == *"$1"* ]] || fail "the server says \"$said\", not \"$1\""
}

old=0123456789abcdef0123456789abcdef
new=fedcba9876543210fedcba9876543210
printf '%s\n' "$old" >secret
"$program" serve --listen 127.0.0.1:0 --data data --secret-file secret >line 2>log &
server=$!
read -r url <line
export DEBATE_SERVER=${url#listening on }
old_token=$("$program" token -u kim --secret-file secret)
run 0 room create sunday --token "$old_token"

# The new one signs, the old one still verifies.
printf '%s\n' "$new" "$old" >secret
new_token=$("$program" token -u kim --secret-file secret)
wrong 4 bad_token room show sunday --token "$new_token"
kill -HUP "$server"
hears 'used from now on'
run 0 room show sunday --token "$new_token"
run 0 room show sunday --token "$old_token"
run 0 room create monday --json
guest=$(sed -nE 's/.*"token":"([^"]*)".*/\1/p' out)

# What cannot be used changes nothing.
for bad in 'too short' "$new"$'\n'"$old"$'\n''too short' ''; do
    printf '%s' "$bad" >secret
    kill -HUP "$server"
    hears 'secret: a secret of'
    hears 'nothing has changed'
done
rm secret
kill -HUP "$server"
hears 'secret: No such file'
hears 'nothing has changed'
mkfifo secret
kill -HUP "$server"
hears 'secret: not a file'
hears 'nothing has changed'
run 0 room show sunday --token "$old_token"
rm secret

# The old one is out; a guest of since then is not.
printf '%s\n' "$new" >secret
kill -HUP "$server"
hears 'used from now on'
wrong 4 bad_token room show sunday --token "$old_token"
run 0 room show sunday --token "$new_token"
run 0 room show monday --token "$guest"

kill "$server"
wait "$server" || fail 'it does not end well'
server=

# In a terminal it ends with the terminal, and not before.
cat >in-terminal <<EOF
#!/bin/bash
exec "$program" serve --listen 127.0.0.1:0 --data data --secret-file secret >line 2>log
EOF
chmod +x in-terminal
script -qfc "exec ./in-terminal" /dev/null </dev/null >script.out &
terminal=$!
read -r url <line
server=$(<data/lock)
kill -HUP "$server"
hears 'used from now on'
curl -s "${url#listening on }/healthz" | grep -q ok || fail 'it has ended with SIGHUP'
kill -9 "$terminal"
wait "$terminal" 2>/dev/null
timeout 30 tail --pid="$server" -f /dev/null && server= || fail 'it outlives its terminal'
finish
