// Everything by keyboard alone: the door, choosing, turning pages, push-to-talk, the end.
import { browser, check, isShown, join, spoken, test, tree, until } from './house.mjs';
import { openPage } from './browser.mjs';

// Tab until `selector` has the focus; nothing may cover it then.
async function tabTo(page, selector) {
  const isThere = () =>
    page.evaluate((wanted) => document.activeElement.matches(wanted), selector);
  for (let i = 0; !(await isThere()); i++) {
    check(i < 30, `Tab never comes to ${selector}`);
    await page.keyboard.press('Tab');
  }
  const covers = await page.evaluate(() => {
    const { x, y, width, height } = document.activeElement.getBoundingClientRect();
    const top = document.elementFromPoint(x + width / 2, y + height - 2);
    return document.activeElement.contains(top) ? '' : top?.outerHTML ?? 'the edge';
  });
  check(!covers, `${selector} is under ${covers}`);
}

const focused = (page) => page.evaluate(() => document.activeElement.id);

test('the keyboard alone is enough', async (house) => {
  await house.serve('--countdown', '0.5', '--agenda', `${tree}/testdata/agendas/two-pages.json`);
  const page = await openPage(await browser(spoken('kim', 'A voice.')), `${house.url}/r/keys`, {
    viewport: { width: 360, height: 640 },
  });
  const { keyboard } = page;
  await page.waitForSelector('#door .sound:not([hidden])');
  await tabTo(page, '#name');
  await keyboard.type('Kim');
  await tabTo(page, '[name=consent]');
  await keyboard.press('Space');
  check(await page.isChecked('[value=yes]'), 'consent by the space bar');
  await keyboard.press('ArrowDown');
  check(await page.isChecked('[value=no]'), 'the other answer by an arrow');
  await keyboard.press('Enter');
  await until('the number of seats is asked for', async () => (await focused(page)) === 'count');
  await keyboard.press('2');
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await until('the lobby has the focus', async () => (await focused(page)) === 'lobby-title');
  await page.evaluate(() => {
    const last = document.querySelector('#last');
    globalThis.said = [];
    new MutationObserver(() => said.push(last.textContent)).observe(last, { childList: true });
  });
  const lee = join('Lee', 'keys', '--input', 'none', '--output', 'none', '--record', 'no');
  await isShown(page, '#page');
  await until('the page has the focus', async () => (await focused(page)) === 'page-title');
  const said = await until('the start is said', () =>
    page.evaluate(() => said.includes('The debate has started.') && said),
  );
  const wanted = ['Lee has taken a seat.', 'The debate has started.'];
  check(said.every((words) => wanted.includes(words)), `nothing else is said: ${said}`);

  await tabTo(page, '#choices button');
  await keyboard.press('Enter');
  await house.event(
    'keys',
    'it was chosen',
    ({ type, data }) => type === 'choice_submitted' && data.choice === 'tea',
  );
  await until('what was chosen is said', () =>
    page
      .locator('#last')
      .textContent()
      .then((words) => words.includes('You have chosen "Tea"')),
  );
  check(
    await page.evaluate(() => document.activeElement.matches('#choices button')),
    'the focus stays where it was',
  );

  // Push-to-talk: silent, but while the key is held.
  const micIs = (isOn) =>
    lee.sees(
      `microphone ${isOn}`,
      ({ type, seq, data }) =>
        type === 'voice_status' &&
        data.participant_id === 'p1' &&
        data.is_mic_on === isOn &&
        seq > last &&
        (last = seq),
    );
  let last = (await house.log('keys')).at(-1).seq;
  await tabTo(page, '#sound summary');
  await tabTo(page, '#mic');
  await keyboard.press('Space');
  await micIs(false);
  await tabTo(page, '#push');
  await keyboard.down('Space');
  await micIs(true);
  await keyboard.up('Space');
  await micIs(false);

  await tabTo(page, '#next');
  await keyboard.press('Enter');
  await lee.sees('page 2', ({ type }) => type === 'next_page');
  await until('the new page has the focus', async () => (await focused(page)) === 'page-title');
  await tabTo(page, '#end');
  await keyboard.press('Enter');
  await until('the button asks', () =>
    page
      .locator('#last')
      .innerText()
      .then((words) => words === 'End the debate for everybody?'),
  );
  await keyboard.press('Tab');
  check((await page.innerText('#end')) === 'End for everybody', 'who goes on has not answered');
  await tabTo(page, '#end');
  await keyboard.press('Enter');
  check(
    (await house.log('keys')).every(({ type }) => type !== 'session_ended'),
    'once pressed it ends nothing',
  );
  await keyboard.press('Enter');
  await until('the end has the focus', async () => (await focused(page)) === 'over-title');
});
