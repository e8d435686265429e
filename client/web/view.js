// Draws a debate: the lobby, the open page, the end, who is here. Called again whenever something
// has changed; `debate` is only looked at.

import { $, list, make, makeRow, press, show, text } from './dom.js';
import { tellEnd } from './story.js';
import { duration, say } from './words.js';

let view; // what is shown: lobby, the number of the page, over

// Of several, those that there are.
const join = (words, by) => words.filter(Boolean).join(by);

// ---- who is here ----

const makePerson = ({ nickname }) =>
	make(
		'li',
		{},
		make('span', { className: 'face', ariaHidden: true, textContent: [...nickname][0] }),
		make('span', { className: 'name' }),
		make('span', { className: 'state' }),
	);

function voiceOf({ mesh, room }, id) {
	const state = mesh.links.get(id)?.state;
	if (id === room.self || state === 'connected') return '';
	return state === 'failed' ? say('no voice') : say('connecting the voice');
}

function stateOf(debate, person) {
	if (!person.connected) return say('connection lost');
	const id = person.participant_id;
	const voice = voiceOf(debate, id);
	const sound = person.is_speaking
		? say('speaking')
		: !person.is_mic_on
			? say('muted')
			: !voice && id !== debate.room.self && say('voice connected');
	return join([voice, sound, person.is_recording && say('being recorded')], ' · ');
}

function drawPeople(debate, isOver) {
	const { room } = debate;
	text('#people-title', say('In the room: {0} of {1}', room.seated.length, room.seats));
	list(
		$('#people'),
		room.seated,
		(person) => person.participant_id,
		makePerson,
		(item, person) => {
			const { participant_id: id, nickname } = person;
			const roles = join([id === room.self && say('you'), id === room.host && say('host')], ', ');
			text(item.children[1], roles ? `${nickname} (${roles})` : nickname);
			text(item.children[2], isOver ? '' : stateOf(debate, person));
			item.className = !isOver && person.is_speaking ? 'speaking' : '';
		},
	);
}

// ---- lobby and page ----

function drawLobby({ room, clock }) {
	const isCounting = room.phase === 'countdown';
	const missing = room.seats - room.seated.length;
	text('#lobby-title', room.agenda?.title || say('The debate begins soon'));
	text(
		'#lobby-text',
		isCounting
			? say('Everybody is here. It starts in')
			: missing
				? say('Waiting for {0} more. It starts when all are here and hear each other.', missing)
				: say('All are here. It starts when all hear each other.'),
	);
	show('#count-down', isCounting);
	text('#count-down', String(Math.max(0, Math.ceil((room.startAt - clock.now()) / 1000))));
	show('#invite', !isCounting && missing);
	text('#address', location.origin + location.pathname);
}

function drawClock({ room, clock }) {
	const { seconds } = room.pages[room.page - 1] ?? {};
	const passed = (clock.now() - room.pageSince) / 1000;
	text('#page-clock', seconds ? say('{0} left', duration(seconds - passed)) : duration(passed));
	$('#page-clock').className = seconds - passed < 10 ? 'soon' : '';
}

function drawChoices({ room, seat }, { choices = [], reveal = 'all' }) {
	const revealed = room.revealed[room.page];
	const mine = revealed?.[room.self] ?? seat.choices[room.page];
	const isFixed = Boolean(revealed && (reveal === 'all' || revealed[room.self]));
	list(
		$('#choices'),
		choices,
		({ id }) => `${room.page} ${id}`,
		({ id }) => make('button', { className: 'choice', value: id }, make('span'), make('small')),
		(button, { id, label }) => {
			const who = room.seated.filter((one) => revealed?.[one.participant_id] === id);
			press(button, id === mine);
			button.ariaDisabled = isFixed;
			text(button.children[0], label);
			text(button.children[1], who.map(({ nickname }) => nickname).join(', '));
		},
	);
	const when = {
		all: say('They are shown when all have chosen.'),
		now: say('A choice is shown at once, and stays.'),
		never: say('They are not shown.'),
	};
	const count = room.chosen[room.page]?.size ?? 0;
	show('#choices-note', choices.length);
	text(
		'#choices-note',
		`${say('{0} of {1} have chosen.', count, room.seated.length)} ${isFixed ? '' : when[reveal]}`,
	);
}

