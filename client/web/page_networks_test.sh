#!/bin/bash
# A browser where a TURN server is the only way to a terminal: coturn, a server and the two, each in a
# network of its own that reaches nobody but the machine in the middle.
#
#   browser 10.0.1.2 --- 10.0.1.1 [10.0.0.1: debate serve, coturn] 10.0.2.1 --- 10.0.2.2 terminal
if [[ ! ${IN_THE_MIDDLE-} ]]; then
    for namespaces in -rn -n; do
        why=$(unshare "$namespaces" true 2>&1) &&
            IN_THE_MIDDLE=1 exec unshare "$namespaces" bash "$0"
    done
    echo "FAILED: network namespaces cannot be made here: $why"
    exit 1
fi
set -eu
work=$(mktemp -d)
pids=()
end_all() {
    kill -9 "${pids[@]}"
    rm -rf "$work"
} 2>/dev/null
trap end_all EXIT

# network NAME NUMBER: one that reaches 10.0.0.1 alone; $work/NAME runs a command there.
network() {
    local holder
    mkfifo "$work/$1.made"
    unshare -n bash -c 'echo made; exec sleep infinity' >"$work/$1.made" &
    holder=$!
    pids+=("$holder")
    read -r -t 30 <"$work/$1.made"
    ip link add "$1" type veth peer name way netns "$holder"
    ip address add "10.0.$2.1/24" dev "$1"
    ip link set "$1" up
    printf '#!/bin/bash\nexec nsenter --net=/proc/%d/ns/net "$@"\n' "$holder" >"$work/$1"
    chmod +x "$work/$1"
    "$work/$1" ip address add "10.0.$2.2/24" dev way
    "$work/$1" ip link set lo up
    "$work/$1" ip link set way up
    "$work/$1" ip route add 10.0.0.1 via "10.0.$2.1"
}
ip link set lo up
ip address add 10.0.0.1/32 dev lo
network browser 1
network terminal 2
printf '#!/bin/bash\nexec %s %s "$@"\n' "$work/browser" "${CHROMIUM:-/usr/bin/chromium}" >"$work/chromium"
chmod +x "$work/chromium"
CHROMIUM=$work/chromium NETWORKS=$work node client/web/testing/networks.mjs
