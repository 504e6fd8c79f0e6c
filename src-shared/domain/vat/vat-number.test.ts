import { describe, expect, test } from 'vitest';
import { amounts, type Change, foreign, ids, run } from './testing/sample-line.ts';

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
