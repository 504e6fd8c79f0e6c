import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LedgerDocument } from '../../adapters/kit/ledger.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { booked } from './booked.ts';
import { batchHash, buildDocuments, freeze } from './documents.ts';
import { evidenceCsv } from './evidence.ts';
import type { LedgerBooks } from './ledgers.ts';

const books: LedgerBooks = {
  taxes: {
    uk_standard: 'INPUT2',
    reverse_charge: 'REVERSECHARGES',
    outside_scope: 'NONE',
    unregistered_cost: 'NONE',
    domestic_reverse_charge: null,
  },
  accounts: { 'Software and Technology': '463', '': '463', Gone: null },
  reference: { currencies: ['GBP', 'USD'], lockedUntil: '2026-06-30' },
};
const scope = { organisationId: 'bluebell', target: 'xero', vatRegistered: true, books };

let count = 0;
function line(patch: Partial<CostLineRow> = {}): CostLineRow {
  count += 1;
  return {
    organisation_id: 'bluebell',
    id: `line-${count}`,
    version: 1,
    import_id: 'imp',
    origin: 'csv',
    document_key: `key-${count}`,
    first_row: 2,
    last_row: 2,
    source_rows: 1,
    supplier_id: null,
    supplier: 'Quayside Compute Ltd',
    supplier_country: 'GB',
    supplier_vat_number: 'GB713024681',
    uk_establishment: 0,
    invoice_number: `QC-${count}`,
    invoice_number_derived: 0,
    document_type: 'invoice',
    description: 'Compute',
    category: 'Software and Technology',
    line_date: '2026-09-30',
    period_start: null,
    period_end: null,
    tax_point: null,
    paid_on: null,
    due_on: null,
    original_invoice: null,
    document_lines: 1,
    printed_vat_gbp: null,
    attributes: '{}',
    tax_date: '2026-09-30',
    currency: 'GBP',
    net: '100.00',
    vat: '20.00',
    gross: '120.00',
    gross_minor: 12_000,
    exact_net: '100',
    exact_vat: '20',
    breakdown: '[]',
    fx_rate_to_gbp: null,
    fx_units_per_gbp: null,
    fx_source: null,
    net_gbp_minor: 10_000,
    charged_vat_gbp_minor: null,
    gross_gbp_minor: null,
    check_ids: null,
    vat_gbp_minor: 2_000,
    treatment: 'uk_standard',
    treatment_hint: '',
    box1_minor: 0,
    box4_minor: 2_000,
    box6_minor: 0,
    box7_minor: 10_000,
    deductible: 1,
    checks: '[]',
    blocks: 0,
    open_warns: 0,
    reason: null,
    derivation: '[]',
    state: 'ready',
    excluded_reason: null,
    batch_id: null,
    created_at: 0,
    updated_at: 0,
    ...patch,
  };
}

test('lines of one supplier invoice become one document in the ledger’s codes', () => {
  const { documents, blocked } = buildDocuments(
    [
      line({ invoice_number: 'A-1' }),
      line({ invoice_number: 'a-1 ', net: '50.00', vat: '10.00', net_gbp_minor: 5_000 }),
      line({ invoice_number: 'A-2' }),
    ],
    scope,
  );
  expect(blocked).toEqual([]);
  expect(documents.map((draft) => draft.document.totals)).toEqual([
    { net: '150.00', vat: '30.00', gross: '180.00' },
    { net: '100.00', vat: '20.00', gross: '120.00' },
  ]);
  expect(documents[0]?.document.lines[0]).toMatchObject({ taxType: 'INPUT2', accountCode: '463' });
  for (const draft of documents) expect(() => LedgerDocument.parse(freeze(draft, [], ''))).not.toThrow();
});

test('a reverse charge carries no VAT, and the rate as foreign units per pound', () => {
  const { documents } = buildDocuments(
    [
      line({
        treatment: 'reverse_charge',
        currency: 'USD',
        vat: '0.00',
        fx_units_per_gbp: '1.3404',
        net_gbp_minor: 7_460,
        vat_gbp_minor: 1_492,
      }),
    ],
    scope,
  );
  expect(documents[0]).toMatchObject({
    document: { currencyRate: '1.3404', totals: { net: '100.00', vat: '0.00', gross: '100.00' } },
    netGbpMinor: 7_460,
    vatGbpMinor: 0,
  });
});

test('VAT that cannot be reclaimed is posted gross under the no-VAT code', () => {
  const { documents } = buildDocuments([line({ treatment: 'unregistered_cost' })], scope);
  expect(documents[0]?.document).toMatchObject({
    lines: [{ net: '120.00', vat: '0.00', taxType: 'NONE' }],
    totals: { net: '120.00', vat: '0.00', gross: '120.00' },
  });
  expect(documents[0]?.netGbpMinor).toBe(12_000);
});

