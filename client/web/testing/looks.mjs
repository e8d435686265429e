// The page in English and Korean, light and dark, wide and 320 pixels narrow: nothing sticks out, and
// axe-core finds nothing. SHOTS=DIR keeps pictures to look at.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { browser, check, isShown, join, spoken, test, tree, until } from './house.mjs';
import { openPage, weight } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LOOKS = [
  { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
  { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
  { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
];

async function look(page, view) {
  for (const { colorScheme, viewport } of LOOKS) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const language = await page.evaluate(() => document.documentElement.lang);
    const name = `${view} ${language} ${colorScheme} ${viewport.width}`;
    const wide = await page.evaluate(() =>
      [...document.body.querySelectorAll('*')]
        .filter(
          (element) =>
            document.scrollingElement.scrollWidth > innerWidth &&
            element.getBoundingClientRect().right > innerWidth,
        )
        .map((element) => element.outerHTML.slice(0, 120)),
    );
    check(!wide.length, `${name}: sticks out: ${wide.join('\n')}`);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document));
    const said = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`,
    );
    check(!said.length, `${name}: ${said.join('\n')}`);
    if (process.env.SHOTS)
      await page.screenshot({
        path: `${process.env.SHOTS}/${name.replaceAll(' ', '-')}.png`,
        animations: 'disabled',
      });
  }
}

async function debateIn(house, locale, name, room) {
  const page = await openPage(
    await browser(spoken(room, 'The library should be open.')),
    `${house.url}/r/${room}`,
    { locale },
  );
  await page.evaluate(axe);
  await page.waitForSelector('#door .sound:not([hidden])');
  console.log(`the page weighs ${await weight(page)} bytes when it has opened`);
  check(
    (await page.evaluate(() => document.documentElement.lang)) === locale.slice(0, 2),
    'the language',
  );
  await look(page, 'door');
  await page.fill('#name', name);
  await page.check('[value=yes]');
  await page.click('#door .primary');
  await isShown(page, '#seats');
  await look(page, 'door-seats');
  await page.selectOption('#count', '3');
  await page.click('#door .primary');
  await isShown(page, '#lobby');
  const options = [
    '--input',
    `${tree}/testdata/speech/lee-1.opus`,
    '--output',
    'none',
    '--record',
    'no',
  ];
  const lee = join('Lee', room, ...options);
  await until('one has come', () =>
    page
      .locator('#people li')
      .count()
      .then((n) => n === 2),
  );
  await look(page, 'lobby');
  const park = join('박서연', room, ...options);
  await isShown(page, '#count-down');
  if (process.env.SHOTS)
    await page.screenshot({ path: `${process.env.SHOTS}/countdown-${locale}.png` });
  await isShown(page, '#page');
  await look(page, 'live');
  lee.say('{"type":"submit_choice","data":{"choice":"disagree"}}');
  await page.click('#choices button');
  park.say('{"type":"submit_choice","data":{"choice":"agree"}}');
  await until('they are revealed', () =>
    page
      .locator('#choices button small')
      .first()
      .innerText()
      .then((words) => words.includes('박서연')),
  );
  await page.click('#sound summary');
  await until('the connections are told', () =>
    page
      .locator('#stats dd')
      .count()
      .then((n) => n === 2),
  );
  await look(page, 'revealed');
  await page.click('#sound summary');
  await page.dblclick('#next'); // is one click
  await isShown(page, '#earlier');
  await look(page, 'second');
  await page.click('#end');
  await look(page, 'asks');
  await page.click('#end'); // it has asked
  await until('the recording has arrived', () =>
    page
      .locator('#uploads p')
      .innerText()
      .then((words) => words.includes('has arrived') || words.includes('도착')),
  );
  await look(page, 'over');
  // All that a whole debate takes.
  const whole = await weight(page);
  console.log(`note: ${locale}: the page weighs ${whole} bytes`);
  check(whole > 30000 && whole < 60000, `${locale}: the page weighs ${whole} bytes`);
}

test('it looks right in both languages, light, dark and narrow, and is light', async (house) => {
  await house.serve(
    '--countdown',
    '2',
    '--agenda',
    `${tree}/testdata/agendas/library-on-sunday.json`,
  );
  await debateIn(house, 'en-GB', 'Kim', 'english');
  await debateIn(house, 'ko-KR', '김하늘', 'korean');
});
