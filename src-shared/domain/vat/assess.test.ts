import { describe, expect, test } from 'vitest';
import { type Assessment, assess } from './assess.ts';
import { DocumentHistory } from './history.ts';
import type { VatLine } from './line.ts';
import { amounts, type Change, foreign, ids, line, run, verdict } from './testing/sample-line.ts';

test.each<[string, Change, object]>([
  ['charged by a UK supplier is cost', {}, { treatment: 'uk_standard', vatGbp: 0, box1: 0, box4: 0, box7: 0 }],
  [
    'of a reverse charge is still owed',
    foreign,
    { treatment: 'reverse_charge', vatGbp: 800, box1: 800, box4: 0, box6: 4000, box7: 4000 },
  ],
  [
    'of a domestic reverse charge is still owed',
    { vat: '0.00', gross: '40.00', hint: 'domestic_reverse_charge' },
    { vatGbp: 800, box1: 800, box4: 0, box6: 0, box7: 4000 },
  ],
  ['never charged changes nothing', { vat: '0.00', gross: '40.00', hint: 'exempt' }, { box4: 0, box7: 4000 }],
])('VAT that a person said may not be reclaimed, %s', (_what, change, figures) => {
  const sound = line(change);
  const kept = { ...sound, attributes: { ...sound.attributes, reclaimable: false } };
  const result = assess(kept, { history: new DocumentHistory(), explain: true });
  expect(result).toMatchObject(figures);
});

