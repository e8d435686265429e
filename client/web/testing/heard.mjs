// Words from a browser are understood at a terminal, and the other way round.
import { writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import {
  browser,
  check,
  enter,
  found,
  heardOf,
  isShown,
  join,
  read,
  spoken,
  test,
  until,
  work,
} from './house.mjs';

const KIM = ['money', 'town', 'road', 'library'];
const LEE = ['year', 'people', 'count', 'come'];

// A terminal writes 48 kHz, the recogniser takes 16: each three samples become their mean.
function to16kHz(bytes) {
  const header = Buffer.from(bytes.subarray(0, 44));
  const count = Math.floor((bytes.length - 44) / 6);
  const out = Buffer.alloc(2 * count);
  for (let i = 0; i < count; i++) {
    const at = (n) => bytes.readInt16LE(44 + 6 * i + 2 * n);
    out.writeInt16LE(Math.round((at(0) + at(1) + at(2)) / 3), 2 * i);
  }
  header.writeUInt32LE(36 + out.length, 4);
  header.writeUInt32LE(16000, 24);
  header.writeUInt32LE(32000, 28);
  header.writeUInt32LE(out.length, 40);
  return Buffer.concat([header, out]);
}

test('a browser and a terminal understand each other', async (house) => {
  await house.serve('--countdown', '0.5');
  const one = await browser(
    spoken(
      'kim',
      'But the town has money for the new road, and a library is worth more than a road.',
    ),
  );
  const words = 'I think that we should try it for one year, and count how many people come.';
  const page = await enter(one, `${house.url}/r/heard`, 'Kim', { seats: 2 });
  const options = ['--input', spoken('lee', words), '--output', 'heard.wav', '--record', 'no'];
  const lee = join('Lee', 'heard', ...options);
  await isShown(page, '#page');
  const ofLee = await heardOf(page, 'p2', 6, 'heard-of-lee.wav');
  await until('the terminal has heard enough', () => read('heard.wav').length > 8 * 96000);
  lee.say('{"type":"leave"}');
  check((await lee.exit) === 0, 'the terminal ends well');
  const ofKim = path(work, 'heard-of-kim.wav');
  writeFileSync(ofKim, to16kHz(read('heard.wav')));
  check(found(ofLee, LEE) >= 2, 'the words of the terminal at the browser');
  check(found(ofKim, KIM) >= 2, 'the words of the browser at the terminal');
});
