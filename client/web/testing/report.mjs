// The report of a debate in a browser, as a file and as the server's: nothing is fetched, what is
// clicked is heard, nothing sticks out, axe-core finds nothing, and a hostile name does nothing.
// SHOTS=DIR keeps pictures to look at.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join as path, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch } from './browser.mjs';
import { check, test, tree, until, work } from './house.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const program = resolve(process.env.DEBATE_BIN);
const NAME = '<img src=x onerror=document.title=1>';

// A folder in which two of three were recorded, one of them with a name that wants to be markup.
function debateFolder() {
  const folder = path(work, 'sunday');
  mkdirSync(folder, { recursive: true });
  const log = readFileSync(path(tree, 'testdata/logs/library.jsonl'), 'utf8');
  writeFileSync(path(folder, 'log.jsonl'), log.replaceAll('"이서연"', JSON.stringify(NAME)));
  copyFileSync(path(tree, 'testdata/speech/lee-1.opus'), path(folder, 'p2-1.opus'));
  return folder;
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

test('the report', async () => {
  const folder = debateFolder();
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
  }
  await browser.close();
});
