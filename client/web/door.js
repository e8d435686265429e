// The page begins here: with a seat from before, or at the door.

import { $, say, show, text } from './dom.js';
import * as mic from './mic.js';
import { request } from './protocol.js';
import * as shelf from './shelf.js';
import { start } from './stage.js';

const code = decodeURIComponent(location.pathname.split('/')[2]);
const key = `seat ${code}`;

// Of the address, of this tab before a reload, or of a page that died with a recording.
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
	if (name === 'NotAllowedError') return say('not-allowed');
	return status === 0 ? say('offline') : message;
}

function complain(error) {
	show('#problem', error);
	text('#problem', error && reason(error));
}

function drawDevices() {
	const options = mic.devices.map(({ label, deviceId }) => new Option(label, deviceId));
	$('#device').replaceChildren(...options);
	$('#device').value = mic.current();
	show('#allow', !mic.isOpen());
	show('#unheard', !mic.isOpen());
	show('.sound', mic.isOpen());
}

async function offerLeft() {
	const left = await shelf.left();
	show('#left', left.length);
	$('#send').onclick = ({ target }) => {
		target.remove();
		shelf.send(left, '#left div');
	};
}

async function join(seat) {
	complain();
	mic.wake();
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
	const open = () => mic.open().then(() => complain(), complain);
	$('#name').value = seat.name ?? '';
	$('#name').required = !seat.token; // that may have a name
	show('#door', true);
	$('#allow').onclick = open;
	navigator.permissions
		.query({ name: 'microphone' })
		.then(({ state }) => state === 'granted' && open())
		.catch(() => {}); // not every browser knows of it
	return new Promise((entered) => {
		$('#door').onsubmit = async (submit) => {
			submit.preventDefault();
			if (!(await join(seat).catch(complain))) return;
			show('#door', false);
			show('#left', false);
			entered();
		};
	});
}

async function main() {
	document.title = `${code} – debate`;
	text('#code', code);
	if (!isSecureContext) throw Error(say('insecure'));
	mic.on.changed = drawDevices;
	$('#device').onchange = ({ target }) => mic.open(target.value).catch(complain);
	setInterval(() => ($('meter').value = mic.level), 100);
	const seat = await seatBefore();
	if (seat.device) await mic.open(seat.device).catch(() => {});
	if (!seat.sessionId) {
		offerLeft();
		await atTheDoor(seat);
	}
	start(seat);
}

main().catch((error) => {
	show('#door', true);
	show('#join', false);
	complain(error);
});
