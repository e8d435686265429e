// The page: from the door to the end. What is pressed becomes commands; what comes is drawn.

import { Debate } from './debate.js';
import { $, announce, confirm, list, make, press, show, text } from './dom.js';
import { atTheDoor, problem, reason } from './door.js';
import * as entrance from './entrance.js';
import { Microphone } from './microphone.js';
import { drawStats } from './stats.js';
import { Shelf } from './shelf.js';
import { tell } from './story.js';
import { upload } from './upload.js';
import { draw, drawUploads, tick } from './view.js';
import { say, translate } from './words.js';

const shelf = new Shelf();
let debate = null;
let isDrawing = false;

const microphone = new Microphone({
  track: (track) => debate?.mesh?.say(track),
  speaking: () => debate?.tellVoice(),
  changed: () => {
    drawDevices();
    debate?.tellVoice();
    redraw();
  },
});

// Once for all that happens in one turn.
function redraw() {
  if (isDrawing || !debate) return;
  isDrawing = true;
  queueMicrotask(() => {
    isDrawing = false;
    if (debate.room.sessionId && (debate.room.isCaughtUp || debate.state === 'over')) draw(debate);
  });
}

function complain(error) {
  announce(reason(error));
}

const ask = (type, data) => debate.ask(type, data).catch(complain);

// ---- sound ----

function drawDevices() {
  for (const select of document.querySelectorAll('select.device')) {
    list(select, microphone.devices, ({ deviceId }) => deviceId,
      ({ deviceId }) => make('option', { value: deviceId }), (option, { label }) => text(option, label));
    select.value = microphone.current ?? '';
  }
}

function mute(isMuted) {
  if (!microphone.isOpen) {
    microphone.open().catch(complain);
    return;
  }
  microphone.mute(isMuted);
  debate.tellVoice();
  redraw();
}

function pushToTalk(isPushing) {
  debate.isPushing = isPushing;
  mute(isPushing);
}

// The button is held, by hand or by a key; the space bar does it too where nothing has the focus.
function wirePush() {
  const hold = (isHeld) => debate?.isPushing && mute(!isHeld);
  const isTalkKey = ({ key, target }) =>
    (key === ' ' && [document.body, $('#mic')].includes(target)) || (key === 'Enter' && target === $('#mic')) ||
    (key === ' ' && target.tabIndex === -1);
  $('#mic').onpointerdown = () => hold(true);
  for (const event of ['pointerup', 'pointercancel', 'pointerleave']) $('#mic').addEventListener(event, () => hold(false));
  addEventListener('keydown', (event) => {
    if (!debate?.isPushing || !isTalkKey(event)) return;
    event.preventDefault();
    if (!event.repeat) hold(true);
  });
  addEventListener('keyup', (event) => isTalkKey(event) && hold(false));
  addEventListener('blur', () => hold(false));
  $('#mic').onclick = () => debate.isPushing || mute(!microphone.isMuted);
  $('#push').onclick = () => pushToTalk(!debate.isPushing);
}

function wireSound() {
  for (const select of document.querySelectorAll('select.device'))
    select.onchange = async () => {
      await microphone.open(select.value).catch(complain);
      keepDevice();
    };
  setInterval(() => {
    for (const meter of document.querySelectorAll('.level')) meter.value = microphone.level;
  }, 100);
  // Browsers let sound begin when somebody touches the page.
  for (const event of ['pointerdown', 'keydown'])
    addEventListener(event, () => {
      microphone.wake();
      debate?.mesh?.playAll();
    });
}

// ---- what is pressed ----

async function choose(button) {
  if (!button || button.getAttribute('aria-disabled') === 'true') return;
  const { choice } = button.dataset;
  const { page } = debate.room;
  await debate.ask('submit_choice', { page, choice });
  debate.choices[page] = choice;
  sessionStorage.setItem(`choices ${debate.seat.sessionId}`, JSON.stringify(debate.choices));
  announce(say('You have chosen "{0}"; the server has it on disk.', debate.room.label(page, choice)));
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
  const isOn = recorder.isRunning || (room.phase !== 'live' && seat.consents);
  await debate.consent(!isOn).catch(complain);
  entrance.keepSeat(seat);
  redraw();
}

function wire() {
  $('#choices').onclick = ({ target }) => choose(target.closest('button')).catch(complain);
  $('#next').onclick = () => ask('next_page');
  $('#end').onclick = end;
  $('#leave').onclick = leave;
  $('#record').onclick = toggleRecording;
  $('#copy').onclick = async () => {
    await navigator.clipboard.writeText($('#address').textContent);
    announce(say('Copied.'));
  };
  wirePush();
  wireSound();
  for (const event of ['online', 'pageshow', 'resume']) addEventListener(event, () => debate?.wake());
  document.addEventListener('visibilitychange', () => document.hidden || debate?.wake());
  addEventListener('online', () => debate?.mesh?.mendAll());
  navigator.connection?.addEventListener('change', () => debate?.mesh?.mendAll());
}

// ---- recordings that an earlier debate left ----

async function offerLeft() {
  const left = (await shelf.left()).filter(({ recordingId }) => recordingId);
  if (!left.length || debate) return;
  show('#left', true);
  text('#left p', say('A recording of an earlier debate has not been sent yet.'));
  $('#left button').onclick = async () => {
    $('#left button').disabled = true;
    const uploads = left.map((recording) => ({ recording, sent: 0, total: 0 }));
    const box = $('#left').appendChild(make('div'));
    const update = (one, news) => drawUploads(box, uploads, Object.assign(one, news));
    for (const one of uploads)
      await upload(shelf, one.recording, (sent, total) => update(one, { sent, total }))
        .then((result) => update(one, { result }), (error) => update(one, { error }));
    $('#left button').hidden = true;
  };
}

// ---- the way ----

const blocked = () => announce(say('Click anywhere to turn the sound on.'));

const STOPS = {
  4001: 'You have joined from elsewhere: the seat is there now, and this page stops.',
  1008: 'The server does not let you in.',
};

function keepDevice() {
  if (!debate) return;
  debate.seat.device = microphone.current;
  entrance.keepSeat(debate.seat);
}

function start(seat) {
  seat.code = entrance.code;
  show('#left', false);
  debate = new Debate(seat, microphone, shelf, {
    changed: redraw,
    refused: complain,
    event: (event, isNew) => isNew && announce(tell(debate.room, event)),
    stopped: (code) => {
      debate.stopReason = say(STOPS[code] ?? 'The server closed the connection because of a broken rule ({0}).', code);
      redraw();
    },
    blocked,
  });
  debate.choices = JSON.parse(sessionStorage.getItem(`choices ${seat.sessionId}`) ?? '{}');
  keepDevice();
  debate.enter();
  setInterval(() => tick(debate), 200);
  setInterval(() => $('#sound').open && debate.mesh && drawStats(debate), 1000);
}

// After a reload: the same seat, or what came of it.
async function comeBack(seat) {
  if (!seat.sessionId) return false;
  try {
    await entrance.session(seat);
  } catch {
    entrance.forgetSeat();
    return false;
  }
  if (Microphone.isAllowed && seat.device) await microphone.open(seat.device).catch(complain);
  start(seat);
  if (microphone.context.state !== 'running') blocked();
  return true;
}

async function main() {
  translate(document);
  wire();
  press('#push', false);
  text('#code', entrance.code);
  const seat = await entrance.seatBefore(shelf);
  if (await comeBack(seat)) return;
  offerLeft();
  await atTheDoor(seat, microphone);
  start(seat);
}

main().catch((error) => {
  show('#door', true);
  problem(reason(error));
});
