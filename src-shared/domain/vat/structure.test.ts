import { describe, expect, test } from 'vitest';
import { amounts, type Change, foreign, ids, run } from './testing/sample-line.ts';

test('the largest amount a ledger takes is judged like any other', () => {
  expect(run({ ...amounts('833333333333.32', '166666666666.66') }).treatment).toBe('uk_standard');
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
    ['more digits than a ledger takes', { ...amounts('1000000000000.00', '200000000000.00') }, 'AMT-SIZE'],
    [
      'pence beyond an exact integer',
      { net: '99999999999999999.00', vat: '0.00', gross: '99999999999999999.00', hint: 'exempt' },
      'AMT-SIZE',
    ],
    [
      'a rate that makes it as large in pounds',
      { ...foreign, currency: 'DKK', fx: { gbpPerUnit: '99999999999999' } },
      'AMT-SIZE',
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
