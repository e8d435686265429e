// How far recordings have arrived, as the page shows it.

import { list, make, show, text } from './dom.js';
import { upload } from './upload.js';
import { say, size } from './words.js';

function tell({ sent, total, result, error }) {
  if (result)
    return say(
      'Your recording has arrived and is the same there: {0}, SHA-256 {1}…',
      size(result.bytes),
      result.sha256.slice(0, 16),
    );
  if (error)
    return say('Your recording could not be sent; it is kept in this browser. {0}', error.message);
  return say('Sending your recording: {0} %', total ? Math.round((100 * sent) / total) : 0);
}

// `uploads` are {recording, sent, total, result, error}.
export function drawUploads(parent, uploads) {
  list(
    parent,
    uploads,
    ({ recording }) => recording.key,
    () => make('div', {}, make('p'), make('progress', { max: 1 })),
    (item, one) => {
      const words = tell(one);
      text(item.children[0], words);
      item.children[1].value = one.total ? one.sent / one.total : 0;
      item.children[1].ariaLabel = words;
      show(item.children[1], !one.result && !one.error);
    },
  );
}

// Sends one; `changed` is called whenever there is something new to show.
export async function send(shelf, one, changed) {
  const release = await shelf.hold(one.recording);
  const on = (sent, total) => changed(Object.assign(one, { sent, total }));
  try {
    one.result = await upload(shelf, one.recording, on);
  } catch (error) {
    one.error = error;
  }
  release();
  changed();
}

export async function sendLeft(shelf, left, parent) {
  const uploads = left.map((recording) => ({ recording, sent: 0, total: 0 }));
  const draw = () => drawUploads(parent, uploads);
  draw();
  for (const one of uploads) await send(shelf, one, draw);
}
