// One participant of one debate: keeps the seat, starts with the others, is recorded.

import * as clock from './clock.js';
import * as microphone from './microphone.js';
import { Socket, pause, refusal, sessionOf } from './protocol.js';
import * as recorder from './recorder.js';
import { apply, isCaughtUp, me, restore, room, welcome } from './room.js';
import * as shelf from './shelf.js';
import * as voice from './voice.js';

const PINGS = 8; // at once after coming in ...
const PING_MS = 4000; // ... and then one in so many
const SILENT_MS = 10000; // unanswered for so long the connection is dead ...
const SUSPECT_MS = 1000; // ... and for so long where voices are missing, too
const REPORT_MS = 4000; // asked for after so long, and then ever more seldom

// Who hears of it: event(event), refused(error), stopped(why) and recorded(recordings).
export const on = {};
export let state = 'connecting'; // in, away, over
export let seat; // {token, code, sessionId, name, consents}
const waiting = new Map(); // commands without an answer, by id
let nextId = 1;
let socket, signaling, pinging, pingsLeft, starting, startedAt, isReported, stopping;

export function enter(itsSeat) {
	seat = itsSeat;
	Object.assign(voice.on, { send: (message) => signaling.send(message), changed: settle });
	socket = new Socket(`/ws/voice/${seat.sessionId}?token=${seat.token}`, {
		open: init,
		message: take,
		away,
		closed: finish,
		refused: isRefused,
	});
	pinging = setInterval(ping, PING_MS);
}

const tell = (type, data = {}) => socket.send({ type, data });

// Fulfilled when the server has taken it.
export function ask(type, data = {}) {
	const id = nextId++;
	const answer = Promise.withResolvers();
	waiting.set(id, answer);
	if (!socket.send({ type, id, data })) answer.reject(refusal(0));
	return answer.promise;
}

function init() {
	tell('init', { nickname: seat.name || undefined, last_seq: room.seq, await_voice: true });
}

const askTime = () => socket.send({ type: 'ping', data: { t0: performance.now() } }, true);

function ping() {
	socket.hurry(SILENT_MS);
	if (state === 'in') askTime();
}

export function tellVoice() {
	const { isMuted, isSpeaking, isOpen } = microphone;
	if (state === 'in' && room.self)
		tell('voice_status_update', { is_mic_on: isOpen() && !isMuted, is_speaking: isSpeaking });
}

export async function consent(agrees) {
	seat.consents = agrees;
	await ask('consent', { recording: agrees });
	if (agrees) await record();
}

export function leave() {
	seat.consents = false;
	return ask('leave');
}

function take(message) {
	const { type, id, data } = message;
	const error = type === 'error' && refusal(400, data.message);
	if (message.seq) takeEvent(message);
	else if (type === 'welcome') takeWelcome(data);
	else if (type === 'pong') takePong(data);
	else if (!id) on.refused(error);
	else if (error) waiting.get(id)?.reject(error);
	else waiting.get(id)?.resolve();
}

function takeWelcome(data) {
	welcome(data);
	state = 'in';
	if (data.reset) {
		startedAt = isReported = null;
		stopping = recorder.stop();
	}
	pingsLeft = PINGS;
	askTime();
	tellVoice();
	if (room.self) {
		voice.begin(room.self, data.ice_servers, microphone.track);
		signaling?.close();
		const path = `/ws/signaling?room_code=${seat.code}&token=${seat.token}`;
		signaling = new Socket(path, { message: voice.take });
	}
	settle();
}

function takePong(data) {
	clock.add(data, performance.now());
	if (--pingsLeft > 0) askTime();
	armStart();
}

function takeEvent(event) {
	const isNew = event.seq > room.settledSeq;
	if (!apply(event)) return;
	const { participant_id: id, recording_id: recording } = event.data;
	const type = `${id === room.self ? 'own' : 'their'} ${event.type}`;
	if (type === 'their leave') voice.drop(id);
	if (type === 'own recording_started' && isNew) recorder.named(recording);
	if (type === 'own recording_stopped') stopping = recorder.stop(recording).then(settle);
	if (event.type === 'session_ended') finish();
	if (isNew) on.event(event);
	settle();
}

