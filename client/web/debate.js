// One participant of one debate: keeps the seat, starts with the others, is recorded.

import * as clock from './clock.js';
import { Socket, digest, pause, refusal, sessionOf } from './protocol.js';
import { Recorder } from './recorder.js';
import { Room } from './room.js';
import * as shelf from './shelf.js';
import { Mesh } from './voice.js';

const PINGS = 8; // at once after coming in ...
const PING_MS = 4000; // ... and then one in so many
const SILENT_MS = 10000; // without an answer for so long the connection is dead ...
const SUSPECT_MS = 1500; // ... and for so long where voices are missing, too
const REPORT_MS = 4000; // asked for after so long, and then ever more seldom

export class Debate {
	room = new Room();
	clock = clock;
	state = 'connecting'; // in, away, over
	waiting = new Map(); // commands without an answer, by id
	nextId = 1;

	// `on` has changed(), event(event, isNew), stopped(code), refused(error), blocked() and
	// recorded(recordings).
	constructor(seat, microphone, on) {
		Object.assign(this, { seat, microphone, on });
		const { code: roomCode, sessionId, token, name } = seat;
		this.recorder = new Recorder(
			microphone.recorded,
			{ roomCode, sessionId, token, name },
			(type, data) => this.ask(type, data),
			(error) => {
				on.refused(error); // the disk is full, say
				if (seat.consents) this.consent(false);
			},
		);
		this.mesh = new Mesh(microphone.track, {
			send: (message) => this.signaling.send(message),
			changed: () => this.settle(),
			blocked: on.blocked,
		});
		this.socket = new Socket(`/ws/voice/${sessionId}?token=${token}`, {
			open: () => this.init(),
			message: (message, text) => this.take(message, text),
			away: () => this.away(),
			closed: (code) => this.finish(code),
			refused: () => this.isRefused(),
		});
		this.pinging = setInterval(() => this.ping(), PING_MS);
	}

	// ---- commands ----

	tell(type, data = {}) {
		return this.socket.send({ type, data });
	}

	// Fulfilled when the server has taken it; a refusal otherwise.
	ask(type, data = {}) {
		const id = this.nextId++;
		const answer = Promise.withResolvers();
		this.waiting.set(id, answer);
		if (!this.socket.send({ type, id, data })) answer.reject(refusal(0));
		return answer.promise;
	}

	init() {
		const { seq } = this.room;
		this.tell('init', {
			nickname: this.seat.name || undefined,
			last_seq: seq,
			last_digest: seq ? digest(this.lastText) : undefined,
			await_voice: true,
		});
	}

	ping() {
		this.socket.hurry(SILENT_MS);
		if (this.state === 'in') this.askTime();
	}

	askTime() {
		this.socket.send({ type: 'ping', data: { t0: performance.now() } }, true);
	}

	tellVoice() {
		const { isMuted, isSpeaking, isOpen } = this.microphone;
		if (this.state === 'in' && this.room.self)
			this.tell('voice_status_update', { is_mic_on: isOpen && !isMuted, is_speaking: isSpeaking });
	}

	async consent(agrees) {
		this.seat.consents = agrees;
		await this.ask('consent', { recording: agrees });
		if (agrees) await this.record();
	}

	leave() {
		this.seat.consents = false;
		return this.ask('leave');
	}

	// ---- what comes ----

	take(message, text) {
		const { type, id, data } = message;
		const error = type === 'error' && refusal(400, data.message);
		if (message.seq) this.takeEvent(message, text);
		else if (type === 'welcome') this.takeWelcome(data);
		else if (type === 'pong') this.takePong(data);
		else if (!id) this.on.refused(error);
		else if (error) this.waiting.get(id)?.reject(error);
		else this.waiting.get(id)?.resolve();
	}

	takeWelcome(data) {
		this.room.welcome(data);
		this.state = 'in';
		if (data.reset) {
			this.startedAt = this.isReported = null;
			this.stopping = this.recorder.stopped();
		}
		this.pingsLeft = PINGS;
		this.askTime();
		this.tellVoice();
		if (this.room.self) this.openSignaling(data.ice_servers);
		this.settle();
	}

	takePong(data) {
		clock.add(data, performance.now());
		if (--this.pingsLeft > 0) this.askTime();
		this.armStart();
	}

	takeEvent(event, text) {
		const { room, recorder, mesh } = this;
		const isNew = event.seq > room.settledSeq;
		if (!room.apply(event)) return;
		this.lastText = text;
		const { type, data } = event;
		const isOwn = data.participant_id === room.self;
		if (type === 'leave' && !isOwn) mesh.drop(data.participant_id);
		if (type === 'recording_started' && isOwn && isNew) recorder.named(data.recording_id);
		if (type === 'recording_stopped' && isOwn)
			this.stopping = recorder.stopped(data.recording_id).then(() => this.settle());
		if (type === 'session_ended') this.finish();
		this.on.event(event, isNew);
		this.settle();
	}

