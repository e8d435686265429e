// Draws the debate.

import * as clock from './clock.js';
import * as debate from './debate.js';
import { $, list, make, makeRow, show, text } from './dom.js';
import * as microphone from './microphone.js';
import { choicesOf, isCaughtUp, nameOf, pageOf, room, seated } from './room.js';
import * as voice from './voice.js';
import { duration, say } from './words.js';

let view; // lobby, the number of the page, over
let stopReason;

// Events as sentences.
const OF_OTHERS = {
	join: '{0} has taken a seat.',
	leave: '{0} has left.',
	connected: '{0} is back.',
	disconnected: '{0} has lost the connection; the seat is kept.',
	host_changed: '{0} is the host now.',
	recording_started: 'The voice of {0} is being recorded.',
	choice_submitted: '{0} has chosen on page {1}.',
};
const OWN = {
	host_changed: 'You are the host now.',
	recording_started: 'Your voice is being recorded.',
	recording_stopped: 'Your recording has ended.',
};
const ENDS = {
	host: 'The host has ended the debate.',
	agenda: 'The agenda is through: the debate has ended.',
	empty: 'Nobody was left: the debate has ended.',
};

const tellEnd = (reason) => say(ENDS[reason] ?? 'The debate has ended.');

const tellers = {
	start: () => say('The debate has started.'),
	next_page: ({ page }) => say('Page {0}: {1}', page, pageOf(page).title),
	choices_revealed: ({ page }) => say('Page {0}: {1}', page, choicesOf(page)),
	session_ended: ({ reason }) => tellEnd(reason),
};

export function tell({ type, data }) {
	const { participant_id: id, page } = data;
	if (!id) return tellers[type]?.(data);
	return say((id === room.self ? OWN : OF_OTHERS)[type], nameOf(id), page);
}

const STOPS = {
	4001: 'You have joined from elsewhere: the seat is there now, and this page stops.',
	full: 'All seats are taken.',
};

export function stopped(why) {
	stopReason = say(STOPS[why] ?? 'The server does not let you in ({0}).', why);
}

const join = (words, by) => words.filter(Boolean).join(by);

const idOf = (person) => person.participant_id;
const names = (fits) => seated().filter(fits).map(({ nickname }) => nickname).join(', ');

const makePerson = () => make('li', {}, make('b'), make('small'));

function stateOf({ participant_id: id, connected, is_mic_on: isOn, is_speaking, is_recording }) {
	if (!connected) return say('connection lost');
	const isSelf = id === room.self;
	const state = voice.links.get(id)?.state;
	const isHeard = isSelf || state === 'connected';
	const words = [
		!isHeard && (state === 'failed' ? say('no voice') : say('connecting the voice')),
		is_speaking && say('speaking'),
		!isOn && say('muted'),
		isOn && !is_speaking && isHeard && !isSelf && say('voice connected'),
		is_recording && say('being recorded'),
	];
	return join(words, ' · ');
}

function drawPeople(isOver) {
	text('#people-title', say('In the room: {0} of {1}', seated().length, room.seats));
	list($('#people'), seated(), idOf, makePerson, (item, person) => {
		const { participant_id: id, nickname } = person;
		const roles = join([id === room.self && say('you'), id === room.host && say('host')], ', ');
		text(item.children[0], roles ? `${nickname} (${roles})` : nickname);
		text(item.children[1], isOver ? '' : stateOf(person));
		item.className = !isOver && person.is_speaking ? 'speaking' : '';
	});
}

function drawLobby() {
	const isCounting = room.phase === 'countdown';
	const missing = room.seats - seated().length;
	const waiting = missing
		? say('Waiting for {0} more. It starts when all are here and hear each other.', missing)
		: say('All are here. It starts when all hear each other.');
	text('#lobby-title', room.agenda?.title || say('The debate begins soon'));
	text('#lobby-text', isCounting ? say('Everybody is here. It starts in') : waiting);
	show('#count-down', isCounting);
	text('#count-down', `${Math.max(0, Math.ceil((room.startAt - clock.now()) / 1000))}`);
	show('#invite', !isCounting && missing);
	text('#invite output', location.origin + location.pathname);
}

