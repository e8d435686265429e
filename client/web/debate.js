// One participant of one debate: takes a seat and keeps it, starts with the others, is recorded,
// sends the recording. Joins sockets, clock, room, voices and recorder; knows nothing of the page.

import { Clock } from './clock.js';
import { Refusal, Socket, request } from './protocol.js';
import { Recorder } from './recorder.js';
import { Room } from './room.js';
import { send } from './uploads.js';
import { Mesh } from './voice.js';

const PINGS = 8; // at once after coming in ...
const PING_MS = 4000; // ... and then one in so many
const SILENT_MS = 10000; // without an answer for so long the connection is dead

export class Debate {
  room = new Room();
  clock = new Clock();
  state = 'connecting'; // in, away, over
  waiting = new Map(); // commands without an answer, by id
  uploads = []; // {recording, sent, total, result, error}
  nextId = 1;

  // `seat` is {token, code, sessionId, name, consents}; `on` has changed(), event(event, isNew),
  // stopped(code), refused(error) and blocked().
  constructor(seat, microphone, shelf, on) {
    Object.assign(this, { seat, microphone, shelf, on });
    this.recorder = new Recorder({
      shelf,
      stream: microphone.recorded,
      clock: this.clock,
      ask: (type, data) => this.ask(type, data),
      failed: (error) => this.recordingFailed(error),
      about: { roomCode: seat.code, sessionId: seat.sessionId, token: seat.token, name: seat.name },
    });
  }

  enter() {
    this.voiceSocket = new Socket(
      `/ws/voice/${this.seat.sessionId}?token=${encodeURIComponent(this.seat.token)}`,
      {
        open: () => this.init(),
        message: (message) => this.take(message),
        away: () => this.away(),
        closed: (code) => this.closed(code),
        refused: () => this.isRefused(),
      },
    );
    this.pinging = setInterval(() => this.ping(), PING_MS);
  }

  // ---- commands ----

  tell(type, data = {}) {
    return this.voiceSocket.send({ type, data });
  }

