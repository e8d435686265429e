// Microphones come and go, or there is none; the machine sleeps; a room is full.
import {
  browser,
  check,
  enter,
  hears,
  isShown,
  loudness,
  spoken,
  test,
  tree,
  until,
} from './house.mjs';
import { openPage } from './browser.mjs';

const isOf = (type, id) => (event) => event.type === type && event.data.participant_id === id;

// What the page gets for a microphone can be looked at.
function init() {
  globalThis.tracks = [];
  const devices = navigator.mediaDevices;
  const get = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    if (globalThis.isDenied) throw new DOMException('denied', 'NotAllowedError');
    if (globalThis.isBusy) {
      isBusy = false;
      throw new DOMException('busy', 'NotReadableError');
    }
    const stream = await get(wanted);
    tracks.push(...stream.getAudioTracks());
    return stream;
  };
}

const deny = () => (globalThis.isDenied = true);

test('microphones come and go, the machine sleeps, and a room is full', async (house) => {
  await house.serve('--countdown', '0.5', '--agenda', `${tree}/testdata/agendas/two-pages.json`);
  const url = `${house.url}/r/devices`;
  const kim = await enter(
    await browser(spoken('kim', 'The library should be open on Sundays.')),
    url,
    'Kim',
    { seats: 2, init },
  );

  // Lee's browser refuses the microphone: the page says so, and lets Lee in all the same.
  const lee = await openPage(await browser(), url, { init: `(${init})();(${deny})()` });
  await lee.waitForSelector('#problem:not([hidden])');
  check((await lee.innerText('#problem')).includes('does not allow'), 'why there is no microphone');
  await lee.fill('#name', 'Lee');
  await lee.check('[value=no]');
  await lee.click('#door .primary');
  await Promise.all([isShown(kim, '#page'), isShown(lee, '#page')]);
  await hears(lee, 'p1');
  check((await lee.innerText('#mic')) === 'No microphone', 'what the button says');
  await until('Kim sees that Lee is silent', () =>
    kim
      .locator('#people li', { hasText: 'Lee' })
      .innerText()
      .then((words) => words.includes('muted')),
  );

  // Another device: the others go on hearing, and it stays one recording.
  await kim.click('#sound summary');
  const options = await kim
    .locator('#sound option')
    .evaluateAll((all) => all.map(({ value }) => value));
  check(options.length > 1, 'there is a second device');
  await kim.selectOption('#sound select', options.at(-1));
  await until('the other device is in use', () =>
    kim.evaluate(() => tracks.length === 2 && tracks[0].readyState === 'ended'),
  );
  await hears(lee, 'p1');
  // Unplugged: what is left takes its place, though it needs a while.
  await kim.evaluate(() => {
    globalThis.isBusy = true;
    tracks[1].dispatchEvent(new Event('ended'));
  });
  await until('a device is found', () => kim.evaluate(() => tracks.length === 3));
  await hears(lee, 'p1');

  // The machine slept for a minute.
  const before = (await house.log('devices')).length;
  await kim.evaluate(() => {
    const { now } = Date;
    Date.now = () => now() + 60000;
  });
  await house.event(
    'devices',
    'it comes back',
    (event) => event.seq > before && isOf('connected', 'p1')(event),
  );
  await hears(lee, 'p1');
  check((await loudness(kim, 'p2')) < 0.01, 'nobody speaks at Lee');
  check(
    (await house.log('devices')).filter(isOf('recording_started', 'p1')).length === 1,
    'it is one recording',
  );

  // A third finds no seat.
  const third = await openPage(await browser(), url);
  await third.fill('#name', 'Park');
  await third.check('[value=no]');
  await third.click('#door .primary');
  await until('the third is told', () =>
    third.innerText('#over-title').then((words) => words === 'All seats are taken.'),
  );

  // Without https no browser gives the microphone: the page says so.
  const named = await browser(undefined, ['--host-resolver-rules=MAP debate.test 127.0.0.1']);
  const plain = await openPage(named, `http://debate.test:${house.port}/r/devices`);
  await until('the page asks for https', () =>
    plain.innerText('#problem').then((words) => words.includes('https')),
  );

  // What is taken back is not recorded.
  await kim.click('#record');
  await house.event('devices', 'the recording stops', isOf('recording_stopped', 'p1'));
  await until('the button says so', () =>
    kim.innerText('#record').then((words) => words === 'Recording: off'),
  );
  await kim.click('#record');
  await until(
    'it is recorded again',
    async () => (await house.log('devices')).filter(isOf('recording_started', 'p1')).length === 2,
  );
  await kim.click('#leave');
  await kim.click('#leave'); // it has asked
  await until('both recordings arrive', () =>
    kim
      .locator('#uploads p:has-text("has arrived")')
      .count()
      .then((n) => n === 2),
  );
  await house.event('devices', 'the seat is free', isOf('leave', 'p1'));
});