describe('rules a to p', () => {
  const us = { ...foreign };
  test.each<[string, Change, string]>([
    [
      'a before b and c',
      { ...us, ...amounts('40.00', '5.00'), hint: 'supply_abroad', customerRegistered: false },
      'outside_scope: SUPPLY-ABROAD',
    ],
    [
      'b EU tax, even at 20%',
      { supplierCountry: 'FR', supplierVatNumber: '' },
      'needs_supplier_correction: FOREIGN-VAT',
    ],
    ['b other tax', { ...us, ...amounts('40.00', '3.30') }, 'needs_supplier_correction: FOREIGN-VAT'],
    [
      'b comes before c',
      { ...us, ...amounts('40.00', '3.30'), customerRegistered: false },
      'needs_supplier_correction: FOREIGN-VAT',
    ],
    ['c UK supplier', { customerRegistered: false }, 'unregistered_cost:'],
    ['c foreign without VAT', { ...us, customerRegistered: false }, 'unregistered_cost: UNREG-RC'],
    [
      'c foreign with UK VAT',
      { ...us, ...amounts('40.00', '8.01'), customerRegistered: false },
      'unregistered_cost: UNREG-UKVAT',
    ],
    [
      'd UK VAT by its amount, a penny allowed',
      { ...us, ...amounts('40.00', '7.99') },
      'needs_supplier_correction: FOREIGN-UKVAT',
    ],
    [
      'b two pennies off are foreign tax',
      { ...us, ...amounts('40.00', '7.98') },
      'needs_supplier_correction: FOREIGN-VAT',
    ],
    [
      'd UK VAT by its number, inside the EU too',
      { supplierCountry: 'IE', supplierVatNumber: 'GB713024681', ...amounts('40.00', '9.20') },
      'needs_supplier_correction: FOREIGN-UKVAT VATNO-COUNTRY',
    ],
    ['e', { ...us, hint: 'exempt' }, 'exempt:'],
    ['f', us, 'reverse_charge:'],
    ['f zero hint from abroad', { ...us, hint: 'zero' }, 'reverse_charge: HINT-MISMATCH'],
    ['g', { ...amounts('40.00', '0.00'), hint: 'domestic_reverse_charge' }, 'domestic_reverse_charge: DRC-REVIEW'],
    ['g only without VAT', { hint: 'domestic_reverse_charge' }, 'uk_standard: HINT-MISMATCH'],
    ['h standard', {}, 'uk_standard:'],
    ['h a penny', amounts('40.00', '8.01'), 'uk_standard: VAT-ROUNDING'],
    ['k two pennies', amounts('40.00', '8.02'), 'unclassified: VAT-CALC'],
    [
      'h two pennies on two lines',
      { ...amounts('40.00', '8.02'), description: 'x; lines=2' },
      'uk_standard: VAT-ROUNDING',
    ],
    ['h reduced', amounts('40.00', '2.00'), 'uk_reduced: RATE-UNUSUAL'],
    ['h reduced tie, half up', amounts('10.10', '0.50'), 'uk_reduced: RATE-UNUSUAL VAT-ROUNDING'],
    ['h on an amount so small that both rates fit, standard wins', amounts('0.05', '0.01'), 'uk_standard:'],
    ['i', amounts('40.00', '6.00'), 'unclassified: RATE-DATE'],
    ['j', amounts('40.00', '7.60'), 'unclassified: MIXED-RATE'],
    ['k just above 19%', amounts('40.00', '7.61'), 'unclassified: VAT-CALC'],
    ['k VAT on nothing', amounts('0.00', '8.00'), 'unclassified: VAT-CALC'],
    ['h no number', { supplierVatNumber: '' }, 'uk_standard: VATNO-MISSING'],
    ['l', { ...amounts('40.00', '0.00'), hint: 'exempt', supplierVatNumber: '' }, 'exempt:'],
    ['m', { ...amounts('40.00', '0.00'), hint: 'zero' }, 'uk_zero:'],
    [
      'o zero needs a number',
      { ...amounts('40.00', '0.00'), hint: 'zero', supplierVatNumber: ' ' },
      'no_vat_unregistered_supplier: HINT-MISMATCH SUPPLIER-UNREG',
    ],
    [
      'n without a number',
      { ...amounts('40.00', '0.00'), hint: 'outside_scope', supplierVatNumber: '' },
      'outside_scope:',
    ],
    ['n no_vat with a number', { ...amounts('40.00', '0.00'), hint: 'no_vat' }, 'outside_scope:'],
    [
      'o',
      { ...amounts('40.00', '0.00'), hint: 'no_vat', supplierVatNumber: '' },
      'no_vat_unregistered_supplier: SUPPLIER-UNREG',
    ],
    ['p', amounts('40.00', '0.00'), 'unclassified: VAT-NOTCHARGED'],
    ['p no mismatch is told for it', { ...amounts('40.00', '0.00'), hint: 'standard' }, 'unclassified: VAT-NOTCHARGED'],
    ['a hint nobody knows', { hint: 'margin' }, 'uk_standard: HINT-MISMATCH'],
    ['the Isle of Man is UK', { supplierCountry: 'IM' }, 'uk_standard:'],
    ['Guernsey is not', { ...us, supplierCountry: 'GG' }, 'reverse_charge:'],
    ['a confirmed UK establishment abroad', { supplierCountry: 'IE', description: 'x; uk_est=1' }, 'uk_standard:'],
  ])('%s', (_name, change, expected) => {
    expect(verdict(change)).toBe(expected);
  });
});