function settle() {
	if (state !== 'in' || !isCaughtUp() || !me()) return;
	// What was answered here holds, whatever was answered in this seat before.
	const recording = seat.consents;
	if (Boolean(me().recording) !== recording) tell('consent', { recording });
	if (room.phase === 'live') goOn();
	else if (voice.connectedCount() >= room.seats - 1) tell('ready');
	armStart();
}

function armStart() {
	clearTimeout(starting);
	const { phase, startAt } = room;
	const isKnown = clock.isKnown();
	if (startedAt || !startAt || !(isKnown || phase === 'live')) return;
	const wait = isKnown ? startAt - clock.now() : 0;
	if (wait > 0) {
		starting = setTimeout(armStart, wait);
		return;
	}
	startedAt = clock.now();
	settle();
}

// Live. What an earlier page of this seat recorded is closed first.
function goOn() {
	if (startedAt && !me().hasReported && !isReported)
		isReported = tell('report_start', { at: startedAt, error_ms: clock.error() });
	if (me().is_recording && !recorder.running) ask('stop_recording').catch(() => {});
	else if (room.record === 'auto') record().catch(on.refused);
}

export const isRecorded = () =>
	Boolean(recorder.running || (room.phase !== 'live' && room.record === 'auto' && seat.consents));

async function record() {
	await microphone.isAwake;
	const may = seat.consents && room.phase === 'live' && room.record !== 'off';
	if (may && startedAt && state === 'in') await recorder.start(seat, ask, failed);
}

function failed(error) {
	on.refused(error); // the disk is full, say
	if (seat.consents) consent(false);
}

function away() {
	if (state !== 'over') state = 'away';
	clock.renew();
	for (const { reject } of waiting.values()) reject(refusal(0));
}

// Where voices are missing, the way to the server may be lost as well.
export function watch() {
	if (state === 'over' || !voice.watch()) return;
	if (!socket.askedAt) askTime();
	const trips = 8 * (clock.error() ?? 500); // four
	socket.hurry(SUSPECT_MS * (1 + Math.min(socket.tries, 2)) + trips);
}

// The network may be another. While the machine slept, the server has let go.
export function wake(hasSlept) {
	if (state === 'over') return;
	clock.renew();
	if (state === 'in' && !hasSlept) ping();
	else socket.hurry(0);
}

// A socket that could not be opened does not say why: HTTP does.
async function isRefused() {
	try {
		const session = await sessionOf(seat);
		const isFull = !room.id && session.participants.length >= session.seats;
		if (session.phase !== 'ended' && !isFull) return false;
		restore(session);
		finish(isFull && 'full');
		return true;
	} catch ({ status }) {
		const isFinal = [401, 403, 404].includes(status);
		if (isFinal) finish(status);
		return isFinal;
	}
}

// `why`: a close code or a status where it is not the debate's end.
async function finish(why) {
	if (state === 'over') return;
	state = 'over';
	socket.isOver = true;
	clearInterval(pinging);
	clearTimeout(starting);
	signaling?.close();
	voice.close();
	microphone.close();
	if (why && why !== 1000) on.stopped(why);
	await stopping;
	await recorder.stop();
	const left = await shelf.left();
	await on.recorded(left.filter(({ sessionId }) => sessionId === seat.sessionId));
	if (room.phase === 'ended') await awaitReport();
}

// No socket tells of it any more.
async function awaitReport() {
	for (let tries = 0; !room.report; tries++) {
		if (tries) await pause(REPORT_MS * 1.2 ** Math.min(tries, 15));
		if (document.hidden) continue;
		const session = await sessionOf(seat).catch(() => null);
		room.report = session?.report;
	}
}
