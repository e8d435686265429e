// What the tests of the page share: Debian's Chromium with a file for a microphone.
import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
];

// A browser of its own; `wav` is what its microphone hears, again and again.
export function launch(wav, flags = []) {
  const sound = wav ? [`--use-file-for-fake-audio-capture=${wav}`] : [];
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...FLAGS, ...sound, ...flags],
  });
}

// What a page has loaded of itself so far, in bytes.
export const weight = async (page) =>
  (await Promise.all(page.loaded)).reduce((sum, { length }) => sum + length, 0);

// `init` is run in the page before its own scripts, and may call the functions in `bindings`.
export async function openPage(browser, url, { init, bindings = {}, ...options } = {}) {
  const context = await browser.newContext({
    locale: 'en-GB',
    permissions: ['microphone', 'clipboard-write'],
    ...options,
  });
  for (const [name, act] of Object.entries(bindings)) await context.exposeFunction(name, act);
  if (init) await context.addInitScript(init);
  const page = await context.newPage();
  page.on('pageerror', (error) => console.log(`page: ${error.stack}`));
  page.on('console', (message) => {
    // A room that is still to be made is a 404 first; a server that is away is told by the browser.
    const isExpected = /status of 404|ERR_CONNECTION|ScriptProcessor/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isExpected)
      console.log(`console: ${message.text()}`);
  });
  page.loaded = [];
  page.on('response', (answer) => {
    if (/\/(web|r)\//.test(answer.url())) page.loaded.push(answer.body().catch(() => ''));
  });
  await page.goto(url);
  return page;
}
