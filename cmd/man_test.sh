#!/bin/bash
# The manual and --help say the same: every subcommand has its page, and each option stands in both
# with the same words.
. cmd/testing.sh
man=$tree/man

# A page as text, without bold; a paragraph is a line.
page() {
    mandoc -T ascii -O width=999 "$1" | sed 's/.\x08//g'
}

# Reads indented text: one line an option, its names first, then what is said of it.
options() {
    awk '/^ +-/ { if (line) print line; line = $0; next }
         NF { line = line " " $0 }
         END { print line }' | tr -s ' ' | sed 's/^ //'
}

# The lines of the section with this title.
section() {
    awk -v title="$1" '/^[^ ]/ { inside = $0 == title; next } inside'
}

run 0 --help
cp out overview_help
mapfile -t names < <(section Subcommands: <overview_help | awk 'NF { print $1 }')
((${#names[@]})) || fail 'no subcommands'

page "$man/debate.1" >overview
for name in "${names[@]}"; do
    summary=$(awk -v name="$name" '$1 == name { $1 = ""; print substr($0, 2); exit }' \
        overview_help)
    grep -qF "$summary; debate-$name(1)" overview || fail "debate.1 does not tell of $name"
    if [[ ! -f $man/debate-$name.1 ]]; then
        fail "$name has no page"
        continue
    fi
    page "$man/debate-$name.1" >text
    grep -qF "debate-$name - $summary" text || fail "debate-$name.1 has another summary"
    # What follows the list stands further left, or begins with a word.
    section OPTIONS <text | awk '/^   (  )?[^ -]/ { exit } 1' | options >in_page
    COLUMNS=500 "$program" "$name" --help | section Options: | options >in_help
    if (($(wc -l <in_help) < 2)); then fail "$name --help has no options"; fi
    diff in_help in_page >out || fail "$name --help (<) and debate-$name.1 (>) differ"
done

sed -n '/^Options:/,/^$/p' overview_help | section Options: | options >in_help
section OPTIONS <overview | options >in_page
diff in_help in_page >out || fail '--help (<) and debate.1 (>) differ'

# No page for what is not there, and no option in a text that its subcommand does not have.
for path in "$man"/debate-*.1; do
    name=${path##*/debate-}
    name=${name%.1}
    [[ " ${names[*]} " == *" $name "* ]] || fail "debate-$name.1: there is no such subcommand"
    "$program" "$name" --help 2>err | grep -oE -- '--[a-z][a-z-]+' | sort -u >in_help
    page "$path" | grep -vE '^ +(debate|openssl) ' | grep -oE -- '--[a-z][a-z-]+' | sort -u |
        comm -13 in_help - >out
    [[ -s out ]] && fail "debate-$name.1 tells of options that are not there"
done

# What the examples of --help show, the page shows.
for name in "${names[@]}"; do
    page "$man/debate-$name.1" >text
    "$program" "$name" --help | section Examples: | sed -n 's/^  \(debate .*\)/\1/p' >in_help
    while read -r line; do
        grep -qF -- "$line" text || fail "debate-$name.1 lacks the example: $line"
    done <in_help
done

# What can be typed in a debate.
mapfile -t orders < <(sed -nE 's,^ +\{"(/[a-z]+)"\, .*N_\(.*,\1,p' "$tree/client/terminal/orders.c")
((${#orders[@]})) || fail 'no orders'
page "$man/debate-join.1" >text
for order in "${orders[@]}"; do
    grep -qE "^ +$order( |\$)" text || fail "debate-join.1 does not tell of $order"
done

finish