test('a credit note carries positive amounts and counts against the control totals', () => {
  const { documents } = buildDocuments(
    [line({ document_type: 'credit_note', net: '-100.00', vat: '-20.00', gross: '-120.00', net_gbp_minor: -10_000 })],
    scope,
  );
  expect(documents[0]).toMatchObject({
    document: { documentType: 'credit_note', totals: { net: '100.00', vat: '20.00', gross: '120.00' } },
    netGbpMinor: -10_000,
    vatGbpMinor: -2_000,
  });
});

test.each([
  ['MAP-TAX', { treatment: 'domestic_reverse_charge' }],
  ['MAP-ACCOUNT', { category: 'Gone' }],
  ['CCY-NOTENABLED', { currency: 'EUR', fx_rate_to_gbp: '0.86' }],
  ['LOCK-DATE', { line_date: '2026-06-30' }],
])('%s blocks the line with its remedy', (check, patch) => {
  const { documents, blocked } = buildDocuments([line(patch)], scope);
  expect(documents).toEqual([]);
  expect(blocked[0]?.check).toBe(check);
});

test('half an invoice is never posted: a blocked line takes its neighbours along', () => {
  const { documents, blocked } = buildDocuments(
    [line({ invoice_number: 'B-1' }), line({ invoice_number: 'B-1', treatment: 'domestic_reverse_charge' })],
    scope,
  );
  expect(documents).toEqual([]);
  expect(blocked).toHaveLength(2);
});

test('the same document has the same reference whenever it is built, another one never', () => {
  const one = line({ invoice_number: 'R-1' });
  const reference = (row: CostLineRow, target = 'xero') =>
    buildDocuments([row], { ...scope, target }).documents[0]?.document.reference;
  expect(reference(one)).toBe(reference({ ...one, id: 'other', batch_id: 'b' }));
  expect(reference(one)).not.toBe(reference({ ...one, net: '100.01' }));
  expect(reference(one)).not.toBe(reference(one, 'quickbooks'));
});

test('the sum over documents is the sum over lines, whatever the grouping', () => {
  const arbitraryLine = fc
    .record({ pence: fc.integer({ min: 1, max: 5_000_000 }), invoice: fc.integer({ min: 1, max: 4 }) })
    .map(({ pence, invoice }) =>
      line({
        invoice_number: `P-${invoice}`,
        net: (pence / 100).toFixed(2),
        vat: '0.00',
        treatment: 'reverse_charge',
        net_gbp_minor: pence,
      }),
    );
  fc.assert(
    fc.property(fc.array(arbitraryLine, { minLength: 1, maxLength: 40 }), (lines) => {
      const { documents } = buildDocuments(lines, scope);
      const total = documents.reduce((sum, draft) => sum + draft.netGbpMinor, 0);
      expect(total).toBe(lines.reduce((sum, row) => sum + (row.net_gbp_minor ?? 0), 0));
      expect(documents.flatMap((draft) => draft.lines)).toHaveLength(lines.length);
    }),
  );
});

test('one changed character changes the frozen hash', () => {
  expect(batchHash(['a', 'b'])).not.toBe(batchHash(['a', 'c']));
  expect(batchHash(['ab', ''])).not.toBe(batchHash(['a', 'b']));
});

test('evidence is safe to open in a spreadsheet', () => {
  const [draft] = buildDocuments(
    [line({ supplier: '=HYPERLINK("http://x")', breakdown: '[{"label":"@svc","rows":3,"amount":"-1.25"}]' })],
    scope,
  ).documents;
  if (!draft) throw new Error('no document');
  const { text } = evidenceCsv(draft, () => ({ fileName: 'costs.csv', sha256: 'f'.repeat(64) }));
  expect(text).toContain(`"'=HYPERLINK(""http://x"")"`);
  expect(text).toContain(`"'@svc","3","-1.25"`);
});

test('what several files gave to a line is proven file by file', () => {
  const summed = line({ breakdown: '[{"label":"Compute","rows":2,"amount":"310.00"}]', import_id: 'one' });
  const [draft] = buildDocuments([summed], scope).documents;
  if (!draft) throw new Error('no document');
  const given = (import_id: string, first_row: number, amount: string) => ({
    ...{ organisation_id: 'bluebell', import_id, document_no: 0, document_key: 'k', line_id: summed.id },
    ...{ exact_net: amount, exact_vat: '0', rows: 1, first_row, last_row: first_row },
    breakdown: JSON.stringify([{ label: 'Compute', rows: 1, amount }]),
  });
  const { text } = evidenceCsv(draft, (id) => ({ fileName: `${id}.csv`, sha256: 'f' }), [
    given('one', 2, '100.00'),
    given('two', 7, '210.00'),
  ]);
  expect(text.split('\r\n').slice(1, 3)).toEqual([
    expect.stringContaining('"one.csv","f","2","2","Compute","1","100.00"'),
    expect.stringContaining('"two.csv","f","7","7","Compute","1","210.00"'),
  ]);
  expect(text).not.toContain('310.00');
});

