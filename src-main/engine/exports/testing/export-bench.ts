import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { OutboxJob } from '../../../../src-shared/domain/delivery/job.ts';
import {
  type DayWindow,
  LedgerDocument,
  type LedgerEntry,
  type ReadBack,
  type Reversal,
  reversalOf,
} from '../../../adapters/kit/ledger.ts';
import { evidenceStore } from '../../../platform/evidence-store.ts';
import type { Store } from '../../../ports/store.ts';
import { insertOrganisation } from '../../../store/repositories/organisations.ts';
import { openStore } from '../../../testing/open-store.ts';
import { testRuntime } from '../../../testing/runtime.ts';
import { costLine } from '../../review/testing/cost-lines.ts';
import { createExports, type Exports } from '../index.ts';
import type { ExportParts } from '../parts.ts';

export const org = 'org';
export const alex = { personId: 'alex', name: 'Alex Morgan', channel: 'cli', correlationId: 'c' };
export const priya = { approver: 'priya', pin: '2468' };
const runtime = testRuntime('2026-11-22T12:00:00Z');
type Asked = Parameters<ExportParts['enqueue']>[1] & { readonly id: string };
let folder: string;
export let store: Store;
export let exports: Exports;
export let asked: Asked[];
export let audited: string[];
/** Where the last pack was written. */
export let packed: string;
let standing: LedgerEntry[];
let meanwhile: () => Promise<void>;
/** Happens while the ledger is asked what stands there. */
export function atLedger(work: () => Promise<void>): void {
  meanwhile = work;
}
export let windows: DayWindow[];
export let people: { readonly id: string; name: string; roles: string[]; ownPin: boolean; firstPinBy: string | null }[];

/** Batches of a small organisation, and a ledger that takes what a test lets it take: made anew for every test of the file. */
export function exportBench(): void {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'exports-'));
    store = await openStore({ folder, runtime });
    asked = [];
    audited = [];
    standing = [];
    windows = [];
    meanwhile = async () => undefined;
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
    const own = { hasPin: true, ownPin: true, firstPinBy: null as string | null };
    people = [
      { id: 'alex', name: 'Alex Morgan', roles: ['finance_preparer', 'finance_approver'], ...own },
      { id: 'priya', name: 'Priya Shah', roles: ['finance_approver'], ...own },
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
          await meanwhile();
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
      files: {
        offer: async (path: string) => {
          packed = path;
          return path;
        },
      } as unknown as ExportParts['files'],
      temporaryFolder: folder,
      linesSettled: async () => undefined,
    });
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
}

/** Tells what became of a job, as the outbox does. */
export const settled = (job: Asked, change: Partial<OutboxJob>) =>
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

export const copyOf = (document: LedgerDocument, vendorId: string): ReadBack => ({
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

export const asJson = (copy: ReadBack) => copy as unknown as NonNullable<OutboxJob['receipt']>['document'];

/** Posts every job that waits and reads it back as it was sent, or changed by `change`. */
export async function ledgerTakes(change: (copy: ReadBack) => ReadBack = (copy) => copy): Promise<void> {
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
export let done: Set<string>;
export let sentThere: Map<string, LedgerDocument>;

export async function sentBatch(period = '2026-10'): Promise<string> {
  const { batchId } = await exports.prepare(org, { period, target: 'xero' }, alex);
  await exports.approve(org, { batchId, ...priya }, alex);
  await exports.send(org, batchId, alex);
  return batchId;
}
export const lines = async () =>
  Object.fromEntries(
    (await store.read.selectFrom('cost_line').select(['id', 'state']).orderBy('id').execute()).map((row) => [
      row.id,
      row.state,
    ]),
  );
export const documents = async (batchId: string) => (await exports.documents(org, batchId, null)).rows;
export const reverse = (batchId: string, more: object = {}) =>
  exports.reverse(org, { batchId, reason: 'Wrong month', lines: 'free', ...priya, ...more }, alex);
/** What the ledger holds before anything of ours goes there. */
export function stands(...entries: readonly LedgerEntry[]): void {
  standing = [...entries];
}
