// A browser, a terminal's script and a bot hold one debate.
import { createHash } from 'node:crypto';
import {
  bot,
  browser,
  check,
  enter,
  hears,
  isShown,
  join,
  read,
  spoken,
  spokenForLong,
  test,
  tree,
  until,
} from './house.mjs';

const SCENARIO = `title  Three kinds
speech ${tree}/testdata/speech
limit  90
cast kim "Kim" host
cast lee "Lee"
cast park "Park"
${[0.5, 10, 20, 30, 40, 50, 60, 70].map((s, n) => `at start+${s} park says park-${(n % 3) + 1}`).join('\n')}
at start+0.6 expect park hears kim within 30
             expect park hears lee within 30
             expect park sees choices_revealed kim=agree lee=disagree park=unsure within 60
             park chooses unsure
`;

const isOf = (type, id) => (event) => event.type === type && event.data.participant_id === id;

test('a browser, a terminal and a bot hold one debate', async (house) => {
  await house.serve(
    '--countdown',
    '1',
    '--agenda',
    `${tree}/testdata/agendas/library-on-sunday.json`,
  );
  const one = await browser(spoken('kim', 'I think that the library should be open on Sundays.'));
  const page = await enter(one, `${house.url}/r/three`, 'Kim', { seats: 3 });
  const lee = join(
    'Lee',
    'three',
    '--input',
    spokenForLong('lee', 'I do not think that they should.'),
    '--output',
    'lee-heard.wav',
    '--record',
    'no',
  );
  const park = bot('park', 'three', SCENARIO);

  // All pairs connect, and it starts for all at the same instant.
  await isShown(page, '#page');
  for (const id of ['p2', 'p3'])
    await until(`the page is connected to ${id}`, () =>
      page
        .locator('#people li', { hasText: /voice connected|speaking/ })
        .count()
        .then((n) => n >= 2),
    );
  await lee.sees(
    'connected to the browser',
    ({ type, data }) =>
      type === 'peer' && data.participant_id === 'p1' && data.state === 'connected',
  );
  // Who compare the words of their connection find the same.
  const { data } = await lee.sees(
    'words of the connection to the browser',
    ({ type, data }) =>
      type === 'peer' && data.participant_id === 'p1' && data.fingerprint_words,
  );
  await page.click('#sound summary');
  const shown = await until('the page shows words for all', async () => {
    const all = (await page.locator('#stats').innerText()).match(/words to compare: .*/g);
    return all?.length === 2 && all;
  });
  check(shown.includes(`words to compare: ${data.fingerprint_words}`), `the words: ${shown}`);
  await page.click('#sound summary');
  const starts = [];
  for (const id of ['p1', 'p2', 'p3'])
    starts.push(
      (await house.event('three', `start of ${id}`, isOf('start_reported', id))).data.late_ms,
    );
  console.log(`started ${starts.join(', ')} ms after the common instant`);
  check(Math.max(...starts) - Math.min(...starts) <= 150, `starts differ: ${starts}`);

  // Everybody hears everybody; the bot's part stands in its scenario.
  await Promise.all([hears(page, 'p2'), hears(page, 'p3')]);
  await until('the terminal says that the browser speaks', () =>
    lee.lines.some((line) => /"voice_status".*"Kim".*"is_speaking":true/.test(line)),
  );
  await house.event('three', 'the recording begins', isOf('recording_started', 'p1'));

  // Choices, and the pages that the host in the browser turns.
  await page.click('#choices button:has-text("Open it")');
  lee.say('{"type":"submit_choice","id":1,"data":{"choice":"disagree"}}');
  const revealed = await house.event(
    'three',
    'choices are revealed',
    ({ type }) => type === 'choices_revealed',
  );
  check(revealed.data.choices.p1 === 'agree', 'the choice that was pressed');
  await until('the page shows who chose what', () =>
    page
      .locator('#choices button:has-text("Keep it closed") small')
      .innerText()
      .then((words) => words === 'Lee'),
  );

  // A reload keeps the seat, the page and one's own choice.
  await page.reload();
  await isShown(page, '#page');
  check(
    (await page.locator('#choices button[aria-pressed=true]').innerText()).startsWith('✓ Open it') ||
      (await page.locator('#choices button[aria-pressed=true] span').innerText()) === 'Open it',
    'the choice after a reload',
  );
  await Promise.all([hears(page, 'p2'), hears(page, 'p3')]);
  const begun = await until('a second recording begins', async () => {
    const all = (await house.log('three')).filter(isOf('recording_started', 'p1'));
    return all.length === 2 && all;
  });
  await page.click('#next');
  await lee.sees('page 2', ({ type, data }) => type === 'next_page' && data.page === 2);
  await until('the page turns', () =>
    page
      .locator('#page-number')
      .innerText()
      .then((words) => words === 'Page 2 of 2'),
  );
  check(
    (await house.log('three')).filter(isOf('join', 'p1')).length === 1,
    'the seat was taken twice',
  );

  // The end, and the recordings.
  await page.click('#end');
  await page.click('#end'); // it has asked
  await isShown(page, '#over');
  await until('both recordings have arrived', () =>
    page
      .locator('#uploads p:has-text("has arrived")')
      .count()
      .then((n) => n === 2),
  );
  for (const { data } of begun) {
    const there = await house.event(
      'three',
      'the upload stands in the log',
      ({ type, data: { recording_id: id } }) =>
        type === 'recording_uploaded' && id === data.recording_id,
    );
    const bytes = read(`data/${data.path}`);
    check(
      createHash('sha256').update(bytes).digest('hex') === there.data.sha256,
      'the digest in the log',
    );
    check(bytes.length === there.data.bytes && bytes.length > 4000, 'the length in the log');
  }
  check((await lee.exit) === 0, 'the terminal ends well');
  check(
    (await park.exit) === 0,
    `the bot saw and heard all that it should:\n${park.lines.join('\n')}`,
  );
});
