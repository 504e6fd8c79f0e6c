import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page, Route } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { wedops } from './command.ts';
import { type Journey, picture, startJourney, visit } from './journey-kit.ts';

/** Every screen with the sample data of a first start, and what stands on each of them in every state. */
const screens = {
  weekend: '/weekend',
  alerts: '/alerts',
  exports: '/exports?tab=all',
  crm: '/crm',
  systems: '/systems',
  deliveries: '/deliveries?tab=all',
  kpis: '/kpis',
  audit: '/audit',
  settings: '/settings/organisation',
} as const;

/** Only of the first organisation, and on all of its screens that hold what people and systems are called. */
const MARK = 'Zanzibar-7Q';

let journey: Journey;
let page: Page;

const columns =
  'Date,Supplier,Invoice number,Document type,Description,Currency,Net,VAT,Gross,Supplier country,Supplier VAT number';
/** Amounts of every width, in the VAT column. */
const amounts = ['1234567.89,7407407.34', '0.00,6172839.45', ',', '-12.00,-72.00'].map((rest, row) => {
  const [vat = '', gross = ''] = rest.split(',');
  const net = gross === '' ? '40.00' : (Number(gross) - Number(vat)).toFixed(2);
  const type = gross.startsWith('-') ? 'credit_note' : 'invoice';
  return `2026-09-0${row + 1},${MARK} Hosting,Z-${row},${type},Width ${row},GBP,${net},${vat},${gross || '40.00'},GB,GB713024681`;
});

beforeAll(async () => {
  journey = await startJourney('samples');
  page = await journey.open();
  // The samples come behind the open page.
  await page.getByRole('link', { name: /^Exports, 12 need you/ }).waitFor({ timeout: 60_000 });
  const file = join(journey.folder, 'widths.csv');
  await writeFile(file, [columns, ...amounts, ''].join('\n'));
  await wedops(journey.folder, 'import', 'costs', file);
  await wedops(journey.folder, 'alert', 'raise', '--severity', 'critical', '--title', `${MARK} slow`, '--no-wait');
  await journey.ask('settings/createOrganisation', { name: second });
  await journey.ask('settings/savePerson', { name: `Robin ${MARK}`, roles: ['ops'] });
}, 120_000);
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(page, `acceptance-failed-${task.name.slice(0, 20)}`);
});
afterAll(() => journey?.end());