  // Fulfilled when the server has taken it; a Refusal otherwise.
  ask(type, data = {}) {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      if (!this.voiceSocket.send({ type, id, data }))
        this.answer(id, new Refusal(0, 'unreachable'));
    });
  }

  answer(id, error) {
    const { resolve, reject } = this.waiting.get(id) ?? {};
    this.waiting.delete(id);
    if (error) reject?.(error);
    else resolve?.();
  }

  init() {
    const { name } = this.seat;
    this.tell('init', { nickname: name || undefined, last_seq: this.room.seq, await_voice: true });
  }

  ping() {
    this.voiceSocket.hurry(SILENT_MS);
    if (this.state === 'in') this.tell('ping', { t0: performance.now() });
  }

  tellVoice() {
    const { isMuted, isSpeaking, isOpen } = this.microphone;
    if (this.state === 'in' && this.room.self)
      this.tell('voice_status_update', { is_mic_on: isOpen && !isMuted, is_speaking: isSpeaking });
  }

  // What was answered here holds, whatever was answered in this seat before.
  tellConsent() {
    const { people, self } = this.room;
    const { consents } = this.seat;
    if (this.isConsentTold || !people.has(self)) return;
    this.isConsentTold = true;
    if (Boolean(people.get(self).consents) !== consents)
      this.tell('consent', { recording: consents });
  }

  async consent(agrees) {
    this.seat.consents = agrees;
    await this.ask('consent', { recording: agrees });
    if (agrees && this.room.phase === 'live') await this.record();
  }

  async leave() {
    this.isLeaving = true;
    if (this.recorder.isRunning) await this.ask('stop_recording', this.until()).catch(() => {});
    await this.ask('leave');
  }

  until() {
    return { ended_at_ms: Math.round(this.clock.now()) };
  }

  // ---- what comes ----

  take(message) {
    const { type, id, data } = message;
    if (message.seq) this.takeEvent(message);
    else if (type === 'welcome') this.takeWelcome(data);
    else if (type === 'pong') this.takePong(data);
    else if (type === 'ack') this.answer(id);
    else if (type === 'error' && id) this.answer(id, new Refusal(400, data.code, data.message));
    else if (type === 'error') this.on.refused(new Refusal(400, data.code, data.message));
  }

  takeWelcome(data) {
    this.room.welcome(data);
    this.state = 'in';
    this.isReadySaid = false;
    this.isConsentTold = false;
    this.pingsLeft = PINGS;
    this.tell('ping', { t0: performance.now() });
    if (this.room.self) {
      this.tellVoice();
      this.openSignaling(data.ice_servers);
    }
    this.settle();
  }

  takePong({ t0, t1, t2 }) {
    this.clock.add(t0, t1, t2, performance.now());
    if (--this.pingsLeft > 0) this.tell('ping', { t0: performance.now() });
    this.armStart();
  }

  takeEvent(event) {
    const isNew = event.seq > this.room.settledSeq;
    if (!this.room.apply(event)) return;
    const { type, data } = event;
    const isOwn = data.participant_id === this.room.self;
    if (type === 'leave' && !isOwn) this.mesh?.drop(data.participant_id);
    if (type === 'recording_started' && isOwn && isNew) this.recorder.named(data.recording_id);
    if (type === 'recording_stopped' && isOwn)
      this.stopping = this.recorder.stopped(data.recording_id).then(() => this.settle());
    if (type === 'session_ended') this.finish();
    if (type === 'join' && isNew && !this.room.host) this.askHost();
    this.on.event(event, isNew);
    if (this.room.isCaughtUp) this.settle();
  }

  // That the maker of the room sits down late and is its host, no event tells.
  async askHost() {
    const session = await request('GET', `/api/sessions/${this.seat.sessionId}`, this.seat.token);
    this.room.host ??= session.host;
    this.on.changed();
  }

  // Whatever is to be done in the state that the session is in.
  settle() {
    if (this.state !== 'in' || !this.room.isCaughtUp) return;
    this.armStart();
    this.checkReady();
    this.tellConsent();
    if (this.room.phase === 'live') this.goOn();
    this.on.changed();
  }

  // ---- the start ----

  armStart() {
    clearTimeout(this.starting);
    const { phase, startAt } = this.room;
    if (this.isLive || !this.room.isCaughtUp || !startAt || phase === 'ended') return;
    if (!this.clock.isKnown) {
      if (phase === 'live') this.goLive();
      return;
    }
    const wait = startAt - this.clock.now();
    if (wait <= 0) this.goLive();
    else this.starting = setTimeout(() => this.armStart(), wait);
  }

  goLive() {
    this.isLive = true;
    this.startedAt = this.clock.now();
    this.goOn();
    this.on.changed();
  }

  // Live: the start is told once, what an earlier page of this seat recorded is closed, and
  // recording begins.
  goOn() {
    const { room } = this;
    if (!this.isLive || room.phase !== 'live' || !room.self) return;
    if (!room.reported.has(room.self) && !this.isReported) {
      this.isReported = true;
      const error = this.clock.isKnown ? { error_ms: this.clock.error } : {};
      this.tell('report_start', { at: Number(this.startedAt.toFixed(3)), ...error });
    }
    const left = room.recordings.find(({ id, isRunning }) => isRunning && !this.isOwn(id));
    if (left && !this.recorder.isRunning) {
      if (!left.isAsked) this.tell('stop_recording', this.until());
      left.isAsked = true;
    } else if (room.record === 'auto') {
      this.record().catch(this.on.refused);
    }
  }

  isOwn(id) {
    return this.recorder.tape?.recording.recordingId === id;
  }

  async record() {
    await this.microphone.isAwake;
    const may =
      this.room.phase === 'live' &&
      this.room.record !== 'off' &&
      !this.isLeaving &&
      !this.hasFailed;
    if (may && this.seat.consents && this.state === 'in') await this.recorder.start();
  }

  // The disk is full, say: what lies on the shelf is kept, and everybody hears that it is over.
  recordingFailed(error) {
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.on.refused(error);
    this.tell('stop_recording', this.until());
  }

  // ---- the voices ----

  openSignaling(iceServers) {
    const { code, token } = this.seat;
    const query = `room_code=${code}&token=${encodeURIComponent(token)}`;
    this.signaling?.close();
    this.mesh ??= new Mesh(this.room.self, iceServers, this.microphone.track, {
      send: (message) => this.signaling.send(message),
      changed: () => {
        this.checkReady();
        this.on.changed();
      },
      blocked: this.on.blocked,
    });
    this.mesh.iceServers = iceServers;
    this.signaling = new Socket(`/ws/signaling?${query}`, {
      open() {},
      away() {},
      closed() {},
      message: (message) => this.takeSignal(message),
    });
  }

  takeSignal(message) {
    const { type, data } = message;
    if (type === 'peers') this.mesh.peers(data.peers.map((peer) => peer.participant_id));
    else if (type === 'peer_joined') this.mesh.presence(data.participant_id, true);
    else if (type === 'peer_left') this.mesh.presence(data.participant_id, false);
    else if (message.from) this.mesh.take(message);
  }

  checkReady() {
    const { phase, seats } = this.room;
    if (this.isReadySaid || !['lobby', 'countdown'].includes(phase)) return;
    if (this.mesh?.connectedCount >= seats - 1) this.isReadySaid = this.tell('ready');
  }

  // ---- away and back ----

  away() {
    if (this.state !== 'over') this.state = 'away';
    this.clock.renew();
    for (const id of [...this.waiting.keys()]) this.answer(id, new Refusal(0, 'unreachable'));
    this.on.changed();
  }

  // The page is looked at again, or the machine has slept: the server has let go meanwhile.
  wake(hasSlept) {
    if (this.state === 'over') return;
    this.clock.renew();
    this.voiceSocket.hurry(this.state === 'in' && !hasSlept ? PING_MS * 1.5 : 0);
  }

  // A socket that could not be opened does not say why: HTTP does.
  async isRefused() {
    try {
      const session = await request('GET', `/api/sessions/${this.seat.sessionId}`, this.seat.token);
      const isFull = !this.room.sessionId && session.participants.length >= session.seats;
      if (session.phase !== 'ended' && !isFull) return false;
      this.room.restore(session);
      this.finish();
      if (isFull) this.on.stopped('full');
      return true;
    } catch (error) {
      if (![401, 403, 404, 410].includes(error.status)) return false;
      this.on.refused(error);
      this.closed(1008);
      return true;
    }
  }

  closed(code) {
    const isStop = code !== 1000;
    this.finish();
    if (isStop) this.on.stopped(code);
  }

  // ---- the end ----

  finish() {
    if (this.state === 'over') return;
    this.state = 'over';
    this.voiceSocket.isOver = true;
    clearInterval(this.pinging);
    clearTimeout(this.starting);
    this.signaling?.close();
    this.mesh?.close();
    this.microphone.close();
    this.on.changed();
    this.sending = this.sendAll();
  }

  // What was recorded here, now and before a reload.
  async sendAll() {
    await this.stopping;
    await this.recorder.stopped();
    const left = await this.shelf.left();
    const isOurs = ({ sessionId, recordingId }) => sessionId === this.seat.sessionId && recordingId;
    const ours = new Map(
      [...this.recorder.finished, ...left.filter(isOurs)].map((one) => [one.key, one]),
    );
    this.uploads = [...ours.values()].map((recording) => ({ recording, sent: 0, total: 0 }));
    for (const one of this.uploads) await send(this.shelf, one, this.on.changed);
    if (this.room.phase === 'ended') await this.awaitReport();
  }

  // The sockets are closed at the end; what comes later is asked for.
  async awaitReport() {
    for (let tries = 0; tries < 20 && !this.room.report; tries++) {
      const { sessionId, token } = this.seat;
      const session = await request('GET', `/api/sessions/${sessionId}`, token).catch(() => null);
      if (session) this.room.takeUploads(session);
      this.on.changed();
      if (!this.room.report) await new Promise((done) => setTimeout(done, 3000 * 1.3 ** tries));
    }
  }
}
