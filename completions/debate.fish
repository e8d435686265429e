# Completes debate in fish; made by `make gen` from the table of options.

# The subcommand is this one (none yet: an empty word), and as many words stand before
# the cursor as are told.
function __debate_is
    set -l words (commandline -opc)
    test "$words[2]" = "$argv[1]"; or return
    test -z "$argv[2]"; or test (count $words) -eq "$argv[2]"
end

complete -c debate -f
complete -c debate -n '__debate_is ""' -l help -s h -d 'Print this, or a subcommand’s help'
complete -c debate -n '__debate_is ""' -l version -d 'Print the version'

complete -c debate -n '__debate_is ""' -a serve -d 'hold debates: the server'
complete -c debate -n '__debate_is serve' -l agenda -r -F -d 'The agenda of rooms whose makers bring none'
complete -c debate -n '__debate_is serve' -l countdown -x -d 'From the last one’s arrival to the start, 0 to 60, maybe with a fraction'
complete -c debate -n '__debate_is serve' -l data -r -f -a '(__fish_complete_directories)' -d 'Where session logs and recordings are kept'
complete -c debate -n '__debate_is serve' -l empty -x -d 'A session ends when nobody was connected for so long'
complete -c debate -n '__debate_is serve' -l guests -a 'rooms on off' -d 'Whether people without a token may come: into rooms that others have made'
complete -c debate -n '__debate_is serve' -l listen -s l -x -d 'A numeric address, an IPv6 one in brackets'
complete -c debate -n '__debate_is serve' -l ping -x -d 'How often each socket is pinged'
complete -c debate -n '__debate_is serve' -l rate-limit -x -d 'Messages a second that one socket may send, with bursts of four times that'
complete -c debate -n '__debate_is serve' -l record -x -a 'auto manual off' -d 'Whether clients record by themselves, when told to, or never'
complete -c debate -n '__debate_is serve' -l seats -x -d 'Of rooms whose makers do not say, 2 to 8'
complete -c debate -n '__debate_is serve' -l secret-file -r -F -d 'The secret that tokens are signed with, at least 32 bytes'
complete -c debate -n '__debate_is serve' -l silent -x -d 'A socket without any traffic for so long is closed'
complete -c debate -n '__debate_is serve' -l help -s h -d 'Print this'
complete -c debate -n '__debate_is serve' -l version -d 'Print the version'

complete -c debate -n '__debate_is ""' -a join -d 'take part in a debate from a terminal'
complete -c debate -n '__debate_is join' -l agenda -r -F -d 'The agenda of a room that is made, as JSON'
complete -c debate -n '__debate_is join' -l echo-cancel -x -a 'auto on off' -d 'Take the loudspeaker’s echo, noise and uneven loudness out of the microphone: auto, on or off'
complete -c debate -n '__debate_is join' -l folder -r -f -a '(__fish_complete_directories)' -d 'Where one’s own recording is kept'
complete -c debate -n '__debate_is join' -l input -s i -r -F -d 'The microphone: a number or a part of the name as debate devices shows them, a sound file, or none'
complete -c debate -n '__debate_is join' -l json -d 'Write one JSON event a line and read one command a line, as without a terminal'
complete -c debate -n '__debate_is join' -l name -s n -x -d 'What the others call you'
complete -c debate -n '__debate_is join' -l output -s o -r -F -d 'The loudspeaker: as --input'
complete -c debate -n '__debate_is join' -l record -x -a 'yes no ask' -d 'Whether your own voice may be recorded: yes, no or ask'
complete -c debate -n '__debate_is join' -l seats -x -d 'Seats of a room that is made, 2 to 8'
complete -c debate -n '__debate_is join' -l server -s s -x -d 'The server'
complete -c debate -n '__debate_is join' -l talk -x -a 'open key' -d 'open: the microphone is open'
complete -c debate -n '__debate_is join' -l token -x -d 'Who you are'
complete -c debate -n '__debate_is join' -l help -s h -d 'Print this'
complete -c debate -n '__debate_is join' -l version -d 'Print the version'

complete -c debate -n '__debate_is ""' -a room -d 'make, show, list and end rooms'
complete -c debate -n '__debate_is room' -l agenda -r -F -d 'create: the pages of the debate, as JSON'
complete -c debate -n '__debate_is room' -l json -d 'Print JSON, one object on a line'
complete -c debate -n '__debate_is room' -l name -s n -x -d 'Of a guest, that is, without a token'
complete -c debate -n '__debate_is room' -l seats -x -d 'create: for how many, 2 to 8'
complete -c debate -n '__debate_is room' -l server -s s -x -d 'The server'
complete -c debate -n '__debate_is room' -l token -x -d 'Who asks'
complete -c debate -n '__debate_is room' -l help -s h -d 'Print this'
complete -c debate -n '__debate_is room' -l version -d 'Print the version'
complete -c debate -n '__debate_is room 2' -a 'create show list end'

