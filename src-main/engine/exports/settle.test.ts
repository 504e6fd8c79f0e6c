import { describe, expect, test } from 'vitest';
import { LedgerDocument, type LedgerEntry } from '../../adapters/kit/ledger.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { putLock } from '../../store/repositories/desk.ts';
import { vatReturn } from '../insight/vat-return.ts';
import {
  alex,
  asJson,
  asked,
  audited,
  copyOf,
  documents,
  done,
  exportBench,
  exports,
  ledgerTakes,
  lines,
  org,
  priya,
  reverse,
  sentBatch,
  settled,
  store,
} from './testing/export-bench.ts';

exportBench();

test('a penny of the ledger’s own blocks Verified and names the document and the penny (FT-57, R26)', async () => {
  const batchId = await sentBatch();
  await ledgerTakes((copy) => (copy.invoiceNumber === 'INV-b' ? { ...copy, vat: '40.01', gross: '240.01' } : copy));
  expect(await exports.batch(org, batchId)).toMatchObject({
    state: 'partly_posted',
    readBack: {
      matches: 1,
      mismatches: [
        { document: 'INV-b', field: 'VAT', expected: '40.00', found: '40.01' },
        { document: 'INV-b', field: 'gross', expected: '240.00', found: '240.01' },
      ],
      totals: { net: '300.00', vat: '60.01', gross: '360.01' },
    },
  });
  expect(audited).not.toContain('batch.verified');
});

test('a reversal frees its lines only once the ledger shows it to the penny, and the batch is reversed when all are (F10)', async () => {
  const batchId = await sentBatch();
  await ledgerTakes();
  const [first, second] = await documents(batchId);
  await reverse(batchId, { documentIds: [first?.id] });
  expect(await lines()).toEqual({ a: 'posted', b: 'posted', c: 'posted' });
  await ledgerTakes((copy) => ({ ...copy, net: '99.99' }));
  expect(await exports.batch(org, batchId)).toMatchObject({ state: 'verified', reversal: { verified: 0, failed: 1 } });
  expect(await lines()).toMatchObject({ a: 'posted' });
  // Put right in the ledger, it is read once more.
  expect(await exports.check(org, first?.id ?? '')).toMatchObject({ reversal: { state: 'mismatch' } });
  await ledgerTakes();
  expect(await lines()).toEqual({ a: 'ready', b: 'posted', c: 'posted' });

  await reverse(batchId, { documentIds: [second?.id], lines: 'exclude' });
  await ledgerTakes();
  expect(await lines()).toEqual({ a: 'ready', b: 'excluded', c: 'excluded' });
  expect(await exports.batch(org, batchId)).toMatchObject({ state: 'reversed', reversal: { asked: 2, verified: 2 } });
});

test('a batch says until when the ledger makes it wait, or what a person must do', async () => {
  const connection = { id: `${org}/xero`, organisation_id: org, system: 'xero', created_at: 1, updated_at: 1 };
  const later = Date.parse('2026-11-22T12:05:00Z');
  await store.transaction((tx) =>
    tx
      .insertInto('connection')
      .values({ ...connection, not_before: later })
      .execute(),
  );
  const batchId = await sentBatch();
  expect(await exports.batch(org, batchId)).toMatchObject({ waits: { until: '2026-11-22T12:05:00.000Z' } });
  const parked = { parked_code: 'auth', parked_message: 'Sign in again' };
  await store.transaction((tx) => tx.updateTable('connection').set(parked).execute());
  expect(await exports.batch(org, batchId)).toMatchObject({ waits: { until: null, why: 'Sign in again' } });
  await ledgerTakes();
  expect(await exports.batch(org, batchId)).toMatchObject({ state: 'verified', waits: null });
});

