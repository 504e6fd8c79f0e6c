import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { misbehave } from '../src-main/hosts/testing/posting.ts';
import { wedopsProgram } from '../src-main/testing/wedops-program.ts';
import { TOKEN_HEADER } from '../src-shared/contract/host-bridge.ts';
import { chromiumArguments, chromiumPath } from './chromium.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A stopping agent gets this long; how it stops is proved by its own tests, not by the page's. */
const STOP_MS = 5_000;
const output = join(root, 'e2e', 'output');

/** One console as a person meets it: the agent on a folder of its own, and a browser in front of it. */
export interface Journey {
  readonly url: string;
  readonly token: string;
  readonly sandboxUrl: string;
  readonly folder: string;
  /** A fresh window; the one before it is closed. What the page reports as an error is collected in `complaints`. */
  open(options?: { scheme?: 'light' | 'dark'; width?: number; height?: number }): Promise<Page>;
  readonly complaints: string[];
  /** One call to the engine past the page, of the practice organisation unless `input` names another. @throws with what it said when it refused */
  ask<T = unknown>(call: string, input?: object): Promise<T>;
  /** Ends the agent and starts another on the same folder: a new address and a new token. */
  again(): Promise<void>;
  end(): Promise<void>;
}

/**
 * Starts the agent in practice mode, without sample costs, on an empty data folder, and a Chromium at the first `open`; `end`
 * stops both and removes the folder. `more`: further words of the agent's command, or `samples` for the sample costs after all.
 */
export async function startJourney(...more: readonly string[]): Promise<Journey> {
  const folder = await mkdtemp(join(tmpdir(), 'wedsync-journey-'));
  const samples = more.includes('samples') ? [] : ['--empty'];
  const words = ['agent', '--practice', ...samples, ...more.filter((word) => word !== 'samples'), '--data', folder];
  const start = async () => {
    const agent = spawn(process.execPath, [wedopsProgram, ...words], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = await ready(agent);
    // Xero's 60 calls a minute are proven beside its adapter; here each call after them would wait up to a minute.
    await misbehave(said.sandboxUrl, { system: 'xero', fault: 'limits', value: '6000,5000' });
    return { agent, ...said };
  };
  let running = await start();
  const endAgent = async ({ agent } = running) => {
    agent.kill('SIGTERM');
    const late = setTimeout(() => agent.kill('SIGKILL'), STOP_MS);
    if (agent.exitCode === null && agent.signalCode === null) await once(agent, 'exit');
    clearTimeout(late);
  };
  let browser: Promise<Browser> | null = null;
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];
  return {
    get url() {
      return running.url;
    },
    get token() {
      return running.token;
    },
    get sandboxUrl() {
      return running.sandboxUrl;
    },
    folder,
    complaints,
    async open({ scheme = 'light', width = 1280, height = 800 } = {}) {
      // The agent allows an address twenty connections; windows nobody looks at any more give theirs back.
      for (const earlier of contexts.splice(0)) await earlier.close();
      browser ??= chromium.launch({ executablePath: chromiumPath(), args: chromiumArguments });
      const context = await (await browser).newContext({
        viewport: { width, height },
        colorScheme: scheme,
        reducedMotion: 'reduce',
        acceptDownloads: true,
      });
      contexts.push(context);
      const page = await context.newPage();
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(`${running.url}/#token=${running.token}`);
      await page.getByRole('navigation', { name: 'Screens' }).waitFor();
      return page;
    },
    async ask<T>(call: string, input: object = {}) {
      const answer = await fetch(`${running.url}/rpc/${call}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [TOKEN_HEADER]: running.token },
        body: JSON.stringify({ json: { organisationId: 'bluebell', ...input } }),
      });
      if (!answer.ok) throw new Error(`${call}: ${answer.status} ${await answer.text()}`);
      return ((await answer.json()) as { json: T }).json;
    },
    async again() {
      await endAgent();
      running = await start();
    },
    async end() {
      for (const context of contexts) await context.close();
      await (await browser)?.close();
      await endAgent();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The agent says where it is in its first line. */
async function ready(agent: ChildProcess): Promise<{ url: string; token: string; sandboxUrl: string }> {
  if (!agent.stdout) throw new Error('the agent has no output');
  for await (const line of createInterface({ input: agent.stdout })) {
    if (line.startsWith('{')) return JSON.parse(line) as { url: string; token: string; sandboxUrl: string };
  }
  throw new Error(`the agent ended with ${agent.exitCode} before it was ready`);
}

/** Goes to an address of the console, such as `/exports?tab=ready`, and waits until everything on it is read. */
export async function visit(page: Page, address: string): Promise<void> {
  await page.evaluate((to) => {
    window.location.hash = to;
  }, address);
  await page.getByRole('heading', { level: 1 }).waitFor();
  // Nothing is still being read: every placeholder says what it waits for.
  await page.waitForFunction(() => document.querySelector('[role=status][aria-label]') === null);
}

/** The sentence at the top of the screen. */
export function answer(page: Page) {
  return page.getByRole('main').getByRole('status').getByRole('heading', { level: 1 });
}

/** Keeps a picture in `e2e/output/`. */
export async function picture(page: Page, name: string): Promise<void> {
  await mkdir(output, { recursive: true });
  await page.screenshot({ path: join(output, `${name}.png`) });
}

const looks = [
  ['light', 1280, 800],
  ['dark', 1280, 800],
  ['light', 1024, 640],
  ['dark', 1024, 640],
] as const;

/**
 * In every colour and size: what is seriously wrong or scrolls sideways, and a picture; light and large again afterwards.
 * `ready` goes to what is to be seen, or brings it into view.
 */
export async function findingsInEveryLook(
  page: Page,
  name: string,
  ready: () => Promise<unknown> = () => Promise.resolve(),
): Promise<string[]> {
  const findings: string[] = [];
  for (const [scheme, width, height] of looks) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height });
    await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor();
    await ready();
    findings.push(...(await sidewaysOn(page)), ...(await seriousFindings(page)));
    await picture(page, `${name}-${scheme}-${width}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
  return findings;
}

/** What is wider than the window, or than the part of it that scrolls: its right end cannot be seen. Empty is good. */
export function sidewaysOn(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('main *')]
      .filter((part) => part.scrollWidth > part.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(part).overflowX))
      .concat(document.documentElement.scrollWidth > window.innerWidth ? [document.documentElement] : [])
      .map((part) => `scrolls sideways: ${part.scrollWidth} in ${part.clientWidth}: ${part.textContent?.slice(0, 60)}`),
  );
}

/** What the accessibility scan finds serious or critical, one line each; empty is good. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // Our pages hold no frames, so one run in the page itself finds all; what passed is not written out node by node.
  const scan = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  const { violations } = await scan.analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}
