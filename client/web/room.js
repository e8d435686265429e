// What a session looks like: a function of `welcome` and its events, in their order.

export class Room {
  constructor() {
    this.clear();
  }

  clear() {
    this.seq = 0;
    this.phase = 'lobby';
    this.page = 1;
    this.pageSince = null; // ts
    this.startAt = null;
    this.endedAt = null;
    this.endReason = null;
    this.people = new Map(); // "p1": {id, name, isSeated, isHere, isMicOn, isSpeaking, isRecording}
    this.chosen = new Map(); // page: Set of ids
    this.revealed = new Map(); // page: {id: choice}
    this.uploaded = new Map(); // recording_id: {bytes, sha256}
    this.reported = new Set(); // who has told when they started
    this.recordings = []; // one's own: {id, isRunning}
    this.report = null;
    this.host = null;
  }

  welcome(data) {
    if (data.reset) this.clear();
    this.self = data.participant_id;
    this.sessionId = data.session_id;
    this.seats = data.seats;
    this.agenda = data.agenda;
    this.record = data.record;
    this.host = data.host;
    this.settledSeq = data.seq; // what comes up to it has been before
  }

  get isCaughtUp() {
    return this.seq >= this.settledSeq;
  }

  get pages() {
    return this.agenda?.pages ?? [];
  }

  get isHost() {
    return this.self !== null && this.host === this.self;
  }

  get seated() {
    return [...this.people.values()].filter((person) => person.isSeated);
  }

  name(id) {
    return this.people.get(id)?.name ?? id;
  }

  label(page, choice) {
    return this.pages[page - 1]?.choices?.find(({ id }) => id === choice)?.label ?? choice;
  }

  // False for one that was known already.
  apply({ type, seq, ts, data }) {
    if (seq <= this.seq) return false;
    this.seq = seq;
    this.steps[type]?.call(this, data, ts);
    return true;
  }

  person(id) {
    if (!this.people.has(id)) this.people.set(id, { id, name: id });
    return this.people.get(id);
  }

  turn(page, ts) {
    this.page = page;
    this.pageSince = ts;
  }

  recording(id) {
    return this.recordings.find((recording) => recording.id === id);
  }

  steps = {
    join({ participant_id: id, nickname: name }) {
      Object.assign(this.person(id), { name, isSeated: true, isHere: true, isMicOn: false });
    },
    leave({ participant_id: id }) {
      const gone = { isSeated: false, isHere: false, isSpeaking: false, isRecording: false };
      Object.assign(this.person(id), gone);
    },
    connected({ participant_id: id }) {
      this.person(id).isHere = true;
    },
    disconnected({ participant_id: id }) {
      Object.assign(this.person(id), { isHere: false, isSpeaking: false });
    },
    host_changed({ participant_id: id }) {
      this.host = id;
    },
    consent({ participant_id: id, recording }) {
      this.person(id).consents = recording;
    },
    countdown({ start_at: at }) {
      this.phase = 'countdown';
      this.startAt = at;
    },
    countdown_cancelled() {
      this.phase = 'lobby';
      this.startAt = null;
    },
    start({ start_at: at }) {
      this.phase = 'live';
      this.startAt = at;
      this.turn(1, at);
    },
    start_reported({ participant_id: id }) {
      this.reported.add(id);
    },
    voice_status({ participant_id: id, is_mic_on: isMicOn, is_speaking: isSpeaking }) {
      Object.assign(this.person(id), { isMicOn, isSpeaking });
    },
    recording_started({ participant_id: id, recording_id: recording }) {
      this.person(id).isRecording = true;
      if (id === this.self) this.recordings.push({ id: recording, isRunning: true });
    },
    recording_stopped({ participant_id: id, recording_id: recording }) {
      this.person(id).isRecording = false;
      if (id === this.self) this.recording(recording).isRunning = false;
    },
    recording_uploaded({ recording_id: id, bytes, sha256 }) {
      this.uploaded.set(id, { bytes, sha256 });
    },
    choice_submitted({ participant_id: id, page, choice }) {
      if (!this.chosen.has(page)) this.chosen.set(page, new Set());
      this.chosen.get(page).add(id);
      if (choice) this.revealed.set(page, { ...this.revealed.get(page), [id]: choice });
    },
    choices_revealed({ page, choices }) {
      this.revealed.set(page, choices);
    },
    next_page({ page }, ts) {
      this.turn(page, ts);
    },
    session_ended({ reason }, ts) {
      this.phase = 'ended';
      this.endReason = reason;
      this.endedAt = ts;
    },
    analysis_ready({ report }) {
      this.report = report;
    },
  };

  // From GET /api/sessions/{id}, when there is no socket any more.
  restore(session) {
    this.phase = session.phase;
    this.seats = session.seats;
    this.host = session.host;
    this.report = session.report;
    this.sessionId = session.session_id;
    for (const one of session.participants)
      Object.assign(this.person(one.participant_id), { name: one.nickname, isSeated: true });
    for (const [page, choices] of Object.entries(session.choices ?? {}))
      this.revealed.set(Number(page), choices);
    this.takeUploads(session);
  }

  takeUploads(session) {
    this.report = session.report;
    for (const one of session.recordings ?? [])
      if (one.sha256) this.uploaded.set(one.recording_id, { bytes: one.bytes, sha256: one.sha256 });
  }
}
