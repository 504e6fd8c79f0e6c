import type { Browser } from 'playwright';
import { RetryableError, toFailure } from '../../src-shared/domain/failure.ts';
import { drivenPage, onlyHosts, type PageActions } from './driven-page.ts';
import type { FromPages, ToPages } from './pages-protocol.ts';

/**
 * Drives one browser for one run, in a process of its own: neither a hanging page nor a crash of the browser reaches the
 * console, and nothing of the run is left once the process is gone.
 */
interface Line {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  postMessage(message: FromPages): void;
}
// Electron's utility processes speak through a port, Node's children through the channel they were forked with.
const parentPort = (process as unknown as { parentPort?: Line }).parentPort;
const say = (message: FromPages) => (parentPort ? parentPort.postMessage(message) : process.send?.(message));
const hear = (listener: (message: ToPages) => void) => {
  if (parentPort) parentPort.on('message', (event) => listener((event as { data: ToPages }).data));
  else process.on('message', (message) => listener(message as ToPages));
};
/** Chromium ends itself when its own pipe is gone, and so do we. */
process.on('disconnect', () => process.exit(0));

let browser: Browser | null = null;
let page: PageActions | null = null;
let state: (() => Promise<string>) | null = null;

async function open({ browserPath, hosts, session, sandboxUrl, visible }: Extract<ToPages, { type: 'open' }>) {
  const { chromium } = await import('playwright');
  browser = await chromium.launch({
    executablePath: browserPath,
    headless: !visible,
    // As root (a container) the browser cannot have a sandbox of its own.
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--disable-extensions', '--disable-dev-shm-usage', '--disable-background-networking', '--no-first-run'],
  });
  const context = await browser.newContext({
    acceptDownloads: false,
    serviceWorkers: 'block',
    locale: 'en-GB',
    ...(session === null ? {} : { storageState: JSON.parse(session) as never }),
  });
  await onlyHosts(context, hosts, sandboxUrl ?? undefined);
  const tab = await context.newPage();
  context.on('page', (popup) => void (popup === tab ? undefined : popup.close()));
  tab.on('dialog', (dialog) => void dialog.dismiss());
  tab.setDefaultTimeout(10_000);
  page = drivenPage(tab, hosts);
  state = async () => JSON.stringify(await context.storageState());
}

async function work(message: ToPages): Promise<void> {
  if (message.type === 'close') {
    await browser?.close().catch(() => undefined);
    process.exit(0);
  }
  const id = message.type === 'open' ? null : message.id;
  try {
    if (message.type === 'open') {
      await open(message);
      say({ type: 'opened' });
      return;
    }
    if (!page || !state) throw new Error('not open');
    if (message.type === 'session') {
      const there = await page.appears(message.place, message.ms);
      say({ type: 'done', id: message.id, value: there ? await state() : null });
      return;
    }
    const act = page[message.what] as (...args: unknown[]) => Promise<unknown>;
    say({ type: 'done', id: message.id, value: await act(...message.args) });
  } catch (thrown) {
    // The browser's own words hold selectors and addresses: of no use to a person.
    const failure = toFailure(thrown);
    const known = failure.code !== 'defect';
    const step = new RetryableError('timeout', 'A step on the page could not be done').toFailure();
    say({ type: 'failed', id, failure: known ? failure : step });
  }
}

hear((message) => void work(message));
