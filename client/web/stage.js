// Behind the door: what comes is drawn, what is pressed becomes commands.

import * as clock from './clock.js';
import * as debate from './debate.js';
import { $, list, say, show, text } from './dom.js';
import { forgetSeat, keepSeat, reason } from './door.js';
import * as mic from './mic.js';
import { choicesOf, isCaughtUp, labelOf, nameOf, pageOf, room, seated, whose } from './room.js';
import { drawStats } from './stats.js';
import { send } from './shelf.js';
import * as voice from './voice.js';

const TICK_MS = 100;
const SLEPT_MS = 10000; // nothing was done for so long

let view; // what is shown: lobby, page 1, over
let stopReason;

const announce = (words) => words && text('#last', words);
const complain = (error) => announce(reason(error));
const blocked = () => announce(say('blocked'));
const ask = (type) => debate.ask(type).catch(complain);
const sayEnd = (reason) => say(`ended-${reason}`) || say('ended');

// An event as a sentence.
function tell(event) {
	const { participant_id: id, page, reason } = event.data;
	if (event.type === 'session_ended') return sayEnd(reason);
	const what = event.type === 'next_page' ? pageOf(page).title : choicesOf(page);
	return say(whose(event), id ? nameOf(id) : what, page);
}

const join = (words, by) => words.filter(Boolean).join(by);
const idOf = (person) => person.participant_id;
const names = (fits) => join(seated().filter(fits).map(({ nickname }) => nickname), ', ');

function stateOf({ participant_id: id, connected, is_mic_on, is_speaking, is_recording }) {
	if (!connected) return say('gone');
	const isConnected = voice.links.get(id)?.state === 'connected';
	const words = [
		!isConnected && id !== room.self && say('connecting'),
		is_speaking && say('speaks'),
		!is_mic_on && say('muted'),
		is_mic_on && !is_speaking && isConnected && say('connected'),
		is_recording && say('is-recorded'),
	];
	return join(words, ' · ');
}

function drawPeople(isOver) {
	text('#in-room', say('in-room', seated().length, room.seats));
	list('#people', 'li b small', seated(), ([name, state], person, row) => {
		const id = idOf(person);
		const roles = join([id === room.self && say('you'), id === room.host && say('host')], ', ');
		text(name, nameOf(id) + (roles && ` (${roles})`));
		text(state, isOver ? '' : stateOf(person));
		row.className = !isOver && person.is_speaking ? 'speaking' : '';
	});
}

function drawLobby() {
	const isCounting = room.phase === 'countdown';
	const missing = room.seats - seated().length;
	text('#lobby-title', room.agenda?.title || say('soon'));
	text('#lobby-text', say(isCounting ? 'counting' : missing ? 'waiting' : 'all-here', missing));
	show('#count-down', isCounting);
	text('#count-down', `${Math.max(0, Math.ceil((room.start_at - clock.now()) / 1000))}`);
	show('#invite', !isCounting && missing);
}

function drawChoices({ choices = [], reveal = 'all' }) {
	const revealed = room.revealed[room.page];
	const mine = revealed?.[room.self] ?? debate.seat.choices[room.page];
	const isFixed = !!revealed && (reveal === 'all' || !!revealed[room.self]);
	list('#choices', 'button span small', choices, ([words, who], { id, label }, button) => {
		Object.assign(button, { value: id, ariaPressed: id === mine, ariaDisabled: isFixed });
		text(words, label);
		text(who, names((person) => revealed?.[idOf(person)] === id));
	});
	const count = Object.keys(room.chosen[room.page] ?? {}).length;
	const words = [say('have-chosen', count, seated().length), !isFixed && say(`reveal-${reveal}`)];
	text('#choices-note', choices.length ? join(words, ' ') : '');
}

