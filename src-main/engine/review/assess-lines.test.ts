import { expect, test } from 'vitest';
import { likesOf } from './assess-lines.ts';
import { assessLines, createRechecks, createReview } from './index.ts';
import { costLine } from './testing/cost-lines.ts';
import { alex, given, ids, org, published, review, reviewDesk, runtime, shown, store } from './testing/review-desk.ts';

reviewDesk();

test('a sound line is ready, a doubtful one waits with the one reason that matters most', async () => {
  await given(
    costLine('a'),
    costLine('b', { vat: '25.00', gross: '125.00', gross_minor: 12500, description: 'Gift cards' }),
  );
  expect(await shown('a')).toMatchObject({ state: 'ready', treatment: 'uk_standard', netGbp: '100.00', reason: null });
  const b = await shown('b');
  expect(b).toMatchObject({ state: 'review', treatment: 'unclassified' });
  expect(ids(b)).toEqual(['VAT-CALC', 'PRIVATE-USE']);
  expect(b.reason).toBe('VAT should be £20.00; the invoice shows £25.00.');
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
