# What the scripts of the command line's tests share. They are run from the top of the tree, with
# the program in DEBATE_BIN; sourced, never run.
set -u
program=$(realpath "$DEBATE_BIN")
tree=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset COLUMNS ${!DEBATE_*}
export XDG_CONFIG_HOME=$work/config
failures=0

fail() {
    printf 'FAILED: %s\n' "$1"
    sed 's/^/    out: /' out
    sed 's/^/    err: /' err
    failures=$((failures + 1))
}

# run CODE WORD...: runs `debate WORD...`, which must exit with CODE.
run() {
    local wanted=$1 code
    shift
    "$program" "$@" >out 2>err </dev/null
    code=$?
    ((code == wanted)) || fail "debate $*: exit $code instead of $wanted"
}

# wrong CODE TEXT WORD...: `debate WORD...` must exit with CODE, print nothing, and say one line on
# standard error that begins with its name and holds TEXT.
wrong() {
    local code=$1 text=$2
    shift 2
    run "$code" "$@"
    [[ -s out ]] && fail "debate $*: printed something"
    (($(wc -l <err) == 1)) || fail "debate $*: not one line"
    [[ $(<err) == "debate: "* || $(<err) == "debate ${1-}: "* ]] ||
        fail "debate $*: does not say who speaks"
    grep -qF -- "$text" err || fail "debate $*: does not say \"$text\""
}

# Ends the test.
finish() {
    ((failures == 0)) || exit 1
    echo "passed"
}
