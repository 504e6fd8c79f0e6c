import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { misbehave } from '../testing/posting.ts';
import { ended, wedops as run, started } from '../testing/wedops.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-ledgers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const head =
  'Date,Supplier,Invoice number,Document type,Description,Currency,Net,VAT,Gross,Supplier country,Supplier VAT number';
/** August: what every ledger can hold. VAT a penny beside the rate, several lines, no VAT, a long number. */
const august = [
  '2026-08-31,Example Cloud UK Ltd,EC-1,invoice,Compute,GBP,100.00,20.00,120.00,GB,GB713024681',
  '2026-08-31,Example Cloud UK Ltd,EC-1,invoice,Storage,GBP,50.05,10.01,60.06,GB,GB713024681',
  '2026-08-31,Example Cloud UK Ltd,EC-2026-08-LONG-NUMBER-000017,invoice,Support,GBP,12.34,2.47,14.81,GB,GB713024681',
  '2026-08-12,Harbour Software Ltd,HS-7,invoice,Seats,GBP,33.33,6.66,39.99,GB,GB220771686',
];
/** September adds a reverse charge in dollars and a credit note. */
const september = [
  '2026-09-30,Example Cloud UK Ltd,EC-3,invoice,Compute,GBP,200.00,40.00,240.00,GB,GB713024681',
  '2026-09-28,Northwind Analytics Inc,NW-9,invoice,Analytics,USD,149.00,0.00,149.00,US,',
  '2026-09-15,Harbour Software Ltd,HS-C1,credit_note,Refund of seats,GBP,-10.00,-2.00,-12.00,GB,GB220771686',
];
const rates = [
  'Country/Territories,Currency,Currency Code,Currency Units per £1,Start date,End date',
  'United States,Dollar,USD,1.3404,01/09/2026,30/09/2026',
];

interface Batch {
  readonly batchId: string;
  readonly state: string;
  readonly lines: number;
  readonly controlTotals: { readonly net: string; readonly vat: string; readonly gross: string };
  readonly blocked: readonly { readonly check: string; readonly reason: string }[];
  readonly readBack: { readonly matches: number; readonly mismatches: readonly unknown[] };
  readonly reversal: unknown;
}

const dataOf = (target: string) => join(folder, target);
const wedops = <T>(target: string, ...words: string[]) => run<T>(...words, '--data', dataOf(target));

async function exported(target: string, period: string): Promise<Batch> {
  const prepared = await wedops<Batch>(target, 'export', 'prepare', '--period', period, '--to', target);
  await wedops(target, 'export', 'approve', prepared.batchId);
  const sent = await wedops<Batch>(target, 'export', 'send', prepared.batchId);
  return { ...sent, lines: prepared.lines, blocked: prepared.blocked };
}

interface Sent {
  readonly id: string;
  readonly invoiceNumber: string;
  readonly released: boolean;
  readonly reversal: { readonly state: string } | null;
}

/** First one document, then the rest, then all of it once more under new references. */
async function takenBack(target: string, batch: Batch): Promise<void> {
  const reverse = (...more: string[]) =>
    wedops<Batch>(target, 'export', 'reverse', batch.batchId, ...more, '--reason', 'Wrong month');
  const one = await reverse('HS-7');
  expect(one).toMatchObject({
    state: 'verified',
    reversal: {
      ...{ asked: 1, verified: 1, failed: 0, inDoubt: 0 },
      byCurrency: [{ currency: 'GBP', net: '-33.33', vat: '-6.66', gross: '-39.99', readBack: { gross: '-39.99' } }],
    },
  });
  const again = await reverse('HS-7').catch((thrown: unknown) => thrown);
  expect(again).toMatchObject({ error: { happened: expect.stringMatching(/asked for already; it is verified/) } });
  const documents = await wedops<Sent[]>(target, 'export', 'documents', batch.batchId);
  expect(documents.filter(({ released }) => released).map(({ invoiceNumber }) => invoiceNumber)).toEqual(['HS-7']);

  const totals = { net: '-195.72', vat: '-39.14', gross: '-234.86' };
  expect(await reverse()).toMatchObject({
    state: 'reversed',
    controlTotals: { net: '195.72', vat: '39.14', gross: '234.86' },
    reversal: { asked: 3, verified: 3, byCurrency: [{ currency: 'GBP', ...totals, readBack: totals }] },
  });
  const renewed = await exported(target, '2026-08');
  expect(renewed).toMatchObject({ state: 'verified', controlTotals: batch.controlTotals });
  const second = await wedops<Sent[]>(target, 'export', 'documents', renewed.batchId);
  expect(second.map(({ invoiceNumber }) => invoiceNumber).sort()).toContain('HS-7 (2)');
}

