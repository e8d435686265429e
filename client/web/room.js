// What a session looks like: a function of `welcome` and its events, in their order.

// What an event makes of the participant whom it names, besides what it says.
const STATES = {
	join: { isSeated: true, connected: true, is_mic_on: false },
	leave: { isSeated: false, connected: false, is_speaking: false, is_recording: false },
	connected: { connected: true },
	disconnected: { connected: false, is_speaking: false },
	start_reported: { hasReported: true },
	recording_started: { is_recording: true },
	recording_stopped: { is_recording: false },
};

export class Room {
	constructor() {
		this.clear();
	}

	clear() {
		this.seq = 0;
		this.phase = 'lobby';
		this.page = 1;
		this.pageSince = 0; // ts
		this.people = new Map(); // by id, in the protocol's words; `recording`: they consented
		this.chosen = {}; // page: Set of ids
		this.revealed = {}; // page: {id: choice}
		this.host = this.report = this.startAt = this.endedAt = null;
	}

	// Events up to `settledSeq` have been before.
	welcome({ reset, participant_id: self, seq: settledSeq, session_id: id, ...data }) {
		if (reset) this.clear();
		const { seats, agenda, record, host } = data;
		Object.assign(this, { self, settledSeq, id, seats, agenda, record, host });
	}

	get isCaughtUp() {
		return this.seq >= this.settledSeq;
	}

	get pages() {
		return this.agenda?.pages ?? [];
	}

	get me() {
		return this.people.get(this.self);
	}

	get isHost() {
		return this.self && this.host === this.self;
	}

	get seated() {
		return [...this.people.values()].filter(({ isSeated }) => isSeated);
	}

	name(id) {
		return this.people.get(id)?.nickname ?? id;
	}

	title(page) {
		return this.pages[page - 1]?.title;
	}

	label(page, choice) {
		return this.pages[page - 1]?.choices?.find(({ id }) => id === choice)?.label ?? choice;
	}

	// Who chose what, in words.
	choices(page) {
		return Object.entries(this.revealed[page])
			.map(([id, choice]) => `${this.name(id)}: ${this.label(page, choice)}`)
			.join(' · ');
	}

	// False for one that was known already.
	apply({ type, seq, ts, data }) {
		if (seq <= this.seq) return false;
		this.seq = seq;
		const id = data.participant_id;
		if (id) this.person(id, { ...data, ...STATES[type] });
		this[type]?.(data, ts);
		return true;
	}

	person(id, data) {
		this.people.set(id, { ...this.people.get(id), ...data });
	}

	// ---- what events do, by their types ----

	host_changed({ participant_id: id }) {
		this.host = id;
	}

	countdown({ start_at: at }) {
		this.phase = 'countdown';
		this.startAt = at;
	}

	countdown_cancelled() {
		this.phase = 'lobby';
		this.startAt = null;
	}

	start({ start_at: at }) {
		this.phase = 'live';
		this.startAt = this.pageSince = at;
	}

	choice_submitted({ participant_id: id, page, choice }) {
		(this.chosen[page] ??= new Set()).add(id);
		if (choice) (this.revealed[page] ??= {})[id] = choice;
	}

	choices_revealed({ page, choices }) {
		this.revealed[page] = choices;
	}

	next_page({ page }, ts) {
		this.page = page;
		this.pageSince = ts;
	}

	session_ended({ reason }, ts) {
		this.phase = 'ended';
		this.endReason = reason;
		this.endedAt = ts;
	}

	analysis_ready({ report }) {
		this.report = report;
	}

	forgotten() {
		this.report = null;
	}

	// From GET /api/sessions/{id}, when there is no socket any more.
	restore({ session_id: id, phase, seats, host, report, participants, choices }) {
		Object.assign(this, { id, phase, seats, host, report, revealed: choices });
		for (const one of participants)
			this.person(one.participant_id, { ...one, isSeated: true });
	}
}
