// Draws a debate: the lobby, the open page, the end, who is here. Called again whenever something
// has changed; `debate` is only looked at.

import { $, list, make, press, show, text } from './dom.js';
import { code } from './entrance.js';
import { tellEnd } from './story.js';
import { drawUploads } from './uploads.js';
import { duration, say } from './words.js';

let view = ''; // lobby, page 1, page 2 …, over

// ---- who is here ----

function makePerson({ name }) {
  return make(
    'li',
    {},
    make('span', { className: 'face', ariaHidden: 'true', textContent: [...name][0] ?? '?' }),
    make('span', { className: 'name' }),
    make('span', { className: 'state' }),
  );
}

function voiceOf(debate, id) {
  if (id === debate.room.self) return '';
  const state = debate.mesh?.links.get(id)?.state;
  if (state === 'connected') return '';
  return state === 'failed' ? say('no voice') : say('connecting the voice');
}

function stateOf(debate, { id, isHere, isMicOn, isSpeaking, isRecording }) {
  if (debate.state === 'over') return '';
  if (!isHere) return say('connection lost');
  const voice = voiceOf(debate, id);
  const isHeard = !voice && id !== debate.room.self;
  return [
    voice,
    isSpeaking ? say('speaking') : !isMicOn ? say('muted') : isHeard && say('voice connected'),
    isRecording && say('being recorded'),
  ]
    .filter(Boolean)
    .join(' · ');
}

const isHeardNow = ({ state }, { isSpeaking, isHere }) =>
  Boolean(isSpeaking && isHere && state !== 'over');

function drawPeople(debate) {
  const { room } = debate;
  text('#people-title', say('In the room: {0} of {1}', room.seated.length, room.seats));
  list(
    $('#people'),
    room.seated,
    ({ id }) => id,
    makePerson,
    (item, person) => {
      const roles = [person.id === room.self && say('you'), person.id === room.host && say('host')];
      const role = roles.filter(Boolean).join(', ');
      text(item.children[1], role ? `${person.name} (${role})` : person.name);
      text(item.children[2], stateOf(debate, person));
      item.classList.toggle('speaking', isHeardNow(debate, person));
      item.classList.toggle('away', !person.isHere);
    },
  );
}

// ---- lobby and page ----

function drawLobby({ room, clock }) {
  const isCounting = room.phase === 'countdown';
  const left = isCounting ? Math.ceil((room.startAt - clock.now()) / 1000) : 0;
  const missing = room.seats - room.seated.length;
  text('#lobby-title', room.agenda?.title || say('The debate begins soon'));
  text(
    '#lobby-text',
    isCounting
      ? say('Everybody is here. It starts in')
      : missing > 0
        ? say(
            'Waiting for {0} more. It starts by itself when all are here and hear each other.',
            missing,
          )
        : say('All are here. It starts when all hear each other.'),
  );
  show('#count-down', isCounting);
  text('#count-down', String(Math.max(0, left)));
  show('#invite', !isCounting && missing > 0);
  text('#address', location.origin + location.pathname);
}

function drawClock({ room, clock }) {
  const { seconds } = room.pages[room.page - 1] ?? {};
  const passed = Math.max(0, (clock.now() - (room.pageSince ?? clock.now())) / 1000);
  text('#page-clock', seconds ? say('{0} left', duration(seconds - passed)) : duration(passed));
  $('#page-clock').classList.toggle('soon', Boolean(seconds && seconds - passed < 10));
}

function drawChoices(debate, page) {
  const { room } = debate;
  const { choices = [], reveal = 'all' } = page;
  const revealed = room.revealed.get(room.page) ?? {};
  const mine = revealed[room.self] ?? debate.choices?.[room.page];
  const isFixed = room.revealed.has(room.page) && (reveal === 'all' || revealed[room.self]);
  list(
    $('#choices'),
    choices,
    ({ id }) => `${room.page} ${id}`,
    ({ id }) =>
      make('button', { className: 'choice', data: { choice: id } }, make('span'), make('small')),
    (button, { id, label }) => {
      const who = Object.keys(revealed).filter((one) => revealed[one] === id);
      button.setAttribute('aria-pressed', id === mine);
      button.setAttribute('aria-disabled', Boolean(isFixed));
      text(button.children[0], label);
      text(button.children[1], who.map((one) => room.name(one)).join(', '));
    },
  );
  const count = room.chosen.get(room.page)?.size ?? 0;
  const when = {
    all: say('They are shown when all have chosen.'),
    now: say('A choice is shown at once, and stays.'),
    never: say('They are not shown.'),
  };
  show('#choices-note', choices.length > 0);
  text(
    '#choices-note',
    isFixed && reveal === 'all'
      ? say('The choices are shown.')
      : `${say('{0} of {1} have chosen.', count, room.seated.length)} ${when[reveal]}`,
  );
}

