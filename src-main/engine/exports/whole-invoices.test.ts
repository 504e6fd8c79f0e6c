import { expect, test } from 'vitest';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { insertEvidence, putLock } from '../../store/repositories/desk.ts';
import { insertImport } from '../../store/repositories/imports.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { editLines } from '../review/change-lines.ts';
import { costLine } from '../review/testing/cost-lines.ts';
import { toldApart } from './evidence.ts';
import {
  alex,
  atLedger,
  documents,
  exportBench,
  exports,
  ledgerTakes,
  lines,
  org,
  priya,
  reverse,
  sentBatch,
  store,
} from './testing/export-bench.ts';

exportBench();

const runtime = testRuntime('2026-11-22T12:00:00Z');
const { clock } = runtime;
const later = Date.parse('2026-11-22T12:00:05Z');
/** A person says how many lines the invoice of a line has. */
async function says(id: string, documentLines: number): Promise<void> {
  const { version } = await store.read
    .selectFrom('cost_line')
    .select('version')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const rest = { audit: async () => undefined, publish: () => undefined, rechecks: { request: async () => undefined } };
  const wanted = { lines: [{ id, version }], patch: { documentLines }, why: '' };
  await editLines({ store, runtime, ...rest }, org, wanted, alex);
}

const prepare = (period = '2026-10') => exports.prepare(org, { period, target: 'xero' }, alex);

/** Another line of the invoice that line `a` stands on. */
async function another(id: string, change: Partial<CostLineRow>): Promise<void> {
  const same = { supplier: 'Supplier a Ltd', invoice_number: 'INV-a' };
  await store.transaction((tx) =>
    tx
      .insertInto('cost_line')
      .values(
        costLine(id, { ...same, treatment: 'uk_standard', net_gbp_minor: 10_000, vat_gbp_minor: 2_000, ...change }),
      )
      .execute(),
  );
}

test.each<[string, Partial<CostLineRow>, RegExp]>([
  ['waits in the review', { state: 'review', blocks: 1 }, /INV-a.*review.*half an invoice/],
  [
    'is written otherwise and waits',
    { state: 'review', invoice_number: ' inv-A ', supplier: 'SUPPLIER  a ltd' },
    /review/,
  ],
  ['has its tax point in another month', { state: 'ready', tax_date: '2026-11-02' }, /02 Nov 2026.*longer period/],
  ['waits in the review with a tax point in another month', { state: 'review', tax_date: '2026-11-02' }, /review/],
])('half an invoice is not posted while a line of it %s', async (_why, change, reason) => {
  await another('d', change);
  const batch = await prepare();
  expect(await lines()).toEqual({ a: 'ready', b: 'batched', c: 'batched', d: change.state });
  expect(batch.blocked.filter(({ lineId }) => lineId === 'a')).toMatchObject([
    { reason: expect.stringMatching(reason) },
  ]);
});

test('half an invoice is not posted when the other row of it was refused at its import, until a person says what it has', async () => {
  const attributes = JSON.stringify({ refused_row: 'row 3 of costs.csv, Net' });
  await store.transaction((tx) => tx.updateTable('cost_line').set({ attributes }).where('id', '=', 'a').execute());
  const { batchId, blocked } = await prepare();
  const reason = expect.stringMatching(/row 3 of costs.csv, Net; half an invoice.* import the file again/);
  expect(blocked).toMatchObject([{ lineId: 'a', check: 'INV-PARTS', reason }]);
  await exports.discard(org, batchId, alex);
  await says('a', 1);
  const whole = await prepare();
  expect(whole).toMatchObject({ documents: 2, lines: 3 });
  await exports.discard(org, whole.batchId, alex);
  // Another row refused since is another matter.
  const refused_at = clock.now() + 1;
  const since = JSON.stringify({ refused_row: 'row 9 of more.csv, Net', refused_at });
  await store.transaction((tx) =>
    tx.updateTable('cost_line').set({ attributes: since }).where('id', '=', 'a').execute(),
  );
  const again = await prepare();
  expect(again.blocked).toMatchObject([
    { lineId: 'a', reason: expect.stringMatching(/row 9 of more.csv.*say on each line that the invoice has 1 line;/) },
  ]);
  await exports.discard(org, again.batchId, alex);
});

