import { beforeEach, expect, test } from 'vitest';
import { freshbooks } from '../../adapters/freshbooks/index.ts';
import { freshbooksBench } from '../../adapters/freshbooks/testing/samples.ts';
import type { AnyAdapter } from '../../adapters/kit/adapter.ts';
import type { LedgerDocument, ReadBack } from '../../adapters/kit/ledger.ts';
import { quickbooks } from '../../adapters/quickbooks/index.ts';
import { accounts, codes, quickbooksBench } from '../../adapters/quickbooks/testing/samples.ts';
import type { BenchOptions } from '../../adapters/testing/bench.ts';
import { ledgerDesk } from '../../adapters/testing/ledger.ts';
import { xero } from '../../adapters/xero/index.ts';
import { xeroBench } from '../../adapters/xero/testing/samples.ts';
import { linesById } from '../../store/repositories/review.ts';
import { differences } from '../exports/compare.ts';
import { buildDocuments, freeze } from '../exports/documents.ts';
import { keepBoth, listDuplicates, mergeDuplicate } from './duplicates.ts';
import { assessLines } from './index.ts';
import { splitLine, type WantedPart } from './split.ts';
import { costLine } from './testing/cost-lines.ts';
import { alex, org, parts, review, reviewDesk, runtime, store } from './testing/review-desk.ts';

reviewDesk();
beforeEach(() => put('a', { net: '100.01', vat: '20.00', gross: '120.01' }));

const put = (id: string, change: Parameters<typeof costLine>[1]) =>
  store.transaction(async (tx) => {
    await tx
      .insertInto('cost_line')
      .values(costLine(id, { category: 'Hosting', ...change }))
      .execute();
    await assessLines(tx, org, { lineIds: [id] }, runtime.clock.now());
  });
const line = async (id: string) => {
  const [row] = await linesById(store.read, org, [id]);
  if (!row) throw new Error(`No line ${id}`);
  return row;
};
const split = async (wanted: readonly WantedPart[], id = 'a') =>
  splitLine(parts, org, { lineId: id, version: (await line(id)).version, parts: wanted, why: 'two teams' }, alex);
const three = [{ weight: 1 }, { weight: 1, category: 'AI tools' }, { weight: 1, treatmentHint: 'outside_scope' }];

test('net and VAT are split to the penny and sum to the whole; each part may leave by itself', async () => {
  const { partIds } = await split([{ weight: 1 }, { weight: 1, category: 'AI tools' }, { weight: 1 }]);
  const rows = await linesById(store.read, org, partIds);
  expect(rows.map(({ net, vat, gross }) => [net, vat, gross])).toEqual([
    ['33.34', '6.67', '40.01'],
    ['33.34', '6.67', '40.01'],
    ['33.33', '6.66', '39.99'],
  ]);
  expect(rows.map(({ category, state, invoice_number }) => [category, state, invoice_number])).toEqual([
    ['Hosting', 'ready', 'INV-a'],
    ['AI tools', 'ready', 'INV-a'],
    ['Hosting', 'ready', 'INV-a'],
  ]);
  expect(rows.every(({ check_ids }) => !/ DUP/.test(check_ids ?? ''))).toBe(true);
  expect(await line('a')).toMatchObject({ state: 'excluded', excluded_reason: 'Split into 3 parts: two teams' });
  const summary = await review.summary(org, undefined);
  expect(summary).toMatchObject({ ready: 3, excluded: 1, totals: { ready: { gross: '120.01' } } });
});

