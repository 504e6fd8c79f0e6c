import { existsSync } from 'node:fs';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The system's own Chromium; nothing is ever downloaded. Throws when there is none. */
export function chromiumPath(): string {
  const found = places.find((path) => existsSync(path));
  if (!found) throw new Error('Chromium is not installed; scripts/setup.mjs says how to get it');
  return found;
}

/** Runs as root in a container and on two cores; no sandbox of its own, no shared-memory file. */
export const chromiumArguments = ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'];
