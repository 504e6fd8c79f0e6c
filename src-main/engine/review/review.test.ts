import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../store/open.ts';
import { putLock } from '../../store/repositories/desk.ts';
import { insertOrganisation, updateOrganisation } from '../../store/repositories/organisations.ts';
import { testRuntime } from '../../testing/runtime.ts';
import type { AuditInput } from '../audit/audit.ts';
import { ProblemError } from '../problem.ts';
import { likesOf } from './assess-lines.ts';
import { assessLines, createRechecks, createReview, type Review, type Reviewer } from './index.ts';
import { costLine } from './testing/cost-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'review-'));
const runtime = testRuntime('2026-11-22T12:00:00Z');
const org = 'org';
const alex: Reviewer = { personId: 'alex', name: 'Alex Morgan', channel: 'window', correlationId: 'c-1' };
const priya: Reviewer = { ...alex, personId: 'priya', name: 'Priya Shah' };
let store: Store;
let review: Review;
let audited: AuditInput[] = [];
let published: string[] = [];

beforeAll(async () => {
  store = await openStore({ folder, runtime });
  await store.transaction((tx) =>
    insertOrganisation(tx, {
      id: org,
      name: 'Test & Co',
      vat_registered: 1,
      vat_number: 'GB824551380',
      registered_from: null,
      created_at: 1,
    }),
  );
  review = createReview({
    store,
    runtime,
    audit: async (_tx, entry) => void audited.push(entry),
    publish: ({ topic }) => void published.push(topic),
    rechecks: createRechecks({ store, runtime, publish: () => undefined }),
  });
});
beforeEach(async () => {
  await store.transaction(async (tx) => {
    for (const table of [
      'cost_line',
      'line_change',
      'line_history',
      'supplier',
      'supplier_alias',
      'fx_rate',
    ] as const) {
      await tx.deleteFrom(table).execute();
    }
  });
  audited = [];
  published = [];
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function given(...lines: ReturnType<typeof costLine>[]): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.insertInto('cost_line').values(lines).execute();
    await assessLines(tx, org, 'all', runtime.clock.now());
  });
}
const shown = async (id: string) => (await review.line(org, id)).line;
const ids = (line: Awaited<ReturnType<typeof shown>>) => line.checks.map(({ id }) => id);
const problem = async (work: Promise<unknown>): Promise<ProblemError> => {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(ProblemError);
  return thrown as ProblemError;
};

test('a sound line is ready, a doubtful one waits with the one reason that matters most', async () => {
  await given(
    costLine('a'),
    costLine('b', { vat: '25.00', gross: '125.00', gross_minor: 12500, description: 'Gift cards' }),
  );
  expect(await shown('a')).toMatchObject({ state: 'ready', treatment: 'uk_standard', netGbp: '100.00', reason: null });
  const b = await shown('b');
  expect(b).toMatchObject({ state: 'review', treatment: 'unclassified' });
  expect(ids(b)).toEqual(['VAT-CALC', 'PRIVATE-USE']);
  expect(b.reason).toBe('VAT should be 20.00; the invoice shows 25.00.');
});

test('the rate of the tax point month is HMRC’s newest, divided in full; a rate by hand stays', async () => {
  const usd = {
    currency: 'USD',
    net: '250.50',
    vat: '0.00',
    gross: '250.50',
    gross_minor: 25050,
    supplier_country: 'US',
    supplier_vat_number: '',
  };
  await store.transaction(async (tx) => {
    for (const [units, at] of [
      ['1.5', 1],
      ['1.3404', 2],
    ] as const) {
      await tx
        .insertInto('fx_rate')
        .values({
          organisation_id: org,
          currency: 'USD',
          month: '2026-07',
          import_id: `i${at}`,
          units_per_gbp: units,
          source: 'hmrc',
          recorded_at: at,
        })
        .execute();
    }
  });
  await given(
    costLine('a', { ...usd, period_start: '2026-07-01', period_end: '2026-07-31', line_date: '2026-08-02' }),
    costLine('b', { ...usd, line_date: '2026-09-02' }),
    costLine('c', { ...usd, fx_rate_to_gbp: '0.75', fx_source: 'hand' }),
  );
  expect(await shown('a')).toMatchObject({
    netGbp: '186.88',
    vatGbp: '37.38',
    treatment: 'reverse_charge',
    state: 'ready',
  });
  expect(ids(await shown('b'))).toEqual(['FX-MISSING']);
  expect(await shown('c')).toMatchObject({ netGbp: '187.88', fxRateToGbp: '0.75' });
});

