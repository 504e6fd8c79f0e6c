import { afterAll, beforeEach, expect, test } from 'vitest';
import { storedChecks } from '../review/stored-line.ts';
import { importSetup, org, who } from './testing/setup.ts';

const t = await importSetup('counted-again');
beforeEach(() => t.empty());
afterAll(() => t.close());

const header =
  'BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,InvoiceIssuerName,ServiceName';
const charge = (cost: string, from: string, to: string, service = 'Compute') =>
  `${cost},acct-9,USD,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,${from},${to},Usage,Nimbus Cloud Ltd,${service}`;
const month = ['2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'] as const;
const day = (of: number) => [`2026-10-${of}T00:00:00Z`, `2026-10-${of + 1}T00:00:00Z`] as const;

const imported = (name: string, ...rows: string[]) => t.importFile(t.file(`${[header, ...rows].join('\n')}\n`, name));
const warnings = async () =>
  (await t.lines()).map((line) => [
    line.net,
    storedChecks(line).find(({ id }) => id === 'USAGE-AGAIN')?.message ?? null,
  ]);

test('a month exported in its middle and again at its end says that it may be counted twice, until one of both is undone', async () => {
  await imported('mid.csv', charge('150', ...month), charge('9', ...month, 'Storage'));
  expect(await warnings()).toEqual([['159.00', null]]);
  const { importId } = await imported('end.csv', charge('309', ...month), charge('9', ...month, 'Storage'));
  expect(await warnings()).toEqual([
    [
      '468.00',
      'More than one import (mid.csv, end.csv) has Compute for the same time (01 Oct 2026 to 31 Oct 2026): up to USD 150.00 may be in it twice.',
    ],
  ]);
  await t.imports.undo(org, importId, who);
  expect(await warnings()).toEqual([['159.00', null]]);
});

test('days that follow one another, and fees of another service for the whole month, are no repetition', async () => {
  await imported('first.csv', charge('5', ...day(10)), charge('20', ...month, 'Support'));
  await imported('second.csv', charge('5', ...day(10)), charge('7', ...day(11)), charge('20', ...month, 'Support'));
  expect(await warnings()).toEqual([['32.00', null]]);
});

test('a day a vendor restated is told, with the days it is about and no more than those', async () => {
  await imported('first.csv', charge('5', ...day(10)), charge('6', ...day(11)));
  await imported('second.csv', charge('5', ...day(10)), charge('6.5', ...day(11)), charge('7', ...day(12)));
  expect(await warnings()).toMatchObject([['24.50', expect.stringContaining('(11 Oct 2026 to 11 Oct 2026)')]]);
});

test('what comes after the line was posted is told on the line beside it', async () => {
  await imported('first.csv', charge('150', ...month));
  await t.store.transaction(async (tx) => {
    await tx.updateTable('cost_line').set({ state: 'posted', batch_id: 'b-1' }).execute();
  });
  await imported('again.csv', charge('309', ...month));
  expect(await warnings()).toMatchObject([
    ['150.00', null],
    ['309.00', expect.stringContaining('first.csv, again.csv')],
  ]);
});

test('a file without charge periods stands for its whole billing period', async () => {
  const bare = (cost: string) =>
    `BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,InvoiceIssuerName\n${cost},acct-9,USD,2026-10-01,2026-11-01,Usage,Nimbus Cloud Ltd\n`;
  await t.importFile(t.file(bare('10'), 'one.csv'));
  await t.importFile(t.file(bare('11'), 'two.csv'));
  expect(await warnings()).toMatchObject([['21.00', expect.stringContaining('up to USD 10.00')]]);
});
