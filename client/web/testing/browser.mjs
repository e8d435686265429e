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

// `init` is run in the page before its own scripts.
export async function openPage(browser, url, { init, ...options } = {}) {
  const context = await browser.newContext({
    locale: 'en-GB',
    permissions: ['microphone', 'clipboard-write'],
    ...options,
  });
  if (init) await context.addInitScript(init);
  const page = await context.newPage();
  page.on('pageerror', (error) => console.log(`page: ${error.stack}`));
  page.on('console', (message) => {
    // A room that is still to be made is a 404 first; a server that is away is told by the browser.
    const isExpected = /status of 404|ERR_CONNECTION|ScriptProcessor/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isExpected)
      console.log(`console: ${message.text()}`);
  });
  await page.goto(url);
  return page;
}
