// Eight seats of all kinds: a browser, a terminal and six bots, everybody with everybody.
import {
  bot,
  browser,
  check,
  enter,
  hears,
  isShown,
  join,
  spoken,
  spokenForLong,
  test,
  tree,
  until,
} from './house.mjs';

const BOTS = ['ada', 'ben', 'cleo', 'dan', 'eve', 'finn'];
const VOICES = ['kim', 'lee', 'park'];
const ALL = ['kim', 'lee', ...BOTS];

const says = BOTS.flatMap((who, n) =>
  [0.5, 5, 9].map((s, k) => `at start+${s + n / 4} ${who} says ${VOICES[n % 3]}-${(k % 2) + 1}`),
);
const hear = BOTS.flatMap((who) =>
  ALL.filter((other) => other !== who).map((other) => `at start+0.5 expect ${who} hears ${other} within 30`),
);
const SCENARIO = [
  'title  Eight seats',
  `speech ${tree}/testdata/speech`,
  'limit  90',
  'cast kim "Kim" host',
  ...ALL.slice(1).map((who) => `cast ${who} "${who}"`),
  ...says,
  ...hear,
  '',
].join('\n');

test('eight of all kinds hear each other', async (house) => {
  await house.serve('--countdown', '0.5');
  const one = await browser(spoken('kim', 'I think that the library should be open on Sundays.'));
  const page = await enter(one, `${house.url}/r/eight`, 'Kim', { seats: 8, consents: false });
  const voice = spokenForLong('lee', 'I do not think that they should.');
  const lee = join('lee', 'eight', '--input', voice, '--output', 'none', '--record', 'no');
  const bots = BOTS.map((who) => bot(who, 'eight', SCENARIO));
  await isShown(page, '#page');
  await until('the page has seven voices', () =>
    page.evaluate(() => document.querySelectorAll('audio').length === 7),
  );
  await Promise.all([2, 3, 4, 5, 6, 7, 8].map((n) => hears(page, `p${n}`)));
  lee.say('/stats');
  const { data } = await lee.sees('the terminal has seven', ({ type }) => type === 'stats');
  const states = Object.values(data).map(({ state }) => state);
  check(states.length === 7 && states.every((state) => state === 'connected'), `${states}`);
  // By then each bot has spoken twice.
  await until('some seconds have passed', () =>
    page.innerText('#page-clock').then((time) => time >= '0:09'),
  );
  await page.click('#end');
  await page.click('#end'); // it has asked
  for (const one of bots)
    check((await one.exit) === 0, `${one.name} heard all that it should:\n${one.lines.join('\n')}`);
  check((await lee.exit) === 0, 'the terminal ends well');
});
