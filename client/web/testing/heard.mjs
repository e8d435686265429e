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
  to16kHz,
  until,
  work,
} from './house.mjs';

const KIM = ['money', 'town', 'road', 'library'];
const LEE = ['year', 'people', 'count', 'come'];

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