test('no invoice of a file is posted that had a row nobody could read, until a person says what it has', async () => {
  const file = { organisation_id: org, id: 'i-1', kind: 'costs', format: 'csv', file_name: 'costs.csv', file_bytes: 9 };
  const came = { ...file, file_sha256: null, mapping: null, problem: null, duplicates: 0, rejected: 1, lines: 2 };
  await store.transaction(async (tx) => {
    await insertImport(tx, {
      ...{ ...came, state: 'done', imported: 2, actor: 'Alex', started_at: 1, finished_at: clock.now() },
      unread_row: 'row 3 of costs.csv',
    });
    await tx.updateTable('cost_line').set({ import_id: 'i-1' }).where('id', 'in', ['a', 'b']).execute();
    await tx.updateTable('cost_line').set({ import_id: 'i-2' }).where('id', '=', 'c').execute();
    await tx.updateTable('cost_line').set({ invoice_number: 'INV-c' }).where('id', '=', 'c').execute();
    await tx.updateTable('cost_line').set({ invoice_number: 'INV-b' }).where('id', '=', 'b').execute();
  });
  const { batchId, blocked } = await prepare();
  const reason = expect.stringMatching(/row 3 of costs.csv; half an invoice.* import the file again.*has 1 line/);
  expect(blocked).toMatchObject([
    { lineId: 'a', check: 'INV-PARTS', reason },
    { lineId: 'b', check: 'INV-PARTS', reason },
  ]);
  await exports.discard(org, batchId, alex);
  await says('a', 1);
  expect((await prepare()).blocked).toMatchObject([{ lineId: 'b' }]);
});

test('a line that comes late is not posted beside the invoice it belongs to', async () => {
  const first = await prepare();
  await another('d', { state: 'ready' });
  await expect(prepare()).rejects.toMatchObject({ problem: { means: expect.stringContaining(first.batchId) } });
  await exports.discard(org, first.batchId, alex);
  expect(await prepare()).toMatchObject({ documents: 2, lines: 4 });
});

test('what came late for an invoice that went out as files, which nothing takes back, goes out under a number of its own', async () => {
  const { batchId } = await exports.prepare(org, { period: '2026-10', target: 'file' }, alex);
  await exports.approve(org, { batchId, ...priya }, alex);
  await exports.send(org, batchId, alex);
  await another('d', { state: 'ready' });
  const way = /went out as files .*cannot be taken back.*number of its own, such as INV-a-2/;
  await expect(prepare()).rejects.toMatchObject({ problem: { means: expect.stringMatching(way) } });
  // The same number on another day is a document of its own here, and none to whoever took the files.
  const moveTo = (line_date: string, invoice_number: string) =>
    store.transaction((tx) =>
      tx.updateTable('cost_line').set({ line_date, invoice_number }).where('id', '=', 'd').execute(),
    );
  await moveTo('2026-10-16', 'INV-a');
  await expect(prepare()).rejects.toMatchObject({ problem: { means: expect.stringMatching(way) } });
  await moveTo('2026-10-15', 'INV-a-2');
  const late = await prepare();
  expect((await documents(late.batchId)).map(({ invoiceNumber }) => invoiceNumber)).toEqual(['INV-a-2']);
  await expect(exports.discard(org, batchId, alex)).rejects.toMatchObject({
    problem: { remedy: expect.stringMatching(/credit note/) },
  });
});

test('a line that comes in while a batch is being prepared is not left behind alone', async () => {
  atLedger(() => another('d', { state: 'review', blocks: 1 }));
  await expect(prepare()).rejects.toMatchObject({ problem: { means: 'Nothing was kept.' } });
  expect(await lines()).toMatchObject({ a: 'ready', d: 'review' });
});

test('a copy that another file brought waits alone, and so does a statement that names the invoice', async () => {
  await another('d', { state: 'review', import_id: 'second', blocks: 1, check_ids: ' DUP ' });
  await another('e', { state: 'review', document_type: 'statement', blocks: 1, check_ids: ' DOC-NOTVAT ' });
  await prepare();
  expect(await lines()).toMatchObject({ a: 'batched', d: 'review', e: 'review' });
});

test('an invoice imported again with another amount is not added to itself, unless a person says that it has both lines', async () => {
  await another('d', { state: 'ready', import_id: 'second', net: '110.00', vat: '22.00', gross: '132.00' });
  const { batchId, blocked } = await prepare();
  const reason = expect.stringContaining('£100.00 and £110.00');
  expect(blocked).toMatchObject([
    { lineId: 'a', check: 'INV-SOURCES', reason, supplier: 'Supplier a Ltd', invoiceNumber: 'INV-a' },
    { lineId: 'd', check: 'INV-SOURCES', reason },
  ]);
  await exports.discard(org, batchId, alex);
  // Of the whole invoice a file says the same in both editions; a person who said it of the first knew of no second.
  await store.transaction((tx) => tx.updateTable('cost_line').set({ document_lines: 5 }).execute());
  await says('a', 5);
  await store.transaction((tx) =>
    tx.updateTable('cost_line').set({ created_at: later }).where('id', '=', 'd').execute(),
  );
  const unsaid = await prepare();
  expect(unsaid.blocked).toMatchObject([{ check: 'INV-SOURCES' }, { check: 'INV-SOURCES' }]);
  await exports.discard(org, unsaid.batchId, alex);
  clock.jump(10_000);
  await says('a', 2);
  await says('d', 2);
  expect(await prepare()).toMatchObject({ documents: 2, lines: 4 });
});

