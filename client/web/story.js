// Events as sentences: what is said to who listens to the page, and shown as the last that happened.

import { say } from './words.js';

const REASONS = {
  host: 'The host has ended the debate.',
  agenda: 'The agenda is through: the debate has ended.',
  empty: 'Nobody was left: the debate has ended.',
};

const tellers = {
  join: (room, { participant_id: id }) =>
    id !== room.self && ['{0} has taken a seat.', room.name(id)],
  leave: (room, { participant_id: id }) => id !== room.self && ['{0} has left.', room.name(id)],
  connected: (room, { participant_id: id }) => id !== room.self && ['{0} is back.', room.name(id)],
  disconnected: (room, { participant_id: id }) =>
    id !== room.self && ['{0} has lost the connection; the seat is kept.', room.name(id)],
  host_changed: (room, { participant_id: id }) =>
    id === room.self ? ['You are the host now.'] : ['{0} is the host now.', room.name(id)],
  countdown: (_, { seconds }) => ['Everybody is here: the debate starts in {0} s.', seconds],
  countdown_cancelled: () => ['The countdown is off.'],
  start: () => ['The debate has started.'],
  next_page: (room, { page }) => ['Page {0}: {1}', page, room.pages[page - 1]?.title ?? ''],
  recording_started: (room, { participant_id: id }) =>
    id === room.self
      ? ['Your voice is being recorded.']
      : ['The voice of {0} is being recorded.', room.name(id)],
  recording_stopped: (room, { participant_id: id }) =>
    id === room.self ? ['Your recording has ended.'] : null,
  choice_submitted: (room, { participant_id: id, page }) =>
    id !== room.self && ['{0} has chosen on page {1}.', room.name(id), page],
  choices_revealed: (room, { page, choices }) => [
    'Page {0}: {1}',
    page,
    Object.entries(choices)
      .map(([id, choice]) => `${room.name(id)}: ${room.label(page, choice)}`)
      .join(', '),
  ],
  session_ended: (_, { reason }) => [endReason(reason)],
};

const endReason = (reason) => REASONS[reason] ?? 'The debate has ended.';

// Nothing for what needs no words.
export function tell(room, { type, data }) {
  const words = tellers[type]?.(room, data);
  return words ? say(...words) : '';
}

export const tellEnd = (room) => say(endReason(room.endReason));
