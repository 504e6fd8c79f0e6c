import { describe, expect, onTestFinished, test } from 'vitest';
import { insertImport, updateImport } from '../../store/repositories/imports.ts';
import { updateOrganisation } from '../../store/repositories/organisations.ts';
import { vatReturn } from '../insight/vat-return.ts';
import { createReview } from './index.ts';
import { setLock } from './locks.ts';
import { createRechecks } from './rechecks.ts';
import { costLine } from './testing/cost-lines.ts';
import { alex, given, org, parts, problem, review, reviewDesk, runtime, shown, store } from './testing/review-desk.ts';

reviewDesk();

const abroad = { name: 'Big Cloud', country: 'US', vatNumber: '', ukEstablishment: false, aliases: [] };
const close = (period: string, locked = true) => setLock(parts, org, { period, locked, reason: 'Filed' }, alex);

const box4 = (...months: string[]) =>
  Promise.all(
    months.map(async (label) => {
      const { all } = await vatReturn(store.read, org, { from: `${label}-01`, to: `${label}-31`, label });
      return all.box4;
    }),
  );

test.each([1, 150])(
  'what is said of a supplier later does not change %i lines of a month that was closed',
  async (many) => {
    const its = {
      supplier: 'Big Cloud',
      supplier_vat_number: '',
      supplier_country: '',
      net: '100.00',
      vat: '0.00',
      gross: '100.00',
    };
    await given(
      ...Array.from({ length: many }, (_, i) =>
        costLine(`a${i}`, { ...its, invoice_number: `A-${i}`, line_date: '2026-09-10' }),
      ),
      ...Array.from({ length: many }, (_, i) =>
        costLine(`b${i}`, { ...its, invoice_number: `B-${i}`, line_date: '2026-11-10' }),
      ),
    );
    const before = await shown('a0');
    await close('2026-09');
    const rechecks = createRechecks({ store, runtime: parts.runtime, publish: () => undefined });
    const { saveSupplier } = createReview({ ...parts, rechecks });
    const saved = await saveSupplier(org, abroad, alex);
    await rechecks.settled(org);
    expect(await shown('a0')).toEqual(before);
    expect(await shown('b0')).toMatchObject({ supplierCountry: 'US', treatment: 'reverse_charge' });
    await close('2026-09', false);
    await saveSupplier(org, { ...saved, vatNumber: 'EU372' }, alex);
    await rechecks.settled(org);
    expect(await shown('a0')).toMatchObject({ supplierCountry: 'US', treatment: 'reverse_charge' });
  },
);

test('what is done in an open month sets nothing free in a closed one', async () => {
  const same = { supplier: 'Harbour Ltd', invoice_number: 'N-1' };
  await given(costLine('a', { ...same, line_date: '2026-10-05' }), costLine('b', { ...same, line_date: '2026-09-28' }));
  const filed = await shown('b');
  expect(filed).toMatchObject({ state: 'review' });
  await close('2026-09');
  const { undoId } = await review.exclude(org, { lineIds: ['a'], reason: 'Sent twice' }, alex);
  expect(await shown('b')).toEqual(filed);
  await review.undo(org, undoId, alex);
  await review.exclude(org, { lineIds: ['a'], reason: 'Sent twice' }, alex);
  await close('2026-09', false);
  expect((await shown('b')).state).toBe('ready');
});

test('under cash accounting a payment moves no VAT into a closed month, nor out of it', async () => {
  await store.transaction((tx) => updateOrganisation(tx, org, { vat_scheme: 'cash' }));
  onTestFinished(() => store.transaction((tx) => updateOrganisation(tx, org, { vat_scheme: 'standard' })));
  await given(
    costLine('a', { line_date: '2026-10-10' }),
    costLine('b', { line_date: '2026-10-11', paid_on: '2026-09-20' }),
  );
  await close('2026-09');
  const pay = async (id: string, paidOn: string | null) =>
    review.edit(org, { lines: [{ id, version: (await shown(id)).version }], patch: { paidOn }, why: 'Bank' }, alex);
  expect((await problem(pay('a', '2026-09-14'))).problem.happened).toContain('September 2026 is closed');
  expect((await problem(pay('b', '2026-10-14'))).problem.happened).toContain('September 2026 is closed');
  await pay('a', '2026-10-14');
});

test('what a closed month claimed is not claimed again when cash accounting begins, whenever it was or is paid', async () => {
  onTestFinished(() => store.transaction((tx) => updateOrganisation(tx, org, { vat_scheme: 'standard' })));
  await given(
    costLine('a', { line_date: '2026-09-10', paid_on: '2026-10-05' }),
    costLine('b', { line_date: '2026-09-11' }),
    costLine('c', { line_date: '2026-10-12', paid_on: '2026-11-02' }),
  );
  await store.transaction((tx) => tx.updateTable('cost_line').set({ state: 'posted' }).where('id', '=', 'b').execute());
  await close('2026-09');
  await store.transaction((tx) => updateOrganisation(tx, org, { vat_scheme: 'cash' }));
  const { version } = await shown('b');
  await review.edit(org, { lines: [{ id: 'b', version }], patch: { paidOn: '2026-11-03' }, why: 'Bank' }, alex);
  expect(await box4('2026-09', '2026-10', '2026-11')).toEqual(['40.00', '0.00', '20.00']);
});

