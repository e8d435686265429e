#!/bin/bash
# Sound devices for tests, on a machine that has none: a private PulseAudio for each NAME, with a
# sink that plays into nothing, and an ALSA configuration that makes two devices of it:
#   NAME          plays into the sink: a loudspeaker, or a mouth before a microphone
#   NAME-heard    hears what is played there: an ear at the loudspeaker, or the microphone
# The default device hears the first NAME and plays into the last.
#
#   pulse_testing.sh start DIR NAME...     then use ALSA_CONFIG_PATH=DIR/asound.conf
#   pulse_testing.sh unplug|plug DIR NAME  the device vanishes, and comes back
#   pulse_testing.sh end|restart DIR NAME  the whole sound server does
#   pulse_testing.sh freeze|thaw DIR NAME  it stands still, and goes on
#   pulse_testing.sh stop DIR              ends all of them
#
# Each command returns when it is done. A server without clients ends by itself after a minute, so
# none outlives a test that was killed.
set -eu
command=$1 dir=$2
shift 2

# Nothing of the user's own sound server.
unset DISPLAY DBUS_SESSION_BUS_ADDRESS PULSE_SERVER PULSE_COOKIE PULSE_SINK PULSE_SOURCE
export HOME=$dir

# serve NAME: returns when the server is ready.
serve() {
    PULSE_RUNTIME_PATH=$dir/$1 PULSE_STATE_PATH=$dir/$1 pulseaudio --daemonize=yes -n \
        --exit-idle-time=60 --realtime=no --high-priority=no --disable-shm=yes \
        --log-target="file:$dir/$1/log" -F "$dir/$1/script"
}

end() {
    local pid
    [[ -e $dir/$1/pid ]] || return 0
    pid=$(<"$dir/$1/pid")
    # There is nothing to keep, and so nothing to wait for.
    kill -9 "$pid" 2>/dev/null || true
    rm -f "$dir/$1/pid" "$dir/$1/native"
}

configure() {
    local server="unix:$dir/$1/native"
    cat <<END
pcm.$1 { type asym playback.pcm { type pulse server "$server" device "$1" } }
pcm.$1-heard { type asym capture.pcm { type pulse server "$server" device "$1.monitor" } }
END
}

# Without rewinding, a sink keeps 50 ms; with it, it first sleeps for 2 s.
sink="module-null-sink norewinds=1 rate=48000 channels=2"

case $command in
start)
    for name in "$@"; do
        mkdir -p -m 700 "$dir/$name"
        cat >"$dir/$name/script" <<END
load-module module-native-protocol-unix auth-anonymous=1 auth-cookie-enabled=0 socket=$dir/$name/native
load-module $sink sink_name=$name
END
        serve "$name"
        configure "$name" >>"$dir/asound.conf"
    done
    cat >>"$dir/asound.conf" <<END
pcm.!default { type asym capture.pcm "$1-heard" playback.pcm "${!#}" }
END
    ;;
unplug) PULSE_SERVER=unix:$dir/$1/native pactl unload-module module-null-sink ;;
plug)
    # shellcheck disable=SC2086
    PULSE_SERVER=unix:$dir/$1/native pactl load-module $sink sink_name="$1" >/dev/null
    ;;
end) end "$1" ;;
restart) serve "$1" ;;
freeze) kill -STOP "$(<"$dir/$1/pid")" ;;
thaw) kill -CONT "$(<"$dir/$1/pid")" ;;
stop)
    for pid in "$dir"/*/pid; do
        [[ -e $pid ]] && end "$(basename "$(dirname "$pid")")"
    done
    ;;
*)
    echo "pulse_testing.sh: $command?" >&2
    exit 2
    ;;
esac