function drawPage(debate) {
  const { room } = debate;
  const page = room.pages[room.page - 1] ?? {};
  const isLast = room.page >= room.pages.length;
  text('#page-number', say('Page {0} of {1}', room.page, Math.max(1, room.pages.length)));
  text('#page-title', page.title || room.agenda?.title || say('The debate'));
  text('#page-text', page.text ?? '');
  drawClock(debate);
  drawChoices(debate, page);
  show('#host-tools', room.isHost);
  text('#next', isLast ? say('Finish the debate') : say('Next page'));
}

function drawEarlier({ room }) {
  const pages = [...room.revealed.keys()]
    .filter((page) => room.phase === 'ended' || page !== room.page)
    .sort((a, b) => a - b);
  show('#earlier', pages.length > 0);
  list(
    $('#revealed'),
    pages,
    (page) => page,
    () => make('div', {}, make('dt'), make('dd')),
    (item, page) => {
      const choices = Object.entries(room.revealed.get(page));
      text(item.children[0], room.pages[page - 1]?.title ?? say('Page {0}', page));
      text(
        item.children[1],
        choices.map(([id, choice]) => `${room.name(id)}: ${room.label(page, choice)}`).join(' · '),
      );
    },
  );
}

// ---- the end ----

function drawOver(debate) {
  const { room, seat } = debate;
  text(
    '#over-title',
    debate.stopReason ??
      (room.phase === 'ended' ? tellEnd(room) : say('You have left the debate.')),
  );
  const isTimed = room.startAt && room.endedAt;
  text(
    '#over-text',
    isTimed ? say('It took {0}.', duration((room.endedAt - room.startAt) / 1000)) : '',
  );
  drawUploads($('#uploads'), debate.uploads);
  if (room.report && !$('#report').firstChild)
    $('#report').append(
      make('a', {
        href: `${room.report}?token=${encodeURIComponent(seat.token)}`,
        textContent: say('Read the report'),
      }),
    );
}

// ---- all of it ----

function drawBar(debate) {
  const { microphone, isPushing, recorder, room, seat, state } = debate;
  const speakers = room.seated
    .filter((person) => isHeardNow(debate, person))
    .map(({ name }) => name);
  text('#speakers', speakers.length ? say('speaking: {0}', speakers.join(', ')) : '');
  const isLive = room.phase === 'live';
  text(
    '#mic',
    !microphone.isOpen
      ? say('No microphone')
      : isPushing
        ? say('Hold to talk')
        : microphone.isMuted
          ? say('Unmute')
          : say('Mute'),
  );
  $('#mic').classList.toggle('off', microphone.isMuted);
  press('#push', isPushing);
  show('#record', room.record !== 'off' && state !== 'over');
  const isWaiting = !isLive && seat.consents && room.record === 'auto';
  text(
    '#record',
    recorder.isRunning
      ? say('Recording: on')
      : isWaiting
        ? say('Recording: from the start')
        : say('Recording: off'),
  );
  press('#record', Boolean(recorder.isRunning || isWaiting));
}

// The view that appears gets the focus, unless somebody is at work elsewhere.
function enter(name, title) {
  if (name === view) return;
  view = name;
  document.title = `${$(title).textContent} – ${code}`;
  const at = document.activeElement;
  if (
    !at ||
    at === document.body ||
    at.hidden ||
    !at.isConnected ||
    at.closest('[hidden], #choices, #stage > section')
  )
    $(title).focus();
}

export function draw(debate) {
  const { room, state } = debate;
  const isOver = state === 'over';
  const isPage = !isOver && room.phase === 'live';
  show('#stage', true);
  show('#bar', !isOver);
  show('#lobby', !isOver && !isPage);
  show('#page', isPage);
  show('#over', isOver);
  show('#sound', !isOver);
  text('#link', state === 'away' ? say('The connection is lost. Trying to come back …') : '');
  drawPeople(debate);
  drawEarlier(debate);
  if (!isOver) drawBar(debate);
  if (isOver) drawOver(debate);
  else if (isPage) drawPage(debate);
  else drawLobby(debate);
  if (isOver) enter('over', '#over-title');
  else if (isPage) enter(`page ${room.page}`, '#page-title');
  else enter('lobby', '#lobby-title');
}

// What moves without an event.
export function tick(debate) {
  if (debate.state === 'over') return;
  if (debate.room.phase === 'live') drawClock(debate);
  else if (debate.room.phase === 'countdown') drawLobby(debate);
}
