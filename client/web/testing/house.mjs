// A server and terminals around the page: started on free ports in a folder of their own, ended with
// the test.
import { spawn, execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { launch, openPage } from './browser.mjs';

const PATIENCE_MS = 60000;
const program = resolve(process.env.DEBATE_BIN);
export const tree = resolve(
  import.meta.dirname ?? new URL('.', import.meta.url).pathname,
  '../../..',
);
export const work = mkdtempSync(path(tmpdir(), 'debate-page-'));

const children = [];
const browsers = [];
const environment = {
  ...process.env,
  XDG_STATE_HOME: path(work, 'state'),
  XDG_CONFIG_HOME: path(work, 'config'),
};

export function check(holds, what) {
  if (!holds) throw new Error(what);
}

// Waits until `look` gives something that is true, and gives it.
export async function until(what, look, patienceMs = PATIENCE_MS) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

// Commands that run what has this name elsewhere.
export const runners = {};

// What it says, a line at a time; `say` writes one to it.
function run(name, ...words) {
  const all = runners[name] ? [program, ...words] : words;
  const child = spawn(runners[name] ?? program, all, { cwd: work, env: environment });
  const lines = [];
  const log = createWriteStream(path(work, `${name}.log`), { flags: 'a' });
  child.stderr.pipe(log);
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    log.write(`${line}\n`);
  });
  const exit = new Promise((ended) => child.on('exit', (code) => ended(code)));
  children.push(child);
  return { name, child, lines, exit, say: (line) => child.stdin.write(`${line}\n`) };
}

export class House {
  address = '127.0.0.1';
  port = 0;

  async serve(...options) {
    this.server = run(
      'serve',
      'serve',
      '--listen',
      `${this.address}:${this.port}`,
      '--data',
      'data',
      ...options,
    );
    const line = await until('listening', () => this.server.lines[0]);
    this.url = line.replace('listening on ', '');
    this.port = new URL(this.url).port;
    environment.DEBATE_SERVER = this.url;
  }

  async kill() {
    this.server.child.kill('SIGKILL');
    await this.server.exit;
  }

  get operator() {
    this.token ??= this.tokenFor('operator', '--role', 'operator');
    return this.token;
  }

  tokenFor(user, ...options) {
    const words = ['token', '--data', 'data', '--user', user, ...options];
    return execFileSync(program, words, { cwd: work, env: environment, encoding: 'utf8' }).trim();
  }

  async get(address) {
    const answer = await fetch(this.url + address, {
      headers: { Authorization: `Bearer ${this.operator}` },
    });
    check(answer.ok, `${address}: ${answer.status}`);
    return answer.text();
  }

  // The whole log of a room's last session, its first line left out.
  async log(room) {
    const { session_id: id } = JSON.parse(await this.get(`/api/rooms/${room}`));
    const lines = (await this.get(`/api/sessions/${id}/log`)).trim().split('\n');
    return lines.slice(1).map((line) => JSON.parse(line));
  }

  // The first event of the log for which `fits` holds, when it has come.
  event(room, what, fits) {
    return until(what, async () => (await this.log(room)).find(fits));
  }
}

// `debate join --json`: its events as objects.
export function join(name, room, ...options) {
  const one = run(name, 'join', room, '--json', '--name', name, ...options);
  one.sees = (what, fits) =>
    until(`${name}: ${what}`, () => one.lines.map((line) => JSON.parse(line)).find(fits));
  return one;
}

// `debate bot`: one role of a scenario.
export function bot(role, room, scenario) {
  const file = path(work, `${role}.debate`);
  writeFileSync(file, scenario);
  return run(`bot-${role}`, 'bot', file, '--as', role, '--room', room, '--output', 'out');
}

// What a fake microphone says: words, spoken by flite.
export function spoken(name, words, voice = 'slt') {
  const file = path(work, `${name}.wav`);
  execFileSync('flite', ['-voice', voice, '-t', words, '-o', file]);
  return file;
}

// The same for a terminal, which plays a file once: two minutes and more of it.
export const spokenForLong = (name, words) => spoken(name, `${words} `.repeat(40));

export async function browser(wav, flags) {
  const one = await launch(wav, flags);
  browsers.push(one);
  return one;
}

// Comes in through the door.
export async function enter(one, url, name, { consents = true, seats, prepare, ...options } = {}) {
  const page = await openPage(one, url, options);
  await page.fill('#name', name);
  await page.waitForSelector('#door .sound:not([hidden])');
  await page.check(`[name=consent][value=${consents ? 'yes' : 'no'}]`);
  await prepare?.(page);
  await page.click('#door .primary');
  if (seats) {
    await page.selectOption('#count', String(seats));
    await page.click('#door .primary');
  }
  await page.waitForSelector('#stage:not([hidden])');
  return page;
}

export const isShown = (page, selector) =>
  page.waitForSelector(`${selector}:not([hidden])`, { timeout: PATIENCE_MS });

// The loudest that is heard of one participant within half a second, 0 to 1.
export function loudness(page, participant) {
  return page.evaluate(async (id) => {
    const audio = document.querySelector(`audio[data-participant=${id}]`);
    if (!audio) return 0;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(audio.srcObject).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let loudest = 0;
    for (let i = 0; i < 25; i++) {
      await new Promise((done) => setTimeout(done, 20));
      analyser.getFloatTimeDomainData(samples);
      loudest = Math.max(loudest, ...samples.map(Math.abs));
    }
    await context.close();
    return loudest;
  }, participant);
}

export const hears = (page, participant) =>
  until(`the page hears ${participant}`, async () => (await loudness(page, participant)) > 0.02);

// Whatever ends the test ends what it has started.
process.on('SIGTERM', () => process.exit(1));
process.on('exit', (code) => {
  for (const child of children) child.kill('SIGKILL');
  if (code === 0 || !process.env.KEEP) rmSync(work, { recursive: true, force: true });
  else console.log(`kept: ${work}`);
});

export async function test(name, steps) {
  let code = 0;
  try {
    await steps(new House());
    console.log(`passed: ${name}`);
  } catch (error) {
    code = 1;
    console.log(`FAILED: ${name}: ${error.stack}`);
    const pages = browsers.flatMap((one) => one.contexts()).flatMap((context) => context.pages());
    for (const page of pages)
      console.log(await page.innerText('body', { timeout: 1000 }).catch(() => ''));
  }
  for (const one of browsers) await one.close().catch(() => {});
  process.exit(code);
}

export const read = (file) => readFileSync(path(work, file));
