import { describe, expect, test } from 'vitest';
import { type Assessment, assess, type VatContext } from './assess.ts';
import { DocumentHistory } from './history.ts';
import { readDescription, type VatLine } from './line.ts';

type Change = Partial<Omit<VatLine, 'attributes' | 'text'>> & { description?: string };

/** A sound UK invoice: £40.00 net, £8.00 VAT, looked at on 1 March 2026. */
function line({ description = 'Cache service', ...change }: Change = {}): VatLine {
  return {
    id: 'L1',
    date: '2026-02-10',
    supplier: 'Ferry Compute Ltd',
    supplierCountry: 'GB',
    supplierVatNumber: 'GB 713 0246 81',
    customerRegistered: true,
    customerCountry: 'GB',
    currency: 'GBP',
    net: '40.00',
    vat: '8.00',
    gross: '48.00',
    hint: '',
    fx: null,
    ...readDescription(description, 'L1', '2026-03-01'),
    ...change,
  };
}

const foreign: Change = { supplierCountry: 'US', supplierVatNumber: '', vat: '0.00', gross: '40.00' };
const run = (change: Change = {}, context: Partial<VatContext> = {}): Assessment =>
  assess(line(change), { history: new DocumentHistory(), ...context });
const ids = (result: Assessment) => result.checks.map(({ id }) => id).join(' ');
/** `treatment: checks` */
const verdict = (change: Change = {}) => {
  const result = run(change);
  return `${result.treatment}: ${ids(result)}`.trim();
};
const amounts = (net: string, vat: string) => {
  const pence = (text: string) => Math.round(Number(text) * 100);
  return { net, vat, gross: ((pence(net) + pence(vat)) / 100).toFixed(2) };
};

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

describe('structure: a line with a fault is not classified, but its document is still looked at', () => {
  test.each<[string, Change, string]>([
    ['no such day', { date: '2026-02-30' }, 'INV-DATE'],
    ['another way to write a day', { date: '10/02/2026' }, 'INV-DATE'],
    ['no day', { date: '' }, 'INV-DATE'],
    ['three written decimals, even zeros', { net: '40.000' }, 'AMT-PRECISION'],
    [
      'yen with written decimals',
      { ...foreign, currency: 'JPY', net: '40.00', vat: '0', gross: '40.00', fx: { gbpPerUnit: '0.005' } },
      'AMT-PRECISION',
    ],
    [
      'won with decimals',
      { ...foreign, currency: 'KRW', net: '40.5', gross: '40.5', vat: '0', fx: { gbpPerUnit: '0.0006' } },
      'AMT-PRECISION',
    ],
    ['a penny off', { gross: '48.01' }, 'ARITH-TOTAL'],
    ['opposite signs', { ...amounts('-40.00', '8.00'), description: 'x; doc=credit_note; orig=A' }, 'VAT-SIGN'],
    ['a positive credit note', { description: 'x; doc=credit_note; orig=A' }, 'CN-SIGN'],
    ['a negative receipt', { ...amounts('-40.00', '-8.00'), description: 'x; doc=receipt' }, 'CN-SIGN'],
    ['small letters in a currency', { currency: 'usd', fx: { gbpPerUnit: '0.75' } }, 'CCY-CODE'],
    ['no currency and no rate', { currency: '' }, 'CCY-CODE FX-MISSING'],
    ['a rate below zero', { ...foreign, currency: 'USD', fx: { gbpPerUnit: '-0.75' } }, 'FX-MISSING'],
    ['a rate that is no number', { ...foreign, currency: 'USD', fx: { gbpPerUnit: 'n/a' } }, 'FX-MISSING'],
    ['pounds with a rate of zero', { fx: { gbpPerUnit: '0' } }, 'FX-GBP'],
    ['just above the band', { ...foreign, currency: 'EUR', fx: { gbpPerUnit: '0.9801' } }, 'FX-RANGE'],
    ['units per pound, upside down', { ...foreign, currency: 'USD', fx: { unitsPerGbp: '0.75' } }, 'FX-RANGE'],
    ['a country by name', { supplierCountry: 'United States' }, 'SUPPLIER-COUNTRY'],
    ['nobody said whether we are registered', { customerRegistered: null }, 'CUST-REG'],
    ['a buyer on Jersey', { customerCountry: 'JE' }, 'CUST-NONUK'],
    ['goods', { hint: 'goods' }, 'GOODS'],
    [
      'several at once, with a document fault',
      { hint: 'goods', customerCountry: '', description: 'Forecast' },
      'CUST-NONUK ESTIMATE GOODS',
    ],
  ])('%s', (_name, change, checks) => {
    const result = run(change);
    expect(ids(result)).toBe(checks);
    expect(result).toMatchObject({
      treatment: 'unclassified',
      vatGbp: 0,
      box4: 0,
      box7: 0,
      netGbp: null,
      xeroTaxType: '',
    });
  });

  test.each<[string, Change]>([
    ['the ends of a band', { ...foreign, currency: 'USD', fx: { gbpPerUnit: '0.95' } }],
    ['a currency without a band', { ...foreign, currency: 'NOK', fx: { gbpPerUnit: '0.0712' } }],
    ['pounds at a written rate of one', { fx: { gbpPerUnit: '1.0000' } }],
    ['one decimal', { net: '40.0', vat: '8.0', gross: '48.0' }],
    ['a leap day', { date: '2024-02-29', description: 'x; seen=2024-03-01' }],
    ['a buyer on the Isle of Man', { customerCountry: 'IM' }],
  ])('%s passes', (_name, change) => {
    expect(ids(run(change))).toBe('');
  });
});

