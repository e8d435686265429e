// Whether what is said is understood, by a recogniser: of what a page hears, and of what a terminal
// has written.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { browser, check, enter, isShown, join, read, spoken, until, work } from './house.mjs';

const KIM = 'But the town has money for the new road, and a library is worth more than a road.';
const LEE = 'I think that we should try it for one year, and count how many people come. ';
const OF_KIM = ['money', 'town', 'road', 'library'];
const OF_LEE = ['year', 'people', 'count', 'come'];

// The words that a recogniser finds in a WAV file of 16 kHz.
function understood(wav) {
  const words = ['-infile', wav, '-logfn', '/dev/null'];
  return execFileSync('pocketsphinx_continuous', words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

// Records what the page hears of a participant, for so many seconds, into a WAV file of 16 kHz.
export async function heardOf(page, participant, seconds, name) {
  const samples = await page.evaluate(
    async ([id, length]) => {
      const context = new AudioContext({ sampleRate: 16000 });
      const tap = context.createScriptProcessor(4096, 1, 1);
      const all = [];
      tap.onaudioprocess = ({ inputBuffer }) =>
        all.push(
          ...inputBuffer
            .getChannelData(0)
            .map((x) => Math.round(32767 * Math.max(-1, Math.min(1, x)))),
        );
      context
        .createMediaStreamSource(document.querySelector(`audio[data-participant=${id}]`).srcObject)
        .connect(tap);
      tap.connect(context.destination);
      while (all.length < length * 16000) await new Promise((done) => setTimeout(done, 100));
      await context.close();
      return all;
    },
    [participant, seconds],
  );
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + 2 * samples.length, 4);
  bytes.write('WAVEfmt ', 8);
  [16, 0x10001, 16000, 32000, 0x100002].forEach((value, index) =>
    bytes.writeUInt32LE(value, 16 + 4 * index),
  );
  bytes.write('data', 36);
  bytes.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((sample, index) => bytes.writeInt16LE(sample, 44 + 2 * index));
  const file = path(work, name);
  writeFileSync(file, bytes);
  return file;
}

// How many of the words a recogniser found.
export function found(wav, words) {
  const heard = understood(wav).toLowerCase();
  console.log(`  understood: ${heard.replace(/\s+/g, ' ').trim()}`);
  return words.filter((word) => new RegExp(`\\b${word}`).test(heard)).length;
}

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

// Kim in a browser and Lee at a terminal talk, and understand each other; `also` is done with the
// terminal before it leaves.
export async function twoUnderstandEachOther(house, { also, ...options } = {}) {
  await house.serve('--countdown', '0.5');
  const one = await browser(spoken('kim', KIM));
  const page = await enter(one, `${house.url}/r/words`, 'Kim', { seats: 2, ...options });
  const voice = ['--input', spoken('lee', LEE.repeat(3)), '--output', 'heard.wav'];
  const lee = join('Lee', 'words', ...voice, '--record', 'no');
  await isShown(page, '#page');
  const ofLee = await heardOf(page, 'p2', 7, 'heard-of-lee.wav');
  await until('the terminal has heard enough', () => read('heard.wav').length > 9 * 96000);
  await also?.(lee);
  lee.say('{"type":"leave"}');
  check((await lee.exit) === 0, 'the terminal ends well');
  const ofKim = path(work, 'heard-of-kim.wav');
  writeFileSync(ofKim, to16kHz(read('heard.wav')));
  check(found(ofLee, OF_LEE) >= 2, 'the words of the terminal at the browser');
  check(found(ofKim, OF_KIM) >= 2, 'the words of the browser at the terminal');
}
