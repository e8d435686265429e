// English: a sentence's id, which may be that of an element, and the sentence. What the terminal says
// as well is the same in client/po.

export default `
welcome Join the debate
name-asked Your name
microphone Microphone
allow Allow the microphone
unheard Without a microphone the others cannot hear you.
level Level of the microphone
may-record May your own voice be recorded?
yes Yes, record my voice
no No
record-note It goes to this server when the debate is over. You can take this back at any time.
how-many This room is new; you will be its host. How many will take part?
join Join
left-note A recording of an earlier debate has not been sent yet.
send Send it now
insecure Browsers give the microphone only to https pages and to localhost.
not-allowed The browser does not allow the mic. Allow it beside the address, or join without.
offline No server answers. Is the network there?

soon The debate begins soon
waiting Waiting for {0} more. It starts when all are here and hear each other.
all-here All are here. It starts when all hear each other.
counting All are here. It starts in a moment.
invite Invite the others with the address of this page.

untitled The debate
page-of Page {0} of {1}
page-n Page {0}
time-left {0} left
choices Your choice
reveal-all They are shown when all have chosen.
reveal-now A choice is shown at once, and stays.
have-chosen {0} of {1} have chosen.
chosen You have chosen "{0}"; the server has it on disk.
next Next page
end End for everybody
end-asked End the debate for everybody?
so-far Choices so far

in-room In the room: {0} of {1}
you you
host host
gone connection lost
connecting connecting the voice
connected voice connected
speaks speaking
muted muted
is-recorded being recorded
speaking speaking: {0}
no-mic No microphone
muted-false Mute
muted-true Unmute
push Push to talk
recording-true Recording: on
recording-false Recording: off
leave Leave
leave-asked Leave? Your seat becomes free for others.
blocked Click anywhere to turn the sound on.

their-join {0} has taken a seat.
their-leave {0} has left.
their-connected {0} is back.
their-disconnected {0} has lost the connection; the seat is kept.
their-host_changed {0} is the host now.
their-recording_started The voice of {0} is being recorded.
their-choice_submitted {0} has chosen on page {1}.
own-host_changed You are the host now.
own-recording_started Your voice is being recorded.
own-recording_stopped Your recording has ended.
start The debate has started.
next_page Page {1}: {0}
choices_revealed Page {1}: {0}

away The connection is lost. Trying to come back …
relay-refuses The relay (TURN) refuses our login: voices may be lost.
relay-silent The relay (TURN) does not answer: voices may be lost.
details Sound and connections
quality round trip {0} ms, jitter {1} ms, lost {2} %, made up {3} %, buffer {4} ms, {5}
relayed relayed
direct direct
compare words to compare: {0}
encrypted encrypted with {0}

ended The debate has ended.
ended-host The host has ended the debate.
ended-agenda The agenda is through: the debate has ended.
ended-empty Nobody was left: the debate has ended.
you-left You have left the debate.
stopped-4001 You have joined from elsewhere: this page stops.
stopped-full All seats are taken.
refused The server does not let you in ({0}).
sending Sending your recording: {0} %
arrived Your recording has arrived.
unsent Your recording could not be sent; it is kept in this browser. {0}
report Read the report
`;
