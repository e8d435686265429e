# What the tests share in which each who takes part is in a network of its own: the script is the
# machine in the middle. With cmd/namespaces_testing.sh; sourced at the top of the tree, never run.
namespaces=n
. cmd/namespaces_testing.sh
export XDG_STATE_HOME=$work/state
pids=()
end_all() {
    kill -9 "${pids[@]}"
    wait "${pids[@]}"
    rm -rf "$work"
} 2>/dev/null
trap end_all EXIT
touch out err
mkfifo never
exec {never}<>never # nothing ever comes from it: to look again a little later

# apart NAME: a network of NAME's own; its `way` leads to a device NAME in the middle.
declare -A network
apart() {
    local holder
    mkfifo "$1.made"
    unshare -n bash -c 'echo made; exec sleep infinity' >"$1.made" &
    holder=$!
    pids+=("$holder")
    read -r -t 30 <"$1.made" || must false
    must ip link add "$1" type veth peer name way netns "$holder"
    network[$1]=/proc/$holder/ns/net
}
# In a subshell, as behind "&", it becomes the program, which end_all can then end.
in_network() {
    local name=$1
    shift
    ((BASHPID == $$)) || exec nsenter "--net=${network[$name]}" "$@"
    nsenter "--net=${network[$name]}" "$@"
}

# A machine in the middle that passes nothing on, and those who reach it alone.
middle_at_10_0_0_1() {
    must ip link set lo up
    must ip address add 10.0.0.1/32 dev lo
}
# behind NAME NUMBER: a network of NAME's own, 10.0.NUMBER.2, which reaches 10.0.0.1 alone.
behind() {
    local near=10.0.$2
    apart "$1"
    must ip address add "$near.1/24" dev "$1"
    must ip link set "$1" up
    must in_network "$1" ip address add "$near.2/24" dev way
    must in_network "$1" ip link set lo up
    must in_network "$1" ip link set way up
    # The kernel may take a second to find that its other end is there.
    local deadline=$((SECONDS + 30))
    until in_network "$1" ip link show dev way | grep -q 'state UP'; do
        ((SECONDS < deadline)) || must false
        read -rt 0.1 -u "$never"
    done
    must in_network "$1" ip route add 10.0.0.1 via "$near.1"
}
