// Events as sentences: what is said to who listens to the page, and shown as the last that happened.

import { say } from './words.js';

const OF_OTHERS = {
	join: '{0} has taken a seat.',
	leave: '{0} has left.',
	connected: '{0} is back.',
	disconnected: '{0} has lost the connection; the seat is kept.',
	host_changed: '{0} is the host now.',
	recording_started: 'The voice of {0} is being recorded.',
	choice_submitted: '{0} has chosen on page {1}.',
};
const OWN = {
	host_changed: 'You are the host now.',
	recording_started: 'Your voice is being recorded.',
	recording_stopped: 'Your recording has ended.',
};
const ENDS = {
	host: 'The host has ended the debate.',
	agenda: 'The agenda is through: the debate has ended.',
	empty: 'Nobody was left: the debate has ended.',
};

export const tellEnd = (reason) => say(ENDS[reason] ?? 'The debate has ended.');

const tellers = {
	countdown: (room, { seconds }) => say('Everybody is here: the debate starts in {0} s.', seconds),
	countdown_cancelled: () => say('The countdown is off.'),
	start: () => say('The debate has started.'),
	next_page: (room, { page }) => say('Page {0}: {1}', page, room.title(page)),
	choices_revealed: (room, { page }) => say('Page {0}: {1}', page, room.choices(page)),
	session_ended: (room, { reason }) => tellEnd(reason),
};

// Nothing for what needs no words.
export function tell(room, { type, data }) {
	const { participant_id: id, page } = data;
	const sentences = id === room.self ? OWN : OF_OTHERS;
	return id ? say(sentences[type], room.name(id), page) : tellers[type]?.(room, data);
}