test('an edit applies the rules again, keeps old and new value, and is taken back as one step', async () => {
  await given(costLine('a', { vat: '25.00', gross: '125.00', gross_minor: 12500 }));
  const before = await shown('a');
  const { undoId, changed } = await review.edit(
    org,
    { lines: [{ id: 'a', version: before.version }], patch: { vat: '20.00', gross: '120.00' }, why: 'typing error' },
    alex,
  );
  expect(changed).toBe(1);
  expect(await shown('a')).toMatchObject({ state: 'ready', treatment: 'uk_standard' });
  const { history } = await review.line(org, 'a');
  expect(history).toContainEqual({
    at: '2026-11-22T12:00:00.000Z',
    who: 'Alex Morgan',
    what: 'vat',
    before: '25.00',
    after: '20.00',
    why: 'typing error',
    undoId,
  });
  expect(audited).toMatchObject([
    { action: 'lines.edit', actor: 'Alex Morgan', before: { vat: '25.00' }, after: { vat: '20.00' } },
  ]);
  expect(published).toEqual(['lines']);

  await review.undo(org, undoId, alex);
  expect(await shown('a')).toMatchObject({ state: 'review', vat: '25.00', treatment: 'unclassified' });
  expect((await problem(review.undo(org, undoId, alex))).problem.happened).toBe('This step was already taken back.');
});

test('a stale edit is refused and names who changed the line first; nothing is lost', async () => {
  await given(costLine('a'), costLine('b'));
  const { version } = await shown('a');
  const other = await shown('b');
  await review.edit(org, { lines: [{ id: 'a', version }], patch: { category: 'Cloud' }, why: '' }, priya);
  const refusal = await problem(
    review.edit(
      org,
      {
        lines: [
          { id: 'b', version: other.version },
          { id: 'a', version },
        ],
        patch: { category: 'Software' },
        why: '',
      },
      alex,
    ),
  );
  expect(refusal.code).toBe('REFUSED');
  expect(refusal.problem.happened).toContain('Priya Shah changed');
  expect((await shown('a')).category).toBe('Cloud');
  expect((await shown('b')).category).toBe('');
});

test('a step is not taken back over somebody’s later change', async () => {
  await given(costLine('a'));
  const first = await review.edit(
    org,
    { lines: [{ id: 'a', version: (await shown('a')).version }], patch: { category: 'Cloud' }, why: '' },
    alex,
  );
  const second = await review.edit(
    org,
    { lines: [{ id: 'a', version: (await shown('a')).version }], patch: { description: 'Hosting' }, why: '' },
    priya,
  );
  expect((await problem(review.undo(org, first.undoId, alex))).problem.happened).toContain('Priya Shah changed');
  await review.undo(org, second.undoId, priya);
  await review.undo(org, first.undoId, alex);
  expect(await shown('a')).toMatchObject({ category: '', description: 'Compute hosting' });
});

