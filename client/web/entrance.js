// The way in: whose seat this is, and the room, made where it is missing.

import { claims, request } from './protocol.js';

export const code = decodeURIComponent(location.pathname.split('/')[2] ?? '');
const key = `seat ${code}`;

// A token in the address is used and taken out of it, so that nobody gets it with the link.
function givenToken() {
  const url = new URL(location.href);
  const token = url.searchParams.get('token')?.replace(/^"(.*)"$/, '$1');
  if (token) history.replaceState(null, '', url.pathname);
  return token;
}

// {token, name, consents?, sessionId?}: of the address, of this tab before a reload, or of a page
// that died and left a recording; without a token for who is new.
export async function seatBefore(shelf) {
  const token = givenToken();
  const kept = JSON.parse(sessionStorage.getItem(key) ?? 'null');
  if (token) return { token, name: kept?.name ?? claims(token).name ?? '' };
  if (kept) return kept;
  const left = (await shelf.left()).filter(({ roomCode }) => roomCode === code).at(-1);
  if (left && (claims(left.token).exp ?? 0) * 1000 > Date.now())
    return { token: left.token, name: left.name };
  return { name: localStorage.getItem('name') ?? '' };
}

export function keepSeat(seat) {
  sessionStorage.setItem(key, JSON.stringify(seat));
  if (seat.name) localStorage.setItem('name', seat.name);
}

export function forgetSeat() {
  sessionStorage.removeItem(key);
}

export async function guestToken(nickname) {
  return (await request('POST', `/api/rooms/${code}/guests`, null, { nickname })).token;
}

// The session that goes on in the room, or null: it has to be made.
export async function findRoom(token) {
  try {
    const room = await request('GET', `/api/rooms/${code}`, token);
    return room.phase === 'ended' ? null : room;
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

export function makeRoom(token, seats) {
  return request('POST', '/api/rooms', token, { code, seats });
}

export function session(seat) {
  return request('GET', `/api/sessions/${seat.sessionId}`, seat.token);
}