test('a reversal is asked for once, by two people, on an open day, of what stands in the ledger', async () => {
  const batchId = await sentBatch();
  await expect(reverse(batchId)).rejects.toMatchObject({ problem: { happened: expect.stringMatching(/No document/) } });
  await ledgerTakes();
  await expect(reverse(batchId, { approver: 'alex' })).rejects.toMatchObject({
    problem: { happened: expect.stringMatching(/another person/) },
  });
  await expect(reverse(batchId, { pin: '1' })).rejects.toMatchObject({
    problem: { happened: expect.stringMatching(/PIN/) },
  });
  await expect(reverse(batchId, { date: '2026-06-30' })).rejects.toMatchObject({
    problem: { happened: expect.stringMatching(/LOCK-DATE/) },
  });
  await store.transaction((tx) =>
    putLock(tx, { organisation_id: org, month: '2026-11', actor: 'Priya', at: 1, reason: 'Filed' }),
  );
  await expect(reverse(batchId)).rejects.toMatchObject({
    problem: { happened: expect.stringMatching(/November 2026 is closed/) },
  });
  // VAT would be given back before it was claimed.
  await expect(reverse(batchId, { date: '2026-10-14' })).rejects.toMatchObject({
    problem: { happened: 'INV-a is dated 15 Oct 2026, after the reversal of 14 Oct 2026.' },
  });
  await reverse(batchId, { date: '2026-12-01' });
  await expect(reverse(batchId, { date: '2026-12-01' })).rejects.toMatchObject({
    problem: { happened: expect.stringMatching(/No document/) },
  });
  expect(asked.filter(({ action }) => action === 'reverse-bill')).toHaveLength(2);
});

test('what was reversed goes out anew as its number with (2); what was refused keeps its number', async () => {
  const batchId = await sentBatch();
  await ledgerTakes();
  await reverse(batchId);
  await ledgerTakes();
  expect(await exports.batch(org, batchId)).toMatchObject({ state: 'reversed' });
  const again = await sentBatch();
  expect((await documents(again)).map(({ invoiceNumber }) => invoiceNumber)).toEqual(['INV-a (2)', 'INV-b (2)']);
  const failure = { kind: 'permanent', code: 'rejected', scope: 'job', message: 'No such account' } as const;
  for (const job of asked.filter(({ action, id }) => action === 'post-bill' && !done.has(id))) {
    done.add(job.id);
    await settled(job, { state: 'failed', lastFailure: failure });
  }
  expect(await exports.batch(org, again)).toMatchObject({ state: 'blocked', refused: 2 });
  expect(await exports.release(org, { batchId: again }, alex)).toBe(3);
  expect(await exports.batch(org, again)).toMatchObject({ state: 'closed', failed: 0 });
  // The refused job must not be tried again beside a new one.
  const [old] = asked.filter(({ action }) => action === 'post-bill').slice(2);
  if (old) await expect(settled(old, { state: 'queued' })).rejects.toMatchObject({ problem: {} });
  const third = await sentBatch();
  expect((await documents(third)).map(({ invoiceNumber }) => invoiceNumber)).toEqual(['INV-a (2)', 'INV-b (2)']);
  const references = asked
    .filter(({ action }) => action === 'post-bill')
    .map((job) => (job.payload as { reference: string }).reference);
  expect(new Set(references).size).toBe(6);
});

test('a document that stands in the ledger already is linked, and verified only when it is ours to the penny (TGT-DUP)', async () => {
  const batchId = await sentBatch();
  const [one, two] = asked;
  if (!one || !two) throw new Error('Two documents were sent');
  const failure = {
    kind: 'permanent',
    code: 'rejected',
    scope: 'job',
    message: 'Already there',
    existing: 'X-9',
  } as const;
  done.add(one.id);
  await settled(one, { state: 'failed', lastFailure: failure });
  await ledgerTakes();
  const [refused] = await documents(batchId);
  const link = exports.link(org, { batchId, documentId: refused?.id ?? '', vendorId: 'X-9' }, alex);
  expect(await link).toMatchObject({ state: 'posted', vendorId: 'X-9', linked: true });
  const look = asked.at(-1);
  if (look?.action !== 'read-back') throw new Error('It is read back');
  done.add(look.id);
  const theirs = copyOf(LedgerDocument.parse(one.payload), 'X-9');
  const [line] = theirs.lines;
  // Booked by hand: other words, another account, no file.
  const byHand = { ...theirs, hasEvidence: false, evidence: [], lines: line ? [{ ...line, accountCode: '400' }] : [] };
  await settled(look, { receipt: { vendorId: 'X-9', document: asJson(byHand) } });
  expect(await exports.batch(org, batchId)).toMatchObject({ state: 'verified', readBack: { matches: 2 } });
});