function drawChoices({ choices = [], reveal = 'all' }) {
	const revealed = room.revealed[room.page];
	const mine = revealed?.[room.self] ?? debate.seat.choices[room.page];
	const isFixed = Boolean(revealed && (reveal === 'all' || revealed[room.self]));
	const keyOf = ({ id }) => room.page + id;
	const create = ({ id }) => make('button', { value: id }, make('span'), make('small'));
	list($('#choices'), choices, keyOf, create, (button, { id, label }) => {
		button.ariaPressed = id === mine;
		button.ariaDisabled = isFixed;
		text(button.children[0], label);
		text(button.children[1], names((person) => revealed?.[idOf(person)] === id));
	});
	const when = {
		all: say('They are shown when all have chosen.'),
		now: say('A choice is shown at once, and stays.'),
	};
	const count = Object.keys(room.chosen[room.page] ?? {}).length;
	const words = [say('{0} of {1} have chosen.', count, seated().length), !isFixed && when[reveal]];
	show('#choices-note', choices.length);
	text('#choices-note', join(words, ' '));
}

function drawPage() {
	const page = pageOf();
	const count = room.agenda?.pages?.length || 1;
	text('#page-number', say('Page {0} of {1}', room.page, count));
	text('#page-title', page.title || room.agenda?.title || say('The debate'));
	text('#page-text', page.text ?? '');
	const passed = (clock.now() - room.pageSince) / 1000;
	const left = page.seconds - passed;
	text('#page-clock', page.seconds ? say('{0} left', duration(left)) : duration(passed));
	$('#page-clock').className = left < 10 ? 'soon' : '';
	drawChoices(page);
	show('#host-tools', room.self && room.self === room.host);
	text('#next', room.page < count ? say('Next page') : say('Finish the debate'));
}

function drawEarlier() {
	const pages = Object.keys(room.revealed).filter(
		(page) => room.phase === 'ended' || Number(page) !== room.page,
	);
	show('#earlier', pages.length);
	list($('#revealed'), pages, String, makeRow, ({ children }, page) => {
		text(children[0], pageOf(page).title ?? say('Page {0}', page));
		text(children[1], choicesOf(page));
	});
}

function drawBar() {
	const speakers = names((person) => person.is_speaking);
	const { isMuted } = microphone;
	const mic = isMuted ? say('Unmute') : say('Mute');
	const isRecorded = debate.isRecorded();
	text('#speakers', speakers && say('speaking: {0}', speakers));
	text('#mic', microphone.isOpen() ? mic : say('No microphone'));
	$('#mic').className = isMuted ? 'off' : '';
	show('#record', room.record !== 'off');
	text('#record', isRecorded ? say('Recording: on') : say('Recording: off'));
	$('#record').ariaPressed = isRecorded;
}

function drawLink() {
	const { relayProblem } = voice;
	let words = '';
	if (relayProblem) words = say('The relay (TURN) refuses our login: voices may be lost.');
	if (relayProblem === 701) words = say('The relay (TURN) does not answer: voices may be lost.');
	if (debate.state === 'away') words = say('The connection is lost. Trying to come back …');
	text('#link', words);
}

function drawOver() {
	const { phase, reason, report } = room;
	const ended = phase === 'ended' ? tellEnd(reason) : say('You have left the debate.');
	text('#over-title', stopReason ?? ended);
	show('#report', report);
	$('#report').href = `${report}?token=${debate.seat.token}`;
}

// The view that appears gets the focus, unless somebody is at work elsewhere.
function enter(name, title) {
	if (name === view) return;
	view = name;
	if (!document.activeElement?.closest('aside, footer')) $(title).focus();
}

// Called again and again: nothing has to say that it has changed.
export function draw() {
	const isOver = debate.state === 'over';
	const isPage = !isOver && room.phase === 'live';
	if (!isOver && !(room.id && isCaughtUp())) return;
	show('#stage', true);
	show('#bar', !isOver);
	show('#sound', !isOver);
	show('#lobby', !isOver && !isPage);
	show('#page', isPage);
	show('#over', isOver);
	drawLink();
	drawPeople(isOver);
	drawEarlier();
	if (isOver) drawOver();
	else drawBar();
	if (isPage) drawPage();
	else drawLobby();
	if (isOver) enter('over', '#over-title');
	else if (isPage) enter(room.page, '#page-title');
	else enter('lobby', '#lobby-title');
}
