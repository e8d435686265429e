// The report of a debate in a browser, as a file and as the server's: nothing is fetched, what is
// clicked is heard, also of what a page recorded, nothing sticks out, axe-core finds nothing, and a
// hostile name does nothing. SHOTS=DIR keeps pictures to look at.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join as path, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch } from './browser.mjs';
import { check, test, tree, until, work } from './house.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const program = resolve(process.env.DEBATE_BIN);
const NAME = '<img src=x onerror=document.title=1>';

// A folder in which two of three were recorded, one of them with a name that wants to be markup.
function debateFolder(name) {
  const folder = path(work, name);
  mkdirSync(folder, { recursive: true });
  const log = readFileSync(path(tree, 'testdata/logs/library.jsonl'), 'utf8');
  writeFileSync(path(folder, 'log.jsonl'), log.replaceAll('"이서연"', JSON.stringify(NAME)));
  copyFileSync(path(tree, 'testdata/speech/lee-1.opus'), path(folder, 'p2-1.opus'));
  return folder;
}

// What a page records: by this browser's MediaRecorder, in pieces, without a length or an index.
// Somebody speaks from a second on and again three seconds after having ended.
async function recordedByPage(browser) {
  const page = await browser.newPage();
  const words = readFileSync(path(tree, 'testdata/speech/kim-2.opus')).toString('base64');
  const bytes = await page.evaluate(async (base64) => {
    const context = new AudioContext({ sampleRate: 48000 });
    const file = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)).buffer;
    const speech = await context.decodeAudioData(file);
    const heard = context.createMediaStreamDestination();
    const again = 1 + speech.duration + 3;
    const pieces = [];
    const recorder = new MediaRecorder(heard.stream, { mimeType: 'audio/webm;codecs=opus' });
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    const ended = new Promise((done) => (recorder.onstop = done));
    recorder.start(1000);
    for (const at of [1, again]) {
      const source = new AudioBufferSourceNode(context, { buffer: speech });
      source.connect(heard);
      source.start(context.currentTime + at);
      if (at === again) source.onended = () => recorder.stop();
    }
    await ended;
    return [...new Uint8Array(await new Blob(pieces).arrayBuffer())];
  }, words);
  await page.close();
  return Buffer.from(bytes);
}

// The second time is heard where it was said, without the first having been played.
async function webm(browser) {
  const folder = debateFolder('webm');
  rmSync(path(folder, 'p2-1.opus'));
  writeFileSync(path(folder, 'r_AbCdEfGhIjKlMnOpQrStUv_1.webm'), await recordedByPage(browser));
  debate('analyze', folder, '--language', 'en');
  const file = path(work, 'webm.html');
  debate('report', folder, '--output', file);
  check(readFileSync(file, 'utf8').includes('src="data:audio/webm;base64,'), 'no WebM in the page');
  const { page } = await open(browser, file);
  const turns = page.locator('a.when[data-r]');
  check((await turns.count()) >= 2, 'one has spoken twice, and this is not shown');
  const from = Number(await turns.last().getAttribute('data-b'));
  check(from > 4, `the second time is said to begin at ${from} s`);
  await hear(page, turns.last());
  await hear(page, turns.first());
}

const debate = (...words) => execFileSync(program, words, { cwd: work, stdio: 'pipe' });

async function open(browser, file, options) {
  const page = await browser.newPage(options);
  const asked = [];
  const said = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  await page.goto(pathToFileURL(file).href);
  return { page, asked, said };
}

const playing = (page) =>
  page.evaluate(() => [...document.querySelectorAll('audio')].find((one) => !one.paused)?.currentTime);

// Plays from where the link says, shows it, and stops when it is clicked again.
async function hear(page, link) {
  const from = Number(await link.getAttribute('data-b'));
  await link.click();
  const at = await until('it plays', async () => {
    const now = await playing(page);
    return now > from + 0.1 && now;
  });
  check(at < from + 5, `it plays at ${at}, not from ${from} on`);
  check(await page.$('.turn.on'), 'it does not show what is heard');
  await link.click();
  await until('it stops', async () => (await playing(page)) === undefined);
  check(!(await page.$('.on')), 'it still shows what is not heard');
}

async function look(page, name) {
  for (const [colorScheme, media, width] of [
    ['light', 'screen', 1400],
    ['dark', 'screen', 320],
    ['light', 'print', 700],
  ]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, media, reducedMotion: 'reduce' });
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
    check(wide <= 0, `${name} ${media} ${width}: ${wide} pixels stick out`);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document));
    const found = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`,
    );
    check(!found.length, `${name} ${media} ${width}: ${found.join('\n').slice(0, 2000)}`);
    if (process.env.SHOTS)
      await page.screenshot({
        path: `${process.env.SHOTS}/${name}-${media}-${width}.png`,
        fullPage: true,
      });
  }
}

// On a sheet of A4 (210 by 297 mm, margins of 16 mm), for whoever has a dark screen.
async function paper(page) {
  const mm = 96 / 25.4;
  await page.setViewportSize({ width: Math.floor(178 * mm), height: 900 });
  await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
  const wrong = await page.evaluate((tall) => {
    const all = (what) => [...document.querySelectorAll(what)];
    const found = [];
    for (const one of all('body, section, .story li'))
      if (!['rgb(255, 255, 255)', 'rgba(0, 0, 0, 0)'].includes(getComputedStyle(one).backgroundColor))
        found.push(`${one.tagName} is not on white`);
    if (all('audio').some((one) => one.getClientRects().length)) found.push('a player is printed');
    for (const one of all('svg, table, .shares, .story li, .choices > li')) {
      const { height, right } = one.getBoundingClientRect();
      if (height > tall) found.push(`${one.tagName} is taller than a page: ${height}`);
      if (right > innerWidth + 1) found.push(`${one.tagName} sticks out: ${right}`);
      if (getComputedStyle(one).breakInside !== 'avoid') found.push(`${one.tagName} may be cut`);
    }
    for (const one of all('thead th')) {
      if (one.scrollWidth > one.clientWidth + 1) found.push(`cut: ${one.textContent}`);
      if (getComputedStyle(one).overflowWrap !== 'normal') found.push(`torn: ${one.textContent}`);
    }
    return found;
  }, 265 * mm);
  check(!wrong.length, `on paper: ${wrong.join('; ')}`);
}

test('the report', async () => {
  const folder = debateFolder('sunday');
  debate('analyze', folder, '--language', 'en');
  const browser = await launch();
  for (const [audio, language] of [
    ['embed', 'ko'],
    ['beside', 'en'],
  ]) {
    const file = path(work, `${audio}.html`);
    debate('report', folder, '--audio', audio, '--language', language, '--output', file);
    const { page, asked, said } = await open(browser, file);
    await hear(page, page.locator('a.when[data-r]').first());
    if (audio === 'embed') await hear(page, page.locator('svg a[data-r]').first());
    const foreign = asked.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'));
    check(!foreign.length, `it asked for ${foreign}`);
    check(!said.length, `${audio}: the browser says ${said.join('\n')}`);
    check((await page.textContent('body')).includes(NAME), 'the name is not shown as it is');
    check((await page.title()).startsWith('Should'), 'the name did something');
    if (audio === 'beside') continue;
    await page.evaluate(axe);
    await look(page, `report-${language}`);
    await paper(page);
  }
  await webm(browser);
  await browser.close();
});