test('an invoice imported again with another day or currency is not posted beside itself, in one batch or after another', async () => {
  await another('d', { state: 'ready', import_id: 'second', line_date: '2026-10-16', net: '110.00', gross: '132.00' });
  const { batchId, blocked } = await prepare();
  const reason = expect.stringMatching(/of 15 Oct 2026 with £100.00 net and of 16 Oct 2026 with £110.00 net.*one day/);
  expect(blocked).toMatchObject([
    { lineId: 'a', check: 'INV-SOURCES', reason },
    { lineId: 'd', check: 'INV-SOURCES', reason },
  ]);
  await exports.discard(org, batchId, alex);
  await store.transaction((tx) =>
    tx.updateTable('cost_line').set({ tax_date: '2026-11-16' }).where('id', '=', 'd').execute(),
  );
  const first = await prepare();
  expect(await lines()).toMatchObject({ a: 'batched' });
  const told = expect.stringContaining(`INV-a of Supplier a Ltd is already in batch ${first.batchId}`);
  await expect(prepare('2026-11')).rejects.toMatchObject({
    problem: { means: told, remedy: expect.stringMatching(/Put right/) },
  });
});

test('an invoice is not posted as it was first while its correction, of another day, waits in the review; a copy waits alone', async () => {
  const corrected = {
    state: 'review',
    import_id: 'second',
    line_date: '2026-10-16',
    net: '110.00',
    gross: '132.00',
  } as const;
  await another('d', { ...corrected, blocks: 1 });
  const { batchId, blocked } = await prepare();
  expect(blocked).toMatchObject([{ lineId: 'd' }, { lineId: 'a', check: 'INV-SOURCES' }]);
  await exports.discard(org, batchId, alex);
  await store.transaction((tx) =>
    tx.updateTable('cost_line').set({ check_ids: ' DUP ' }).where('id', '=', 'd').execute(),
  );
  expect(await prepare()).toMatchObject({ documents: 2, lines: 3 });
});

test('two batches prepared at once do not both take one number', async () => {
  await another('d', { state: 'ready', line_date: '2026-11-16', tax_date: '2026-11-16' });
  let other: unknown;
  atLedger(async () => {
    atLedger(async () => undefined);
    other = await prepare('2026-11');
  });
  await expect(prepare()).rejects.toMatchObject({ problem: { means: 'Nothing was kept.' } });
  expect(other).toMatchObject({ documents: 1 });
  expect(await lines()).toMatchObject({ a: 'ready', d: 'batched' });
});

test('an invoice typed in again is asked about, and the parts of one that was split are not', async () => {
  const typed = { state: 'ready', origin: 'hand', import_id: null, document_key: 'hand:d' } as const;
  await store.transaction((tx) =>
    tx
      .updateTable('cost_line')
      .set({ ...typed, document_key: 'hand:a|part 1' })
      .where('id', '=', 'a')
      .execute(),
  );
  await another('d', { ...typed, document_key: 'hand:a|part 2' });
  const { batchId } = await prepare();
  expect(await lines()).toMatchObject({ a: 'batched', d: 'batched' });
  await exports.discard(org, batchId, alex);
  await store.transaction((tx) =>
    tx.updateTable('cost_line').set({ document_key: 'hand:d' }).where('id', '=', 'd').execute(),
  );
  expect((await prepare()).blocked).toMatchObject([{ check: 'INV-SOURCES' }, { check: 'INV-SOURCES' }]);
});

test('what was reversed and put right goes out under a number of its own, for the ledger keeps the first', async () => {
  const batchId = await sentBatch();
  await ledgerTakes();
  await another('d', { state: 'ready', description: 'Came late' });
  await reverse(batchId);
  await ledgerTakes();
  const again = await prepare();
  const named = async (id: string) => (await documents(id)).map((one) => [one.invoiceNumber, one.lines]);
  expect(await named(again.batchId)).toEqual([
    ['INV-a (2)', 2],
    ['INV-b (2)', 2],
  ]);
  await exports.approve(org, { batchId: again.batchId, ...priya }, alex);
  await exports.send(org, again.batchId, alex);
  await ledgerTakes();
  await reverse(again.batchId);
  await ledgerTakes();
  await store.transaction((tx) =>
    tx.updateTable('cost_line').set({ description: 'Put right' }).where('id', '=', 'a').execute(),
  );
  expect(await named((await prepare()).batchId)).toEqual([
    ['INV-a (3)', 2],
    ['INV-b (3)', 2],
  ]);
});

