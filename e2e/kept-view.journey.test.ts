import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Journey, startJourney, visit } from './journey-kit.ts';

let journey: Journey;

beforeAll(async () => {
  journey = await startJourney();
});
afterAll(() => journey?.end());

test('how a person set the screens is there again when the agent starts anew, at another address and in another browser', async () => {
  const page = await journey.open();
  const before = journey.url;
  await visit(page, '/settings/appearance');
  await page.getByText('Dark', { exact: true }).click();
  await page.getByRole('switch', { name: 'Single-letter keys' }).uncheck();
  const kept = () => readFile(join(journey.folder, 'view.json'), 'utf8').catch(() => '');
  await expect.poll(kept).toMatch(/singleKeys\\":false/);
  expect(await kept()).not.toContain(journey.token);

  expect(journey.complaints).toEqual([]);

  await journey.again();
  expect(journey.url).not.toBe(before);
  const anew = await journey.open();
  await anew.locator('html[data-mantine-color-scheme=dark]').waitFor();
  await visit(anew, '/settings/appearance');
  expect(await anew.getByRole('switch', { name: 'Single-letter keys' }).isChecked()).toBe(false);
});
