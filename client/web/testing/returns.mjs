// Whatever breaks, the page comes back: the server, the tab, the place.
import {
  browser,
  check,
  enter,
  hears,
  isShown,
  join,
  loudness,
  read,
  spoken,
  spokenForLong,
  test,
  tree,
  until,
} from './house.mjs';
import { openPage } from './browser.mjs';

const isOf = (type, id) => (event) => event.type === type && event.data.participant_id === id;

// How many pieces of recordings this browser keeps.
function pieces(page) {
  return page.evaluate(
    () =>
      new Promise((counted) => {
        indexedDB.open('debate').onsuccess = ({ target: { result } }) => {
          const request = result.transaction('chunks').objectStore('chunks').count();
          request.onsuccess = () => {
            result.close();
            counted(request.result);
          };
        };
      }),
  );
}

async function aServerIsRestarted(house, page, lee) {
  await house.kill();
  await until('the page says that the connection is lost', () =>
    page
      .locator('#link')
      .innerText()
      .then((words) => words.includes('lost')),
  );
  await loudness(page, 'p2'); // the voices go from peer to peer, and go on
  check((await page.locator('audio').count()) === 1, 'the voice goes on without the server');
  await house.serve('--countdown', '0.5');
  await until('the page is back', () =>
    page
      .locator('#link')
      .innerText()
      .then((words) => words === ''),
  );
  await lee.sees('the page is back', isOf('connected', 'p1'));
  await page.click('#choices button:has-text("Tea")');
  await house.event('return', 'it chooses again', isOf('choice_submitted', 'p1'));
  check(
    (await house.log('return')).filter(isOf('recording_started', 'p1')).length === 1,
    'the recording went on',
  );
}

async function aTabDies(house, page) {
  const context = page.context();
  await until('pieces of the recording lie on the shelf', async () => (await pieces(page)) >= 2);
  page.goto('chrome://crash').catch(() => {});
  await house.event('return', 'the seat is empty', (event) => isOf('disconnected', 'p1')(event));
  const again = await context.newPage();
  await again.goto(`${house.url}/r/return`);
  await again.waitForSelector('#door .sound:not([hidden])');
  check((await again.inputValue('#name')) === 'Kim', 'who it was');
  await again.check('[value=yes]');
  await again.click('#door .primary');
  await isShown(again, '#page');
  check(
    (await house.log('return')).filter(({ type }) => type === 'join').length === 2,
    'the same seat',
  );
  await until(
    'it is recorded again',
    async () => (await house.log('return')).filter(isOf('recording_started', 'p1')).length === 2,
  );
  return again;
}

async function itIsReplaced(house, page, lee) {
  const token = house.tokenFor('lee');
  const second = await openPage(await browser(), `${house.url}/r/return?token=${token}`);
  await second.waitForSelector('#door .sound:not([hidden])');
  check(
    second.url() === `${house.url}/r/return`,
    `the token stays in the address: ${second.url()}`,
  );
  await second.fill('#name', 'Lee');
  await second.check('[value=no]');
  await second.click('#door .primary');
  await isShown(second, '#page');
  check((await lee.exit) === 4, 'the terminal was replaced');
  const third = await openPage(await browser(), `${house.url}/r/return?token=${token}`);
  await third.waitForSelector('#door .sound:not([hidden])');
  await third.check('[value=no]');
  await third.fill('#name', 'Lee');
  await third.click('#door .primary');
  await until('the replaced page says so', () =>
    second
      .locator('#over-title')
      .innerText()
      .then((words) => words.includes('elsewhere')),
  );
  const wasSeen = (await house.log('return')).length;
  await hears(page, 'p2');
  check(
    (await house.log('return')).slice(wasSeen).every(({ type }) => type === 'voice_status'),
    'replaced stays replaced',
  );
}

// The tab dies, the debate ends meanwhile, and a later visit sends what was recorded.
async function aLaterVisitSends(house, page) {
  const context = page.context();
  const before = await pieces(page);
  await until('more pieces lie on the shelf', async () => (await pieces(page)) >= before + 2);
  page.goto('chrome://crash').catch(() => {});
  await until('the seat is empty', async () => {
    const events = (await house.log('return')).filter(({ data }) => data.participant_id === 'p1');
    return events.at(-1).type === 'disconnected';
  });
  const { session_id: id } = JSON.parse(await house.get('/api/rooms/return'));
  await fetch(`${house.url}/api/sessions/${id}/end`, {
    method: 'POST',
    body: '{}',
    headers: { Authorization: `Bearer ${house.operator}`, 'Content-Type': 'application/json' },
  });
  const later = await context.newPage();
  await later.goto(`${house.url}/r/another`);
  await later.click('#left button');
  await until(
    'both have arrived',
    async () => (await house.log('return')).filter(isOf('recording_uploaded', 'p1')).length === 2,
  );
  for (const { data } of (await house.log('return')).filter(isOf('recording_stopped', 'p1'))) {
    const bytes = [...read(`data/${data.path}`)];
    const seconds = await later.evaluate(
      async (all) =>
        (await new AudioContext().decodeAudioData(new Uint8Array(all).buffer)).duration,
      bytes,
    );
    console.log(`recorded ${seconds.toFixed(2)} s before the tab died`);
    check(seconds > 1, 'what was recorded before the tab died');
  }
  await later.reload();
  await later.waitForSelector('#door');
  check(!(await later.isVisible('#left')), 'nothing is offered twice');
}

test('whatever breaks, the page comes back', async (house) => {
  await house.serve('--countdown', '0.5', '--agenda', `${tree}/testdata/agendas/two-pages.json`);
  const one = await browser(
    spoken('kim', 'The library should be open on Sundays, and I will say so again.'),
  );
  const page = await enter(one, `${house.url}/r/return`, 'Kim', { seats: 2 });
  const lee = join(
    'Lee',
    'return',
    '--token',
    house.tokenFor('lee'),
    '--input',
    spokenForLong('lee', 'I do not think that they should.'),
    '--output',
    'none',
    '--record',
    'no',
  );
  await isShown(page, '#page');
  await hears(page, 'p2');
  await aServerIsRestarted(house, page, lee);
  const again = await aTabDies(house, page);
  await itIsReplaced(house, again, lee);
  await aLaterVisitSends(house, again);
});
