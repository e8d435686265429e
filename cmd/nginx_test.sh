#!/bin/bash
# The site of nginx that is shipped, in front of `debate serve` in a network of its own, where its
# ports are free and its name is found: a debate in which nobody does anything for a minute, uploads
# as they come, and no token in any log.
namespaces=nm
. cmd/namespaces_testing.sh
. "$tree/client/terminal/join_testing.sh"

# ---- the name, its certificate, the server, nginx ----

name=debate.example.org
must ip link set lo up
must openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -keyout key.pem \
    -out cert.pem -subj "/CN=$name" -addext "subjectAltName=DNS:$name"
printf '127.0.0.1 localhost %s\n' "$name" >hosts
must mount --bind hosts /etc/hosts
must mount --bind cert.pem /etc/ssl/certs/ca-certificates.crt
export SSL_CERT_FILE=$work/cert.pem
serve 8080
export DEBATE_SERVER=https://$name

site=$tree/cmd/deploy/nginx-site.conf
sed -e "s,/etc/ssl/certs/$name.pem,$work/cert.pem," -e "s,/etc/ssl/private/$name.key,$work/key.pem," \
    -e "s,/var/log/nginx,$work," "$site" >site.conf
cat >nginx.conf <<END
user root;
daemon off;
master_process off;
pid $work/nginx.pid;
events {}
http {
    client_body_temp_path $work/temp; proxy_temp_path $work/temp; fastcgi_temp_path $work/temp;
    uwsgi_temp_path $work/temp; scgi_temp_path $work/temp;
    include $work/site.conf;
}
END
must nginx -e stderr -c "$work/nginx.conf" -t
nginx -e stderr -c "$work/nginx.conf" &
nginx=$!
pids+=($nginx)
curl -fsS --retry 50 --retry-connrefused --retry-delay 1 "$DEBATE_SERVER/healthz" >out 2>err ||
    fail 'nginx passes nothing on'

# ---- the idle minute, on one side ----

cat >idle.debate <<END
speech $tree/testdata/speech
agenda $tree/testdata/agendas/two-pages.json
limit  140
cast kim  "Kim"  host consents
cast lee  "Lee"
cast park "Park"
at start+0.3 kim says kim-1
             expect all hear kim within 10
at start+1   expect no all see disconnected within 65
at start+64  lee chooses tea
             expect all see choice_submitted participant=lee within 5
at start+66  kim ends
             expect all closed 1000 within 10
at end       expect kim uploads within 20
END
"$program" bot idle.debate --room idle --output said >idle 2>&1 &
idle=$!
pids+=($idle)

# ---- meanwhile an upload, on the other ----

curl -sS -o /dev/null -w '%{http_code} %{redirect_url}' "http://$name/r/idle?token=abc" >out 2>err
[[ $(<out) == "301 https://$name/r/idle?token=abc" ]] || fail 'http does not lead to https'
curl -fsS "$DEBATE_SERVER/r/library" >out 2>err || fail 'no page'
curl -sS -o /dev/null -w '%{http_code}' "$DEBATE_SERVER/metrics" >out 2>err
[[ $(<out) == 200 ]] || fail 'this machine gets no metrics'

# A browser's own page is known through the proxy, another site's is not.
guest() {
    curl -sS -o /dev/null -w '%{http_code}' -H "Origin: https://$1" -H 'Content-Type: application/json' \
        -d '{"nickname":"Browser"}' "$DEBATE_SERVER/api/rooms/browsers/guests" 2>err
}
guest $name >out
[[ $(<out) == 201 ]] || fail "the server's own page is refused"
guest elsewhere.example.org >out
[[ $(<out) == 403 ]] || fail "another site's page is let in"

enter dies --input none --seats 2 --record yes
await dies '"type":"welcome"'
enter lee --input none --record no
await dies '"type":"recording_started".*"participant_id":"p1"'
until (($(stat -c %s state/debate/recordings/*.opus) > 2000)); do
    timeout 1 tail -n 0 -f state/debate/recordings/*.opus | head -c 1 >/dev/null
done
kill -9 "${pid[dies]}"
wait "${pid[dies]}" 2>/dev/null
await lee '"type":"disconnected".*"participant_id":"p1"'
say lee /leave
leaves_with lee 0
run 0 room end library --token "$("$program" token --data data --user op --role operator)"

recording=$(ls state/debate/recordings/*.opus)
note=${recording%.opus}.pending
token=$(sed -nE 's/.*"token": ?"([^"]*)".*/\1/p' "$note")
id=$(sed -nE 's/.*"recording_id": ?"([^"]*)".*/\1/p' "$note")
size=$(stat -c %s "$recording")
tus=(-sS -H 'Tus-Resumable: 1.0.0' -H "Authorization: Bearer $token")
metadata="recording_id $(printf %s "$id" | base64 -w0),filename $(printf %s x.opus | base64)"
place=$(curl "${tus[@]}" -i -X POST -H "Upload-Length: $size" -H "Upload-Metadata: $metadata" \
    "$DEBATE_SERVER/api/uploads" 2>err | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
[[ $place == /api/uploads/* ]] || fail 'no upload is made'

# Half of it is sent, and no end comes: the server has that half all the same.
mkfifo request
openssl s_client -quiet -connect $name:443 <request >answer 2>&1 &
sender=$!
pids+=($sender)
exec {request}>request
{
    printf '%s\r\n' "PATCH $place HTTP/1.1" "Host: $name" 'Tus-Resumable: 1.0.0' \
        "Authorization: Bearer $token" 'Upload-Offset: 0' "Content-Length: $size" \
        'Content-Type: application/offset+octet-stream' ''
    head -c $((size / 2)) "$recording"
} >&"$request"
deadline=$((SECONDS + 30))
until curl "${tus[@]}" -I "$DEBATE_SERVER$place" >out 2>err && grep -qi '^upload-offset: [1-9]' out; do
    ((SECONDS < deadline)) || { fail 'nginx keeps an upload to itself'; break; }
    timeout 1 tail -n 0 -f serve-log | head -c 1 >/dev/null
done
kill -9 "$sender"
wait "$sender" 2>/dev/null
exec {request}>&-
run 0 upload --pending

# ---- what has become of the minute ----

wait $idle || { cp idle out; fail 'the debate with an idle minute'; }
for route in voice signaling; do
    # 101, and how long it was open.
    (($(awk -v route="/ws/$route" 'index($4, route) && $5 == 101 && $(NF - 1) > 61 { n++ } END { print n + 0 }' \
        debate-access.log) == 3)) || { grep /ws/ debate-access.log >out; fail "$route did not last"; }
done

# A request that fails is an error for nginx, and it would quote it.
kill -9 "$server"
wait "$server" 2>/dev/null
curl -sS -o /dev/null -w '%{http_code}' "$DEBATE_SERVER/api/rooms/idle?token=$token" >out 2>err
[[ $(<out) == 502 ]] || fail 'the server is gone'
kill -QUIT $nginx
wait $nginx
grep -q "GET /api/rooms/idle 502" debate-access.log || fail 'nothing is written down'
cat debate-*.log serve-log >out
: >err
grep -qE "token|\?|${token:0:30}" out && fail 'a token stands in a log'
finish
