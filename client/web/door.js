// The page begins here: a seat from before is taken again, otherwise there is the door. What follows
// is loaded when somebody begins to fill in the form.

import { $, show, text } from './dom.js';
import * as microphone from './microphone.js';
import { request } from './protocol.js';
import * as shelf from './shelf.js';
import { say, translate } from './words.js';

const code = decodeURIComponent(location.pathname.split('/')[2]);
const key = `seat ${code}`;
const loadStage = () => import('./stage.js');

// Of the address, of this tab before a reload, or of a page that died and left a recording.
async function seatBefore() {
	const kept = JSON.parse(sessionStorage.getItem(key));
	const token = new URLSearchParams(location.search).get('token')?.replaceAll('"', '');
	if (token) {
		history.replaceState(null, '', location.pathname); // nobody gets it with the link
		return { token, name: kept?.name };
	}
	if (kept) return kept;
	const left = (await shelf.left()).findLast((one) => one.code === code);
	return { token: left?.token, name: left?.name ?? localStorage.getItem('name') };
}

export function keepSeat(seat) {
	sessionStorage.setItem(key, JSON.stringify(seat));
	localStorage.setItem('name', seat.name);
}

export const forgetSeat = () => sessionStorage.removeItem(key);

export function reason({ name, status, message }) {
	if (name === 'NotAllowedError') return say('The browser does not allow the microphone. Allow it beside the address, or join without.');
	return status === 0 ? say('No server answers. Is the network there?') : message;
}

function complain(error) {
	show('#problem', error);
	text('#problem', error ? reason(error) : '');
}

function drawDevices() {
	const options = microphone.devices.map(({ label, deviceId }) => new Option(label, deviceId));
	$('#device').replaceChildren(...options);
	$('#device').value = microphone.current();
}

async function offerLeft() {
	const left = await shelf.left();
	show('#left', left.length);
	$('#left button').onclick = async ({ target }) => {
		target.remove();
		(await import('./upload.js')).upload(left, $('#left div'));
	};
}

async function join(seat) {
	complain();
	microphone.wake();
	const path = `/api/rooms/${code}`;
	const nickname = $('#name').value.trim();
	seat.token ??= (await request('POST', `${path}/guests`, null, { nickname })).token;
	let room = await request('GET', path, seat.token).catch((error) => {
		if (error.status === 401) seat.token = null; // too old: the next try is a guest's
		if (error.status !== 404) throw error;
	});
	if (!room || room.phase === 'ended') {
		if ($('#seats').hidden) {
			show('#seats', true);
			$('#count').focus();
			return false;
		}
		room = await request('POST', '/api/rooms', seat.token, { code, seats: +$('#count').value });
	}
	const consents = $('#door [value=yes]').checked;
	return Object.assign(seat, { code, name: nickname, consents, sessionId: room.session_id });
}

// Fulfilled when somebody has come in.
function atTheDoor(seat) {
	const open = () => microphone.open().then(() => complain(), complain);
	const looking = setInterval(() => {
		show('#allow', !microphone.isOpen());
		show('#unheard', !microphone.isOpen());
		show('.sound', microphone.isOpen());
	}, 100);
	$('#name').value = seat.name ?? '';
	$('#name').required = !seat.token; // that may have a name
	show('#door', true);
	$('#door').onfocusin = loadStage;
	$('#allow').onclick = open;
	navigator.permissions
		.query({ name: 'microphone' })
		.then(({ state }) => state === 'granted' && open())
		.catch(() => {}); // not every browser knows of it
	return new Promise((entered) => {
		$('#door').onsubmit = async (submit) => {
			submit.preventDefault();
			if (!(await join(seat).catch(complain))) return;
			clearInterval(looking);
			show('#door', false);
			show('#left', false);
			entered();
		};
	});
}

async function main() {
	translate();
	document.title = `${code} – debate`;
	text('#code', code);
	if (!isSecureContext) throw Error(say('Browsers give the microphone only to https pages and to localhost.'));
	microphone.on.changed = drawDevices;
	$('#device').onchange = ({ target }) => microphone.open(target.value).catch(complain);
	setInterval(() => ($('meter').value = microphone.level), 100);
	const seat = await seatBefore();
	if (!seat.sessionId) {
		offerLeft();
		await atTheDoor(seat);
	} else if (seat.device) {
		await microphone.open(seat.device).catch(() => {});
	}
	(await loadStage()).start(seat);
}

main().catch((error) => {
	show('#door', true);
	$('#door .primary').disabled = true;
	complain(error);
});
