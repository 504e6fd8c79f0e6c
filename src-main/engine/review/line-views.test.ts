import { expect, test } from 'vitest';
import type { Review } from './index.ts';
import { costLine } from './testing/cost-lines.ts';
import { alex, given, org, problem, review, reviewDesk, store } from './testing/review-desk.ts';

reviewDesk();

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
  expect(detail.derivation).toContain('Rule h: the VAT fits 20% of the net');
  expect((await problem(review.line(org, 'nobody'))).code).toBe('NOT_FOUND');
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
