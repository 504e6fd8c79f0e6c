import { expect, onTestFinished, test } from 'vitest';
import { putLock } from '../../store/repositories/desk.ts';
import { updateOrganisation } from '../../store/repositories/organisations.ts';
import { assessLines, type Review } from './index.ts';
import { costLine } from './testing/cost-lines.ts';
import {
  alex,
  audited,
  given,
  ids,
  org,
  priya,
  problem,
  published,
  review,
  reviewDesk,
  runtime,
  shown,
  store,
} from './testing/review-desk.ts';

reviewDesk();

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
  expect(refusal.problem.happened).toMatch(/^Priya Shah changed .* at 22 Nov 2026, 12:00, after you opened it\.$/);
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
  expect((await problem(review.undo(org, first.undoId, alex))).problem.happened).toBe(
    'Priya Shah changed one of these lines afterwards, at 22 Nov 2026, 12:00.',
  );
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
    /September 2026 is closed, and the payment of Supplier a/,
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
