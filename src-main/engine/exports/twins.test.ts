import { describe, expect, test } from 'vitest';
import { LedgerDocument, type LedgerEntry } from '../../adapters/kit/ledger.ts';
import {
  alex,
  asked,
  audited,
  documents,
  exportBench,
  exports,
  ledgerTakes,
  lines,
  org,
  sentBatch,
  sentThere,
  stands,
  store,
  windows,
} from './testing/export-bench.ts';

exportBench();

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
    stands(entry({ date: await dateOfA() }));
    const batch = await prepared();
    expect(windows).toEqual([{ from: '2026-10-08', to: '2026-10-22' }]);
    expect(batch).toMatchObject({ documents: 1, blocked: [{ lineId: 'a', check: 'TGT-DUP' }] });
    expect((await exports.twins(org)).open).toMatchObject([{ kind: 'same', theirs: { vendorId: 'B-1' } }]);
  });

  test('one of the same number is linked: read back and verified, never posted', async () => {
    stands(entry({ date: await dateOfA() }));
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
    stands(entry({ date: await dateOfA(), invoiceNumber: 'X-77' }));
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
    stands(entry({ date: await dateOfA() }));
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
    stands(entry({ date: await dateOfA(), ...change }));
    expect(await prepared()).toMatchObject({ documents: documentsLeft });
    if (documentsLeft === 2) return;
    const id = (await exports.twins(org)).open[0]?.id ?? '';
    await expect(exports.decideTwin(org, { id, decision: 'link', reason: 'x' }, alex)).rejects.toMatchObject({
      problem: { means: expect.stringMatching(/never be verified/) },
    });
  });
});
