#!/bin/bash
# What Tab offers in bash, zsh and fish, each asked for real.
. cmd/testing.sh
: >out
: >err
mkdir folder
touch talk.debate 'recorded voice.opus'

# offers SHELL 'LINE' WORD...: Tab after LINE offers these words and no others. Fails the test.
offers() {
    local shell=$1 line=$2
    shift 2
    "in_$shell" "$line" | sort >out
    printf '%s\n' "$@" | sed '/^$/d' | sort | diff - out >err ||
        fail "$shell: \"$line\": < wanted, > offered"
}

# bash breaks words at = as well.
in_bash() {
    (
        . "$tree/completions/debate.bash"
        line=${1//=/ = }
        read -ra COMP_WORDS <<<"$line"
        [[ $line == *' ' ]] && COMP_WORDS+=('')
        [[ $1 == *= ]] && unset 'COMP_WORDS[-1]'
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _debate
        ((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
    )
}

# fish gives `--name=` before a value back, and says after a tab what a word is.
in_fish() {
    HOME=$work fish --no-config -c "source $tree/completions/debate.fish; complete -C'$1'" |
        cut -f1 | sed 's/^--[a-z-]*=\(.\)/\1/; s,/$,,'
}

# zsh completes on a terminal alone: one is made for it, where what it would add is printed.
in_zsh() {
    timeout 60 zsh -f -c '
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
        zpty -w shell "compadd() { local -a given; builtin compadd -O given \"\$@\"; print -l -- \"<\"\${^given}\">\" }"
        zpty -w shell "finish() { print \"<\"done\">\"; exit }; zle -N finish; bindkey \"^Xe\" finish"
        zpty -w shell "PS1=; unsetopt zle_bracketed_paste; print \"<\"begin\">\""
        zpty -r shell text "*<begin>*"
        zpty -w -n shell "$2"$'"'"'\t\x18e'"'"'
        zpty -r shell text "*<done>*"
        print -r -- $text
    ' zsh "$tree/completions" "$1" | tr -d '\r' |
        sed -nE 's/.*<([^<>]+)>.*/\1/p' | grep -vxE 'begin|done' | sed 's/[=/]$//' | sort -u
}

mapfile -t listed < <("$program" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
for shell in bash zsh fish; do
    offers $shell 'debate ' "${listed[@]}"
    offers $shell 'debate serve --rec' --record
    offers $shell 'debate serve --record ' auto manual off
    offers $shell 'debate serve --record=' auto manual off
    offers $shell 'debate serve --record m' manual
    offers $shell 'debate serve --guests=o' on off
    offers $shell 'debate room ' create show list end
    offers $shell 'debate room s' show
    offers $shell 'debate choose --p' --page
    offers $shell 'debate serve --data f' folder
    offers $shell 'debate bot t' talk.debate
    offers $shell 'debate upload --json rec' 'recorded voice.opus'
    offers $shell 'debate token --vers' --version
done

# Where nothing fits, zsh offers options, or files instead of folders.
for shell in bash fish; do
    offers $shell 'debate choose '
    offers $shell 'debate serve --data t'
done

finish