const _entry = (change: Partial<LedgerEntry> = {}): LedgerEntry => ({
  ...{ vendorId: 'B-1', documentType: 'invoice', word: 'bill', supplier: 'Supplier a  ltd', invoiceNumber: 'inv-A' },
  ...{ date: '2026-10-10', currency: 'GBP', gross: '120', linkable: true },
  ...change,
});
const _prepared = () => exports.prepare(org, { period: '2026-10', target: 'xero' }, alex);
const _dateOfA = async () =>
  (await store.read.selectFrom('cost_line').select('line_date').where('id', '=', 'a').executeTakeFirstOrThrow())
    .line_date;

describe('the VAT return beside the ledger’s own figures', () => {
  const period = { label: '2026-10', from: '2026-10-01', to: '2026-10-31' };
  const given = () =>
    store.transaction((tx) => tx.updateTable('cost_line').set({ box4_minor: 2_000, box7_minor: 10_000 }).execute());

  test('equal to the penny, and a penny of the ledger’s own is the difference', async () => {
    await given();
    await sentBatch();
    expect(await vatReturn(store.read, org, period)).toMatchObject({ lines: 3, verifiedLines: 0, ledgers: [] });
    await ledgerTakes((copy) => (copy.invoiceNumber === 'INV-b' ? { ...copy, vat: '40.01', gross: '240.01' } : copy));
    expect((await vatReturn(store.read, org, period)).verifiedLines).toBe(1);
    expect((await vatReturn(store.read, org, period)).ledgers).toMatchObject([
      {
        ...{ system: 'xero', documents: 2, ours: { box4: '60.00', box7: '300.00' } },
        ledger: { box4: '60.01', box5: '-60.01', box7: '300.00' },
        difference: { box4: '0.01', box5: '-0.01', box7: '0.00' },
      },
    ]);
  });

  test('what a verified reversal gave back counts on neither side any more', async () => {
    await given();
    const batchId = await sentBatch();
    await ledgerTakes();
    const [first] = await documents(batchId);
    await reverse(batchId, { documentIds: [first?.id] });
    await ledgerTakes();
    expect((await vatReturn(store.read, org, period)).ledgers).toMatchObject([
      { documents: 1, ours: { box4: '40.00' }, ledger: { box4: '40.00' }, difference: { box4: '0.00' } },
    ]);
  });
});

describe('a reversal belongs to the period of its own day', () => {
  const october = { label: '2026-10', from: '2026-10-01', to: '2026-10-31' };
  const november = { label: '2026-11', from: '2026-11-01', to: '2026-11-30' };
  const quarter = { label: '2026-Q4', from: '2026-10-01', to: '2026-12-31' };
  const box4 = async (period: typeof october) => (await vatReturn(store.read, org, period)).all.box4;
  const verified = async () => {
    await store.transaction((tx) =>
      tx.updateTable('cost_line').set({ box4_minor: 2_000, box7_minor: 10_000 }).execute(),
    );
    const batchId = await sentBatch();
    await ledgerTakes();
    return batchId;
  };
  const close = (month: string) =>
    store.transaction((tx) =>
      putLock(tx, { organisation_id: org, month, actor: 'Priya Shah', at: 1, reason: 'Filed' }),
    );

  test('the return of a closed month stays as it was filed, and the month of the reversal takes it back', async () => {
    const batchId = await verified();
    await close('2026-10');
    const filed = await vatReturn(store.read, org, october);
    expect(filed.all).toMatchObject({ box4: '60.00', box7: '300.00' });
    await reverse(batchId, { lines: 'exclude' });
    await ledgerTakes();
    expect(await vatReturn(store.read, org, october)).toMatchObject({ all: filed.all, verified: filed.verified });
    expect((await vatReturn(store.read, org, november)).all).toMatchObject({ box4: '-60.00', box7: '-300.00' });
    expect(await box4(quarter)).toBe('0.00');
  });

  test('lines of a closed month are not freed, since they could not be put right there', async () => {
    const batchId = await verified();
    await close('2026-10');
    await expect(reverse(batchId)).rejects.toMatchObject({
      problem: { happened: expect.stringMatching(/October 2026 is closed/) },
    });
    expect(asked.some(({ action }) => action === 'reverse-bill')).toBe(false);
  });

  test('reversed and posted anew, it counts twice where it stands twice in the ledger and once less on the day of the reversal', async () => {
    const batchId = await verified();
    await reverse(batchId);
    await ledgerTakes();
    await sentBatch();
    await ledgerTakes();
    expect([await box4(october), await box4(november), await box4(quarter)]).toEqual(['120.00', '-60.00', '60.00']);
  });
});

