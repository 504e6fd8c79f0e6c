import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { putWeddings } from '../../store/repositories/weddings.ts';
import { refuseLockedPeriod, setLock } from './locks.ts';
import { costLine } from './testing/cost-lines.ts';
import {
  alex,
  audited,
  desk,
  folder,
  given,
  ids,
  org,
  parts,
  problem,
  review,
  reviewDesk,
  shown,
  store,
} from './testing/review-desk.ts';

reviewDesk();

const alike = { supplier: 'Nimbus Ltd', net: '50.00', vat: '10.00', gross: '60.00' };

test('duplicates stand in three classes, and the far ones are not asked about', async () => {
  await given(
    costLine('a', { ...alike, invoice_number: 'N-1', line_date: '2026-10-01' }),
    costLine('b', { ...alike, invoice_number: 'n-1 ', line_date: '2026-10-20' }),
    costLine('c', { ...alike, invoice_number: 'N-2', line_date: '2026-10-03' }),
    costLine('d', { ...alike, invoice_number: 'N-3', line_date: '2026-08-01' }),
  );
  const { open } = await desk.duplicates(org);
  expect(open.map(({ kind, line, earlier }) => [line.id, earlier.id, kind])).toEqual([
    ['b', 'a', 'same'],
    ['c', 'a', 'likely'],
  ]);
});

test('what lines wait for is counted by check; whom a line may be given to is told by name', async () => {
  await given(
    costLine('a', { ...alike, invoice_number: 'N-1', line_date: '2026-10-01' }),
    costLine('b', { ...alike, invoice_number: 'N-1', line_date: '2026-10-02' }),
    costLine('c', { invoice_number: 'X-1', currency: 'USD', line_date: '2026-09-02' }),
  );
  expect(await desk.reasons(org, undefined)).toEqual(
    expect.arrayContaining([
      { check: 'DUP', lines: 1 },
      { check: 'FX-MISSING', lines: 1 },
    ]),
  );
  expect((await desk.reasons(org, '2026-10')).map(({ check }) => check)).not.toContain('FX-MISSING');
  const { weddings, vendors } = await desk.shareTargets(org, 'a');
  expect([weddings, vendors]).toEqual([[], []]);
});

test('a merge leaves the later line out, unmerging and undoing bring it back, and each is told', async () => {
  await given(
    costLine('a', { ...alike, invoice_number: 'N-1' }),
    costLine('b', { ...alike, invoice_number: 'N-1' }),
    costLine('x', { ...alike, supplier: 'Other Ltd' }),
  );
  const pair = { lineId: 'b', earlierId: 'a' };
  await desk.merge(org, { ...pair, reason: 'sent twice' }, alex);
  expect(await shown('b')).toMatchObject({ state: 'excluded', excludedReason: 'Merged into N-1: sent twice' });
  expect((await desk.duplicates(org)).open).toEqual([]);
  expect((await desk.duplicates(org)).decided[0]).toMatchObject({
    kind: 'same',
    decision: { decision: 'merged', by: 'Alex Morgan' },
  });
  await desk.unmerge(org, pair, alex);
  expect((await shown('b')).state).toBe('review');
  expect((await desk.duplicates(org)).decided).toEqual([]);

  const { undoId } = await desk.merge(org, { ...pair, reason: 'again' }, alex);
  await review.undo(org, undoId, alex);
  expect((await desk.duplicates(org)).open).toHaveLength(1);
  expect(audited.map(({ action }) => action)).toEqual([
    'lines.exclude',
    'lines.include',
    'lines.exclude',
    'lines.undo',
  ]);
  expect(
    (await problem(desk.merge(org, { lineId: 'x', earlierId: 'a', reason: 'no' }, alex))).problem.happened,
  ).toContain('cannot be one document');
});

test('both are kept where the numbers differ; with one number they are not', async () => {
  await given(
    costLine('a', { ...alike, invoice_number: 'N-1' }),
    costLine('b', { ...alike, invoice_number: 'N-2' }),
    costLine('c', { ...alike, invoice_number: 'N-1' }),
  );
  await desk.keepBoth(org, { lineId: 'b', earlierId: 'a', reason: 'two seats' }, alex);
  expect((await shown('b')).state).toBe('ready');
  const refusal = await problem(desk.keepBoth(org, { lineId: 'c', earlierId: 'a', reason: 'two' }, alex));
  expect(refusal.problem.remedy).toContain('invoice number');
});