test('warnings are confirmed by name with a note; blocks cannot be waived', async () => {
  await given(
    costLine('a', { net: '12500.00', vat: '2500.00', gross: '15000.00', gross_minor: 1500000 }),
    costLine('b', { vat: '25.00', gross: '125.00', gross_minor: 12500 }),
  );
  expect(await shown('a')).toMatchObject({ state: 'review' });
  const { undoId } = await review.acknowledge(org, { lineIds: ['a'], note: 'ordered by the board' }, alex);
  const confirmed = await shown('a');
  expect(confirmed.state).toBe('ready');
  expect(confirmed.checks[0]?.acknowledged).toMatchObject({ by: 'Alex Morgan', note: 'ordered by the board' });

  const refusal = await problem(review.acknowledge(org, { lineIds: ['b'], checks: ['VAT-CALC'], note: 'fine' }, alex));
  expect(refusal.problem.happened).toContain('cannot be waived');

  // Applying the rules again keeps it, as long as the warning says the same.
  await store.transaction((tx) => assessLines(tx, org, 'all', runtime.clock.now()));
  expect((await shown('a')).state).toBe('ready');
  await review.undo(org, undoId, alex);
  expect((await shown('a')).state).toBe('review');
  await review.acknowledge(org, { lineIds: ['a'], note: 'yes' }, alex);
  await review.edit(
    org,
    {
      lines: [{ id: 'a', version: (await shown('a')).version }],
      patch: { net: '13000.00', vat: '2600.00', gross: '15600.00' },
      why: '',
    },
    alex,
  );
  expect((await shown('a')).checks[0]).toMatchObject({ id: 'LARGE-AMT', acknowledged: null });
});

test('excluding the first of two copies frees the second, and undo brings the block back', async () => {
  const same = { supplier: 'Twin Ltd', invoice_number: 'T-1' };
  await given(costLine('a', same), costLine('b', { supplier: ' twin  LTD', invoice_number: 't-1' }));
  expect(ids(await shown('a'))).toEqual([]);
  expect(ids(await shown('b'))).toEqual(['DUP']);
  const { undoId } = await review.exclude(org, { lineIds: ['a'], reason: 'scanned twice' }, alex);
  expect(await shown('a')).toMatchObject({ state: 'excluded', excludedReason: 'scanned twice' });
  expect(await shown('b')).toMatchObject({ state: 'ready' });
  await review.undo(org, undoId, alex);
  expect(await shown('a')).toMatchObject({ state: 'ready', excludedReason: null });
  expect(ids(await shown('b'))).toEqual(['DUP']);
  await review.exclude(org, { lineIds: ['b'], reason: 'copy' }, alex);
  await review.include(org, ['b'], alex);
  expect(await shown('b')).toMatchObject({ state: 'review', excludedReason: null });
});

test('a line in a batch or in the ledger is not changed, and the way out is named', async () => {
  await given(costLine('a'), costLine('b'));
  await store.transaction(async (tx) => {
    await tx.updateTable('cost_line').set({ state: 'batched', batch_id: 'x' }).where('id', '=', 'a').execute();
    await tx.updateTable('cost_line').set({ state: 'posted', batch_id: 'x' }).where('id', '=', 'b').execute();
  });
  const { version } = await shown('a');
  const edit = review.edit(org, { lines: [{ id: 'a', version }], patch: { category: 'x' }, why: '' }, alex);
  expect((await problem(edit)).problem.remedy).toContain('Discard the batch');
  const exclude = review.exclude(org, { lineIds: ['b'], reason: 'no' }, alex);
  expect((await problem(exclude)).problem.remedy).toContain('Reverse the posted document');
  expect(audited).toEqual([]);
});