describe('what the ledger cannot take is refused with the way out, and the rest goes on', () => {
  test.each<[string, Partial<CostLineRow>, RegExp]>([
    [
      'a currency that is not enabled',
      { currency: 'EUR', fx_rate_to_gbp: '0.86' },
      /^CCY-NOTENABLED EUR is not enabled.*Enable it there/,
    ],
    [
      'a tax code that was renamed, hidden or never confirmed',
      { treatment: 'uk_reduced' },
      /^MAP-TAX .*Confirm it under Settings/,
    ],
    ['an account that was archived', { category: 'Gone' }, /^MAP-ACCOUNT Choose a ledger account for "Gone"/],
    ['a day in closed books', { line_date: '2026-06-30' }, /^LOCK-DATE The books are locked to 30 Jun 2026/],
  ])('%s', async (_what, change, said) => {
    await store.transaction((tx) => tx.updateTable('cost_line').set(change).where('id', '=', 'a').execute());
    const {
      batchId,
      documents: left,
      blocked,
    } = await exports.prepare(org, { period: '2026-10', target: 'xero' }, alex);
    expect({ left, lines: blocked.map(({ lineId }) => lineId) }).toEqual({ left: 1, lines: ['a'] });
    expect(`${blocked[0]?.check} ${blocked[0]?.reason}`).toMatch(said);
    await exports.approve(org, { batchId, ...priya }, alex);
    await exports.send(org, batchId, alex);
    await ledgerTakes();
    expect(await exports.batch(org, batchId)).toMatchObject({ state: 'verified' });
  });

  test('a supplier two records are called like waits for a person with the ledger’s question; the other document is verified', async () => {
    const batchId = await sentBatch();
    const [first] = asked;
    if (!first) throw new Error('Nothing was sent');
    done.add(first.id);
    const message = 'Which supplier record in Xero? 2 are called Supplier a Ltd. Pick the supplier’s record';
    await settled(first, {
      state: 'held',
      lastFailure: { kind: 'needs-attention', code: 'misconfigured', scope: 'job', message },
    });
    await ledgerTakes();
    expect(await documents(batchId)).toMatchObject([
      { state: 'held', problem: expect.stringMatching(/2 are called/) },
      { state: 'verified' },
    ]);
  });
});

test('the treatments of a batch add up to its control totals, cost that holds its VAT included', async () => {
  await store.transaction((tx) =>
    tx.updateTable('cost_line').set({ deductible: 0, vat_gbp_minor: 0 }).where('id', '=', 'a').execute(),
  );
  const { batchId } = await exports.prepare(org, { period: '2026-10', target: 'file' }, alex);
  const { byTreatment, controlTotals } = await exports.batch(org, batchId);
  expect(controlTotals).toEqual({ net: '320.00', vat: '40.00', gross: '360.00' });
  expect(byTreatment).toMatchObject([{ treatment: 'uk_standard', lines: 3, ...controlTotals }]);
});