describe('document checks', () => {
  test.each<[string, string]>([
    ['Cache; inv=', 'INV-NO'],
    ['; inv=A1', 'DESC'],
    ['Cache; seen=2026-02-09', 'INV-FUTURE'],
    ['Cache; seen=2026-02-10', ''],
    ['Cache; doc=statement', 'DOC-NOTVAT'],
    ['Cache; doc=order', 'DOC-NOTVAT'],
    ['ACCRUAL February', 'ESTIMATE'],
    ['Estimates are not matched as a word', ''],
    ['Cache; note=estimate', ''],
    ['Entertaining clients', 'PRIVATE-USE'],
    ['Gifts are another word', ''],
    ['Budget private', 'ESTIMATE PRIVATE-USE'],
    ['Plan; period=2026-01-01/2026-04-02', ''],
    ['Plan; period=2026-01-01/2026-04-03', 'PREPAY'],
    ['Plan; period=2026-03-13/2026-03-31', ''],
    ['Plan; period=2026-03-14/2026-03-31', 'PERIOD-MISMATCH'],
    ['Plan; period=2025-12-01/2025-12-27', ''],
    ['Plan; period=2025-12-01/2025-12-26', 'PERIOD-MISMATCH'],
    ['Plan; period=soon', ''],
  ])('%s → %s', (description, checks) => {
    expect(ids(run({ description }))).toBe(checks);
  });

  test('metered usage at a round sum', () => {
    const at = (net: string, vat: string, description: string) => ids(run({ ...amounts(net, vat), description }));
    expect(at('500.00', '100.00', 'Tokens')).toBe('ROUND-SUM');
    expect(at('400.00', '80.00', 'Tokens')).toBe('');
    expect(at('550.00', '110.00', 'Tokens')).toBe('');
    expect(at('500.00', '100.00', 'On-demand hosts')).toBe('ROUND-SUM');
    expect(at('500.00', '100.00', 'Seats')).toBe('');
    expect(at('-600.00', '-120.00', 'Usage; doc=credit_note; orig=A')).toBe('ROUND-SUM');
  });

  test('nothing to post, and a credit that names no invoice', () => {
    expect(ids(run(amounts('0.00', '0.00')))).toBe('VAT-NOTCHARGED ZERO-AMT');
    expect(ids(run({ ...amounts('-40.00', '-8.00'), description: 'x; doc=credit_note; orig=' }))).toBe('CN-ORIG');
  });

  test('duplicates: same number whatever capitals and blanks; near within a week either way; faulty lines count too', () => {
    const history = new DocumentHistory();
    const next = (change: Change) => ids(run(change, { history }));
    expect(next({ description: 'a; inv=X-1' })).toBe('');
    expect(next({ supplier: '  ferry   COMPUTE ltd ', description: 'b; inv=x-1', date: '2025-03-01' })).toBe('DUP');
    expect(next({ description: 'c; inv=X-2', date: '2026-02-17' })).toBe('DUP-NEAR');
    expect(next({ description: 'd; inv=X-3', date: '2026-02-03' })).toBe('DUP-NEAR');
    expect(next({ description: 'e; inv=X-4', date: '2026-01-26' })).toBe('');
    expect(next({ ...amounts('41.00', '8.20'), description: 'f; inv=X-1' })).toBe('');
    expect(next({ ...foreign, gross: '40.00', description: 'g; inv=X-1' })).toBe('');
    expect(next({ hint: 'goods', ...amounts('70.00', '14.00'), description: 'h; inv=Y' })).toBe('GOODS');
    expect(next({ net: '70.0', vat: '14.0', gross: '84.0', description: 'i; inv=y' })).toBe('DUP');
    expect(next({ date: 'soon', ...amounts('90.00', '18.00'), description: 'j; inv=Z' })).toBe('INV-DATE');
    expect(next({ ...amounts('90.00', '18.00'), description: 'k; inv=ZZ' })).toBe('');
  });
});

