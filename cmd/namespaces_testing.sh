# What the tests share that have a machine for themselves: with `namespaces` set (n: its network, m:
# its mounts) the script begins anew in namespaces of its own, as root or as any user. With
# cmd/testing.sh; sourced at the top of the tree, never run.
if [[ ! ${BEGUN_ANEW-} ]]; then
    for kinds in "-r$namespaces" "-$namespaces"; do
        why=$(unshare "$kinds" true 2>&1) && BEGUN_ANEW=1 exec unshare "$kinds" bash "$0"
    done
    echo "FAILED: network namespaces cannot be made here: $why"
    exit 1
fi
. cmd/testing.sh
must() {
    "$@" 2>err && return
    fail "$*"
    exit 1
}