test('VAT printed in pounds on an invoice in another currency is claimed to the penny by its parts', async () => {
  const euros = { currency: 'EUR', fx_rate_to_gbp: '0.86', fx_source: 'file', printed_vat_gbp: '17.50' } as const;
  await put('e', { net: '100.00', vat: '20.00', gross: '120.00', ...euros });
  expect(await line('e')).toMatchObject({ box4_minor: 1_750, state: 'ready' });
  const { partIds } = await split([{ weight: 1 }, { weight: 1, category: 'AI tools' }, { weight: 1 }], 'e');
  const rows = await linesById(store.read, org, partIds);
  expect(rows.reduce((sum, { box4_minor }) => sum + box4_minor, 0)).toBe(1_750);
  expect(rows.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready']);
});

test('weights that are pence give exactly those; equal parts are nobody’s duplicate', async () => {
  await put('b', { net: '100.00', vat: '20.00', gross: '120.00', invoice_number: 'INV-b' });
  const { partIds } = await split([{ weight: 5_000 }, { weight: 5_000 }], 'b');
  const rows = await linesById(store.read, org, partIds);
  expect(rows.map(({ gross, state }) => [gross, state])).toEqual([
    ['60.00', 'ready'],
    ['60.00', 'ready'],
  ]);
});

test('the step is undone as one: the whole is as it was, the parts are gone; not beside a part that was changed since', async () => {
  const before = await line('a');
  const { undoId, partIds } = await split(three);
  const part = await line(partIds[0] ?? '');
  const edited = await review.edit(
    org,
    { lines: [{ id: part.id, version: part.version }], patch: { category: 'Phone' }, why: '' },
    alex,
  );
  await expect(review.undo(org, undoId, alex)).rejects.toMatchObject({
    problem: { happened: expect.stringMatching(/changed a part/) },
  });
  expect((await line('a')).state).toBe('excluded');
  await review.undo(org, edited.undoId, alex);
  await review.undo(org, undoId, alex);
  expect(await line('a')).toMatchObject({ state: 'ready', net: '100.01', checks: before.checks });
  expect(await linesById(store.read, org, partIds)).toEqual([]);
  expect(await store.read.selectFrom('line_split').selectAll().execute()).toEqual([]);
});

test('whole and parts name each other and the step that takes them together again', async () => {
  expect((await review.line(org, 'a')).split).toBe(null);
  const { undoId, partIds } = await split(three);
  for (const id of ['a', partIds[1] ?? '']) {
    const { split: named } = await review.line(org, id);
    expect(named).toMatchObject({ undoId, whole: { id: 'a', net: '100.01' } });
    expect(named?.parts.map((part) => part.id)).toEqual(partIds);
  }
  await review.undo(org, undoId, alex);
  expect((await review.line(org, 'a')).split).toBe(null);
});

test('the whole stands for its parts: it is not brought back beside them, not split twice, and a later copy of it is a duplicate', async () => {
  const { partIds } = await split(three);
  await expect(review.include(org, ['a'], alex)).rejects.toMatchObject({
    problem: { means: expect.stringMatching(/twice/) },
  });
  await expect(split(three, partIds[0])).rejects.toMatchObject({
    problem: { happened: expect.stringMatching(/part of a split/) },
  });
  await put('z', { net: '100.01', vat: '20.00', gross: '120.01', invoice_number: 'INV-a', supplier: 'Supplier a Ltd' });
  expect((await line('z')).check_ids).toMatch(/ DUP /);
  await expect(split(three, 'z')).rejects.toMatchObject({ problem: { remedy: expect.stringMatching(/Duplicates/) } });
});

test('a pair stays on the list when its earlier line is split, and is merged into the whole', async () => {
  const whole = { net: '100.01', vat: '20.00', gross: '120.01', supplier: 'Supplier a Ltd' };
  await put('z', { ...whole, invoice_number: 'INV-a' });
  const pairs = async () => (await listDuplicates(store.read, org)).open.map((pair) => [pair.line.id, pair.earlier.id]);
  expect(await pairs()).toEqual([['z', 'a']]);
  await split(three);
  expect(await pairs()).toEqual([['z', 'a']]);
  await mergeDuplicate(parts, org, { lineId: 'z', earlierId: 'a', reason: 'sent twice' }, alex);
  expect(await pairs()).toEqual([]);
  expect((await line('z')).state).toBe('excluded');
});

test('a line that is alike an earlier one is split once somebody said they are two', async () => {
  const alike = { net: '100.01', vat: '20.00', gross: '120.01', supplier: 'Supplier a Ltd', invoice_number: 'INV-9' };
  await put('z', alike);
  await expect(split(three, 'z')).rejects.toMatchObject({ problem: { remedy: expect.stringMatching(/Duplicates/) } });
  await keepBoth(parts, org, { lineId: 'z', earlierId: 'a', reason: 'two servers' }, alex);
  expect((await split(three, 'z')).partIds).toHaveLength(3);
});

test('each part is for whom it was said', async () => {
  const { partIds } = await split([
    { weight: 1, shares: [{ target: 'general', targetId: '', weight: 1 }] },
    { weight: 3 },
  ]);
  const shares = await store.read.selectFrom('line_share').select(['line_id', 'net_gbp_minor']).execute();
  expect(shares).toEqual([{ line_id: partIds[0], net_gbp_minor: 2_500 }]);
});

const ledgers: readonly [AnyAdapter, BenchOptions, string, readonly [string, string]][] = [
  [xero, xeroBench, 'INPUT2', ['463', '429']],
  [quickbooks, quickbooksBench, codes.standard, [accounts.software, accounts.software]],
  [freshbooks, freshbooksBench, 'VAT|20', ['3012676', '3012676']],
];

test.each(ledgers)(
  '$manifest.id holds the parts as lines of one bill that sums to the whole',
  async (adapter, options, tax, [one, two]) => {
    await put('d', { net: '90.00', vat: '18.00', gross: '108.00' });
    const { partIds } = await split([{ weight: 2 }, { weight: 1, category: 'AI tools' }], 'd');
    const { documents } = buildDocuments(await linesById(store.read, org, partIds), {
      ...{ organisationId: org, target: adapter.manifest.id, vatRegistered: true },
      books: {
        taxes: { uk_standard: tax },
        accounts: { '': one, 'AI tools': two },
        reference: { currencies: ['GBP'], lockedUntil: null },
      },
    });
    expect(documents).toHaveLength(1);
    const document = freeze(documents[0] as NonNullable<(typeof documents)[0]>, [], '');
    expect(document.totals).toEqual({ net: '90.00', vat: '18.00', gross: '108.00' });
    const copy = await postAndRead(adapter, options, document);
    expect(copy.lines).toHaveLength(2);
    expect(differences(document, copy)).toEqual([]);
  },
);

async function postAndRead(adapter: AnyAdapter, options: BenchOptions, document: LedgerDocument): Promise<ReadBack> {
  const { bench, deliver, copyOf } = ledgerDesk(adapter, options);
  const opened = await bench();
  return copyOf(opened, (await deliver(opened, document)).vendorId);
}