function drawPage(debate) {
	const { room } = debate;
	const page = room.pages[room.page - 1] ?? {};
	const count = Math.max(1, room.pages.length);
	text('#page-number', say('Page {0} of {1}', room.page, count));
	text('#page-title', page.title || room.agenda?.title || say('The debate'));
	text('#page-text', page.text ?? '');
	drawClock(debate);
	drawChoices(debate, page);
	show('#host-tools', room.isHost);
	text('#next', room.page < count ? say('Next page') : say('Finish the debate'));
}

function drawEarlier({ room }) {
	const pages = Object.keys(room.revealed).filter(
		(page) => room.phase === 'ended' || Number(page) !== room.page,
	);
	show('#earlier', pages.length);
	list(
		$('#revealed'),
		pages,
		(page) => page,
		makeRow,
		({ children: [title, choices] }, page) => {
			text(title, room.title(page) ?? say('Page {0}', page));
			text(choices, room.choices(page));
		},
	);
}

// ---- all of it ----

function drawBar(debate) {
	const { microphone, isPushing, recorder, room, isRecorded } = debate;
	const speakers = room.seated.filter((person) => person.is_speaking);
	const names = speakers.map(({ nickname }) => nickname).join(', ');
	text('#speakers', names && say('speaking: {0}', names));
	text(
		'#mic',
		!microphone.isOpen
			? say('No microphone')
			: isPushing
				? say('Hold to talk')
				: microphone.isMuted
					? say('Unmute')
					: say('Mute'),
	);
	$('#mic').className = microphone.isMuted ? 'off' : '';
	press('#push', Boolean(isPushing));
	show('#record', room.record !== 'off');
	text(
		'#record',
		recorder.running
			? say('Recording: on')
			: isRecorded
				? say('Recording: from the start')
				: say('Recording: off'),
	);
	press('#record', isRecorded);
}

function drawLink({ state, mesh }) {
	text(
		'#link',
		state === 'away'
			? say('The connection is lost. Trying to come back …')
			: mesh.relayProblem === 701
				? say('The relay (TURN) does not answer; voices may not get through.')
				: mesh.relayProblem
					? say('The relay (TURN) refuses our login; voices may not get through.')
					: '',
	);
}

function drawOver({ room, seat, stopReason }) {
	const ended = room.phase === 'ended' ? tellEnd(room.endReason) : say('You have left the debate.');
	text('#over-title', stopReason ?? ended);
	show('#report', room.report);
	$('#report').href = `${room.report}?token=${seat.token}`;
}

// The view that appears gets the focus, unless somebody is at work elsewhere.
function enter(name, title) {
	if (name === view) return;
	view = name;
	if (!document.activeElement?.closest('aside, footer, dialog')) $(title).focus();
}

export function draw(debate) {
	const { room, state } = debate;
	const isOver = state === 'over';
	const isPage = !isOver && room.phase === 'live';
	show('#stage', true);
	show('#bar', !isOver);
	show('#sound', !isOver);
	show('#lobby', !isOver && !isPage);
	show('#page', isPage);
	show('#over', isOver);
	drawLink(debate);
	drawPeople(debate, isOver);
	drawEarlier(debate);
	if (isOver) drawOver(debate);
	else drawBar(debate);
	if (isPage) drawPage(debate);
	else drawLobby(debate);
	if (isOver) enter('over', '#over-title');
	else if (isPage) enter(room.page, '#page-title');
	else enter('lobby', '#lobby-title');
}

// What moves without an event.
export function tick(debate) {
	if (debate.room.phase === 'live') drawClock(debate);
	if (debate.room.phase === 'countdown') drawLobby(debate);
}