test('a month that is closed while its batch is being prepared stays closed', async () => {
  const month = { organisation_id: org, month: '2026-10', actor: 'Priya', at: 1, reason: 'Filed' };
  atLedger(() => store.transaction((tx) => putLock(tx, month)));
  await expect(prepare()).rejects.toMatchObject({ problem: { happened: 'October 2026 is closed.' } });
  expect(await lines()).toEqual({ a: 'ready', b: 'ready', c: 'ready' });
});

test.each<[string, Partial<CostLineRow>, RegExp]>([
  ['number', { invoice_number: 'N'.repeat(300) }, /invoiceNumber: Too big.* Correct that/],
  ['amount', { net: '1'.repeat(13) }, /lines 0 net: .* Correct that/],
])('a %s no ledger takes is told as such, not as too many lines', async (_what, change, reason) => {
  await store.transaction((tx) => tx.updateTable('cost_line').set(change).where('id', '=', 'a').execute());
  expect((await prepare()).blocked).toMatchObject([{ check: 'DOC-SIZE', reason: expect.stringMatching(reason) }]);
});

test('accounts of one invoice that came in by several files of usage are its lines: each sums its own rows', async () => {
  await store.transaction((tx) => tx.updateTable('cost_line').set({ origin: 'focus' }).where('id', '=', 'a').execute());
  await another('d', { state: 'ready', import_id: 'second', origin: 'focus' });
  const { batchId } = await prepare();
  expect(await lines()).toMatchObject({ a: 'batched', d: 'batched' });
  // Fetched and brought as a file as well: the same usage twice.
  await exports.discard(org, batchId, alex);
  await store.transaction((tx) => tx.updateTable('cost_line').set({ origin: 'api' }).where('id', '=', 'd').execute());
  expect((await prepare()).blocked).toMatchObject([{ check: 'INV-SOURCES' }, { check: 'INV-SOURCES' }]);
});

test('what was left out of an invoice by a person does not stop the rest of it', async () => {
  await another('d', { state: 'excluded', excluded_reason: 'Private' });
  await prepare();
  expect(await lines()).toEqual({ a: 'batched', b: 'batched', c: 'batched', d: 'excluded' });
});

test('lines of one invoice with tax points in two months go out together in a period that has both', async () => {
  await another('d', { state: 'ready', tax_date: '2026-11-02' });
  const batch = await prepare('2026-Q4');
  expect(batch).toMatchObject({ documents: 2, lines: 4 });
});

test('what a ledger document cannot hold is told before anybody approves it, and the rest goes on', async () => {
  const net = { net: '1.00', vat: '0.20', gross: '1.20', net_gbp_minor: 100, vat_gbp_minor: 20 };
  for (let i = 0; i < 500; i++) await another(`d${i}`, { state: 'ready', ...net });
  const { batchId, blocked, lines: taken } = await prepare();
  expect(taken).toBe(2);
  expect(blocked).toHaveLength(501);
  expect(blocked[0]).toMatchObject({ check: 'DOC-SIZE', reason: expect.stringMatching(/INV-a has 501 lines.* 500/) });
  await exports.approve(org, { batchId, ...priya }, alex);
  await exports.send(org, batchId, alex);
});

const file = (fileName: string, fileId: string) => ({ fileName, fileId, contentType: 'application/pdf', size: 1 });

test('files of one name stand beside each other in a ledger, and one file beside two lines is one file there', () => {
  const names = ['a.csv', 'invoice.pdf', 'Invoice.pdf', 'invoice.pdf', 'scan 1:2.pdf', 'none', 'none'];
  const files = [...names.map((name, at) => file(name, `f${at}`)), file('again.pdf', 'f1')];
  const told = ['a.csv', 'invoice.pdf', 'Invoice (2).pdf', 'invoice (3).pdf', 'scan 1-2.pdf', 'none', 'none (2)'];
  expect(toldApart(files).map(({ fileName }) => fileName)).toEqual(told);
});

test('more files than a ledger takes stop the invoice, not the batch', async () => {
  await store.transaction(async (tx) => {
    for (let i = 0; i < 10; i++) {
      const row = { organisation_id: org, line_id: 'a', id: `e${i}`, file_id: `f${i}`, file_name: `${i}.pdf` };
      await insertEvidence(tx, { ...row, content_type: 'application/pdf', bytes: 1, actor: 'Alex', at: 1 });
    }
  });
  const { blocked } = await prepare();
  expect(blocked).toMatchObject([{ lineId: 'a', check: 'DOC-SIZE', reason: expect.stringMatching(/11 files/) }]);
});
