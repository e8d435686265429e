// Two browsers with each other: words arrive, also when both look for a new way at once, and the
// recording is as long as the log says.
import { browser, check, enter, found, heardOf, hears, isShown, read, spoken, test, tree, until } from './house.mjs';

const KIM = ['money', 'town', 'road', 'library'];
const LEE = ['year', 'people', 'count', 'come'];

// Notes how long it takes from the click until there is a voice.
function watchConnecting(page) {
  return page.evaluate(() => {
    let clicked;
    document.querySelector('#door').addEventListener('submit', () => (clicked = performance.now()));
    new MutationObserver(() => {
      if (/voice connected|speaking/.test(document.querySelector('#people li')?.innerText))
        globalThis.connectedAfter ??= performance.now() - clicked;
    }).observe(document.querySelector('#people'), { subtree: true, childList: true, characterData: true });
  });
}

test('two browsers hold a debate', async (house) => {
  await house.serve('--countdown', '0.5', '--agenda', `${tree}/testdata/agendas/two-pages.json`);
  const url = `${house.url}/r/two`;
  const kimBrowser = await browser(spoken('kim', 'But the town has money for the new road, and a library is worth more than a road.'));
  const leeBrowser = await browser(spoken('lee', 'I think that we should try it for one year, and count how many people come.'));
  const kim = await enter(kimBrowser, url, 'Kim', { seats: 2 });
  const lee = await enter(leeBrowser, url, 'Lee', { consents: false, prepare: watchConnecting });
  const wait = await until('they are connected', () => lee.evaluate(() => globalThis.connectedAfter));
  console.log(`connected ${wait.toFixed(0)} ms after the click`);
  await Promise.all([isShown(kim, '#page'), isShown(lee, '#page')]);

  const wavs = await Promise.all([heardOf(lee, 'p1', 7, 'heard-of-kim.wav'), heardOf(kim, 'p2', 7, 'heard-of-lee.wav')]);
  check(found(wavs[0], KIM) >= 2, 'the words of Kim at Lee');
  check(found(wavs[1], LEE) >= 2, 'the words of Lee at Kim');

  // Both offer at once, again and again: the higher number gives way.
  for (let round = 0; round < 3; round++) {
    await Promise.all([kim, lee].map((page) => page.evaluate(() => dispatchEvent(new Event('online')))));
    await Promise.all([hears(kim, 'p2'), hears(lee, 'p1')]);
  }

  // A muted microphone is silent, and everybody sees it.
  await lee.click('#mic');
  await until('Lee is muted at Kim', () => kim.locator('#people li', { hasText: 'Lee' }).innerText().then((words) => words.includes('muted')));

  await kim.click('#end');
  await kim.click('dialog [value=yes]');
  const uploaded = await house.event('two', 'the recording arrives', ({ type }) => type === 'recording_uploaded');
  const stopped = await house.event('two', 'it has ended', ({ type }) => type === 'recording_stopped');
  check(uploaded.data.participant_id === 'p1', 'whose recording');
  await isShown(lee, '#over');
  check((await lee.locator('#uploads p').count()) === 0, 'nobody is recorded who did not agree');
  const bytes = [...read(`data/${stopped.data.path}`)];
  const seconds = await kim.evaluate(async (data) => {
    const { duration } = await new AudioContext().decodeAudioData(new Uint8Array(data).buffer);
    return duration;
  }, bytes);
  console.log(`recorded ${seconds.toFixed(3)} s of ${stopped.data.duration} s`);
  check(Math.abs(seconds - stopped.data.duration) < 1, 'the recording is whole');
});
