// The page begins here: a seat from before is taken again, otherwise there is the door. What follows
// the door is loaded when somebody begins to fill in the form.

import { $, list, make, show, text } from './dom.js';
import { atTheDoor, problem, reason } from './door.js';
import * as entrance from './entrance.js';
import { Microphone } from './microphone.js';
import { Shelf } from './shelf.js';
import { say, translate } from './words.js';

const shelf = new Shelf();
const microphone = new Microphone({ track() {}, speaking() {}, changed: drawDevices });
let isIn = false;

const loadStage = () => import('./stage.js');

async function start(seat) {
  isIn = true;
  show('#left', false);
  (await loadStage()).start(seat, microphone, shelf);
}

function drawDevices() {
  for (const select of document.querySelectorAll('select.device')) {
    list(
      select,
      microphone.devices,
      ({ deviceId }) => deviceId,
      ({ deviceId }) => make('option', { value: deviceId }),
      (option, { label }) => text(option, label),
    );
    select.value = microphone.current ?? '';
  }
}

function wireSound() {
  for (const select of document.querySelectorAll('select.device'))
    select.onchange = () => microphone.open(select.value).catch((error) => problem(reason(error)));
  setInterval(() => {
    for (const meter of document.querySelectorAll('.level')) meter.value = microphone.level;
  }, 100);
}

// What an earlier debate could not send.
async function offerLeft() {
  const left = (await shelf.left()).filter(({ recordingId }) => recordingId);
  if (!left.length || isIn) return;
  show('#left', true);
  text('#left p', say('A recording of an earlier debate has not been sent yet.'));
  $('#left button').onclick = async () => {
    $('#left button').hidden = true;
    const { sendLeft } = await import('./uploads.js');
    await sendLeft(shelf, left, $('#left').appendChild(make('div')));
  };
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
  if (seat.device) await microphone.open(seat.device).catch(() => {});
  await start(seat);
  return true;
}

async function main() {
  translate(document);
  wireSound();
  text('#code', entrance.code);
  if (!isSecureContext) {
    show('#door', true);
    $('#door .primary').disabled = true;
    problem(say('Browsers give the microphone only to https pages and to localhost.'));
    return;
  }
  const seat = await entrance.seatBefore(shelf);
  if (await comeBack(seat)) return;
  offerLeft();
  $('#door').addEventListener('focusin', loadStage, { once: true });
  await start(await atTheDoor(seat, microphone));
}

main().catch((error) => {
  show('#door', true);
  problem(reason(error));
});
