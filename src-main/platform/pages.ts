import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Locator, Page } from 'playwright';
import { IntegrationError, NeedsAttentionError, RetryableError } from '../../src-shared/domain/failure.ts';
import type { DrivenPage, PageDriver, PageRun, Place } from '../ports/pages.ts';
import { isLoopbackHost } from './public-address.ts';

/** Where browsers are installed, by platform; nothing is ever downloaded. */
const usualPlaces = [
  '/usr/bin/google-chrome',
  '/usr/bin/microsoft-edge',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];
const stepMs = 10_000;

export interface PageDriverOptions {
  /** A browser chosen by a person; otherwise the first one installed. */
  readonly browserPath?: string;
  /** Per-user folder where Chrome may be installed (Windows). */
  readonly userFolder?: string;
  /** Practice: pages come from the sandbox, `https://HOST/PATH` from `<sandbox>/HOST/PATH`. */
  readonly sandboxUrl?: string;
  /** Keeps a picture; its content id. */
  readonly keep: (picture: Uint8Array) => Promise<string>;
}

/** Playwright over an installed browser. Each run has a profile of its own in a temporary folder that goes with it. */
export function createPageDriver(options: PageDriverOptions): PageDriver {
  if (options.sandboxUrl !== undefined && !isLoopbackHost(new URL(options.sandboxUrl).hostname)) {
    throw new Error('The sandbox must be on loopback');
  }
  function browserPath(): string {
    const own =
      options.userFolder === undefined
        ? []
        : [join(options.userFolder, 'Google', 'Chrome', 'Application', 'chrome.exe')];
    const found = [...(options.browserPath === undefined ? [] : [options.browserPath]), ...own, ...usualPlaces].find(
      (path) => existsSync(path),
    );
    if (found) return found;
    throw new NeedsAttentionError('misconfigured', 'No Chrome, Edge or Chromium is installed on this machine', {
      hint: 'Install one of them, or name its program file in the settings.',
      scope: 'connection',
    });
  }

  return {
    practice: options.sandboxUrl !== undefined,
    async run(run, work) {
      const { chromium } = await import('playwright');
      const browser = await chromium.launch({
        executablePath: browserPath(),
        headless: true,
        // As root (a container) the browser cannot have a sandbox of its own.
        chromiumSandbox: process.getuid?.() !== 0,
        args: ['--disable-extensions', '--disable-dev-shm-usage', '--disable-background-networking', '--no-first-run'],
      });
      const stop = () => void browser.close();
      const late = setTimeout(stop, run.wholeMs);
      run.signal.addEventListener('abort', stop, { once: true });
      try {
        const context = await browser.newContext({
          acceptDownloads: false,
          serviceWorkers: 'block',
          locale: 'en-GB',
          ...(run.session === null ? {} : { storageState: JSON.parse(run.session) as never }),
        });
        await onlyHosts(context, run, options.sandboxUrl);
        const page = await context.newPage();
        context.on('page', (popup) => void (popup === page ? undefined : popup.close()));
        page.on('dialog', (dialog) => void dialog.dismiss());
        page.setDefaultTimeout(stepMs);
        return await work(drivenPage(page, run, options.keep));
      } catch (thrown) {
        if (thrown instanceof IntegrationError) throw thrown;
        // The browser's own words hold selectors and addresses: of no use to a person.
        const broken = run.signal.aborted || !browser.isConnected();
        throw new RetryableError(
          'timeout',
          broken ? 'The run of the pages took too long' : 'A step on the page could not be done',
          { cause: thrown },
        );
      } finally {
        clearTimeout(late);
        run.signal.removeEventListener('abort', stop);
        await browser.close();
      }
    },
  };
}

/** Everything but the named hosts over https is refused; in practice even those are played by the sandbox. */
async function onlyHosts(context: BrowserContext, { hosts }: PageRun, sandboxUrl: string | undefined): Promise<void> {
  await context.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    if (url.protocol !== 'https:' || !hosts.includes(url.hostname)) return route.abort('blockedbyclient');
    if (sandboxUrl === undefined) return route.continue();
    const response = await route.fetch({
      url: `${sandboxUrl}/${url.hostname}${url.pathname}${url.search}`,
      maxRedirects: 0,
    });
    return route.fulfill({ response });
  });
}

function drivenPage(page: Page, { hosts }: PageRun, keep: PageDriverOptions['keep']): DrivenPage {
  const at = (place: Place): Locator =>
    ('label' in place
      ? page.getByLabel(place.label, { exact: true })
      : page.getByRole(place.role, place.name === undefined ? {} : { name: place.name, exact: true })
    ).filter({ visible: true });
  return {
    async goto(url) {
      const host = URL.canParse(url) ? new URL(url).hostname : '';
      if (!hosts.includes(host)) {
        throw new NeedsAttentionError('misconfigured', `${host || 'This address'} is not a page of this system`);
      }
      const reply = await page.goto(url, { waitUntil: 'domcontentloaded', timeout: stepMs }).catch(() => null);
      if (!reply || reply.status() >= 500) throw new RetryableError('network', 'The page did not come');
      if (reply.status() === 429)
        throw new RetryableError('rate-limited', 'The site asked us to slow down', { retryAfterMs: 900_000 });
    },
    async skeleton() {
      const tree = await page.locator('main').ariaSnapshot();
      return tree
        .split('\n')
        .map((line) => /^(\s*)- ([a-z]+)(?:.*\[level=(\d)\])?/.exec(line))
        .flatMap((match) => (match === null || match[2] === 'text' ? [] : [`${match[1]}${match[2]}${match[3] ?? ''}`]))
        .join('\n');
    },
    count: (place) => at(place).count(),
    shapeOf: (place) =>
      at(place).evaluate((element) => ({
        tag: element.tagName.toLowerCase(),
        maxLength: 'maxLength' in element && Number(element.maxLength) >= 0 ? Number(element.maxLength) : null,
        editable: !element.hasAttribute('readonly') && !element.hasAttribute('disabled'),
      })),
    value: (place) => at(place).inputValue(),
    fill: (place, text) => at(place).fill(text),
    click: (place) => at(place).click(),
    appears: (place, ms) =>
      at(place)
        .waitFor({ timeout: ms })
        .then(
          () => true,
          () => false,
        ),
    async picture() {
      // Every field is covered, not the secret ones alone: what stands in them belongs to the vendor and their clients.
      const bytes = await page.screenshot({
        mask: [page.locator('input, textarea, [contenteditable]')],
        maskColor: '#4f5761',
      });
      return keep(bytes);
    },
  };
}