describe('dates', () => {
  test('the rate follows the tax point: printed for UK suppliers, period end or earlier payment for foreign ones', () => {
    const at = (change: Change) => {
      const { taxPoint, rateThousandths } = run(change);
      return `${taxPoint} ${rateThousandths}`;
    };
    expect(at({ description: 'x; tax_point=2011-01-03' })).toBe('2011-01-03 175');
    expect(at({ description: 'x; tax_point=nonsense' })).toBe('2026-02-10 200');
    expect(at({ description: 'x; period=2010-01-01/2010-01-31; paid=2009-01-01' })).toBe('2026-02-10 200');
    const abroad = { ...foreign, description: 'x; period=2026-01-01/2026-01-31' };
    expect(at(abroad)).toBe('2026-01-31 200');
    expect(at({ ...abroad, description: `${abroad.description}; paid=2026-01-05` })).toBe('2026-01-05 200');
    expect(at({ ...abroad, description: `${abroad.description}; paid=2026-02-05` })).toBe('2026-01-31 200');
    expect(at({ ...foreign, description: 'x; tax_point=2026-01-01' })).toBe('2026-02-10 200');
  });

  test.each([
    ['2009-12-31', 150],
    ['2010-01-01', 175],
    ['2008-11-30', 175],
    ['1991-03-31', 150],
    ['1979-06-17', 80],
    ['1973-04-01', 100],
  ])('the rate on %s', (date, rate) => {
    expect(run({ date, description: 'x; seen=2026-03-01' }).rateThousandths).toBe(rate);
  });

  test('older rates have no tax code today', () => {
    const old = run({ date: '2010-06-01', ...amounts('40.00', '7.00'), description: 'x; seen=2010-07-01' });
    expect(old).toMatchObject({ treatment: 'uk_standard', vatGbp: 700, box4: 700, xeroTaxType: '', qboTaxCode: '' });
  });

  test('registration reaches back six calendar months for charged UK VAT, to the day and at month ends', () => {
    const on = (date: string, from: string, change: Change = {}) =>
      verdict({ date, ...change, description: `x; reg_from=${from}` });
    expect(on('2025-08-31', '2026-02-28')).toBe('uk_standard: PRE-REG');
    expect(on('2025-08-28', '2026-02-28')).toBe('uk_standard: PRE-REG');
    expect(on('2025-08-27', '2026-02-28')).toBe('unregistered_cost: PRE-REG-LATE');
    expect(on('2025-02-28', '2025-08-31')).toBe('uk_standard: PRE-REG');
    expect(on('2025-02-27', '2025-08-31')).toBe('unregistered_cost: PRE-REG-LATE');
    expect(on('2026-02-10', '2026-02-10')).toBe('uk_standard:');
    expect(on('2026-02-09', '2026-02-10', foreign)).toBe('unregistered_cost: PRE-REG-LATE UNREG-RC');
    expect(on('2026-02-09', '2026-02-10', { ...amounts('40.00', '0.00'), hint: 'zero' })).toBe(
      'unregistered_cost: HINT-MISMATCH PRE-REG-LATE',
    );
  });

  test('four years to the day, also from a leap day', () => {
    const on = (date: string, seen: string) => ids(run({ date, description: `x; seen=${seen}` }));
    expect(on('2022-03-01', '2026-03-01')).toBe('');
    expect(on('2022-02-28', '2026-03-01')).toBe('TIME-4Y');
    expect(on('2020-02-29', '2024-02-29')).toBe('');
    expect(on('2020-02-29', '2024-03-01')).toBe('TIME-4Y');
    expect(ids(run({ date: '2020-01-01', customerRegistered: false }))).toBe('');
  });

  test('six months unpaid after the due date, clamped to the end of a short month', () => {
    const due = (day: string, seen: string, more = '') =>
      ids(run({ date: '2025-08-01', description: `x; due=${day}; seen=${seen}${more}` }));
    expect(due('2025-08-31', '2026-02-28')).toBe('');
    expect(due('2025-08-31', '2026-03-01')).toBe('UNPAID-6M');
    expect(due('2025-08-31', '2026-03-01', '; paid=2026-02-27')).toBe('');
    expect(due('2025-08-31', '2026-03-01', '; scheme=cash')).toBe('CASH-UNPAID');
    expect(due('2025-08-31', '2026-03-01', '; scheme=flat_rate')).toBe('FRS-NOCLAIM');
  });

  test('the VAT period holds its first and last day', () => {
    const open = (from: string, to: string, change: Change = {}) =>
      ids(run({ ...change, description: `x; period_open=${from}/${to}` }));
    expect(open('2026-02-10', '2026-02-10')).toBe('');
    expect(open('2026-02-11', '2026-04-30')).toBe('PERIOD-CLOSED');
    expect(open('2025-11-01', '2026-02-09')).toBe('PERIOD-FUTURE');
    expect(open('2025-11-01', '2026-02-09', { customerRegistered: false })).toBe('');
    expect(open('2025-11-01', '2026-02-09', amounts('40.00', '20.00'))).toBe('VAT-CALC');
  });
});

