#!/bin/bash
# A browser where a TURN server is the only way to a terminal: coturn, a server and the two, each in a
# network of its own that reaches nobody but the machine in the middle.
#
#   browser 10.0.1.2 --- 10.0.1.1 [10.0.0.1: debate serve, coturn] 10.0.2.1 --- 10.0.2.2 terminal
. cmd/networks_testing.sh

# runner NAME COMMAND...: $work/NAME runs what it is given behind this command.
runner() {
    printf '#!/bin/bash\nexec %s "$@"\n' "${*:2}" >"$work/$1"
    chmod +x "$work/$1"
}
middle_at_10_0_0_1
behind browser 1
behind terminal 2
runner browser nsenter "--net=${network[browser]}"
runner terminal nsenter "--net=${network[terminal]}"
runner chromium "$work/browser" "${CHROMIUM:-/usr/bin/chromium}"
cd "$tree" || exit 1
DEBATE_BIN=$program CHROMIUM=$work/chromium NETWORKS=$work node client/web/testing/networks.mjs