test('an invoice may ask for the same amount twice: two lines of it that one file brought both stand, as long as they are that', async () => {
  const one = { ...alike, invoice_number: 'N-1', import_id: 'file' };
  await given(costLine('a', one), costLine('b', one), costLine('c', { ...one, import_id: 'another file' }));
  const pair = { lineId: 'b', earlierId: 'a' };
  expect((await desk.duplicates(org)).open.map(({ line, onOneInvoice }) => [line.id, onOneInvoice])).toEqual([
    ['b', true],
    ['c', false],
  ]);
  await problem(desk.keepBoth(org, { ...pair, lineId: 'c', reason: 'two seats' }, alex));
  const { undoId } = await desk.keepBoth(org, { ...pair, reason: 'two seats' }, alex);
  expect(await shown('b')).toMatchObject({ state: 'ready', documentLines: 2 });
  expect((await shown('c')).state).toBe('review');
  await review.undo(org, undoId, alex);
  expect(await shown('b')).toMatchObject({ state: 'review', documentLines: 1 });

  await desk.keepBoth(org, { ...pair, reason: 'two seats' }, alex);
  const patch = { net: '60.00', vat: '12.00', gross: '72.00' };
  const edit = async (id: string) =>
    review.edit(org, { lines: [{ id, version: (await shown(id)).version }], patch, why: '' }, alex);
  await edit('a');
  // Alike another one than was spoken of, and so asked about anew.
  await given(costLine('0', { ...alike, invoice_number: 'N-1' }));
  const { version } = await shown('b');
  await review.edit(org, { lines: [{ id: 'b', version }], patch: { description: 'again' }, why: '' }, alex);
  expect((await shown('b')).state).toBe('review');
});

test('lines that were kept are asked about again when the answer was wrong, and the same when it is given the other way round', async () => {
  const one = { ...alike, invoice_number: 'N-1', import_id: 'file' };
  const near = { ...alike, net: '7.00', vat: '1.40', gross: '8.40' };
  await given(
    costLine('a', one),
    costLine('b', one),
    costLine('c', { ...near, invoice_number: 'N-8' }),
    costLine('d', { ...near, invoice_number: 'N-9' }),
  );
  const state = async (id: string) => [(await shown(id)).state, ids(await shown(id))];
  for (const [later, first, check] of [
    ['b', 'a', 'DUP'],
    ['d', 'c', 'DUP-NEAR'],
  ] as const) {
    const pair = { lineId: later, earlierId: first };
    await desk.keepBoth(org, { lineId: first, earlierId: later, reason: 'two seats' }, alex);
    expect((await shown(later)).state).toBe('ready');
    await desk.unmerge(org, pair, alex);
    expect(await state(later)).toEqual(['review', [check]]);
    expect((await desk.duplicates(org)).open.map(({ line }) => line.id)).toContain(later);
    expect((await problem(desk.unmerge(org, pair, alex))).problem.happened).toContain('Nothing was decided');
  }
});

test('a line is shared among the weddings of its period, to the penny, and the shares follow a correction', async () => {
  await store.transaction((tx) =>
    putWeddings(
      tx,
      org,
      ['w1', 'w2', 'w3'].map((key) => ({
        key,
        series: key,
        sequence: 0,
        status: 'confirmed' as const,
        date: '2026-09-12',
        last_date: '2026-09-12',
        starts_at: null,
        venue: 'The Barn',
        region: 'South',
        reference: '',
        couple: '',
        updated_at: 1,
        replaced: 0,
        import_id: null,
      })) as never,
    ),
  );
  await given(costLine('a', { period_start: '2026-09-01', period_end: '2026-09-30' }));
  const shares = await desk.allocate(org, { lineId: 'a', shares: 'weddings' }, alex);
  expect(shares.map(({ net }) => net)).toEqual(['33.34', '33.33', '33.33']);
  const { version } = await shown('a');
  await review.edit(
    org,
    { lines: [{ id: 'a', version }], patch: { net: '50.00', vat: '10.00', gross: '60.00' }, why: '' },
    alex,
  );
  expect((await desk.shares(org, 'a')).map(({ net }) => net)).toEqual(['16.67', '16.67', '16.66']);
  expect(
    (
      await problem(
        desk.allocate(org, { lineId: 'a', shares: [{ target: 'vendor', targetId: 'nobody', weight: 1 }] }, alex),
      )
    ).code,
  ).toBe('NOT_FOUND');
});

