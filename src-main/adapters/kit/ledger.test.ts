import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimal } from '../../../src-shared/domain/money/index.ts';
import { homeRate, LedgerDocument, type Reversal, reversalOf } from './ledger.ts';

const original = LedgerDocument.parse({
  documentType: 'invoice',
  reference: 'WS:0123456789abcdef',
  supplier: { name: 'Oak Ltd', country: 'GB' },
  invoiceNumber: 'OA-1',
  date: '2026-07-31',
  dueDate: '2026-08-30',
  currency: 'GBP',
  lineAmounts: 'exclusive',
  lines: [{ description: 'Seats', net: '10.00', vat: '2.00', taxType: 'S', accountCode: '1' }],
  totals: { net: '10.00', vat: '2.00', gross: '12.00' },
  evidence: [{ fileName: 'a.csv', contentType: 'text/csv', fileId: 'f', size: 1 }],
  note: 'n',
});
const reversal = (change: Partial<Reversal> = {}): Reversal => ({
  reference: 'WS:fedcba9876543210',
  original,
  vendorId: '309',
  date: '2026-11-22',
  note: 'Entered twice',
  ...change,
});

test('a reversal is a good document of the other kind, with the same sums, that names the first', () => {
  const made = LedgerDocument.parse(reversalOf(reversal()));
  expect(made).toMatchObject({
    documentType: 'credit_note',
    invoiceNumber: 'REV-fedcba9876543210',
    date: '2026-11-22',
    totals: original.totals,
    lines: [{ description: 'Reverses OA-1: Seats', net: '10.00' }],
    note: 'Reverses OA-1 (309). Entered twice',
    evidence: [],
  });
  expect(made.invoiceNumber.length).toBeLessThanOrEqual(21);
  expect(made).not.toHaveProperty('dueDate');
  expect(reversalOf(reversal({ original: { ...original, documentType: 'credit_note' } })).documentType).toBe('invoice');
});

test('the rate the other way round is within half of its last place', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500_000_000 }), (millionths) => {
      const rate = decimal(String(millionths)).div(1_000_000);
      const other = decimal(homeRate(rate.toFixed()));
      expect(other.minus(decimal('1').div(rate)).abs().lte('0.0000005')).toBe(true);
    }),
  );
  expect(homeRate('1.3404')).toBe('0.746046');
});