describe('schemes', () => {
  const boxes = ({ vatGbp, box1, box4, box6, box7 }: Assessment) => [vatGbp, box1, box4, box6, box7];
  test('flat rate claims nothing, but self-accounts', () => {
    const uk = run({ description: 'x; scheme=flat_rate; pe=1', hint: 'standard' });
    expect([uk.treatment, ids(uk), boxes(uk), uk.xeroTaxType]).toEqual([
      'flat_rate_no_claim',
      'FRS-NOCLAIM',
      [0, 0, 0, 0, 0],
      'INPUT2',
    ]);
    const us = run({ ...foreign, description: 'x; scheme=flat_rate' });
    expect([us.treatment, ids(us), boxes(us)]).toEqual(['reverse_charge', 'FRS-RC', [800, 800, 800, 4000, 4000]]);
    expect(verdict({ ...amounts('40.00', '2.00'), hint: 'reduced', description: 'x; scheme=flat_rate' })).toBe(
      'flat_rate_no_claim: FRS-NOCLAIM HINT-MISMATCH RATE-UNUSUAL',
    );
    expect(verdict({ description: 'x; scheme=flat_rate', customerRegistered: false })).toBe('unregistered_cost:');
  });

  test('cash accounting waits for the payment of charged VAT only', () => {
    const unpaid = run({ description: 'x; scheme=cash; pe=1' });
    expect([ids(unpaid), boxes(unpaid)]).toEqual(['CASH-UNPAID PE-FLAG', [800, 0, 0, 0, 0]]);
    expect(boxes(run({ description: 'x; scheme=cash; paid=2026-02-11' }))).toEqual([800, 0, 800, 0, 4000]);
    expect(boxes(run({ ...foreign, description: 'x; scheme=cash' }))).toEqual([800, 800, 800, 4000, 4000]);
    expect(boxes(run({ ...amounts('40.00', '0.00'), hint: 'zero', description: 'x; scheme=cash' }))).toEqual([
      0, 0, 0, 0, 4000,
    ]);
  });

  test('partly exempt is said where VAT is claimed', () => {
    expect(ids(run({ ...amounts('40.00', '0.00'), hint: 'exempt', description: 'x; pe=1' }))).toBe('');
    expect(ids(run({ ...amounts('40.00', '0.00'), hint: 'domestic_reverse_charge', description: 'x; pe=1' }))).toBe(
      'DRC-REVIEW PE-FLAG',
    );
  });

  test('domestic reverse charge leaves box 6 empty', () => {
    expect(boxes(run({ ...amounts('33.33', '0.00'), hint: 'domestic_reverse_charge' }))).toEqual([
      667, 667, 667, 0, 3333,
    ]);
  });
});