test('confirming a supplier settles its open lines and every name it goes by', async () => {
  const unknown = {
    supplier_country: '',
    supplier_vat_number: '',
    net: '100.00',
    vat: '0.00',
    gross: '100.00',
    gross_minor: 10000,
  };
  await given(
    costLine('a', { ...unknown, supplier: 'Big  Cloud' }),
    costLine('b', { ...unknown, supplier: 'BIG CLOUD', line_date: '2026-08-01' }),
    costLine('c', { ...unknown, supplier: 'Other' }),
  );
  expect(ids(await shown('a'))).toEqual(['SUPPLIER-COUNTRY']);
  const saved = await review.saveSupplier(
    org,
    { name: 'Big Cloud', country: 'us', vatNumber: '', ukEstablishment: false, aliases: ['Big Cloud Inc'] },
    alex,
  );
  expect(saved).toMatchObject({ confirmed: true, country: 'US', aliases: ['Big Cloud', 'Big Cloud Inc'] });
  expect(await shown('a')).toMatchObject({ supplierId: saved.id, treatment: 'reverse_charge', state: 'ready' });
  expect(await shown('b')).toMatchObject({ supplierId: saved.id, treatment: 'reverse_charge' });
  expect(ids(await shown('c'))).toEqual(['SUPPLIER-COUNTRY']);
  expect(await review.suppliers(org)).toEqual([saved]);

  await review.saveSupplier(org, { ...saved, country: 'LU', ukEstablishment: true }, alex);
  expect(await shown('a')).toMatchObject({ supplierCountry: 'LU', treatment: 'no_vat_unregistered_supplier' });
  const taken = review.saveSupplier(
    org,
    { name: 'New', country: 'US', vatNumber: '', ukEstablishment: false, aliases: ['big cloud'] },
    alex,
  );
  expect((await problem(taken)).problem.happened).toContain('already means another supplier');
});

test.each([
  ['UK', 'GB'],
  ['great britain', 'GB'],
  ['el', 'GR'],
  ['Ireland', 'IE'],
])('a supplier in %s is one in %s', async (country, letters) => {
  const supplier = { name: 'Big Cloud', country, vatNumber: '', ukEstablishment: false, aliases: [] };
  expect(await review.saveSupplier(org, supplier, alex)).toMatchObject({ country: letters });
});

test.each(['ZZ', 'QQ', 'Narnia'])('%s is no country a supplier can be established in', async (country) => {
  const supplier = { name: 'Big Cloud', country, vatNumber: '', ukEstablishment: false, aliases: [] };
  const { remedy } = (await problem(review.saveSupplier(org, supplier, alex))).problem;
  expect(remedy).toBe('Write its two letters, such as GB, IE or US.');
  expect(await review.saveSupplier(org, { ...supplier, country: 'XI' }, alex)).toMatchObject({ country: 'XI' });
});

test('the list is filtered and sorted, and the summary adds up what was invoiced', async () => {
  await given(
    costLine('a', {
      supplier: 'zeta',
      line_date: '2026-10-03',
      net: '10.00',
      vat: '2.00',
      gross: '12.00',
      gross_minor: 1200,
    }),
    costLine('b', {
      supplier: 'Alpha',
      line_date: '2026-10-02',
      net: '10.00',
      vat: '2.50',
      gross: '12.50',
      gross_minor: 1250,
    }),
    costLine('c', {
      supplier: 'Beta 100%',
      line_date: '2026-07-01',
      description: 'Gift',
      net: '30.00',
      vat: '6.00',
      gross: '36.00',
      gross_minor: 3600,
    }),
    costLine('d', {
      supplier: 'Gamma',
      line_date: '2026-10-01',
      net: '20.00',
      vat: '4.00',
      gross: '24.00',
      gross_minor: 2400,
    }),
  );
  await review.exclude(org, { lineIds: ['d'], reason: 'private' }, alex);
  const list = async (
    filter: Parameters<Review['lines']>[1]['filter'] = {},
    sort: Parameters<Review['lines']>[1]['sort'] = 'reason',
    offset = 0,
  ) => {
    const { rows, total } = await review.lines(org, { filter, sort, offset, limit: 2 });
    return [rows.map(({ id }) => id).join(''), total];
  };
  expect(await list()).toEqual(['bc', 4]);
  expect(await list({}, 'reason', 2)).toEqual(['da', 4]);
  expect(await list({}, 'date')).toEqual(['cd', 4]);
  expect(await list({}, 'supplier')).toEqual(['bc', 4]);
  expect(await list({}, 'net')).toEqual(['cd', 4]);
  expect(await list({ states: ['ready'] })).toEqual(['a', 1]);
  expect(await list({ period: '2026-Q3' })).toEqual(['c', 1]);
  expect(await list({ check: 'PRIVATE-USE' })).toEqual(['c', 1]);
  expect(await list({ text: '0%' })).toEqual(['c', 1]);
  expect(await list({ text: 'alph' })).toEqual(['b', 1]);
  expect(
    (await problem(review.lines(org, { filter: { period: 'soon' }, sort: 'date', offset: 0, limit: 1 }))).code,
  ).toBe('REFUSED');

  expect(await review.summary(org, undefined)).toEqual({
    review: 2,
    ready: 1,
    excluded: 1,
    batched: 0,
    posted: 0,
    vatInQuestion: '8.50',
    periods: ['2026-Q4', '2026-10', '2026-Q3', '2026-07'],
    totals: {
      file: { net: '70.00', vat: '14.50', gross: '84.50' },
      ready: { net: '10.00', vat: '2.00', gross: '12.00' },
    },
  });
  expect(await review.summary(org, '2026-07')).toMatchObject({ review: 1, ready: 0 });
});

