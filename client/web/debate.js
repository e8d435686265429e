// One participant of one debate: keeps the seat, starts with the others, is recorded.

import * as clock from './clock.js';
import * as mic from './mic.js';
import { Socket, pause, refusal, sessionOf } from './protocol.js';
import * as recorder from './recorder.js';
import { apply, isCaughtUp, me, restore, room, welcome, whose } from './room.js';
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
const waiting = []; // who waits for an answer, by the command's id
let socket, signaling, pingsLeft, starting, startedAt, isReported, stopping;

export function enter(itsSeat) {
	seat = itsSeat;
	voice.on.send = (message) => signaling.send(message);
	voice.on.changed = settle;
	const path = `/ws/voice/${seat.sessionId}?token=${seat.token}`;
	socket = new Socket(path, { open, message: take, away, closed: finish, refused });
	setInterval(ping, PING_MS);
}

const tell = (type, data = {}) => socket.send({ type, data });

export function ask(type, data = {}) {
	const answer = Promise.withResolvers();
	const id = waiting.push(answer) - 1;
	if (!socket.send({ type, id, data })) answer.reject(refusal(0));
	return answer.promise;
}

function open() {
	tell('init', { nickname: seat.name || undefined, last_seq: room.seq, await_voice: true });
}

const askTime = () => socket.send({ type: 'ping', data: { t0: performance.now() } }, true);

function ping() {
	socket.hurry(SILENT_MS);
	if (state === 'in') askTime();
}

export function tellVoice() {
	const status = { is_mic_on: mic.isOpen() && !mic.isMuted, is_speaking: mic.isSpeaking };
	if (state === 'in' && room.self) tell('voice_status_update', status);
}

export async function consent(recording) {
	seat.consents = recording;
	await ask('consent', { recording });
	await record();
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
	else if (error) (waiting[id]?.reject ?? on.refused)(error);
	else waiting[id]?.resolve();
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
	settle();
	if (!room.self) return;
	voice.begin(room.self, data.ice_servers, mic.track);
	signaling?.close();
	const path = `/ws/signaling?room_code=${seat.code}&token=${seat.token}`;
	signaling = new Socket(path, { message: voice.take });
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
	const type = whose(event);
	if (type === 'their-leave') voice.drop(id);
	if (type === 'own-recording_started' && isNew) recorder.named(recording);
	if (type === 'own-recording_stopped') stopping = recorder.stop(recording).then(settle);
	if (type === 'session_ended') finish();
	if (isNew) on.event(event);
	settle();
}

function settle() {
	if (state !== 'in' || !isCaughtUp() || !me()) return;
	// What was answered here holds, whatever was answered in this seat before.
	const recording = seat.consents;
	if (!!me().recording !== recording) tell('consent', { recording });
	if (room.phase === 'live') goOn();
	else if (voice.connected().length >= room.seats - 1) ask('ready').catch(() => {}); // it counts already
	armStart();
}

function armStart() {
	clearTimeout(starting);
	const { phase, start_at } = room;
	const isKnown = clock.isKnown();
	if (startedAt || !start_at || !(isKnown || phase === 'live')) return;
	const wait = isKnown ? start_at - clock.now() : 0;
	if (wait > 0) return (starting = setTimeout(armStart, wait));
	startedAt = clock.now();
	settle();
}

// What an earlier page of this seat recorded is closed first.
function goOn() {
	if (startedAt && !me().hasReported && !isReported)
		isReported = tell('report_start', { at: startedAt, error_ms: clock.error() });
	if (me().is_recording && !recorder.running) ask('stop_recording').catch(() => {});
	else if (room.record === 'auto') record().catch(on.refused);
}

export const isRecorded = () =>
	!!(recorder.running || (room.phase !== 'live' && room.record === 'auto' && seat.consents));

async function record() {
	await mic.isAwake;
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
	for (const { reject } of waiting) reject(refusal(0));
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
async function refused() {
	const session = await sessionOf(seat).catch((error) => error);
	const { status, phase, participants, seats } = session;
	const isFull = !room.id && participants?.length >= seats;
	const why = isFull ? 'full' : [401, 403, 404].includes(status) && status;
	if (!why && phase !== 'ended') return;
	if (phase) restore(session);
	finish(why);
}

// `why`: a close code or a status, unless it is the debate's end.
async function finish(why) {
	if (state === 'over') return;
	state = 'over';
	socket.isOver = true;
	signaling?.close();
	voice.close();
	mic.close();
	if (why && why !== 1000) on.stopped(why);
	await stopping;
	await recorder.stop();
	const isOurs = ({ sessionId }) => sessionId === seat.sessionId;
	await on.recorded((await shelf.left()).filter(isOurs));
	if (room.phase === 'ended') await awaitReport();
}

// No socket tells of it any more.
async function awaitReport() {
	for (let tries = 0; !room.report; tries++) {
		await pause(REPORT_MS * tries);
		if (document.hidden) continue;
		await sessionOf(seat).then(({ report }) => (room.report = report), () => {});
	}
}
