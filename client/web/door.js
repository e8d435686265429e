// The way in: whose seat this is, name, microphone and consent, and the room, made where it is
// missing.

import { $, show, text } from './dom.js';
import { request } from './protocol.js';
import * as shelf from './shelf.js';
import { say } from './words.js';

export const code = decodeURIComponent(location.pathname.split('/')[2]);
const key = `seat ${code}`;

// {token, name, consents?, sessionId?}: of the address, of this tab before a reload, or of a page
// that died and left a recording; without a token for who is new.
export async function seatBefore() {
	const kept = JSON.parse(sessionStorage.getItem(key));
	const token = new URLSearchParams(location.search).get('token')?.replaceAll('"', '');
	if (token) {
		history.replaceState(null, '', location.pathname); // nobody gets it with the link
		return { token, name: kept?.name };
	}
	if (kept) return kept;
	const left = (await shelf.left()).findLast(({ roomCode }) => roomCode === code);
	return { token: left?.token, name: left?.name ?? localStorage.getItem('name') };
}

export function keepSeat(seat) {
	sessionStorage.setItem(key, JSON.stringify(seat));
	localStorage.setItem('name', seat.name);
}

export const forgetSeat = () => sessionStorage.removeItem(key);

// What to say when something was refused or does not work.
export function reason({ name, status, message }) {
	if (name === 'NotAllowedError')
		return say(
			'The browser does not allow the microphone. Allow it beside the address, or join without.',
		);
	if (name === 'NotFoundError') return say('There is no microphone here.');
	return status === 0 ? say('No server answers. Is the network there?') : message;
}

export function complain(error) {
	show('#problem', error);
	text('#problem', error ? reason(error) : '');
}

async function join(seat, microphone) {
	complain();
	seat.name = $('#name').value.trim();
	seat.consents = $('#door [value=yes]').checked;
	microphone.wake();
	const path = `/api/rooms/${code}`;
	const guest = () => request('POST', `${path}/guests`, null, { nickname: seat.name });
	seat.token ??= (await guest()).token;
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
	seat.sessionId = room.session_id;
	return true;
}

// Fulfilled when somebody has come in.
export function atTheDoor(seat, microphone) {
	const open = () => microphone.open().then(() => complain(), complain);
	const looking = setInterval(() => {
		show('#allow', !microphone.isOpen);
		show('#unheard', !microphone.isOpen);
		show('#door .sound', microphone.isOpen);
	}, 100);
	$('#name').value = seat.name ?? '';
	$('#name').required = !seat.token; // which may have a name
	show('#door', true);
	$('#allow').onclick = open;
	navigator.permissions
		.query({ name: 'microphone' })
		.then(({ state }) => state === 'granted' && open())
		.catch(() => {}); // not every browser knows of it
	return new Promise((entered) => {
		$('#door').onsubmit = async (submit) => {
			submit.preventDefault();
			if (!(await join(seat, microphone).catch(complain))) return;
			clearInterval(looking);
			show('#door', false);
			entered();
		};
	});
}
