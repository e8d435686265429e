// Behind the door: what is pressed becomes commands, what comes is drawn.

import { Debate } from './debate.js';
import { $, announce, confirm, press, text } from './dom.js';
import { reason } from './door.js';
import * as entrance from './entrance.js';
import { drawStats } from './stats.js';
import { tell } from './story.js';
import { draw, tick } from './view.js';
import { say } from './words.js';

const STOPS = {
  4001: 'You have joined from elsewhere: the seat is there now, and this page stops.',
  1008: 'The server does not let you in.',
  full: 'All seats are taken.',
};

const SLEPT_MS = 10000; // nothing was done for so long

let debate;
let microphone;
let isDrawing = false;

// Once for all that happens in one turn.
function redraw() {
  if (isDrawing) return;
  isDrawing = true;
  queueMicrotask(() => {
    isDrawing = false;
    if (debate.room.sessionId && (debate.room.isCaughtUp || debate.state === 'over')) draw(debate);
  });
}

const complain = (error) => announce(reason(error));
const blocked = () => announce(say('Click anywhere to turn the sound on.'));
const ask = (type, data) => debate.ask(type, data).catch(complain);

function keepSeat() {
  debate.seat.device = microphone.current;
  entrance.keepSeat(debate.seat);
}

// ---- sound ----

function mute(isMuted) {
  if (microphone.isOpen) microphone.mute(isMuted);
  else microphone.open().catch(complain);
  debate.tellVoice();
  redraw();
}

// The button is held, by hand or by a key; the space bar does it too where no control has the focus.
function wirePush() {
  const mic = $('#mic');
  const hold = (isHeld) => debate.isPushing && mute(!isHeld);
  const isTalkKey = ({ key, target }) =>
    target === mic ? key === ' ' || key === 'Enter' : key === ' ' && target.tabIndex < 0;
  mic.onpointerdown = () => hold(true);
  for (const event of ['pointerup', 'pointercancel', 'pointerleave'])
    mic.addEventListener(event, () => hold(false));
  addEventListener('keydown', (event) => {
    if (!debate.isPushing || !isTalkKey(event)) return;
    event.preventDefault();
    if (!event.repeat) hold(true);
  });
  addEventListener('keyup', (event) => isTalkKey(event) && hold(false));
  addEventListener('blur', () => hold(false));
  mic.onclick = () => debate.isPushing || mute(!microphone.isMuted);
  $('#push').onclick = () => {
    debate.isPushing = !debate.isPushing;
    mute(debate.isPushing);
  };
}

function wireSound() {
  const { changed } = microphone.on;
  microphone.on = {
    track: (track) => debate.mesh?.say(track),
    speaking: () => debate.tellVoice(),
    changed: () => {
      changed();
      keepSeat();
      debate.tellVoice();
      redraw();
    },
  };
  // Browsers let sound begin when somebody touches the page.
  for (const event of ['pointerdown', 'keydown'])
    addEventListener(event, () => {
      microphone.wake();
      debate.mesh?.playAll();
    });
  if (microphone.context.state !== 'running') blocked();
}

// ---- what is pressed ----

async function choose(button) {
  if (!button || button.getAttribute('aria-disabled') === 'true') return;
  const { choice } = button.dataset;
  const { page } = debate.room;
  await debate.ask('submit_choice', { page, choice });
  debate.choices[page] = choice;
  sessionStorage.setItem(`choices ${debate.seat.sessionId}`, JSON.stringify(debate.choices));
  announce(
    say('You have chosen "{0}"; the server has it on disk.', debate.room.label(page, choice)),
  );
  redraw();
}

async function leave() {
  if (!(await confirm(say('Leave? Your seat becomes free for others.'), say('Leave')))) return;
  entrance.forgetSeat();
  await debate.leave().catch(complain);
}

async function end() {
  if (await confirm(say('End the debate for everybody?'), say('End it'))) await ask('end_session');
}

async function toggleRecording() {
  const { recorder, room, seat } = debate;
  const isOn =
    recorder.isRunning || (room.phase !== 'live' && room.record === 'auto' && seat.consents);
  await debate.consent(!isOn).catch(complain);
  keepSeat();
  redraw();
}

async function copy() {
  await navigator.clipboard.writeText($('#address').textContent);
  announce(say('Copied.'));
}

function wire() {
  $('#choices').onclick = ({ target }) => choose(target.closest('button')).catch(complain);
  $('#next').onclick = () => ask('next_page');
  $('#end').onclick = end;
  $('#leave').onclick = leave;
  $('#record').onclick = toggleRecording;
  $('#copy').onclick = copy;
  wirePush();
  wireSound();
  const mend = () => debate.mesh?.mendAll();
  for (const event of ['online', 'pageshow', 'resume'])
    addEventListener(event, () => debate.wake(false));
  document.addEventListener('visibilitychange', () => document.hidden || debate.wake(false));
  addEventListener('online', mend);
  navigator.connection?.addEventListener('change', mend);
}

export function start(seat, itsMicrophone, shelf) {
  microphone = itsMicrophone;
  debate = new Debate({ ...seat, code: entrance.code }, microphone, shelf, {
    changed: redraw,
    blocked,
    refused: complain,
    event: (event, isNew) => isNew && announce(tell(debate.room, event)),
    stopped: (code) => {
      debate.stopReason = say(
        STOPS[code] ?? 'The server closed the connection because of a broken rule ({0}).',
        code,
      );
      redraw();
    },
  });
  debate.choices = JSON.parse(sessionStorage.getItem(`choices ${seat.sessionId}`) ?? '{}');
  keepSeat();
  wire();
  debate.enter();
  let last = Date.now();
  setInterval(() => {
    const hasSlept = Date.now() - last > SLEPT_MS;
    last = Date.now();
    if (hasSlept) debate.wake(true);
    tick(debate);
  }, 200);
  setInterval(() => $('#sound').open && debate.mesh && drawStats(debate), 1000);
}