	// Whatever is to be done in the state that the session is in.
	settle() {
		this.on.changed();
		if (this.state !== 'in' || !this.room.isCaughtUp) return;
		const { me, phase, seats } = this.room;
		if (!me) return;
		// What was answered here holds, whatever was answered in this seat before.
		const recording = this.seat.consents;
		if (Boolean(me.recording) !== recording) this.tell('consent', { recording });
		if (phase === 'live') this.goOn();
		else if (this.mesh.connectedCount >= seats - 1) this.tell('ready');
		this.armStart();
	}

	armStart() {
		clearTimeout(this.starting);
		const { phase, startAt } = this.room;
		const isKnown = clock.isKnown();
		if (this.startedAt || !startAt || !(isKnown || phase === 'live')) return;
		const wait = isKnown ? startAt - clock.now() : 0;
		if (wait > 0) {
			this.starting = setTimeout(() => this.armStart(), wait);
			return;
		}
		this.startedAt = clock.now();
		this.settle();
	}

	// Live: the start is told once, what an earlier page of this seat recorded is closed, and
	// recording begins.
	goOn() {
		const { recorder, room, startedAt } = this;
		if (startedAt && !room.me.hasReported && !this.isReported) {
			const error = clock.isKnown() ? { error_ms: clock.error() } : {};
			this.isReported = this.tell('report_start', { at: startedAt, ...error });
		}
		if (room.me.is_recording && !recorder.running) this.ask('stop_recording').catch(() => {});
		else if (room.record === 'auto') this.record().catch(this.on.refused);
	}

	// Whether one's voice is recorded, now or from the start.
	get isRecorded() {
		const { recorder, room, seat } = this;
		return Boolean(
			recorder.running || (room.phase !== 'live' && room.record === 'auto' && seat.consents),
		);
	}

	async record() {
		await this.microphone.isAwake;
		const { room } = this;
		const may = this.seat.consents && room.phase === 'live' && room.record !== 'off';
		if (may && this.startedAt && this.state === 'in') await this.recorder.start();
	}

	// ---- away and back ----

	openSignaling(iceServers) {
		const { room, mesh, seat } = this;
		this.signaling?.close();
		Object.assign(mesh, { self: room.self, iceServers });
		this.signaling = new Socket(`/ws/signaling?room_code=${seat.code}&token=${seat.token}`, {
			message: (message) => mesh.take(message),
		});
	}

	away() {
		if (this.state !== 'over') this.state = 'away';
		clock.renew();
		for (const { reject } of this.waiting.values()) reject(refusal(0));
		this.on.changed();
	}

	// Several times a second: where voices are missing, the way to the server may be lost as well.
	watch() {
		if (this.state === 'over' || !this.mesh.watch()) return;
		this.askTime();
		this.socket.hurry(SUSPECT_MS);
	}

	// The page is looked at again, the network is another, or the machine has slept: then the server
	// has let go meanwhile.
	wake(hasSlept) {
		if (this.state === 'over') return;
		clock.renew();
		if (this.state === 'in' && !hasSlept) this.ping();
		else this.socket.hurry(0);
	}

	// A socket that could not be opened does not say why: HTTP does.
	async isRefused() {
		const { room, seat } = this;
		try {
			const session = await sessionOf(seat);
			const isFull = !room.id && session.participants.length >= session.seats;
			if (session.phase !== 'ended' && !isFull) return false;
			room.restore(session);
			this.finish(isFull && 'full');
			return true;
		} catch ({ status }) {
			const isFinal = [401, 403, 404].includes(status);
			if (isFinal) this.finish(status);
			return isFinal;
		}
	}

	// ---- the end ----

	// `why`: a close code or status, if it is not the debate's end.
	finish(why = 1000) {
		if (this.state === 'over') return;
		this.state = 'over';
		this.socket.isOver = true;
		clearInterval(this.pinging);
		clearTimeout(this.starting);
		this.signaling?.close();
		this.mesh.close();
		this.microphone.close();
		if (why !== 1000) this.on.stopped(why);
		this.on.changed();
		this.wrapUp();
	}

	// What was recorded here, now and before a reload, is sent, and the report is waited for.
	async wrapUp() {
		await this.stopping;
		await this.recorder.stopped();
		const isOurs = ({ sessionId, recordingId }) => sessionId === this.seat.sessionId && recordingId;
		const all = [...this.recorder.finished, ...(await shelf.left()).filter(isOurs)];
		await this.on.recorded([...new Map(all.map((one) => [one.key, one])).values()]);
		if (this.room.phase === 'ended') await this.awaitReport();
	}

	// The sockets are closed at the end; what comes later is asked for, while somebody looks.
	async awaitReport() {
		for (let tries = 0; !this.room.report; tries++) {
			if (tries) await pause(REPORT_MS * 1.2 ** Math.min(tries, 15));
			if (document.hidden) continue;
			const session = await sessionOf(this.seat).catch(() => null);
			this.room.report = session?.report;
			this.on.changed();
		}
	}
}