test('the detail tells the rule steps, the services summed and the row it came from', async () => {
  await store.transaction((tx) =>
    tx
      .insertInto('import_batch')
      .values({
        organisation_id: org,
        id: 'i1',
        kind: 'costs',
        format: 'focus',
        file_name: 'aws.csv',
        file_bytes: 1,
        state: 'done',
        actor: 'x',
        started_at: 1,
      } as never)
      .execute(),
  );
  const breakdown = JSON.stringify([
    { label: 'EC2', rows: 2, amount: '60.0000004' },
    { label: 'S3', rows: 1, amount: '39.9' },
    { label: 'EC2', rows: 1, amount: '0.0999996' },
  ]);
  await given(costLine('a', { import_id: 'i1', breakdown, first_row: 2, last_row: 9, source_rows: 4 }));
  const detail = await review.line(org, 'a');
  expect(detail.breakdown).toEqual([
    { label: 'EC2', rows: 3, amount: '60.1000000' },
    { label: 'S3', rows: 1, amount: '39.9' },
  ]);
  expect(detail.source).toEqual({ fileName: 'aws.csv', firstRow: 2, lastRow: 9 });
  expect(detail.derivation).toContain('h: the VAT fits 20% of the net');
  expect((await problem(review.line(org, 'nobody'))).code).toBe('NOT_FOUND');
});

test('thousands of lines are assessed with one running history, and only what changed is written', async () => {
  const lines = Array.from({ length: 3_000 }, (_, i) =>
    costLine(String(i).padStart(5, '0'), {
      supplier: 'Same Ltd',
      invoice_number: `N-${i % 2_990}`,
      line_date: '2026-01-01',
    }),
  );
  await store.transaction(async (tx) => {
    for (let at = 0; at < lines.length; at += 400)
      await tx
        .insertInto('cost_line')
        .values(lines.slice(at, at + 400))
        .execute();
    expect(await assessLines(tx, org, 'all', runtime.clock.now())).toEqual({ changed: 3_000 });
    expect(await assessLines(tx, org, 'all', runtime.clock.now())).toEqual({ changed: 0 });
  });
  const { total } = await review.lines(org, { filter: { check: 'DUP' }, sort: 'date', offset: 0, limit: 1 });
  expect(total).toBe(10);
  expect((await review.lines(org, { filter: { check: 'DUP-NEAR' }, sort: 'date', offset: 0, limit: 1 })).total).toBe(
    2_989,
  );
});

