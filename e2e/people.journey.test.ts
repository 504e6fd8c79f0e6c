import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Journey, picture, seriousFindings, startJourney, visit } from './journey-kit.ts';

let journey: Journey;
const name = 'Quilla Marlow';

beforeAll(async () => {
  journey = await startJourney();
});
afterAll(() => journey?.end());

test('what goes and what stays is shown before a person is erased; who is needed cannot be (AUD-09)', async () => {
  const page = await journey.open();
  await visit(page, '/settings/people');
  await page.getByRole('button', { name: 'Add a person…' }).click();
  const adding = page.getByRole('dialog', { name: 'Add a person' });
  await adding.getByLabel('Name').fill(name);
  await adding.getByRole('button', { name: 'Save the person' }).click();
  await adding.waitFor({ state: 'hidden' });
  // Nobody erases themselves.
  expect(await page.getByRole('button', { name: 'Erase Alex Morgan' }).count()).toBe(0);

  await page.getByRole('button', { name: 'Erase Priya Shah' }).click();
  const needed = page.getByRole('dialog', { name: 'Erase Priya Shah' });
  await needed.getByText('Nobody else is finance approver. Give somebody else that role first.').waitFor();
  expect(await needed.getByRole('textbox').count()).toBe(0);
  await picture(page, 'people-needed');
  await page.keyboard.press('Escape');

  const findings: string[] = [];
  for (const scheme of ['light', 'dark'] as const) {
    for (const [width, height] of [
      [1280, 800],
      [1024, 640],
    ] as const) {
      const other = await journey.open({ scheme, width, height });
      await visit(other, '/settings/people');
      await other.getByRole('button', { name: `Erase ${name}` }).click();
      await other.getByRole('heading', { name: 'What stays' }).waitFor();
      findings.push(...(await seriousFindings(other)).map((finding) => `${scheme} ${width}: ${finding}`));
      expect(await other.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)).toBe(false);
      await picture(other, `people-erase-${scheme}-${width}`);
    }
  }
  expect(findings).toEqual([]);
});

test('an erasure needs a reason that names nobody, and leaves its trace without the name (AUD-09)', async () => {
  const page = await journey.open();
  await visit(page, '/settings/people');
  await page.getByRole('button', { name: `Erase ${name}` }).click();
  const dialog = page.getByRole('dialog', { name: `Erase ${name}` });
  const erase = dialog.getByRole('button', { name: `Erase ${name}` });
  await dialog.getByLabel('Reason').fill('Quilla asked');
  expect(await erase.isEnabled()).toBe(false);
  await dialog.getByLabel(`Type ${name} to erase this person`).fill(name);
  await erase.click();
  await dialog.getByText('The reason names the person.').waitFor();
  await dialog.getByLabel('Reason').fill('Asked for by the person, case 12');
  await erase.click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('rowheader', { name }).waitFor({ state: 'hidden' });

  await visit(page, '/audit');
  const entries = page.getByRole('grid', { name: 'Audit entries' });
  await entries.getByText('person.erased').waitFor();
  await entries.getByText('Erased with its person').first().waitFor();
  await entries.getByText('Asked for by the person, case 12').waitFor();
  expect(await entries.textContent()).not.toContain(name);
  await picture(page, 'people-record');
});
