// A server that has lost the end of its log: the page hears everything again from the first event on,
// shows what the server has now, and records anew.
import { cpSync, rmSync } from 'node:fs';
import { join as path } from 'node:path';
import { browser, check, enter, isShown, join, spoken, test, tree, until, work } from './house.mjs';

const data = path(work, 'data');
const earlier = path(work, 'earlier');
const OPTIONS = ['--countdown', '0.5', '--agenda', `${tree}/testdata/agendas/two-pages.json`];
const isOf = (type, id) => (event) => event.type === type && event.data.participant_id === id;
const ofKim = async (house, type) => (await house.log('lost')).filter(isOf(type, 'p1'));

const isBack = (page) =>
  until('the page is back', async () => (await page.innerText('#link')) === '', 60000);

async function isAway(page) {
  await until('the page is away', async () => (await page.innerText('#link')) !== '');
}

test('what the server has lost, the page forgets', async (house) => {
  await house.serve(...OPTIONS);
  const one = await browser(spoken('kim', 'The library should be open on Sundays.'));
  const page = await enter(one, `${house.url}/r/lost`, 'Kim', { seats: 2 });
  join('Lee', 'lost', '--input', 'none', '--output', 'none', '--record', 'no');
  await isShown(page, '#page');
  await house.event('lost', 'Kim is recorded', isOf('recording_started', 'p1'));

  await house.kill();
  await isAway(page);
  cpSync(data, earlier, { recursive: true });
  await house.serve(...OPTIONS);
  await isBack(page);

  // More happens than comes again while the page is away.
  for (let i = 0; i < 10; i++) {
    await page.click('#mic');
    await until('all see the microphone', async () => (await ofKim(house, 'voice_status')).length > i);
  }
  await page.click('#next');
  await until('the page is turned', async () =>
    (await page.innerText('#page-number')).startsWith('Page 2'),
  );
  await house.kill();
  await isAway(page);
  rmSync(data, { recursive: true });
  cpSync(earlier, data, { recursive: true });
  await house.serve(...OPTIONS);

  await until('the first page is shown again', async () =>
    (await page.innerText('#page-number')).startsWith('Page 1'),
  );
  await page.click('#choices button:has-text("Tea")');
  await house.event('lost', 'Kim chooses', isOf('choice_submitted', 'p1'));
  await until('Kim is recorded anew', async () => (await ofKim(house, 'recording_started')).length === 2);
  const log = await house.log('lost');
  check(!log.some(({ type }) => type === 'next_page'), 'what was lost is lost');
  check((await ofKim(house, 'join')).length === 1, 'the same seat');
  await page.click('#end');
  await page.click('#end'); // it has asked
  await until('both recordings arrive', async () => (await ofKim(house, 'recording_uploaded')).length === 2);
});