describe('foreign currency', () => {
  const usd = (net: string, vat: string, description = 'x', fx: VatLine['fx'] = { gbpPerUnit: '0.75' }): Change => ({
    ...amounts(net, vat),
    currency: 'USD',
    fx,
    description,
  });

  test('net is rounded to pence before the rate is applied, credits mirror invoices', () => {
    const at = (net: string, fx: string, doc = '') =>
      run({ ...foreign, ...amounts(net, '0.00'), currency: 'USD', fx: { gbpPerUnit: fx }, description: `x${doc}` });
    expect(at('0.10', '0.65')).toMatchObject({ netGbp: 7, vatGbp: 1, box6: 7 });
    expect(at('-0.10', '0.65', '; doc=credit_note; orig=A')).toMatchObject({
      netGbp: -7,
      vatGbp: -1,
      box1: -1,
      box7: -7,
    });
  });

  test('a published rate divides in full precision instead of multiplying by a short reciprocal', () => {
    const result = run({
      ...foreign,
      ...amounts('987654321.00', '0.00'),
      currency: 'USD',
      fx: { unitsPerGbp: '1.3404' },
    });
    expect(result.netGbp).toBe(73683551253);
  });

  test('yen have no minor unit', () => {
    const result = run({
      ...foreign,
      net: '15001',
      vat: '0',
      gross: '15001',
      currency: 'JPY',
      fx: { unitsPerGbp: '214.8908' },
    });
    expect(result).toMatchObject({ treatment: 'reverse_charge', netGbp: 6981, vatGbp: 1396, box6: 6981 });
  });

  test('printed sterling VAT wins, and is questioned when it is more than 2% and a penny away', () => {
    expect(ids(run(usd('100.00', '20.00')))).toBe('FX-VATSTERLING');
    expect(run(usd('100.00', '20.00', 'x; gbp_vat=15.30'))).toMatchObject({
      vatGbp: 1530,
      box4: 1530,
      box7: 7500,
      checks: [],
    });
    const credit = usd('-100.00', '-20.00', 'x; doc=credit_note; orig=A; gbp_vat=15.30');
    expect(run(credit)).toMatchObject({ vatGbp: -1530, box4: -1530 });
    // However it is printed on a credit, it is compared as it is claimed.
    const ofCredit = (printed: string) =>
      ids(run(usd('-100.00', '-20.00', `x; doc=credit_note; orig=A; gbp_vat=${printed}`)));
    expect(['15.30', '-15.30', '15.31', '-15.31'].map(ofCredit)).toEqual(['', '', 'FX-VATDIFF', 'FX-VATDIFF']);
    expect(run({ description: 'x; gbp_vat=8.16' })).toMatchObject({ vatGbp: 800, box4: 800 });
    expect(ids(run(usd('100.00', '20.00', 'x; gbp_vat=15.31')))).toBe('FX-VATDIFF');
    expect(ids(run(usd('100.00', '20.00', 'x; gbp_vat=14.69')))).toBe('FX-VATDIFF');
    expect(ids(run(usd('0.50', '0.10', 'x; gbp_vat=0.09')))).toBe('');
    expect(ids(run(usd('0.50', '0.10', 'x; gbp_vat=0.10')))).toBe('FX-VATDIFF');
    expect(ids(run({ ...usd('100.00', '20.00'), customerRegistered: false }))).toBe('');
  });

  test('the second approver and the simplified invoice go by pounds', () => {
    expect(ids(run({ ...foreign, ...usd('13333.32', '0.00') }))).toBe('');
    expect(ids(run({ ...foreign, ...usd('13333.33', '0.00') }))).toBe('LARGE-AMT');
    expect(ids(run({ ...amounts('-10000.00', '-2000.00'), description: 'x; doc=credit_note; orig=A' }))).toBe(
      'LARGE-AMT',
    );
    expect(ids(run({ ...amounts('10000.00', '4000.00') }))).toBe('LARGE-AMT VAT-CALC');
    expect(ids(run({ ...amounts('208.34', '41.67'), description: 'x; doc=receipt' }))).toBe('INV-SIMPLE');
    expect(ids(run(usd('277.77', '55.55', 'x; doc=receipt; gbp_vat=41.67')))).toBe('');
    expect(ids(run(usd('277.80', '55.56', 'x; doc=receipt; gbp_vat=41.67')))).toBe('INV-SIMPLE');
  });
});

test('messages carry the figures of the line, and the derivation tells the steps when asked', () => {
  const result = run({ ...foreign, customerRegistered: false }, { explain: true });
  expect(result.checks[0]?.message).toBe('£40.00 counts towards the £90,000 registration threshold.');
  expect(result.derivation).toEqual([
    'Supplied from outside the UK VAT area (US)',
    'Tax point of a service from abroad: the invoice date, 10 Feb 2026',
    'The buyer is not registered for VAT',
    'Standard rate on that day: 20%',
    'Rule c: the buyer is not registered, everything is cost',
  ]);
  expect(run().derivation).toEqual([]);
});

test('an amount that is no number is refused, not guessed', () => {
  expect(() => run({ net: '4O.00' })).toThrow(RangeError);
});

test.each([
  ['VAT-CALC', amounts('4000.00', '802.00'), 'VAT should be £800.00; the invoice shows £802.00.'],
  [
    'ARITH-TOTAL',
    { net: '40.00', vat: '8.00', gross: '1048.00' },
    'Net and VAT add up to £48.00, but gross is £1,048.00.',
  ],
  ['LARGE-AMT', amounts('10000.00', '2000.00'), '£10,000.00 net needs a second approver.'],
])('%s writes its amounts as every screen does', (id, wrong, said) => {
  expect(run({ ...wrong }).checks.find((one) => one.id === id)?.message).toBe(said);
});