complete -c debate -n '__debate_is ""' -a token -d 'make a token that lets somebody in'
complete -c debate -n '__debate_is token' -l data -r -f -a '(__fish_complete_directories)' -d 'The data directory of a server on this machine, which keeps a secret in DIR/secret'
complete -c debate -n '__debate_is token' -l expires -s e -x -d 'For how long the token is good'
complete -c debate -n '__debate_is token' -l name -s n -x -d 'What the others see, 1 to 64 characters, unless the client says otherwise'
complete -c debate -n '__debate_is token' -l role -x -a 'debater host observer operator' -d 'A debater takes a seat, a host takes over as host as well, an observer sees and hears of events without a seat, an operator may do what any host may, in any room'
complete -c debate -n '__debate_is token' -l room -x -d 'The only room that the token opens'
complete -c debate -n '__debate_is token' -l secret-file -r -F -d 'The server’s secret'
complete -c debate -n '__debate_is token' -l user -s u -x -d 'Who it is for, 1 to 128 characters: the same user gets the same seat back'
complete -c debate -n '__debate_is token' -l help -s h -d 'Print this'
complete -c debate -n '__debate_is token' -l version -d 'Print the version'

complete -c debate -n '__debate_is ""' -a choose -d 'submit a choice without holding a connection'
complete -c debate -n '__debate_is choose' -l json -d 'Print the event’s number and the page as JSON'
complete -c debate -n '__debate_is choose' -l page -x -d 'The page that the choice is for'
complete -c debate -n '__debate_is choose' -l server -s s -x -d 'The server'
complete -c debate -n '__debate_is choose' -l token -x -d 'Who chooses: the token of somebody with a seat'
complete -c debate -n '__debate_is choose' -l help -s h -d 'Print this'
complete -c debate -n '__debate_is choose' -l version -d 'Print the version'

complete -c debate -n '__debate_is ""' -a upload -d 'upload recordings that stayed behind'
complete -c debate -n '__debate_is upload' -l json -d 'Print each recording that arrived as a JSON line'
complete -c debate -n '__debate_is upload' -l pending -d 'Send what was left behind in a folder, given instead of FILE: each recording to the server it was made at, as the one who made it'
complete -c debate -n '__debate_is upload' -l recording-id -x -d 'Which recording FILE is'
complete -c debate -n '__debate_is upload' -l room -x -d 'Ask this room’s last session afterwards whether it has the same bytes'
complete -c debate -n '__debate_is upload' -l server -s s -x -d 'The server'
complete -c debate -n '__debate_is upload' -l session -x -d 'As --room, for a session by its id'
complete -c debate -n '__debate_is upload' -l token -x -d 'Who uploads: the one who made the recording, or the host'
complete -c debate -n '__debate_is upload' -l help -s h -d 'Print this'
complete -c debate -n '__debate_is upload' -l version -d 'Print the version'
complete -c debate -n '__debate_is upload' -F

complete -c debate -n '__debate_is ""' -a replay -d 'print what happened in a session, from its log'
complete -c debate -n '__debate_is replay' -l check -d 'Print no events: rebuild the session from them, write its log anew, and fail at the first line where a byte differs'
complete -c debate -n '__debate_is replay' -l json -d 'Print the header and each event as a JSON line, as in the log'
complete -c debate -n '__debate_is replay' -l speed -x -d 'Take the time that it took, N times faster'
complete -c debate -n '__debate_is replay' -l help -s h -d 'Print this'
complete -c debate -n '__debate_is replay' -l version -d 'Print the version'
complete -c debate -n '__debate_is replay' -F

complete -c debate -n '__debate_is ""' -a bot -d 'play a scenario: a debate that is written down'
complete -c debate -n '__debate_is bot' -l as -x -d 'Play this role alone'
complete -c debate -n '__debate_is bot' -l json -d 'Print the report as JSON lines instead of a table'
complete -c debate -n '__debate_is bot' -l output -s o -r -f -a '(__fish_complete_directories)' -d 'Leave there, for each role, what it said'
complete -c debate -n '__debate_is bot' -l room -x -d 'The room to meet in'
complete -c debate -n '__debate_is bot' -l server -s s -x -d 'The server'
complete -c debate -n '__debate_is bot' -l summary -r -f -a '(__fish_complete_directories)' -d 'Play nothing: print one table of the reports that bots have left in DIR'
complete -c debate -n '__debate_is bot' -l token -x -d 'The token to come with'
complete -c debate -n '__debate_is bot' -l with-server -d 'Start a server for this debate alone, with the options that the scenario gives it, and end it after'
complete -c debate -n '__debate_is bot' -l help -s h -d 'Print this'
complete -c debate -n '__debate_is bot' -l version -d 'Print the version'
complete -c debate -n '__debate_is bot' -F

complete -c debate -n '__debate_is ""' -a devices -d 'list microphones and loudspeakers, and test them'
complete -c debate -n '__debate_is devices' -l input -s i -r -F -d 'The microphone that is tested: its number, a part of its name, a sound file, or none'
complete -c debate -n '__debate_is devices' -l json -d 'Print the devices as JSON'
complete -c debate -n '__debate_is devices' -l output -s o -r -F -d 'The loudspeaker that is tested, likewise'
complete -c debate -n '__debate_is devices' -l seconds -x -d 'How long the test takes'
complete -c debate -n '__debate_is devices' -l test -s t -d 'Show how loud the microphone is, and play it back to the ear'
complete -c debate -n '__debate_is devices' -l help -s h -d 'Print this'
complete -c debate -n '__debate_is devices' -l version -d 'Print the version'