/** What no fixture may yield: values nobody can read, buttons without words. */
const flaws = (on: Page) =>
  on.evaluate(() => {
    const text = document.body.textContent;
    const named = (one: Element) =>
      (one.ariaLabel ?? '') !== '' ||
      (one.textContent ?? '').trim() !== '' ||
      one.hasAttribute('aria-labelledby') ||
      (one.getAttribute('title') ?? '') !== '' ||
      [...((one as HTMLInputElement).labels ?? [])].some(({ textContent }) => (textContent ?? '').trim() !== '');
    return [
      ...['undefined', 'NaN', 'Invalid Date', '[object', 'null'].filter((bad) =>
        new RegExp(`(?<![\\w"])${bad.replace('[', '\\[')}(?![\\w"])`).test(text),
      ),
      ...[...document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea, [role=button]')]
        .filter((one) => (one as HTMLElement).offsetParent !== null && !named(one) && !one.hasAttribute('placeholder'))
        .map((one) => `nameless: ${one.outerHTML.slice(0, 120)}`),
      ...(document.querySelector('main h1')?.textContent === '' ? ['an empty answer'] : []),
    ];
  });

/** What the frame around a screen reads for itself: without it there is no screen to be in a state. */
const frame = /\/rpc\/(app|settings\/(people|seat)|maintenance\/restored|schedules\/history)/;
const problem = {
  happened: 'The database could not be read.',
  means: 'Nothing of it can be shown.',
  remedy: 'Try again.',
};
const refuse = (route: Route) =>
  route.fulfill({
    status: 500,
    contentType: 'application/json',
    body: JSON.stringify({ json: { defined: true, code: 'UNAVAILABLE', status: 500, message: '', data: problem } }),
  });
/** The answer of a call, changed. */
const changed = (call: string, change: (answer: never) => unknown) => async (on: Page) => {
  await on.route(`**/rpc/${call}`, async (route) => {
    const answer = await route.fetch();
    const { json, ...more } = (await answer.json()) as { json: never };
    await route.fulfill({ response: answer, json: { ...more, json: change(json) } });
  });
};
const unread = (act: (route: Route) => unknown) => (on: Page) =>
  on.route('**/rpc/**', (route) => (frame.test(route.request().url()) ? route.continue() : act(route)));
let calls = 0;
const everySecond = () => {
  calls += 1;
  return calls % 2 === 0;
};

/** The twelve states of §9, each as a page gets into it; `address`: what else than the screen's own. */
const states: Record<
  string,
  { make?: (on: Page) => Promise<unknown>; address?: (own: string) => string; after?: RegExp }
> = {
  full: {},
  loading: { make: unread(() => undefined) },
  /** Of an organisation that was just made. */
  empty: {},
  'filtered empty': {
    address: (own) =>
      `${own}${own.includes('?') ? '&' : '?'}text=nothing-like-this&object=nothing-like-this&query=nothing-like-this`,
  },
  partial: { make: unread((route) => (everySecond() ? refuse(route) : route.continue())) },
  error: { make: unread(refuse) },
  offline: { make: unread((route) => route.abort()) },
  'not sending': {
    make: changed('settings/seat', (seat: object) => ({ ...seat, here: false, sender: 'OPS-DESK-2' })),
    after: /Not sending/,
  },
  'read-only': {
    make: changed('settings/people', (people: readonly { roles: string[] }[]) =>
      people.map((person) => ({ ...person, roles: ['viewer'] })),
    ),
  },
  practice: { after: /PRACTICE/ },
  busy: { make: unread((route) => setTimeout(() => void route.continue().catch(() => undefined), 700)) },
  stale: {},
};

const first = 'Bluebell & Co (sample)';
const second = 'Empty & Co';

/** A page that shows this organisation; which one is kept from page to page. */
async function opened(name: string, size: { width?: number; height?: number } = {}): Promise<Page> {
  const on = await journey.open(size);
  if ((await on.getByRole('button', { name: `Organisation: ${name}` }).count()) === 0) await switchTo(on, name);
  return on;
}
async function switchTo(on: Page, name: string): Promise<void> {
  await on.getByRole('button', { name: /^Organisation: / }).click();
  await on.getByRole('menuitem', { name }).click();
  await on.getByRole('button', { name: `Organisation: ${name}` }).waitFor();
  await on.getByRole('menu').waitFor({ state: 'hidden' });
}

describe('every screen in every state (14.5)', () => {
  test.each(Object.entries(states))('%s: nothing unreadable, nothing nameless, nothing empty', async (state, how) => {
    page = await opened(state === 'empty' ? second : first);
    if (how.make) {
      await how.make(page);
      await page.reload();
      await page.getByRole('navigation', { name: 'Screens' }).waitFor();
    }
    const found: string[] = [];
    for (const [screen, own] of Object.entries(screens)) {
      await page.evaluate((to) => {
        window.location.hash = to;
      }, how.address?.(own) ?? own);
      await page.getByRole('main').locator('h1, [role=status][aria-label]').first().waitFor();
      if (state !== 'loading')
        await page.waitForFunction(() => document.querySelector('main [role=status][aria-label]') === null);
      if (state === 'stale') {
        // Read once, and then not again.
        await unread(refuse)(page);
        await page.keyboard.press('r');
        await page.getByRole('button', { name: 'Try again' }).first().waitFor();
      }
      if (how.after) await page.getByText(how.after).first().waitFor();
      found.push(...(await flaws(page)).map((flaw) => `${screen}: ${flaw}`));
      await picture(page, `state-${state.replace(' ', '-')}-${screen}`);
      if (state === 'stale') await page.unrouteAll({ behavior: 'ignoreErrors' });
    }
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    expect(found).toEqual([]);
  });
});

test('without colours every status can still be named from its shape and its word, on every screen (14.3)', async () => {
  page = await opened(first);
  const named: string[] = [];
  const nameless: string[] = [];
  for (const [screen, address] of Object.entries(screens)) {
    await visit(page, address);
    await page.evaluate(() => {
      document.documentElement.style.filter = 'grayscale(1)';
    });
    const found = await page.locator('[data-shape]').evaluateAll((all) =>
      all
        .filter((one) => one.checkVisibility())
        .map((one) => {
          const shape = one.getAttribute('data-shape') ?? '';
          const beside = one.parentElement?.textContent.trim() || one.parentElement?.parentElement?.textContent.trim();
          return { shape, word: (one.ariaLabel ?? beside ?? '').split('\n')[0] ?? '' };
        }),
    );
    expect([screen, found.length > 0]).toEqual([screen, true]);
    for (const { shape, word } of found) (word === '' ? nameless : named).push(`${screen}: ${shape} ${word}`);
    await picture(page, `grey-${screen}`);
  }
  expect(nameless).toEqual([]);
  // Same word, same shape: what is said twice is drawn alike.
  const shapes = new Map<string, Set<string>>();
  for (const [, shape = '', word = ''] of named.map(
    (one) => /^\w+: (\S+) (Healthy|Accepted|Emergency|Critical|Warning|Info|Dead|Held)$/.exec(one) ?? [],
  ))
    shapes.set(word, (shapes.get(word) ?? new Set()).add(shape));
  expect([...shapes].filter(([word, all]) => word !== '' && all.size > 1).map(([word, all]) => [word, ...all])).toEqual(
    [],
  );
});

/** Of every cell of a column: its text, and where the text ends. */
async function endsOf(grid: string, title: string): Promise<{ text: string; right: number }[]> {
  const table = page.getByRole('grid', { name: grid });
  await table.getByRole('row').nth(1).waitFor();
  const at = (await table.getByRole('columnheader').allTextContents()).findIndex((each) => each.startsWith(title));
  return table.getByRole('row').evaluateAll(
    (rows, column) =>
      rows.slice(1).flatMap((row) => {
        const cell = row.querySelectorAll('[role=gridcell]')[column];
        if (!cell) return [];
        const range = document.createRange();
        range.selectNodeContents(cell);
        return [{ text: cell.textContent ?? '', right: range.getBoundingClientRect().right }];
      }),
    at,
  );
}

test.each([1, 2])(
  '%s00 percent: a million, nothing, a minus and what is unknown end in one line (14.7)',
  async (zoom) => {
    page = await opened(first, { width: 1280 * zoom, height: 800 * zoom });
    await page.evaluate((by) => {
      document.documentElement.style.zoom = String(by);
    }, zoom);
    for (const [address, grid, title, wanted] of [
      [`/exports?tab=all&text=${MARK}`, 'Cost lines', 'VAT', ['£1,234,567.89', '£0.00', '-£12.00']],
      [`/exports?tab=all&text=${MARK}`, 'Cost lines', 'Net', ['£6,172,839.45', '-£60.00']],
      ['/systems', 'Systems', 'Success', ['—', '100.0%']],
    ] as const) {
      await visit(page, address);
      await page.getByRole('grid', { name: grid }).getByText(wanted[0]).first().waitFor();
      const cells = await endsOf(grid, title);
      for (const text of wanted) expect(cells.map((cell) => cell.text)).toContain(text);
      const [top] = cells;
      const astray = cells.filter(({ right }) => Math.abs(right - (top?.right ?? 0)) > zoom);
      expect(astray).toEqual([]);
    }
  },
);

test('switching the organisation leaves no text of the former one in the window, on any screen (14.9)', async () => {
  page = await opened(first);
  const marked: string[] = [];
  const left: string[] = [];
  const addresses = [
    ...Object.values(screens),
    '/settings/people',
    '/exports/suppliers',
    `/audit?object=${MARK}`,
    `/alerts/silences`,
  ];
  for (const address of addresses) {
    await visit(page, address);
    if ((await page.getByRole('main').textContent())?.includes(MARK)) marked.push(address);
    await switchTo(page, second);
    const kept = () => page.evaluate((mark) => document.documentElement.outerHTML.includes(mark), MARK);
    if ((await kept()) || (await visit(page, address.split('?')[0] ?? '').then(kept))) left.push(address);
    await switchTo(page, first);
  }
  expect(marked.length).toBeGreaterThan(4);
  expect(left).toEqual([]);
});
