// Mouth to ear: a browser and a terminal click once a second into a debate, and another browser says
// when it hears them. All clocks are this machine's; the listener's own tap is counted in both.
import { writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { browser, enter, isShown, join, test, until, work } from './house.mjs';

const CLICKS = 25;
const RATE = 48000;

// A WAV file with a click of 20 ms at each second.
function clicks(name, seconds) {
  const samples = RATE * seconds;
  const bytes = Buffer.alloc(44 + 2 * samples);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + 2 * samples, 4);
  bytes.write('WAVEfmt ', 8);
  [16, 0x10001, RATE, 2 * RATE, 0x100002].forEach((value, i) =>
    bytes.writeUInt32LE(value, 16 + 4 * i),
  );
  bytes.write('data', 36);
  bytes.writeUInt32LE(2 * samples, 40);
  for (let second = 0; second < seconds; second++)
    for (let i = 0; i < RATE / 50; i++) {
      const sample = Math.round(20000 * Math.sin((i / RATE) * 2 * Math.PI * 1000));
      bytes.writeInt16LE(sample, 44 + 2 * (second * RATE + i));
    }
  const file = path(work, name);
  writeFileSync(file, bytes);
  return file;
}

// In the page: a microphone that clicks at each whole second of the epoch.
function clickingMicrophone() {
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext({ latencyHint: 'interactive' });
    const out = context.createMediaStreamDestination();
    const tone = new OscillatorNode(context, { frequency: 1000 });
    const gate = new GainNode(context, { gain: 0 });
    tone.connect(gate).connect(out);
    tone.start();
    const plan = () => {
      const now = performance.timeOrigin + performance.now();
      const next = Math.ceil((now + 300) / 1000) * 1000;
      const at = context.currentTime + (next - now) / 1000;
      gate.gain.setValueAtTime(0.6, at);
      gate.gain.setValueAtTime(0, at + 0.02);
      setTimeout(plan, next - now + 200);
    };
    plan();
    return out.stream;
  };
}

function silentMicrophone() {
  navigator.mediaDevices.getUserMedia = async () =>
    new AudioContext().createMediaStreamDestination().stream;
}

// In the page: notes when clicks of a participant come.
function listen(id) {
  const context = new AudioContext({ latencyHint: 'interactive' });
  const tap = context.createScriptProcessor(256, 1, 1);
  const heard = [];
  let last = 0;
  (globalThis.heard ??= {})[id] = heard;
  tap.onaudioprocess = ({ inputBuffer }) => {
    const now = performance.timeOrigin + performance.now();
    const first = inputBuffer.getChannelData(0).findIndex((x) => Math.abs(x) > 0.05);
    if (first < 0) return;
    if (now - last > 500) heard.push(now - ((256 - first) / context.sampleRate) * 1000);
    last = now;
  };
  const { srcObject } = document.querySelector(`audio[data-participant=${id}]`);
  context.createMediaStreamSource(srcObject).connect(tap);
  tap.connect(context.destination);
}

function tell(what, times, since) {
  const late = times.map((time) => (time - since) % 1000).sort((a, b) => a - b);
  const at = (share) => late[Math.floor(share * (late.length - 1))].toFixed(1);
  console.log(`${what}: median ${at(0.5)} ms, ${at(0.05)} to ${at(0.95)} (${late.length} clicks)`);
}

test('mouth to ear', async (house) => {
  await house.serve('--countdown', '1');
  const url = `${house.url}/r/bench`;
  const one = await browser();
  await enter(one, url, 'Clicks', {
    consents: false,
    init: clickingMicrophone,
    seats: 3,
  });
  const listener = await enter(one, url, 'Listens', {
    consents: false,
    init: silentMicrophone,
  });
  const options = ['--input', clicks('clicks.wav', 120), '--output', 'none', '--record', 'no'];
  join('Terminal', 'bench', ...options);
  await isShown(listener, '#page');
  for (const id of ['p1', 'p3']) await listener.evaluate(listen, id);
  const { data } = await house.event('bench', 'the start', ({ type }) => type === 'start');
  const look = () => listener.evaluate(() => globalThis.heard);
  const heard = await until('enough clicks are heard', async () => {
    const all = await look();
    return all.p1.length >= CLICKS && all.p3.length >= CLICKS && all;
  });
  tell('browser to browser ', heard.p1, 0);
  tell('terminal to browser', heard.p3, data.start_at);
});
