// Behind the door: what is pressed becomes commands, what comes is drawn.

import { Debate } from './debate.js';
import { $, announce, confirm } from './dom.js';
import { code, forgetSeat, keepSeat, reason } from './door.js';
import { tell } from './story.js';
import { upload } from './upload.js';
import { draw, tick } from './view.js';
import { say } from './words.js';

const STOPS = {
	4001: 'You have joined from elsewhere: the seat is there now, and this page stops.',
	full: 'All seats are taken.',
};
const TICK_MS = 200;
const SLEPT_MS = 10000; // nothing was done for so long

let debate;
let microphone;
let isDrawing = false;

// Once for all that happens in one turn.
function redraw() {
	if (isDrawing) return;
	isDrawing = true;
	queueMicrotask(() => {
		isDrawing = false;
		const { room, state } = debate;
		if (state === 'over' || (room.id && room.isCaughtUp)) draw(debate);
	});
}

const complain = (error) => announce(reason(error));
const blocked = () => announce(say('Click anywhere to turn the sound on.'));
const ask = (type, data) => debate.ask(type, data).catch(complain);

function keep() {
	debate.seat.device = microphone.current;
	keepSeat(debate.seat);
	redraw();
}

// ---- sound ----

function mute(isMuted) {
	if (microphone.isOpen) microphone.mute(isMuted);
	else microphone.open().catch(complain);
	debate.tellVoice();
	redraw();
}

// Browsers let sound begin when somebody touches the page.
function wakeSound() {
	microphone.wake();
	debate.mesh.playAll();
}

// The button is held, by hand or by a key; the space bar does it too where no control has the focus.
function wirePush() {
	const mic = $('#mic');
	const hold = (isHeld) => {
		if (debate.isPushing) mute(!isHeld);
	};
	const isTalkKey = ({ key, target }) =>
		(key === ' ' && target.tabIndex < 0) || (target === mic && [' ', 'Enter'].includes(key));
	mic.onpointerdown = () => hold(true);
	mic.onpointerup = mic.onpointercancel = mic.onpointerleave = window.onblur = () => hold(false);
	window.onkeyup = (event) => {
		if (isTalkKey(event)) hold(false);
	};
	window.onkeydown = (event) => {
		wakeSound();
		if (!debate.isPushing || !isTalkKey(event)) return;
		event.preventDefault();
		if (!event.repeat) hold(true);
	};
	mic.onclick = () => debate.isPushing || mute(!microphone.isMuted);
	$('#push').onclick = () => mute((debate.isPushing = !debate.isPushing));
}

function wireSound() {
	const { changed } = microphone.on;
	microphone.on = {
		track: (track) => debate.mesh.say(track),
		speaking: () => debate.tellVoice(),
		changed: () => {
			changed();
			keep();
			debate.tellVoice();
		},
	};
	window.onpointerdown = wakeSound;
	if (microphone.context.state !== 'running') blocked();
}

// ---- what is pressed ----

async function choose({ target }) {
	const button = target.closest('button');
	if (!button || button.ariaDisabled === 'true') return;
	const { room, seat } = debate;
	const { page } = room;
	const choice = button.value;
	await debate.ask('submit_choice', { page, choice });
	seat.choices[page] = choice;
	keep();
	announce(say('You have chosen "{0}"; the server has it on disk.', room.label(page, choice)));
}

async function leave() {
	if (!(await confirm(say('Leave? Your seat becomes free for others.'), say('Leave')))) return;
	forgetSeat();
	await debate.leave().catch(complain);
}

async function end() {
	if (await confirm(say('End the debate for everybody?'), say('End it'))) await ask('end_session');
}

async function toggleRecording() {
	await debate.consent(!debate.isRecorded).catch(complain);
	keep();
}

function wire() {
	$('#choices').onclick = (click) => choose(click).catch(complain);
	$('#next').onclick = () => ask('next_page');
	$('#end').onclick = end;
	$('#leave').onclick = leave;
	$('#record').onclick = toggleRecording;
	const wake = () => document.hidden || debate.wake(false);
	window.onpageshow = document.onvisibilitychange = document.onresume = wake;
	window.ononline = () => {
		wake();
		debate.mesh.mendAll();
	};
	navigator.connection?.addEventListener('change', window.ononline);
}

// What moves without an event, and whatever was slept through.
function watchTime() {
	let last = Date.now();
	setInterval(() => {
		const hasSlept = Date.now() - last > SLEPT_MS;
		last = Date.now();
		if (hasSlept) debate.wake(true);
		debate.watch();
		tick(debate);
	}, TICK_MS);
	const sound = $('#sound');
	setInterval(async () => {
		if (sound.open) (await import('./stats.js')).drawStats(debate);
	}, 1000);
}

export function start(seat, itsMicrophone) {
	microphone = itsMicrophone;
	seat.choices ??= {};
	debate = new Debate({ ...seat, code }, microphone, {
		changed: redraw,
		blocked,
		refused: complain,
		event: (event, isNew) => isNew && announce(tell(debate.room, event)),
		recorded: (recordings) => upload(recordings, $('#uploads')),
		stopped: (why) => {
			debate.stopReason = say(STOPS[why] ?? 'The server does not let you in ({0}).', why);
			if (why < 1000) forgetSeat();
		},
	});
	$('#sound').insertBefore($('.sound'), $('#stats'));
	keep();
	wirePush();
	wireSound();
	wire();
	watchTime();
}
