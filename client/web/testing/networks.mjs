// A browser and a terminal that reach each other through coturn alone: they hear each other, also
// after the browser's address has changed; and a login that coturn does not know is told.
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import {
  browser,
  check,
  enter,
  hears,
  isShown,
  join,
  runners,
  spoken,
  spokenForLong,
  test,
  until,
  work,
} from './house.mjs';

const BACK_MS_MAX = 8000; // 2 s are wanted, and kept by far on a quiet machine; the rest is a busy one's
const networks = process.env.NETWORKS;
const inBrowsers = (...words) => execFileSync(path(networks, 'browser'), words);
runners.Lee = path(networks, 'terminal');

function secret(name, words) {
  writeFileSync(path(work, name), `${words}, and so on until it is long enough\n`);
  return name;
}

async function coturn(known) {
  const words =
    '-n --listening-ip=10.0.0.1 --relay-ip=10.0.0.1 --relay-threads=1 --use-auth-secret ' +
    '--denied-peer-ip=10.0.1.0-10.0.2.255 --realm=debate --no-tls --no-dtls --no-cli';
  const files = [`--userdb=${work}/turndb`, `--pidfile=${work}/turn-pid`, '--log-file=stdout'];
  const child = spawn('turnserver', [...words.split(' '), ...files, '-v', `--static-auth-secret=${known}`]);
  process.on('exit', () => child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (text) => (said += text));
  await until('coturn listens', () => /listener opened on *: *10\.0\.0\.1:3478/.test(said));
}

// In the page: notes when something was heard last.
function listen(participant) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  let heard;
  const samples = new Float32Array(analyser.fftSize);
  globalThis.heardAt = Date.now();
  setInterval(() => {
    const audio = document.querySelector(`audio[data-participant=${participant}]`);
    if (audio && audio !== heard) context.createMediaStreamSource(audio.srcObject).connect(analyser);
    heard = audio;
    analyser.getFloatTimeDomainData(samples);
    if (samples.some((x) => Math.abs(x) > 0.02)) globalThis.heardAt = Date.now();
  }, 20);
}

const stats = (page) => page.locator('#stats').innerText();

async function addressChanges(page, lee) {
  const name = await page.getAttribute('audio', 'data-participant');
  await page.evaluate(listen, name);
  inBrowsers('ip', 'address', 'del', '10.0.1.2/24', 'dev', 'way');
  await new Promise((done) => setTimeout(done, 2000));
  inBrowsers('ip', 'address', 'add', '10.0.1.12/24', 'dev', 'way');
  inBrowsers('ip', 'route', 'add', '10.0.0.1', 'via', '10.0.1.1');
  const since = Date.now();
  const heardAt = await until('the terminal is heard again', async () => {
    const at = await page.evaluate(() => globalThis.heardAt);
    return at > since + 20 && at;
  });
  console.log(`note: the browser hears ${heardAt - since} ms after the network is back`);
  check(heardAt - since < BACK_MS_MAX, 'the voice is back late');
}

test('coturn alone is the way', async (house) => {
  const known = 'what coturn and the server know';
  await coturn(`${known}, and so on until it is long enough`);
  const serve = (turnSecret) =>
    house.serve(
      ...['--secret-file', secret('secret', 'who may come'), '--guests=rooms', '--countdown', '0.2'],
      ...['--record', 'off', '--turn', '10.0.0.1', '--turn-secret-file', turnSecret],
    );
  house.address = '10.0.0.1';
  await serve(secret('turn-secret', known));
  const flag = `--unsafely-treat-insecure-origin-as-secure=${house.url}`;
  const one = await browser(spoken('kim', 'The library should be open on Sundays.'), [flag]);
  const url = `${house.url}/r/relay`;
  const kim = await enter(one, url, 'Kim', { seats: 2, consents: false });
  const tone = spokenForLong('lee', 'I do not think that they should.');
  const lee = join('Lee', 'relay', '--input', tone, '--output', 'heard.wav', '--record', 'no');
  await isShown(kim, '#page');
  await hears(kim, 'p2');
  await kim.click('#sound summary');
  await until('the way is a relay', async () => (await stats(kim)).includes('relayed'));
  check((await kim.innerText('#link')) === '', 'nothing is wrong');
  await addressChanges(kim, lee);
  lee.say('{"type":"leave"}');
  check((await lee.exit) === 0, 'the terminal ends well');
  await kim.close();

  await house.kill();
  await serve(secret('wrong-secret', 'what coturn has never heard of'));
  const other = await enter(one, `${house.url}/r/wrong`, 'Kim', { seats: 2, consents: false });
  join('Lee', 'wrong', '--input', 'none', '--output', 'none', '--record', 'no');
  await until('the page says what is wrong with the relay', () =>
    other.innerText('#link').then((words) => words.includes('refuses our login')),
  );
});