test('many lines are judged again in pieces, and a stop in the middle is taken up at the next start', async () => {
  const many = Array.from({ length: 450 }, (_, i) =>
    costLine(String(i).padStart(4, '0'), { supplier: 'Harbour Ltd', supplier_country: '', supplier_vat_number: '' }),
  );
  await given(...many);
  const saved = { name: 'Harbour Ltd', country: 'US', vatNumber: '', ukEstablishment: false, aliases: [] };
  const stopped = createRechecks({ store, runtime, publish: () => undefined });
  await stopped.close();
  const parts = { store, runtime, audit: async () => undefined, publish: () => undefined };
  await createReview({ ...parts, rechecks: stopped }).saveSupplier(org, saved, alex);
  expect((await shown('0000')).supplierCountry).toBe('');

  const next = createRechecks({ store, runtime, publish: ({ topic }) => void published.push(topic) });
  await next.resume();
  await next.settled(org);
  expect(published).toContain('lines');
  for (const id of ['0000', '0250', '0449']) {
    expect(await shown(id)).toMatchObject({ supplierCountry: 'US' });
    expect((await review.line(org, id)).history[0]).toMatchObject({ who: 'Alex Morgan', what: 'country', after: 'US' });
  }
  expect(await store.read.selectFrom('line_recheck').selectAll().execute()).toEqual([]);
});

test('lines of an import that has not finished are in no list, sum, period or search', async () => {
  await given(costLine('seen', { line_date: '2026-10-15' }));
  await store.transaction(async (tx) => {
    await tx.insertInto('import_hidden').values({ import_id: 'i-9', organisation_id: org }).execute();
    await tx
      .insertInto('cost_line')
      .values(costLine('unseen', { import_id: 'i-9', line_date: '2026-12-15', tax_date: '2026-12-15' }))
      .execute();
  });
  for (const sort of ['reason', 'date', 'supplier', 'net'] as const)
    expect((await review.lines(org, { filter: {}, sort, offset: 0, limit: 9 })).total).toBe(1);
  expect((await review.lines(org, { filter: { text: 'Supplier' }, sort: 'date', offset: 0, limit: 9 })).total).toBe(1);
  const summary = await review.summary(org, undefined);
  expect([summary.review + summary.ready, summary.periods]).toEqual([1, ['2026-Q4', '2026-10']]);
  await store.transaction((tx) => tx.deleteFrom('import_hidden').execute());
  expect((await review.lines(org, { filter: {}, sort: 'net', offset: 0, limit: 9 })).total).toBe(2);
});

test('of the lines with one amount only those of the same supplier are judged again', async () => {
  const rows = [
    costLine('a', { supplier: 'Harbour' }),
    costLine('b', { supplier: 'Quay' }),
    costLine('c', { supplier: ' harbour' }),
    costLine('d', { supplier: 'Harbour', gross: '1.00' }),
  ];
  await store.transaction(async (tx) => {
    for (const row of rows) await tx.insertInto('cost_line').values(row).execute();
  });
  const harbour = { supplier: 'HARBOUR', currency: 'GBP', gross_minor: 12_000 };
  expect(await likesOf(store.read, org, [harbour])).toEqual(['a', 'c']);
});

test('VAT a person says may not be reclaimed leaves the return at once, and comes back with the step taken back', async () => {
  await given(costLine('a'));
  const boxes = () =>
    store.read
      .selectFrom('cost_line')
      .select(['box4_minor', 'box7_minor', 'vat_gbp_minor'])
      .where('id', '=', 'a')
      .executeTakeFirst();
  expect(await boxes()).toEqual({ box4_minor: 2_000, box7_minor: 10_000, vat_gbp_minor: 2_000 });
  const { version } = await shown('a');
  const lines = [{ id: 'a', version }];
  const { undoId } = await review.edit(org, { lines, patch: { deductible: false }, why: 'A client dinner' }, alex);
  expect(await boxes()).toEqual({ box4_minor: 0, box7_minor: 0, vat_gbp_minor: 0 });
  await review.undo(org, undoId, alex);
  expect(await boxes()).toMatchObject({ box4_minor: 2_000 });
});

