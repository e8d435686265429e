// What a session looks like: a function of `welcome` and its events, in their order.

const fresh = () => ({
	seq: 0,
	phase: 'lobby',
	page: 1,
	start_at: 0,
	people: {}, // by id, in the protocol's words; `recording`: they consented
	chosen: {}, // page: {id: true}
	revealed: {}, // page: {id: choice}
});
export const room = fresh();

export const me = () => room.people[room.self];
export const seated = () => Object.values(room.people).filter(({ isSeated }) => isSeated);
export const nameOf = (id) => room.people[id]?.nickname ?? id;
// Events up to `settledSeq` have been before.
export const isCaughtUp = () => room.seq >= room.settledSeq;
export const pageOf = (page = room.page) => room.agenda?.pages?.[page - 1] ?? {};
export const labelOf = (page, choice) =>
	pageOf(page).choices?.find(({ id }) => id === choice)?.label ?? choice;

// Who chose what.
export const choicesOf = (page) =>
	Object.entries(room.revealed[page] ?? {})
		.map(([id, choice]) => `${nameOf(id)}: ${labelOf(page, choice)}`)
		.join(' · ');

export function welcome({ reset, participant_id: self, seq: settledSeq, session_id: id, ...data }) {
	const { seats, agenda, record, host } = data;
	Object.assign(room, reset && fresh(), { self, settledSeq, id, seats, agenda, record, host });
}

const person = (id, data) => (room.people[id] = { ...room.people[id], ...data });

// What an event makes of the participant whom it names, besides what it says.
const states = {
	join: { isSeated: true, connected: true, is_mic_on: false },
	leave: { isSeated: false, is_speaking: false },
	connected: { connected: true },
	disconnected: { connected: false, is_speaking: false },
	start_reported: { hasReported: true },
	recording_started: { is_recording: true },
	recording_stopped: { is_recording: false },
};

const note = (all, { participant_id: id, page }, choice) => ((all[page] ??= {})[id] = choice);

// What it changes in the room.
const steps = {
	host_changed: ({ participant_id: host }) => ({ host }),
	countdown: ({ start_at }) => ({ phase: 'countdown', start_at }),
	countdown_cancelled: () => ({ phase: 'lobby', start_at: 0 }),
	start: ({ start_at }, pageSince) => ({ phase: 'live', start_at, pageSince }),
	next_page: ({ page }, pageSince) => ({ page, pageSince }),
	choice_submitted(data) {
		note(room.chosen, data, true);
		if (data.choice) note(room.revealed, data, data.choice);
	},
	choices_revealed: ({ page, choices }) => ({ revealed: { ...room.revealed, [page]: choices } }),
	session_ended: ({ reason }) => ({ phase: 'ended', reason }),
};

// A kind of event, with who did it where somebody did.
export const whose = ({ type, data: { participant_id: id } }) =>
	id ? `${id === room.self ? 'own' : 'their'}-${type}` : type;

// False for one that was known already.
export function apply({ type, seq, ts, data }) {
	if (seq <= room.seq) return false;
	room.seq = seq;
	const { participant_id: id } = data;
	if (id) person(id, { ...data, ...states[type] });
	Object.assign(room, steps[type]?.(data, ts));
	return true;
}

// From GET /api/sessions/{id}, when there is no socket any more.
export function restore({ phase, seats, host, report, participants, choices }) {
	Object.assign(room, { phase, seats, host, report, revealed: choices });
	for (const one of participants) person(one.participant_id, { ...one, isSeated: true });
}