describe('VAT numbers', () => {
  test.each<[string, Change, string]>([
    ['dots, hyphens and small letters', { supplierVatNumber: 'gb-713.0246 81' }, ''],
    ['Northern Irish letters', { supplierVatNumber: 'XI824551380' }, ''],
    ['a branch number, checked on its first nine digits', { supplierVatNumber: '713024682001' }, 'VATNO-BAD'],
    ['ten digits', { supplierVatNumber: 'GB7130246811' }, 'VATNO-BAD'],
    ['seven noughts', { supplierVatNumber: 'GB000000000' }, 'VATNO-BAD'],
    ['a department', { supplierVatNumber: 'GD499' }, ''],
    ['no such department', { supplierVatNumber: 'XIGD500' }, 'VATNO-BAD'],
    ['a health authority', { supplierVatNumber: 'HA 500' }, ''],
    ['no such authority', { supplierVatNumber: 'GBHA499' }, 'VATNO-BAD'],
    ['swapped digits', { supplierVatNumber: 'GB713204681' }, 'VATNO-BAD'],
    ['letters of another country on a UK supplier', { supplierVatNumber: 'FR12345678901' }, 'VATNO-COUNTRY'],
    [
      'the same once a UK establishment is confirmed',
      { supplierVatNumber: 'FR12345678901', description: 'x; uk_est=1' },
      '',
    ],
    ['Greek letters on a Greek supplier', { ...foreign, supplierCountry: 'GR', supplierVatNumber: 'EL094259216' }, ''],
    [
      'Greek letters elsewhere',
      { ...foreign, supplierCountry: 'CY', supplierVatNumber: 'EL094259216' },
      'VATNO-COUNTRY',
    ],
    ['digits alone on a foreign supplier say nothing', { ...foreign, supplierVatNumber: '12-3456789' }, ''],
    [
      'a bad UK number on a foreign supplier without VAT',
      { ...foreign, supplierVatNumber: 'GB111111111' },
      'VATNO-BAD VATNO-COUNTRY',
    ],
  ])('%s', (_name, change, checks) => {
    expect(ids(run(change))).toBe(checks);
  });

  test('a bad number blocks only where VAT is charged', () => {
    const severity = (change: Change) => run(change).checks.find(({ id }) => id === 'VATNO-BAD')?.severity;
    expect(severity({ supplierVatNumber: 'GB1' })).toBe('block');
    expect(severity({ supplierVatNumber: 'GB1', ...amounts('40.00', '0.00'), hint: 'zero' })).toBe('warn');
  });

  test('our own number is not a supplier’s, however it is printed', () => {
    expect(ids(run({}, { ownVatNumber: '713024681' }))).toBe('VATNO-SELF');
    expect(ids(run({ supplierVatNumber: 'XI713024681002' }, { ownVatNumber: 'GB 713 0246 81' }))).toBe('VATNO-SELF');
    expect(ids(run({}, { ownVatNumber: 'GB824551380' }))).toBe('');
    expect(ids(run({ supplierVatNumber: '' }, { ownVatNumber: '' }))).toBe('VATNO-MISSING');
  });
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
    'Tax point of a service from abroad: the invoice date, 2026-02-10',
    'The buyer is not registered for VAT',
    'Standard rate on that day: 20%',
    'c: the buyer is not registered, everything is cost',
  ]);
  expect(run().derivation).toEqual([]);
});

test('an amount that is no number is refused, not guessed', () => {
  expect(() => run({ net: '4O.00' })).toThrow(RangeError);
  expect(() =>
    run({ net: '99999999999999999.00', vat: '0.00', gross: '99999999999999999.00', hint: 'exempt' }),
  ).toThrow(RangeError);
});