test('what a check asks for can be typed in: payment, tax point, credited invoice, printed VAT, lines of the document, currency', async () => {
  await given(
    costLine('a', { document_type: 'credit_note', net: '-100.00', vat: '-20.00', gross: '-120.00' }),
    costLine('b', { currency: 'USD', fx_rate_to_gbp: '0.75', fx_source: 'file' }),
    costLine('c', { due_on: '2026-01-31' }),
    costLine('d', { net: '123.45', vat: '24.67', gross: '148.12', invoice_number: 'X-1' }),
  );
  const typed = async (id: string, patch: Parameters<Review['edit']>[1]['patch']) => {
    const before = ids(await shown(id));
    await review.edit(org, { lines: [{ id, version: (await shown(id)).version }], patch, why: '' }, alex);
    return [before, ids(await shown(id))];
  };
  expect(await typed('a', { originalInvoice: 'INV-9' })).toEqual([['CN-ORIG'], []]);
  expect(await typed('b', { printedVatGbp: '15.00' })).toEqual([['FX-VATSTERLING'], []]);
  expect(await typed('b', { currency: 'GBP', printedVatGbp: null })).toEqual([[], []]);
  expect(await shown('b')).toMatchObject({ currency: 'GBP', fxRateToGbp: null, netGbp: '100.00', state: 'ready' });
  expect(await typed('c', { paidOn: '2026-02-10' })).toEqual([['UNPAID-6M'], []]);
  expect(await typed('d', { documentLines: 5 })).toEqual([['VAT-CALC'], ['VAT-ROUNDING']]);
  expect(await typed('d', { taxPoint: '2010-06-01' })).toEqual([['VAT-ROUNDING'], ['RATE-DATE']]);
});

test('under cash accounting a payment is noted on a line in the ledger too, and counts on its own day', async () => {
  await store.transaction((tx) => updateOrganisation(tx, org, { vat_scheme: 'cash' }));
  onTestFinished(() => store.transaction((tx) => updateOrganisation(tx, org, { vat_scheme: 'standard' })));
  await given(costLine('a', { line_date: '2026-08-31' }), costLine('b', { line_date: '2026-08-30' }));
  await store.transaction((tx) => tx.updateTable('cost_line').set({ state: 'posted' }).where('id', '=', 'a').execute());
  const lock = { organisation_id: org, actor: 'Priya Shah', at: 1, reason: 'Filed' };
  await store.transaction(async (tx) => {
    for (const month of ['2026-08', '2026-09']) await putLock(tx, { ...lock, month });
  });
  onTestFinished(() => store.transaction(async (tx) => void (await tx.deleteFrom('period_lock').execute())));
  const pay = async (paidOn: string | null, more: object = {}) => {
    const { version } = await shown('a');
    return review.edit(org, { lines: [{ id: 'a', version }], patch: { paidOn, ...more }, why: 'Bank' }, alex);
  };
  expect((await problem(pay('2026-09-14'))).problem.happened).toMatch(
    /2026-09 is closed, and the payment of Supplier a/,
  );
  expect((await problem(pay('2026-12-24'))).problem.happened).toMatch(/has not come yet/);
  expect((await problem(pay('2026-10-02', { category: 'AI' }))).problem.happened).toMatch(/already posted/);
  const box4 = async () =>
    (await store.read.selectFrom('cost_line').select('box4_minor').where('id', '=', 'a').executeTakeFirst())
      ?.box4_minor;
  expect(await box4()).toBe(0);
  const { undoId } = await pay('2026-10-02');
  expect(await box4()).toBe(2_000);
  await review.undo(org, undoId, alex);
  expect(await box4()).toBe(0);
  await pay('2026-10-02');
  expect(await shown('a')).toMatchObject({ state: 'posted', paidOn: '2026-10-02' });
  await pay(null);
  expect(await box4()).toBe(0);
});