// 75 s: "1:15".
function duration(seconds) {
	const whole = Math.max(0, Math.floor(seconds));
	return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function drawPage() {
	const page = pageOf();
	const count = room.agenda?.pages?.length || 1;
	const passed = (clock.now() - room.pageSince) / 1000;
	text('#page-number', say('page-of', room.page, count));
	text('#page-clock', page.seconds ? say('time-left', duration(page.seconds - passed)) : duration(passed));
	text('#page-title', page.title || room.agenda?.title || say('untitled'));
	text('#page-text', page.text);
	drawChoices(page);
	show('#host-tools', room.self && room.self === room.host);
	show('#next', room.page < count);
}

function drawOver() {
	text('#over-title', stopReason ?? (room.phase === 'ended' ? sayEnd(room.reason) : say('you-left')));
	show('#report', room.report);
	$('#report').href = `${room.report}?token=${debate.seat.token}`;
}

function drawEarlier() {
	const isPast = (page) => room.phase === 'ended' || +page !== room.page;
	const pages = Object.keys(room.revealed).filter(isPast);
	show('#earlier', pages.length);
	list('#revealed', 'div dt dd', pages, ([title, choices], page) => {
		text(title, pageOf(page).title ?? say('page-n', page));
		text(choices, choicesOf(page));
	});
}

function drawBar() {
	const speakers = names((person) => person.is_speaking);
	const isRecorded = debate.isRecorded();
	text('#speakers', speakers && say('speaking', speakers));
	text('#mic', say(mic.isOpen() ? `muted-${mic.isMuted}` : 'no-mic'));
	$('#mic').className = mic.isMuted ? 'off' : '';
	show('#record', room.record !== 'off');
	text('#record', say(`recording-${isRecorded}`));
	$('#record').ariaPressed = isRecorded;
}

function drawLink() {
	const { relayProblem } = voice;
	const relay = relayProblem === 701 ? 'relay-silent' : relayProblem && 'relay-refuses';
	text('#link', say(debate.state === 'away' ? 'away' : relay));
}

const VIEWS = { lobby: drawLobby, page: drawPage, over: drawOver };

// Called again and again. A view that appears gets the focus, unless somebody is at work elsewhere.
function draw() {
	const isOver = debate.state === 'over';
	drawLink();
	if (!isOver && !(room.id && isCaughtUp())) return;
	const name = isOver ? 'over' : room.phase === 'live' ? 'page' : 'lobby';
	for (const one in VIEWS) show(`#${one}`, one === name);
	show('#bar', !isOver);
	show('#sound', !isOver);
	show('#stage', true);
	VIEWS[name]();
	drawPeople(isOver);
	drawEarlier();
	drawBar();
	const old = view;
	view = name + room.page;
	if (view !== old && !document.activeElement?.closest('aside, footer')) $(`#${name}-title`).focus();
}

function keep() {
	debate.seat.device = mic.current();
	keepSeat(debate.seat);
}

function mute(isMuted) {
	if (mic.isOpen()) mic.mute(isMuted);
	else mic.open().catch(complain);
	debate.tellVoice();
}

// Held, by hand or by the space bar, it lets one's voice through.
function wirePush() {
	const push = $('#push');
	let isHeld = false;
	const hold = (isIt) => {
		if (isIt !== isHeld) mute(!(isHeld = isIt));
	};
	push.onpointerdown = () => hold(true);
	push.onkeydown = ({ key }) => hold(key === ' ');
	push.onpointerup = push.onpointerleave = push.onkeyup = push.onblur = () => hold(false);
}

function wireSound() {
	const { changed } = mic.on;
	mic.on.track = voice.speak;
	mic.on.speaking = debate.tellVoice;
	mic.on.changed = () => {
		changed();
		keep();
		debate.tellVoice();
	};
	// Browsers let sound begin when somebody touches the page.
	window.onpointerdown = window.onkeydown = () => {
		mic.wake();
		voice.playAll();
	};
	if (mic.context.state !== 'running') blocked();
}

async function choose({ target }) {
	const button = target.closest('button');
	if (!button || button.ariaDisabled === 'true') return;
	const { page } = room;
	const choice = button.value;
	await debate.ask('submit_choice', { page, choice });
	debate.seat.choices[page] = choice;
	keep();
	announce(say('chosen', labelOf(page, choice)));
}

function leave() {
	forgetSeat();
	debate.leave().catch(complain);
}

// Asks before it acts, and takes a double click for one.
function wireConfirmed(id, act) {
	const button = $(id);
	const words = button.textContent;
	button.onblur = () => text(button, words);
	button.onclick = ({ detail }) => {
		if (button.textContent !== words) return detail < 2 && act();
		text(button, `${words}?`);
		announce(say(`${button.id}-asked`));
	};
}

function wire() {
	$('#mic').onclick = () => mute(!mic.isMuted);
	$('#choices').onclick = (click) => choose(click).catch(complain);
	$('#next').onclick = ({ detail }) => detail < 2 && ask('next_page');
	wireConfirmed('#end', () => ask('end_session'));
	wireConfirmed('#leave', leave);
	$('#record').onclick = () => debate.consent(!debate.isRecorded()).catch(complain).then(keep);
	document.onvisibilitychange = () => document.hidden || debate.wake();
	window.ononline = () => {
		debate.wake();
		voice.mendAll();
	};
}

function watchTime() {
	let last = Date.now();
	setInterval(() => {
		if (Date.now() - last > SLEPT_MS) debate.wake(true);
		last = Date.now();
		debate.watch();
		draw();
	}, TICK_MS);
	setInterval(() => $('#sound').open && drawStats(), 1000);
}

export function start(seat) {
	seat.choices ??= {};
	voice.on.blocked = blocked;
	debate.on.refused = complain;
	debate.on.event = (event) => announce(tell(event));
	debate.on.recorded = (recordings) => send(recordings, '#uploads');
	debate.on.stopped = (why) => {
		stopReason = say(`stopped-${why}`) || say('refused', why);
		if (why < 1000) forgetSeat();
	};
	$('#sound').insertBefore($('.sound'), $('#stats'));
	debate.enter(seat);
	wirePush();
	wireSound();
	wire();
	watchTime();
	keep();
}