test('a month is not closed while a file of costs comes in, which would belong to it or not by the moment of closing', async () => {
  const none = { imported: 0, duplicates: 0, rejected: 0, lines: 0, file_bytes: 1, file_sha256: null, mapping: null };
  const coming = (id: string, kind: string) => ({
    ...{ organisation_id: org, id, kind, format: 'csv', file_name: `${id}.csv`, state: 'running' as const, ...none },
    ...{ problem: null, actor: 'person:alex', started_at: 1, finished_at: null, unread_row: null },
  });
  await store.transaction(async (tx) => {
    await insertImport(tx, coming('september', 'costs'));
    await insertImport(tx, coming('rates', 'rates'));
  });
  const { happened, remedy } = (await problem(close('2026-09'))).problem;
  expect([happened, remedy]).toEqual([
    'september.csv is coming in.',
    expect.stringMatching(/Wait until it is here, or cancel it/),
  ]);
  await close('2026-09', false);
  await store.transaction((tx) => updateImport(tx, org, 'september', { state: 'done' }));
  await close('2026-09');
});

describe('an invoice that comes in after its month was closed (PERIOD-CLOSED)', () => {
  const late = (id: string) => costLine(id, { line_date: '2026-09-12', created_at: parts.runtime.clock.now() + 1 });
  const stands = async (id: string) => {
    const [row] = await store.read
      .selectFrom('cost_line')
      .select(['tax_date', 'state', 'reason', 'box4_minor'])
      .where('id', '=', id)
      .execute();
    return row;
  };

  test('is claimed in the first open month once a person confirms it; what was there at the closing stays', async () => {
    await given(costLine('there', { line_date: '2026-09-10' }));
    await close('2026-Q3');
    await close('2026-10');
    await given(late('late'));
    expect(await stands('there')).toMatchObject({ tax_date: '2026-09-10', state: 'ready' });
    expect(await stands('late')).toEqual({
      ...{ tax_date: '2026-11-01', state: 'review', box4_minor: 2_000 },
      reason: 'The tax point 12 Sep 2026 lies in a closed VAT period.',
    });
    await review.acknowledge(
      org,
      { lineIds: ['late'], checks: ['PERIOD-CLOSED'], note: 'Came by post' } as never,
      alex,
    );
    expect(await stands('late')).toMatchObject({ state: 'ready' });
  });

  test('counts in no closed month under cash accounting either, whenever it was paid', async () => {
    await store.transaction((tx) => updateOrganisation(tx, org, { vat_scheme: 'cash' }));
    onTestFinished(() => store.transaction((tx) => updateOrganisation(tx, org, { vat_scheme: 'standard' })));
    await given(costLine('there', { line_date: '2026-09-10', paid_on: '2026-09-20' }));
    await close('2026-09');
    await given(
      { ...late('late'), paid_on: '2026-09-20' },
      // Invoiced in an open month, paid ahead in the closed one.
      { ...late('ahead'), line_date: '2026-10-02', paid_on: '2026-09-25' },
      { ...late('later'), paid_on: '2026-11-05' },
    );
    expect(await box4('2026-09', '2026-10', '2026-11')).toEqual(['20.00', '40.00', '20.00']);
    await close('2026-09', false);
    expect(await box4('2026-09', '2026-10', '2026-11')).toEqual(['60.00', '0.00', '20.00']);
  });

  test('belongs to its own month again when that is opened, and stays there when it is closed anew', async () => {
    await close('2026-09');
    await given(late('late'));
    // Closing it again together with others is no new closing.
    await close('2026-Q3');
    await given(costLine('other'));
    expect(await stands('late')).toMatchObject({ tax_date: '2026-10-01' });
    await close('2026-Q3', false);
    expect(await stands('late')).toMatchObject({ tax_date: '2026-09-12', state: 'ready' });
    runtime.clock.jump(2);
    await close('2026-09');
    await given(costLine('another'));
    expect(await stands('late')).toMatchObject({ tax_date: '2026-09-12' });
  });

  test('an edit may give a late line a date in a closed month, but not one that was there at the closing', async () => {
    await given(costLine('there', { line_date: '2026-11-10' }));
    await close('2026-09');
    await given({ ...late('late'), line_date: '2026-11-12' });
    const dated = async (id: string) => {
      const { version } = await shown(id);
      return review.edit(org, { lines: [{ id, version }], patch: { date: '2026-09-12' }, why: 'Misread' }, alex);
    };
    expect((await problem(dated('there'))).problem.happened).toContain('September 2026 is closed');
    await dated('late');
    expect(await stands('late')).toMatchObject({ tax_date: '2026-10-01', state: 'review' });
  });
});
