// Behind the door: what is pressed becomes commands, what comes is drawn.

import * as debate from './debate.js';
import { $, announce, text } from './dom.js';
import { forgetSeat, keepSeat, reason } from './door.js';
import * as microphone from './microphone.js';
import { labelOf, room } from './room.js';
import { upload } from './upload.js';
import { draw, stopped, tell } from './view.js';
import * as voice from './voice.js';
import { say } from './words.js';

const TICK_MS = 100;
const SLEPT_MS = 10000; // nothing was done for so long

const complain = (error) => announce(reason(error));
const blocked = () => announce(say('Click anywhere to turn the sound on.'));
const ask = (type, data) => debate.ask(type, data).catch(complain);

function keep() {
	debate.seat.device = microphone.current();
	keepSeat(debate.seat);
}

function mute(isMuted) {
	if (microphone.isOpen()) microphone.mute(isMuted);
	else microphone.open().catch(complain);
	debate.tellVoice();
}

// Browsers let sound begin when somebody touches the page.
function wakeSound() {
	microphone.wake();
	voice.playAll();
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
	const { changed } = microphone.on;
	microphone.on.track = voice.speak;
	microphone.on.speaking = debate.tellVoice;
	microphone.on.changed = () => {
		changed();
		keep();
		debate.tellVoice();
	};
	window.onpointerdown = window.onkeydown = wakeSound;
	if (microphone.context.state !== 'running') blocked();
}

async function choose({ target }) {
	const button = target.closest('button');
	if (!button || button.ariaDisabled === 'true') return;
	const { page } = room;
	const choice = button.value;
	await debate.ask('submit_choice', { page, choice });
	debate.seat.choices[page] = choice;
	keep();
	announce(say('You have chosen "{0}"; the server has it on disk.', labelOf(page, choice)));
}

function leave() {
	forgetSeat();
	debate.leave().catch(complain);
}

// Asks before it acts, and takes a double click for one.
function wireConfirmed(button, question, act) {
	const words = button.textContent;
	button.onblur = () => text(button, words);
	button.onclick = ({ detail }) => {
		if (button.textContent !== words) return detail < 2 && act();
		text(button, question);
		announce(question);
	};
}

function wire() {
	$('#mic').onclick = () => mute(!microphone.isMuted);
	$('#choices').onclick = (click) => choose(click).catch(complain);
	$('#next').onclick = () => ask('next_page');
	wireConfirmed($('#end'), say('End the debate for everybody?'), () => ask('end_session'));
	wireConfirmed($('#leave'), say('Leave? Your seat becomes free for others.'), leave);
	$('#record').onclick = () => debate.consent(!debate.isRecorded()).catch(complain).then(keep);
	const wake = () => document.hidden || debate.wake();
	window.onpageshow = document.onvisibilitychange = wake;
	window.ononline = () => {
		wake();
		voice.mendAll();
	};
	navigator.connection?.addEventListener('change', window.ononline);
}

function watchTime() {
	let last = Date.now();
	setInterval(() => {
		if (Date.now() - last > SLEPT_MS) debate.wake(true);
		last = Date.now();
		debate.watch();
		draw();
	}, TICK_MS);
	setInterval(async () => {
		if ($('#sound').open) (await import('./stats.js')).drawStats();
	}, 1000);
}

export function start(seat) {
	seat.choices ??= {};
	voice.on.blocked = blocked;
	Object.assign(debate.on, {
		refused: complain,
		event: (event) => announce(tell(event)),
		recorded: (recordings) => upload(recordings, $('#uploads')),
		stopped: (why) => {
			stopped(why);
			if (why < 1000) forgetSeat();
		},
	});
	$('#sound').insertBefore($('.sound'), $('#stats'));
	debate.enter(seat);
	wirePush();
	wireSound();
	wire();
	watchTime();
	keep();
}
