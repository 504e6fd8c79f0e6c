import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import {
  type DayWindow,
  LedgerDocument,
  type LedgerEntry,
  type ReadBack,
  type Reversal,
  reversalOf,
} from '../../adapters/kit/ledger.ts';
import { evidenceStore } from '../../platform/evidence-store.ts';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../store/open.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { putLock } from '../../store/repositories/desk.ts';
import { insertOrganisation } from '../../store/repositories/organisations.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { vatReturn } from '../insight/vat-return.ts';
import { costLine } from '../review/testing/cost-lines.ts';
import { createExports, type Exports } from './index.ts';
import type { ExportParts } from './parts.ts';

const org = 'org';
const alex = { personId: 'alex', name: 'Alex Morgan', channel: 'cli', correlationId: 'c' };
const priya = { approver: 'priya', pin: '2468' };
const runtime = testRuntime('2026-11-22T12:00:00Z');
type Asked = Parameters<ExportParts['enqueue']>[1] & { readonly id: string };
let folder: string;
let store: Store;
let exports: Exports;
let asked: Asked[];
let audited: string[];
let standing: LedgerEntry[];
let windows: DayWindow[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exports-'));
  store = await openStore({ folder, runtime });
  asked = [];
  audited = [];
  standing = [];
  windows = [];
  done = new Set();
  sentThere = new Map();
  await store.transaction(async (tx) => {
    await insertOrganisation(tx, {
      id: org,
      name: 'Test',
      created_at: 1,
      vat_registered: 1,
      vat_number: null,
      registered_from: null,
    });
    const ready = { state: 'ready' as const, treatment: 'uk_standard', net_gbp_minor: 10_000, vat_gbp_minor: 2_000 };
    await tx
      .insertInto('cost_line')
      .values([
        costLine('a', ready),
        costLine('b', ready),
        costLine('c', { ...ready, invoice_number: 'INV-b', supplier: 'Supplier b Ltd' }),
      ])
      .execute();
  });
  const people = [
    { id: 'alex', name: 'Alex Morgan', roles: ['finance_preparer', 'finance_approver'], hasPin: true },
    { id: 'priya', name: 'Priya Shah', roles: ['finance_approver'], hasPin: true },
  ];
  exports = createExports({
    store,
    runtime,
    publish: () => undefined,
    audit: async (_tx, { action }) => void audited.push(action),
    enqueue: async (_tx, job) => {
      const known = asked.find((one) => one.action === job.action && one.idempotencyKey === job.idempotencyKey);
      if (known) return known;
      const added = { ...job, id: `job-${asked.length + 1}` };
      asked.push(added);
      return added;
    },
    checkNow: async () => undefined,
    ledgers: {
      entries: async (_organisation, _system, days) => {
        windows.push(days);
        return standing;
      },
      books: async () => ({
        taxes: { uk_standard: 'INPUT2' },
        accounts: { '': '463', Gone: null },
        reference: { currencies: ['GBP'], lockedUntil: '2026-06-30' },
      }),
    },
    people: {
      people: async () => people,
      verifyPin: async (_organisation: string, _person: string, pin: string) => pin === '2468',
    } as unknown as ExportParts['people'],
    evidence: evidenceStore(join(folder, 'evidence')),
    files: {} as ExportParts['files'],
    temporaryFolder: folder,
    linesSettled: async () => undefined,
  });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** Tells what became of a job, as the outbox does. */
const settled = (job: Asked, change: Partial<OutboxJob>) =>
  store.transaction((tx) =>
    exports.settled(
      tx,
      OutboxJob.parse({
        ...job,
        ...{
          connectionId: `${org}/xero`,
          state: 'delivered',
          attempts: 1,
          inDoubt: false,
          lookups: 0,
          doubtSince: null,
        },
        ...{ runAt: 1, expiresAt: null, leaseOwner: null, leaseUntil: null, lastFailure: null, receipt: null },
        ...{ createdAt: 1, settledAt: 1 },
        ...change,
      }),
    ),
  );

const copyOf = (document: LedgerDocument, vendorId: string): ReadBack => ({
  vendorId,
  documentType: document.documentType,
  invoiceNumber: document.invoiceNumber,
  contact: { id: 'c', name: document.supplier.name },
  status: 'approved',
  date: document.date,
  currency: document.currency,
  currencyRate: null,
  ...document.totals,
  lines: document.lines,
  hasEvidence: document.evidence.length > 0,
  evidence: document.evidence.map(({ fileName, size }) => ({ fileName, size })),
});

const asJson = (copy: ReadBack) => copy as unknown as NonNullable<OutboxJob['receipt']>['document'];

/** Posts every job that waits and reads it back as it was sent, or changed by `change`. */
async function ledgerTakes(change: (copy: ReadBack) => ReadBack = (copy) => copy): Promise<void> {
  for (let at = 0; at < asked.length; at += 1) {
    const job = asked[at];
    if (job === undefined || done.has(job.id)) continue;
    done.add(job.id);
    const payload = job.payload as { reference: string; vendorId: string };
    if (job.action === 'read-back') {
      const document = sentThere.get(payload.reference);
      if (!document) throw new Error('Read back before it was posted');
      await settled(job, {
        receipt: { vendorId: payload.vendorId, document: asJson(change(copyOf(document, payload.vendorId))) },
      });
      continue;
    }
    const document =
      job.action === 'reverse-bill'
        ? reversalOf(job.payload as unknown as Reversal)
        : LedgerDocument.parse(job.payload);
    sentThere.set(payload.reference, document);
    await settled(job, { receipt: { vendorId: `X-${job.id}` } });
  }
}
let done: Set<string>;
let sentThere: Map<string, LedgerDocument>;

async function sentBatch(period = '2026-10'): Promise<string> {
  const { batchId } = await exports.prepare(org, { period, target: 'xero' }, alex);
  await exports.approve(org, { batchId, ...priya }, alex);
  await exports.send(org, batchId, alex);
  return batchId;
}
const lines = async () =>
  Object.fromEntries(
    (await store.read.selectFrom('cost_line').select(['id', 'state']).orderBy('id').execute()).map((row) => [
      row.id,
      row.state,
    ]),
  );
const documents = async (batchId: string) => (await exports.documents(org, batchId, null)).rows;
const reverse = (batchId: string, more: object = {}) =>
  exports.reverse(org, { batchId, reason: 'Wrong month', lines: 'free', ...priya, ...more }, alex);

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
    problem: { happened: expect.stringMatching(/2026-11 is closed/) },
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

const entry = (change: Partial<LedgerEntry> = {}): LedgerEntry => ({
  ...{ vendorId: 'B-1', documentType: 'invoice', word: 'bill', supplier: 'Supplier a  ltd', invoiceNumber: 'inv-A' },
  ...{ date: '2026-10-10', currency: 'GBP', gross: '120', linkable: true },
  ...change,
});
const prepared = () => exports.prepare(org, { period: '2026-10', target: 'xero' }, alex);
const dateOfA = async () =>
  (await store.read.selectFrom('cost_line').select('line_date').where('id', '=', 'a').executeTakeFirstOrThrow())
    .line_date;

describe('what stands in the ledger already (F11)', () => {
  test('is looked for once for the whole batch, a week around its days; the rest goes on without it', async () => {
    standing = [entry({ date: await dateOfA() })];
    const batch = await prepared();
    expect(windows).toEqual([{ from: '2026-10-08', to: '2026-10-22' }]);
    expect(batch).toMatchObject({ documents: 1, blocked: [{ lineId: 'a', check: 'TGT-DUP' }] });
    expect((await exports.twins(org)).open).toMatchObject([{ kind: 'same', theirs: { vendorId: 'B-1' } }]);
  });

  test('one of the same number is linked: read back and verified, never posted', async () => {
    standing = [entry({ date: await dateOfA() })];
    await exports.discard(org, (await prepared()).batchId, alex);
    const [twin] = (await exports.twins(org)).open;
    const id = twin?.id ?? '';
    await expect(exports.decideTwin(org, { id, decision: 'post', reason: 'Two' }, alex)).rejects.toMatchObject({
      problem: { means: expect.stringMatching(/twice/) },
    });
    await exports.decideTwin(org, { id, decision: 'link', reason: 'Typed in by Sam' }, alex);
    const batchId = await sentBatch();
    expect(asked.map(({ action }) => action).sort()).toEqual(['post-bill', 'read-back']);
    const [a] = await documents(batchId);
    expect(a).toMatchObject({ invoiceNumber: 'inv-A', vendorId: 'B-1', linked: true, state: 'posted' });
    const job = asked.find(({ action }) => action === 'read-back');
    const { reference } = (job?.payload ?? {}) as { reference: string };
    const row = await store.read
      .selectFrom('export_document')
      .select('frozen')
      .where('reference', '=', reference)
      .executeTakeFirstOrThrow();
    sentThere.set(reference, LedgerDocument.parse(JSON.parse(row.frozen)));
    await ledgerTakes();
    expect(await exports.batch(org, batchId)).toMatchObject({ state: 'verified' });
    // What stands for ours is ours from now on.
    expect(await lines()).toEqual({ a: 'posted', b: 'posted', c: 'posted' });
  });

  test('one of another number within days may be a second document; what a person says holds for the next batch', async () => {
    standing = [entry({ date: await dateOfA(), invoiceNumber: 'X-77' })];
    await exports.discard(org, (await prepared()).batchId, alex);
    const id = (await exports.twins(org)).open[0]?.id ?? '';
    await exports.decideTwin(org, { id, decision: 'post', reason: 'Two workshops' }, alex);
    expect(audited).toContain('ledger-duplicate.decided');
    const batch = await prepared();
    expect(batch).toMatchObject({ documents: 2, blocked: [] });
    await exports.discard(org, batch.batchId, alex);
    await exports.decideTwin(org, { id, decision: 'open', reason: 'Wrong' }, alex);
    expect(await prepared()).toMatchObject({ documents: 1 });
  });

  test('left out, its lines go nowhere until they are brought back, and then it is asked again', async () => {
    standing = [entry({ date: await dateOfA() })];
    await exports.discard(org, (await prepared()).batchId, alex);
    const id = (await exports.twins(org)).open[0]?.id ?? '';
    await exports.decideTwin(org, { id, decision: 'leave-out', reason: 'Sam typed it' }, alex);
    expect(await lines()).toMatchObject({ a: 'excluded' });
    expect((await exports.twins(org)).decided).toMatchObject([
      { decision: { decision: 'leave-out', by: 'Alex Morgan' } },
    ]);
    await store.transaction((tx) =>
      tx.updateTable('cost_line').set({ state: 'ready' }).where('id', '=', 'a').execute(),
    );
    await prepared();
    expect((await exports.twins(org)).open).toHaveLength(1);
  });

  test.each<[string, Partial<LedgerEntry>, number]>([
    ['another supplier', { supplier: 'Other Ltd' }, 2],
    ['another amount under another number', { gross: '121', invoiceNumber: 'X' }, 2],
    ['a credit note of that number', { documentType: 'credit_note' }, 2],
    ['the same amount weeks away', { date: '2026-08-01', invoiceNumber: 'X' }, 2],
    ['the same number with another amount', { gross: '121' }, 1],
  ])('%s', async (_what, change, documentsLeft) => {
    standing = [entry({ date: await dateOfA(), ...change })];
    expect(await prepared()).toMatchObject({ documents: documentsLeft });
    if (documentsLeft === 2) return;
    const id = (await exports.twins(org)).open[0]?.id ?? '';
    await expect(exports.decideTwin(org, { id, decision: 'link', reason: 'x' }, alex)).rejects.toMatchObject({
      problem: { means: expect.stringMatching(/never be verified/) },
    });
  });
});

describe('the VAT return beside the ledger’s own figures', () => {
  const period = { label: '2026-10', from: '2026-10-01', to: '2026-10-31' };
  const given = () =>
    store.transaction((tx) => tx.updateTable('cost_line').set({ box4_minor: 2_000, box7_minor: 10_000 }).execute());

  test('equal to the penny, and a penny of the ledger’s own is the difference', async () => {
    await given();
    await sentBatch();
    expect((await vatReturn(store.read, org, period)).ledgers).toEqual([]);
    await ledgerTakes((copy) => (copy.invoiceNumber === 'INV-b' ? { ...copy, vat: '40.01', gross: '240.01' } : copy));
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
    ['a day in closed books', { line_date: '2026-06-30' }, /^LOCK-DATE The books are locked to 2026-06-30/],
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
