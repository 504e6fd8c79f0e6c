import { expect, test } from 'vitest';
import type { LedgerDocument, ReadBack } from '../../adapters/kit/ledger.ts';
import { differences } from './compare.ts';

const frozen: LedgerDocument = {
  documentType: 'invoice',
  reference: 'WS:0123456789abcdef',
  supplier: { name: 'Quayside  Compute Ltd', country: 'GB', vatNumber: 'GB713024681' },
  invoiceNumber: 'QC-1',
  date: '2026-09-30',
  dueDate: '2026-10-30',
  currency: 'USD',
  currencyRate: '1.3404',
  lineAmounts: 'exclusive',
  lines: [{ description: 'Compute', net: '100.00', vat: '0.00', taxType: 'REVERSECHARGES', accountCode: '463' }],
  totals: { net: '100.00', vat: '0.00', gross: '100.00' },
  evidence: [{ fileName: 'a.csv', contentType: 'text/csv', fileId: 'f', size: 10 }],
  note: '',
};
const copy: ReadBack = {
  vendorId: 'inv-1',
  documentType: 'invoice',
  invoiceNumber: 'QC-1',
  contact: { id: 'c', name: 'Quayside Compute Ltd' },
  status: 'approved',
  date: '2026-09-30',
  currency: 'USD',
  currencyRate: '1.340400',
  net: '100',
  vat: '0',
  gross: '100.0',
  lines: [{ description: 'Compute', net: '100.00', vat: '0.00', taxType: 'REVERSECHARGES', accountCode: '463' }],
  hasEvidence: true,
  evidence: [{ fileName: 'a.csv', size: 10 }],
};

test('the same document in another spelling of its numbers is equal', () => {
  expect(differences(frozen, copy)).toEqual([]);
});

test.each([
  ['gross', { gross: '100.01' }],
  ['VAT', { vat: '0.01' }],
  ['status', { status: 'draft' as const }],
  ['supplier', { contact: { id: 'c', name: 'Another Ltd' } }],
  ['exchange rate', { currencyRate: '1.3405' }],
  ['number of lines', { lines: [] }],
  ['line 1 tax code', { lines: [{ ...copy.lines[0], taxType: 'INPUT2' } as ReadBack['lines'][number]] }],
  ['evidence a.csv', { evidence: [] }],
])('a different %s is named', (field, patch) => {
  expect(differences(frozen, { ...copy, ...patch }).map((difference) => difference.field)).toEqual([field]);
});

test('a ledger that keeps the rate the other way round is compared that way, to its last place', () => {
  const other = { ...copy, currencyRate: null, homeRate: '0.746046' };
  expect(differences(frozen, other)).toEqual([]);
  expect(differences(frozen, { ...other, homeRate: '0.746047' })).toEqual([
    { field: 'exchange rate', expected: '0.746046', found: '0.746047' },
  ]);
});

test('where a ledger tells only whether there is evidence, that is what is compared', () => {
  const other = { ...copy, evidenceListed: false, evidence: [] };
  expect(differences(frozen, other)).toEqual([]);
  expect(differences(frozen, { ...other, hasEvidence: false })).toMatchObject([{ field: 'evidence', found: 'false' }]);
});
