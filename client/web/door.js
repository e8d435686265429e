// The door: name, microphone, consent, and the number of seats of a room that is new.

import { $, make, show, text } from './dom.js';
import { code, findRoom, guestToken, makeRoom } from './entrance.js';
import { say } from './words.js';

const HEARD = 0.35; // so loud is a voice, and not the room

export function problem(words) {
  show('#problem', Boolean(words));
  text('#problem', words);
}

// What to say when something was refused or does not work.
export function reason(error) {
  if (error.name === 'NotAllowedError')
    return say(
      'The browser does not allow the microphone. Allow it beside the address, or join without.',
    );
  if (error.name === 'NotFoundError') return say('There is no microphone here.');
  if (error.status === 0) return say('No server answers. Is the network there?');
  return error.message;
}

async function openMicrophone(microphone) {
  problem('');
  await microphone.open().catch((error) => problem(reason(error)));
}

function drawHearing(microphone) {
  const isOpen = microphone.isOpen;
  const isHeard = microphone.heard > HEARD;
  show('#allow', !isOpen);
  show('#door .sound', isOpen);
  if (!isOpen) text('#hearing', say('Without a microphone the others cannot hear you.'));
  else
    text('#hearing', isHeard ? say('The microphone hears you.') : say('Say something to test it.'));
}

async function join(seat, microphone) {
  problem('');
  seat.name = $('#name').value.trim();
  seat.consents = $('#door [name=consent]:checked').value === 'yes';
  microphone.wake();
  seat.token ??= await guestToken(seat.name);
  let room = await findRoom(seat.token);
  if (!room && $('#seats').hidden) {
    show('#seats', true);
    $('#count').focus();
    return false;
  }
  room ??= await makeRoom(seat.token, Number($('#count').value));
  seat.sessionId = room.session_id;
  return true;
}

// Fulfilled with the seat when somebody has come in.
export function atTheDoor(seat, microphone) {
  document.title = `${say('Join the debate')} – ${code}`;
  $('#name').value = seat.name ?? '';
  $('#count').replaceChildren(
    ...[2, 3, 4, 5, 6, 7, 8].map((n) =>
      make('option', { value: n, textContent: n, selected: n === 3 }),
    ),
  );
  show('#door', true);
  $('#allow').onclick = () => openMicrophone(microphone);
  const looking = setInterval(() => drawHearing(microphone), 200);
  navigator.permissions
    ?.query({ name: 'microphone' })
    .then(({ state }) => state === 'granted' && openMicrophone(microphone))
    .catch(() => {});
  return new Promise((entered) => {
    $('#door').onsubmit = async (submit) => {
      submit.preventDefault();
      const isIn = await join(seat, microphone).catch((error) => problem(reason(error)));
      if (!isIn) return;
      clearInterval(looking);
      show('#door', false);
      entered(seat);
    };
  });
}