test('what a ledger cannot hold is blocked with its reason and way out, whatever code was confirmed', () => {
  const cannotHold = {
    reverse_charge: { check: 'FB-RC', reason: 'r' },
    credit_note: { check: 'FB-CREDIT', reason: 'c' },
  };
  const lines = [line({ treatment: 'reverse_charge', vat: '0' }), line({ document_type: 'credit_note' }), line()];
  const { documents, blocked } = buildDocuments(lines, {
    ...scope,
    books: { ...books, reference: { ...books.reference, cannotHold } },
  });
  expect(documents).toHaveLength(1);
  expect(blocked.map(({ check, reason }) => [check, reason])).toEqual([
    ['FB-RC', 'r'],
    ['FB-CREDIT', 'c'],
  ]);
});

test('where a ledger would claim any VAT it is shown, VAT that may not be claimed is part of the cost', () => {
  const taxes = { ...books.taxes, flat_rate_no_claim: 'NO TAX' };
  const reference = { ...books.reference, grossCost: ['flat_rate_no_claim'] };
  const [flat, usual] = [true, false].map(
    (gross) =>
      buildDocuments([line({ treatment: 'flat_rate_no_claim' })], {
        ...scope,
        books: { ...books, taxes, reference: gross ? reference : books.reference },
      }).documents[0],
  );
  expect(flat).toMatchObject({
    document: { totals: { net: '120.00', vat: '0.00', gross: '120.00' } },
    netGbpMinor: 12_000,
  });
  expect(usual).toMatchObject({ document: { totals: { net: '100.00', vat: '20.00', gross: '120.00' } } });
});

test('VAT a person said may not be reclaimed is part of the cost, under the no-VAT code', () => {
  const { documents } = buildDocuments(
    [line({ invoice_number: 'E-1' }), line({ invoice_number: 'E-1', deductible: 0 })],
    scope,
  );
  expect(documents[0]).toMatchObject({
    document: {
      lines: [
        { net: '100.00', vat: '20.00', taxType: 'INPUT2' },
        { net: '120.00', vat: '0.00', taxType: 'NONE' },
      ],
      totals: { net: '220.00', vat: '20.00', gross: '240.00' },
    },
    netGbpMinor: 22_000,
    vatGbpMinor: 2_000,
  });
});

test('a reverse charge that may not be reclaimed has no code in a ledger, so it is blocked with the way out', () => {
  const { documents, blocked } = buildDocuments(
    [line({ treatment: 'reverse_charge', vat: '0.00', deductible: 0 })],
    scope,
  );
  expect(documents).toEqual([]);
  expect(blocked[0]).toMatchObject({ check: 'MAP-TAX', reason: expect.stringMatching(/journal/) });
});

test('lines of one invoice with different exchange rates are not posted under the rate of the first', () => {
  const usd = { invoice_number: 'M-1', currency: 'USD', treatment: 'reverse_charge', vat: '0.00', gross: '100.00' };
  const at = (units: string, more: object = {}) => line({ ...usd, fx_units_per_gbp: units, ...more });
  expect(buildDocuments([at('1.3404'), at('1.3404')], scope).documents).toHaveLength(1);
  const { documents, blocked } = buildDocuments([at('1.3404'), at('1.3290')], scope);
  expect(documents).toEqual([]);
  expect(blocked).toHaveLength(2);
  expect(blocked[0]).toMatchObject({ check: 'FX-MIXED', reason: expect.stringMatching(/1\.3404 and 1\.329/) });
});

test('the VAT printed in pounds counts where the invoice is in another currency, with the sign of its VAT', () => {
  const printed = (change: Partial<CostLineRow>) => booked(line(change)).vatGbpMinor;
  const euros = { currency: 'EUR', fx_rate_to_gbp: '0.86', printed_vat_gbp: '17.50' };
  expect(printed(euros)).toBe(1_750);
  expect(printed({ ...euros, net: '-100.00', vat: '-20.00', gross: '-120.00' })).toBe(-1_750);
  expect(printed({ printed_vat_gbp: '20.40' })).toBe(2_000);
  expect(printed({ ...euros, treatment: 'exempt', vat: '0.00', gross: '100.00' })).toBe(0);
  expect(printed({ ...euros, printed_vat_gbp: '17.50 GBP' })).toBe(1_720);
});
