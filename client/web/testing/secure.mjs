// Over https the page is as it is over http; pages of other origins act as the server lists them.
import { createServer } from 'node:http';
import { browser, check, enter, hears, isShown, join, spoken, test, until } from './house.mjs';

const { CERT, KEY } = process.env;

// A page of its own origin, on a free port.
async function elsewhere() {
  const server = createServer((request, answer) => {
    answer.setHeader('Content-Type', 'text/html');
    answer.end('<!doctype html><title>elsewhere</title>');
  });
  await new Promise((listens) => server.listen(0, '127.0.0.1', listens));
  return `http://127.0.0.1:${server.address().port}`;
}

// What a page elsewhere gets when it makes a room, asks for it, and opens a socket.
const act = async ([url, room, token]) => {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const made = await fetch(`${url}/api/rooms`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ code: room }),
  }).then(
    (answer) => answer.json(),
    () => null,
  );
  if (!made?.session_id) return 'refused';
  const read = await fetch(`${url}/api/rooms/${room}`, { headers });
  const socket = new WebSocket(
    `${url.replace('http', 'ws')}/ws/voice/${made.session_id}?token=${token}`,
  );
  const opened = await new Promise((settled) => {
    socket.onopen = () => settled(true);
    socket.onclose = () => settled(false);
  });
  return `${read.status} ${opened}`;
};

test('over https, and from elsewhere', async (house) => {
  const listed = await elsewhere();
  const foreign = await elsewhere();
  await house.serve(
    '--countdown', '0.5', '--tls-cert', CERT, '--tls-key', KEY, '--origin', listed,
  );
  check(house.url.startsWith('https://'), house.url);

  const one = await browser(spoken('kim', 'I think that the library should be open on Sundays.'));
  const options = { ignoreHTTPSErrors: true };
  const kim = await enter(one, `${house.url}/r/two`, 'Kim', { seats: 2, ...options });
  const lee = join('Lee', 'two', '--input', spoken('lee', 'I do not think so. '.repeat(8)), '--output', 'none', '--record', 'no');
  await isShown(kim, '#page');
  await hears(kim, 'p2');
  await lee.sees('its live', ({ type }) => type === 'live');
  await kim.click('#end');
  await kim.click('#end'); // it has asked
  await isShown(kim, '#over');
  await until('the recording has arrived', () =>
    kim.locator('#uploads p:has-text("has arrived")').count(),
  );
  check((await lee.exit) === 0, 'the terminal ends well');

  const token = house.tokenFor('park');
  for (const [origin, expected] of [
    [listed, '200 true'],
    [foreign, 'refused'],
  ]) {
    const context = await one.newContext(options);
    const page = await context.newPage();
    await page.goto(origin);
    const is = await page.evaluate(act, [house.url, `of-${new URL(origin).port}`, token]);
    check(is === expected, `${origin === listed ? 'listed' : 'foreign'}: ${is}`);
  }
});
