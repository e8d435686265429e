// Two browsers with each other: words arrive, also when both look for a new way at once, and the
// recording is as long as the log says.
import {
  browser,
  check,
  enter,
  hears,
  isShown,
  read,
  spoken,
  test,
  tree,
  until,
} from './house.mjs';
import { found, heardOf } from './talk.mjs';
import { openPage, weight } from './browser.mjs';

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
    }).observe(document.querySelector('#people'), {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
}

// The page's connections can be looked at, and what it signals takes its time, so that offers cross.
function init() {
  globalThis.connections = [];
  const Connection = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Connection {
    constructor(...options) {
      super(...options);
      connections.push(this);
    }
  };
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (text) {
    if (this.url.includes('/ws/signaling') && globalThis.isSlow)
      setTimeout(() => send.call(this, chooseRole(text)), 300);
    else send.call(this, text);
  };
  // As Firefox does: whoever answers `actpass` is active, whatever it was before.
  function chooseRole(text) {
    const isFree = connections.at(-1).remoteDescription?.sdp.includes('a=setup:actpass');
    const isAnswer = JSON.parse(text).type === 'answer';
    return isAnswer && isFree ? text.replace('a=setup:passive', 'a=setup:active') : text;
  }
}

// Both offer at once: the higher number gives way, and the connection goes on over a new path.
async function glare(kim, lee) {
  const pages = [kim, lee];
  const look = () =>
    Promise.all(
      pages.map((page) =>
        page.evaluate(() => {
          const ufrag = (description) => /a=ice-ufrag:(\S+)/.exec(description?.sdp)?.[1];
          const { signalingState, localDescription, remoteDescription, iceConnectionState } =
            connections.at(-1);
          const isSettled =
            signalingState === 'stable' && ['connected', 'completed'].includes(iceConnectionState);
          return {
            count: connections.length,
            isSettled,
            ours: ufrag(localDescription),
            theirs: ufrag(remoteDescription),
          };
        }),
      ),
    );
  const before = await look();
  await Promise.all(
    pages.map((page) =>
      page.evaluate(() => {
        globalThis.isSlow = true;
        dispatchEvent(new Event('online'));
      }),
    ),
  );
  await until(
    'both have settled on a new path',
    async () => {
      const [a, b] = await look();
      return (
        a.isSettled &&
        b.isSettled &&
        a.ours === b.theirs &&
        b.ours === a.theirs &&
        a.ours !== before[0].ours &&
        b.ours !== before[1].ours
      );
    },
    7000,
  );
  const after = await look();
  check(
    after.every(({ count }, index) => count === before[index].count),
    'no connection was made anew',
  );
  await Promise.all(pages.map((page) => page.evaluate(() => (globalThis.isSlow = false))));
}

test('two browsers hold a debate', async (house) => {
  await house.serve(
    ...['--countdown', '0.5', '--agenda', `${tree}/testdata/agendas/two-pages.json`],
    ...['--language', 'en'],
  );
  const url = `${house.url}/r/two`;
  const kimBrowser = await browser(
    spoken(
      'kim',
      'But the town has money for the new road, and a library is worth more than a road.',
    ),
  );
  const leeBrowser = await browser(
    spoken('lee', 'I think that we should try it for one year, and count how many people come.'),
  );
  const kim = await enter(kimBrowser, url, 'Kim', { seats: 2, init });
  const lee = await enter(leeBrowser, url, 'Lee', {
    consents: false,
    prepare: watchConnecting,
    init,
  });
  const wait = await until('they are connected', () =>
    lee.evaluate(() => globalThis.connectedAfter),
  );
  console.log(`connected ${wait.toFixed(0)} ms after the click`);
  await Promise.all([isShown(kim, '#page'), isShown(lee, '#page')]);

  const wavs = await Promise.all([
    heardOf(lee, 'p1', 7, 'heard-of-kim.wav'),
    heardOf(kim, 'p2', 7, 'heard-of-lee.wav'),
  ]);
  check(found(wavs[0], KIM) >= 2, 'the words of Kim at Lee');
  check(found(wavs[1], LEE) >= 2, 'the words of Lee at Kim');

  for (let round = 0; round < 3; round++) await glare(kim, lee);
  await Promise.all([hears(kim, 'p2'), hears(lee, 'p1')]);

  // A muted microphone is silent, and everybody sees it.
  await lee.click('#mic');
  await until('Lee is muted at Kim', () =>
    kim
      .locator('#people li', { hasText: 'Lee' })
      .innerText()
      .then((words) => words.includes('muted')),
  );

  await kim.click('#end');
  await kim.click('#end'); // it has asked
  const uploaded = await house.event(
    'two',
    'the recording arrives',
    ({ type }) => type === 'recording_uploaded',
  );
  const stopped = await house.event(
    'two',
    'it has ended',
    ({ type }) => type === 'recording_stopped',
  );
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

  // The link to the report opens it.
  await kim.waitForSelector('#report:not([hidden])', { timeout: 120000 });
  const report = await openPage(kimBrowser, await kim.getAttribute('#report', 'href'), {
    baseURL: house.url,
  });
  check((await report.innerText('body')).includes('Kim'), 'who took part, in the report');

  // All that a whole debate takes.
  const whole = await weight(kim);
  console.log(`the page weighs ${whole} bytes`);
  check(whole > 30000 && whole < 60000, `the page weighs ${whole} bytes`);
});