test('a corrected category suggests a rule, shows what it would change, and changes it as one step', async () => {
  await given(
    costLine('a', { supplier: 'Nimbus Ltd', category: 'Cloud hosting' }),
    costLine('b', {
      supplier: 'NIMBUS  ltd',
      category: 'Software and Technology',
      gross: '240.00',
      net: '200.00',
      vat: '40.00',
    }),
    costLine('c', {
      supplier: 'Nimbus Ltd',
      category: 'Software and Technology',
      description: 'Support desk',
      gross: '12.00',
      net: '10.00',
      vat: '2.00',
    }),
    costLine('d', { supplier: 'Other Ltd', category: 'Software and Technology' }),
  );
  await desk.saveRule(org, { supplier: 'Nimbus Ltd', contains: 'support', category: 'Support', apply: false }, alex);
  const suggested = await desk.suggestRule(org, 'a');
  expect(suggested).toMatchObject({ rule: { supplier: 'Nimbus Ltd', category: 'Cloud hosting' }, changes: 1 });
  expect(suggested.lines.map(({ id }) => id)).toEqual(['b']);
  const saved = await desk.saveRule(org, { ...suggested.rule, apply: true }, alex);
  expect(saved.changed).toBe(1);
  expect((await shown('b')).category).toBe('Cloud hosting');
  await review.undo(org, saved.undoId ?? '', alex);
  expect((await shown('b')).category).toBe('Software and Technology');
  await desk.forgetRule(org, saved.ruleId, alex);
  expect(await desk.rules(org)).toHaveLength(1);
});

test('comments and documents stand beside a line; what is no document is refused', async () => {
  await given(costLine('a'));
  const path = join(folder, 'invoice.pdf');
  writeFileSync(path, '%PDF-1.7 an invoice');
  const file = { path, name: 'invoice.pdf', bytes: 0, dispose: async () => undefined };
  await desk.comment(org, { lineId: 'a', text: 'Asked the supplier' }, alex);
  const attached = await desk.attach(org, { lineId: 'a', file }, alex);
  const { comments, evidence } = await desk.notes(org, 'a');
  expect(comments).toMatchObject([{ by: 'Alex Morgan', text: 'Asked the supplier' }]);
  expect(evidence).toEqual([attached]);
  expect((await desk.openEvidence(org, { lineId: 'a', evidenceId: attached.id })).download).toBe('handle-invoice.pdf');
  const seen = await desk.viewEvidence(org, { lineId: 'a', evidenceId: attached.id });
  expect(seen.contentType).toBe('application/pdf');
  expect(Buffer.from(seen.base64, 'base64').equals(readFileSync(path))).toBe(true);
  expect((await problem(desk.viewEvidence(org, { lineId: 'b', evidenceId: attached.id }))).code).toBe('NOT_FOUND');
  await desk.detach(org, attached.id, alex);
  expect((await desk.notes(org, 'a')).evidence).toEqual([]);
  writeFileSync(path, 'MZ not a document');
  expect((await problem(desk.attach(org, { lineId: 'a', file }, alex))).problem.happened).toContain('neither a PDF');
});

const typed = {
  date: '2026-10-05',
  supplier: 'Lumen Models Inc',
  supplierCountry: 'US',
  supplierVatNumber: '',
  invoiceNumber: 'LM-7',
  documentType: 'invoice' as const,
  description: 'API usage',
  category: '',
  currency: 'GBP',
  net: '100.00',
  vat: '0.00',
  periodStart: null,
  periodEnd: null,
};

test('an invoice typed in is judged like any other and knows its supplier from then on', async () => {
  const { lineId } = await desk.add(org, { invoice: typed, file: null }, alex);
  expect(await shown(lineId)).toMatchObject({ treatment: 'reverse_charge', vatGbp: '20.00', gross: '100' });
  expect(await review.suppliers(org)).toMatchObject([{ name: 'Lumen Models Inc', country: 'US', confirmed: false }]);
});

