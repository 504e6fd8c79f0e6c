import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findingsInEveryLook, type Journey, picture, startJourney, visit } from './journey-kit.ts';

let journey: Journey;
let page: Page;

beforeAll(async () => {
  journey = await startJourney();
  for (const [call, input] of [
    ['alerts/raise', { severity: 'critical', title: 'Gallery slow', venues: [] }],
    ['settings/savePerson', { name: 'Vera Looks', roles: ['viewer'] }],
  ] as const)
    await journey.ask(call, input);
  const people = await journey.ask<{ id: string; name: string }[]>('settings/people');
  const vera = people.find(({ name }) => name === 'Vera Looks')?.id ?? '';
  for (const [call, input] of [
    ['settings/setPin', { personId: vera, pin: '1357' }],
    ['settings/actAs', { personId: vera, pin: '1357' }],
  ] as const)
    await journey.ask(call, input);
  page = await journey.open();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(page, `read-only-failed-${task.name.slice(0, 24)}`);
});
afterAll(() => journey?.end());

/** What a viewer may press in the main part of any screen: it reads, filters, copies, opens or saves what is seen. */
const reading = [
  /^(Switch person…|Try again|Help|Close|Clear filter|View .*|Hide .*|Show as table|Show chart|Show .*|Copy.*)$/,
  /^(Grouped|Not grouped|Saved filters|Now|Next Saturday 14:00|Save as text|Close the detail|More actions)$/,
  /^(Check all|Check now|Back to the pushes|History…|Value report \(PDF\)|Verify now|Recovery)/,
  // For whoever helps, also where nobody has a role: the engine asks for none.
  /^Save the bundle…$/,
  /^(Differences only|Severity as reported|Venue|Source|Moment.*|Start with this computer|Single-letter keys)$/,
  /^(How .* is worked out|Act as .*|Set the PIN of (Priya Shah|Vera Looks)|Save as PDF|Print)/,
  /^\w{3} \d{1,2} \w{3}/,
];
const screens = {
  weekend: ['/weekend'],
  alerts: ['/alerts', '/alerts?alert=A-1001', '/alerts/silences', '/alerts/preview', '/alerts/figures'],
  exports: ['/exports?tab=all', '/exports/imports', '/exports/rules', '/exports/suppliers', '/exports/schedules'],
  crm: ['/crm', '/crm/figures', '/crm/vendors'],
  systems: ['/systems', '/systems?system=slack', '/systems?tab=senders', '/systems?tab=senders&sender=slack'],
  deliveries: ['/deliveries', '/deliveries?tab=done', '/deliveries?tab=inbound'],
  kpis: ['/kpis'],
  audit: ['/audit'],
  settings: [
    'organisation',
    'people',
    'alerts',
    'backup',
    'sending',
    'network',
    'diagnostics',
    'systems/xero',
    'systems/slack',
  ].map((section) => `/settings/${section}`),
} as const;

/** The names of the buttons that can be pressed, and of the fields in forms that could be changed. */
const enabled = () =>
  page.getByRole('main').evaluate((main) =>
    [
      ...main.querySelectorAll<HTMLElement>(
        'button, form input, form textarea, input[type=checkbox], input[role=switch]',
      ),
    ]
      .filter((one) => one.offsetParent !== null && !one.matches(':disabled') && one.ariaDisabled !== 'true')
      .filter((one) => one.getAttribute('role') !== 'tab' && !one.closest('[role=grid], search'))
      .map(
        (one) =>
          one.ariaLabel ??
          (one.textContent?.trim() || (one as HTMLInputElement).labels?.[0]?.textContent?.trim() || one.outerHTML),
      ),
  );

for (const [screen, addresses] of Object.entries(screens))
  test(`a viewer finds nothing on ${screen} that acts, and is told why`, async () => {
    const findings: string[] = [];
    for (const address of addresses) {
      await visit(page, address);
      // What is in a list is opened, for what its detail offers.
      const row = page.getByRole('main').getByRole('grid').getByRole('row').nth(1);
      if (!address.includes('=A-') && (await row.count()) > 0) {
        await row.click();
        await page.getByRole('main').getByRole('complementary').getByRole('heading', { level: 2 }).first().waitFor();
      }
      const free = await enabled();
      findings.push(
        ...free.filter((name) => !reading.some((one) => one.test(name))).map((name) => `${address}: ${name}`),
      );
      const notes = await page.getByRole('main').getByRole('note').count();
      if (notes > 1) findings.push(`${address}: told ${notes} times`);
    }
    expect(findings).toEqual([]);
    const [first] = addresses;
    expect(await findingsInEveryLook(page, `read-only-${screen}`, () => visit(page, first))).toEqual([]);
  });

test('keys and the palette say why as well, and do nothing', async () => {
  await visit(page, '/weekend');
  await page.getByRole('main').focus();
  await page.keyboard.press('a');
  await page.getByRole('alert').getByText('Vera Looks (Viewer) may not act on alerts.', { exact: false }).waitFor();
  await page.keyboard.press('.');
  await page.getByRole('textbox', { name: /Search/ }).fill('Raise an alert');
  const raise = page.getByRole('button', { name: /^Raise an alert/ });
  await raise.getByText('may not raise an alert', { exact: false }).waitFor();
  expect(await raise.isDisabled()).toBe(true);
  await picture(page, 'read-only-palette');
});