const found = new Map<string, { august: Batch; september: Batch }>();

// Each on a folder and an agent of its own: they mostly wait.
test.concurrent.for(['xero', 'quickbooks', 'freshbooks', 'file'])(
  'a batch by command to %s ends verified',
  { timeout: 300_000 },
  async (target, { onTestFinished }) => {
    // The commands talk to this agent, so that each does not have to be the whole console.
    const { child, ready } = await started<{ sandboxUrl: string }>(
      ...['agent', '--practice', '--practice-speed', '60', '--empty', '--data', dataOf(target)],
    );
    onTestFinished(() => ended(child));
    // Xero's 60 calls a minute are proven elsewhere, on a moved clock.
    await misbehave(ready.sandboxUrl, { system: 'xero', fault: 'limits', value: '6000,100000' });
    const [costs, rateFile] = [join(folder, `${target}.csv`), join(folder, `${target}-rates.csv`)];
    await writeFile(costs, [head, ...august, ...september, ''].join('\n'));
    await writeFile(rateFile, [...rates, ''].join('\n'));
    await wedops(target, 'import', 'rates', rateFile);
    expect(await wedops(target, 'import', 'costs', costs)).toMatchObject({ imported: 7, rejected: [] });
    const suppliers = [
      ['Example Cloud UK Ltd', 'GB', '--vat-number', 'GB713024681'],
      ['Harbour Software Ltd', 'GB', '--vat-number', 'GB220771686'],
      ['Northwind Analytics Inc', 'US'],
    ];
    for (const [name = '', country = '', ...more] of suppliers) {
      await wedops(target, 'supplier', 'set', name, '--country', country, ...more);
    }
    const waiting = await wedops<{ id: string }[] | { rows: { id: string }[] }>(
      target,
      'cost',
      'list',
      '--state',
      'review',
    );
    for (const { id } of Array.isArray(waiting) ? waiting : waiting.rows) {
      await wedops(target, 'cost', 'accept', id, '--note', 'VAT as printed');
    }
    const both = { august: await exported(target, '2026-08'), september: await exported(target, '2026-09') };
    for (const batch of Object.values(both)) {
      expect(batch).toMatchObject({ state: 'verified', readBack: { mismatches: [] } });
    }
    found.set(target, both);
    if (target !== 'file') await takenBack(target, both.august);
    expect(await wedops(target, 'audit', 'verify')).toMatchObject({ ok: true });
  },
);

test('the same batch to all three ledgers and to file has equal control totals', () => {
  const totals = [...found.values()].map((both) => both.august.controlTotals);
  expect(totals).toEqual(Array.from({ length: 4 }, () => ({ net: '195.72', vat: '39.14', gross: '234.86' })));
  expect([...found.values()].map((both) => both.august.blocked)).toEqual([[], [], [], []]);
});

test('what FreshBooks cannot hold is left out with its reason and the alternative; the others hold all of it', () => {
  const of = (target: string) => found.get(target)?.september;
  expect(of('quickbooks')?.controlTotals).toEqual(of('xero')?.controlTotals);
  expect(of('file')?.controlTotals).toEqual(of('xero')?.controlTotals);
  expect(of('xero')?.lines).toBe(3);
  expect(of('freshbooks')?.controlTotals).toEqual({ net: '200.00', vat: '40.00', gross: '240.00' });
  expect(
    of('freshbooks')
      ?.blocked.map(({ check, reason }) => [check, /file/.test(reason)])
      .sort(),
  ).toEqual([
    ['FB-CREDIT', true],
    ['FB-RC', true],
  ]);
});