test('the country of an invoice typed in or corrected is one: UK is GB, EL is GR, ZZ is refused', async () => {
  const { lineId } = await desk.add(org, { invoice: { ...typed, supplierCountry: 'uk' }, file: null }, alex);
  expect(await shown(lineId)).toMatchObject({ supplierCountry: 'GB' });
  expect(await review.suppliers(org)).toMatchObject([{ country: 'GB' }]);
  const wrong = await problem(desk.add(org, { invoice: { ...typed, supplierCountry: 'ZZ' }, file: null }, alex));
  expect(wrong.problem).toMatchObject({ happened: '"ZZ" is no country.' });
  const correct = async (supplierCountry: string) => {
    const lines = [{ id: lineId, version: (await shown(lineId)).version }];
    return review.edit(org, { lines, patch: { supplierCountry }, why: '' }, alex);
  };
  await correct('el');
  expect(await shown(lineId)).toMatchObject({ supplierCountry: 'GR' });
  expect((await problem(correct('q1'))).problem.remedy).toContain('Write its two letters');
  expect(await shown(lineId)).toMatchObject({ supplierCountry: 'GR' });
});

test('an invoice typed in comes with its document beside it, and not at all with something that is none', async () => {
  const path = join(folder, 'lm-7.pdf');
  const file = { path, name: 'lm-7.pdf', bytes: 0, dispose: async () => undefined };
  writeFileSync(path, 'MZ not a document');
  const refusal = await problem(desk.add(org, { invoice: typed, file }, alex));
  expect(refusal.problem.happened).toContain('neither a PDF');
  expect(await store.read.selectFrom('cost_line').select('id').execute()).toEqual([]);
  writeFileSync(path, '%PDF-1.7 the invoice');
  const { lineId } = await desk.add(org, { invoice: typed, file }, alex);
  const { evidence } = await desk.notes(org, lineId);
  expect(evidence).toMatchObject([{ fileName: 'lm-7.pdf', contentType: 'application/pdf', by: 'Alex Morgan' }]);
  const id = evidence[0]?.sha256 ?? '';
  expect(readFileSync(join(folder, 'evidence', id.slice(0, 2), id), 'utf8')).toBe('%PDF-1.7 the invoice');
});

test('a closed month keeps its lines as they are, also from lines that would move in, until it is opened', async () => {
  await given(
    costLine('a', { line_date: '2026-09-10' }),
    costLine('b', { line_date: '2026-10-10', gross: '12.00', net: '10.00', vat: '2.00' }),
  );
  await setLock(parts, org, { period: '2026-Q3', locked: true, reason: 'return filed' }, alex);
  const [a, b] = [await shown('a'), await shown('b')];
  const move = (line: typeof a, patch: object) =>
    review.edit(org, { lines: [{ id: line.id, version: line.version }], patch, why: '' }, alex);
  expect((await problem(move(a, { category: 'X' }))).problem.happened).toContain('September 2026 is closed');
  expect((await problem(move(b, { date: '2026-09-30' }))).problem.happened).toContain('September 2026 is closed');
  expect((await shown('b')).date).toBe('2026-10-10');
  await expect(refuseLockedPeriod(store.read, org, { from: '2026-07-01', to: '2026-12-31' })).rejects.toThrow('closed');
  await setLock(parts, org, { period: '2026-09', locked: false, reason: 'error found' }, alex);
  await move(a, { category: 'X' });
  expect(audited.map(({ action }) => action)).toContain('period.opened');
});

test('ten thousand lines are corrected at once and taken back', async () => {
  const many = Array.from({ length: 10_000 }, (_, i) =>
    costLine(String(i).padStart(5, '0'), {
      supplier: `Supplier ${i % 700}`,
      line_date: `2026-10-${String(1 + (i % 28)).padStart(2, '0')}`,
    }),
  );
  await store.transaction(async (tx) => {
    for (let at = 0; at < many.length; at += 400)
      await tx
        .insertInto('cost_line')
        .values(many.slice(at, at + 400))
        .execute();
  });
  const lines = many.map(({ id }) => ({ id, version: 1 }));
  const { undoId, changed } = await review.edit(org, { lines, patch: { category: 'Cloud hosting' }, why: '' }, alex);
  expect(changed).toBe(10_000);
  await review.undo(org, undoId, alex);
  expect((await shown('00009')).category).toBe('');
}, 20_000);
