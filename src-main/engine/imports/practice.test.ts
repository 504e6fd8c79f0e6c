import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { importSetup } from './testing/setup.ts';

const t = await importSetup('practice');
afterAll(() => t.close());
const practice = (name: string) =>
  t.chosen(fileURLToPath(new URL(`../../../resources/practice/costs/${name}`, import.meta.url)));

test('the practice files come in with their mistakes: some rows refused, twelve lines to fix, the rest ready', async () => {
  expect(await t.importFile(practice('rates-2026-q3.csv'), { kind: 'rates' })).toMatchObject({
    state: 'done',
    imported: 18,
    duplicates: 3,
    rejected: 0,
  });
  const suppliers = await t.importFile(practice('suppliers-2026-q3.csv'));
  expect(suppliers).toMatchObject({ state: 'done', imported: 30, duplicates: 0, rejected: 3 });
  const plain = await t.lines();
  const byState = (state: string) =>
    plain.filter((line) => line.state === state).map(({ invoice_number }) => invoice_number);
  expect(
    plain.filter(({ state }) => state === 'review').map(({ invoice_number, reason }) => [invoice_number, reason]),
  ).toHaveLength(12);
  expect(byState('ready')).toHaveLength(18);

  expect(await t.importFile(practice('cloud-and-ai-2026-q3-focus.csv'))).toMatchObject({
    format: 'focus',
    rejected: 2,
    lines: 6,
  });
  const summed = (await t.lines()).filter(({ origin }) => origin === 'focus');
  expect(summed.map(({ supplier, currency, invoice_number }) => `${supplier} ${currency} ${invoice_number}`)).toEqual([
    'Nimbus Cloud UK Ltd (sample) GBP NIM-202607-118',
    'Lumen Models Inc (sample) USD org-bluebell-7f3-2026-07',
    'Nimbus Cloud UK Ltd (sample) GBP NIM-202608-118',
    'Lumen Models Inc (sample) USD org-bluebell-7f3-2026-08',
    'Nimbus Cloud UK Ltd (sample) GBP NIM-202609-118',
    'Lumen Models Inc (sample) USD org-bluebell-7f3-2026-09',
  ]);
  expect(summed.every(({ checks }) => checks.includes('SUPPLIER-COUNTRY'))).toBe(true);
});
