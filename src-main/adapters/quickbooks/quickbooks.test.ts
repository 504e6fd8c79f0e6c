import { expect, test } from 'vitest';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { timePasses } from '../testing/bench.ts';
import { aReversal, evidence } from '../testing/ledger.ts';
import { docNumber } from './documents.ts';
import { quickbooks } from './index.ts';
import { calls, desk, stored } from './testing/desk.ts';
import { aBill, accounts, aForeignBill, aRoundedBill, codes, quickbooksBench } from './testing/samples.ts';

const { bench, deliver, run, copyOf, documents } = desk;

adapterSuite(quickbooks, { ...quickbooksBench, faultPath: '/v3/', samples: desk.samples(aBill()) });

test('a bill is created, compared and evidenced, and reads back equal to the penny (F6)', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aBill());
  expect(calls(opened)).toEqual([
    'GET /query Bill',
    'GET /query Vendor',
    'POST /vendor',
    'GET /query Purchase',
    'POST /bill',
    'POST /upload',
  ]);
  expect(
    opened.sandbox
      .received('quickbooks')
      .every((one) => !one.path.includes('/v3/') || one.path.includes('minorversion=75')),
  ).toBe(true);
  expect(await copyOf(opened, vendorId)).toEqual({
    vendorId,
    documentType: 'invoice',
    invoiceNumber: 'OA-0001',
    contact: { id: expect.any(String), name: 'Sunrise Compute Ltd' },
    status: 'approved',
    date: '2026-07-31',
    currency: 'GBP',
    currencyRate: null,
    net: '110.05',
    vat: '20.00',
    gross: '130.05',
    lines: [
      { description: 'API credits July', net: '100.00', vat: '', taxType: codes.standard, accountCode: accounts.cloud },
      { description: 'Training', net: '10.05', vat: '', taxType: codes.zero, accountCode: accounts.software },
    ],
    hasEvidence: true,
    evidence: [{ fileName: 'WS-9f2c41d0-evidence.csv', size: evidence.length }],
  });
});

test('a reverse charge in dollars owes the net alone, in pounds per dollar, under a number of 21 signs', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aForeignBill());
  const copy = await copyOf(opened, vendorId);
  expect(copy).toMatchObject({
    invoiceNumber: "INV-2026-07-'7'-of-a-long-series",
    contact: { name: "Lakeside: Models' Inc." },
    currency: 'USD',
    currencyRate: null,
    homeRate: '0.746046',
    net: '2481.37',
    vat: '0.00',
    gross: '2481.37',
  });
  expect(stored(opened)[0]).toMatchObject({ DocNumber: expect.stringMatching(/^INV-2026-07--[0-9a-f]{8}$/) });
  expect(documents(opened, 'Vendor').all()).toMatchObject([
    { DisplayName: "Lakeside  Models' Inc. (USD)", CurrencyRef: { value: 'USD' } },
  ]);
});

test('a number of 21 signs stays as it is, a longer one keeps its beginning and is still one of a kind', () => {
  expect(docNumber('123456789012345678901')).toBe('123456789012345678901');
  expect(docNumber('1234567890123456789012')).toMatch(/^123456789012-[0-9a-f]{8}$/);
  expect(docNumber('1234567890123456789012')).not.toBe(docNumber('1234567890123456789013'));
});

test('a supplier credit is positive and a kind of its own', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aBill({ documentType: 'credit_note', invoiceNumber: 'CN-1' }));
  expect(stored(opened)).toEqual([]);
  expect(stored(opened, 'VendorCredit')).toMatchObject([{ TotalAmt: 130.05 }]);
  expect(await copyOf(opened, vendorId, 'credit_note')).toMatchObject({ documentType: 'credit_note', gross: '130.05' });
});

test('printed VAT wins over the rate: it is set on the purchase rate, and the reverse charge beside it stays', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aRoundedBill());
  expect(await copyOf(opened, vendorId)).toMatchObject({ net: '83.33', vat: '6.66', gross: '89.99' });
  const [bill] = stored(opened);
  expect(bill).toMatchObject({
    SyncToken: '1',
    TxnTaxDetail: {
      TotalTax: 6.66,
      TaxLine: [
        { Amount: 6.66, TaxLineDetail: { TaxRateRef: { value: '2' }, OverrideDeltaAmount: -0.01 } },
        { Amount: 10 },
        { Amount: -10 },
      ],
    },
  });
});

test('a penny of QuickBooks’ own is corrected; one it keeps to is named and the bill removed (FT-57, TGT-TOTAL)', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'penny' });
  const { vendorId } = await deliver(opened, aBill());
  expect(await copyOf(opened, vendorId)).toMatchObject({ vat: '20.00', gross: '130.05' });
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'penny' });
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'stubborn' });
  await expect(deliver(opened, aBill({ reference: 'WS:dddddddd', invoiceNumber: 'OA-2' }))).rejects.toMatchObject({
    kind: 'permanent',
    message: 'QuickBooks made OA-2 VAT 20.01 instead of 20.00, gross 130.06 instead of 130.05. It was removed there.',
  });
  expect(stored(opened)).toHaveLength(1);
});

test('a foreign document without its rate is refused before anything is sent', async () => {
  const opened = await bench();
  const { currencyRate: _none, ...document } = aForeignBill();
  await expect(deliver(opened, document)).rejects.toMatchObject({ kind: 'permanent' });
  expect(calls(opened)).toEqual([]);
});

test('the same bill again changes nothing and gives the same receipt (F7)', async () => {
  const opened = await bench();
  const first = await deliver(opened, aBill());
  expect(await deliver(opened, aBill())).toEqual(first);
  expect(stored(opened)).toHaveLength(1);
});

test('another document of that number and supplier, or one paid by card, is never doubled (TGT-DUP)', async () => {
  const opened = await bench();
  await deliver(opened, aBill());
  await expect(deliver(opened, aBill({ reference: 'WS:ffffffff' }))).rejects.toMatchObject({
    kind: 'permanent',
    message: 'Already in QuickBooks as bill OA-0001 (GBP 130.05)',
    detail: { hint: expect.stringContaining('TGT-DUP') },
  });
  const [vendor] = documents<{ Id: string }>(opened, 'Vendor').all();
  documents<object>(opened, 'Purchase').put('900', {
    DocNumber: 'OA-9',
    EntityRef: { value: vendor?.Id },
    TotalAmt: 130.05,
    CurrencyRef: { value: 'GBP' },
  });
  await expect(deliver(opened, aBill({ reference: 'WS:eeeeeeee', invoiceNumber: 'OA-9' }))).rejects.toThrow(
    'Already in QuickBooks as expense OA-9',
  );
  expect(stored(opened)).toHaveLength(1);
});

test('the same number of another supplier is another bill', async () => {
  const opened = await bench();
  await deliver(opened, aBill());
  await deliver(
    opened,
    aBill({ reference: 'WS:ffffffff', supplier: { name: 'Other Ltd', country: 'GB', vatNumber: '' } }),
  );
  expect(stored(opened)).toHaveLength(2);
});

test.each([
  ['close-books', '2026-07-31', 'LOCK-DATE'],
  ['inactive-account', accounts.cloud, 'MAP-ACCOUNT'],
  ['hide-tax', codes.standard, 'MAP-ACCOUNT'],
  ['fault-200', '6000', 'MAP-TAX'],
  ['fault-200', '6140', 'TGT-DUP'],
])(
  '%s %s: the bill is refused with QuickBooks’ words and our reading (FT-52, FT-56)',
  async (fault, value, reading) => {
    const opened = await bench();
    opened.sandbox.misbehave({
      system: 'quickbooks',
      fault,
      value,
      ...(fault === 'fault-200' ? { path: '/bill' } : {}),
    });
    await expect(deliver(opened, aBill())).rejects.toMatchObject({
      kind: 'permanent',
      message: expect.stringMatching(/^QuickBooks refused it: .{15}/),
      detail: { hint: expect.stringContaining(reading) },
    });
    expect(stored(opened)).toEqual([]);
  },
);

test.each([
  ['3200', 'needs-attention', 'auth'],
  ['120', 'needs-attention', 'auth'],
  ['610', 'permanent', 'rejected'],
  ['2010', 'permanent', 'rejected'],
  ['5010', 'retryable', 'timeout'],
  ['6190', 'needs-attention', 'quota'],
  ['9999', 'permanent', 'rejected'],
])('fault %s inside a 200 is %s, never a success (FT-52)', async (value, kind, code) => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'fault-200', value, path: '/bill' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ kind, code });
  expect(stored(opened)).toEqual([]);
});

test('a throttled call waits a minute when QuickBooks names no time', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', status: 429, path: '/v3/' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({
    code: 'rate-limited',
    detail: { retryAfterMs: 60_000, scope: 'connection' },
  });
});

test('two bills of a new supplier at the same moment make one supplier; two currencies make two', async () => {
  const opened = await bench();
  const { clock } = opened;
  // One clock for both, so that they share a pace: time passes while they wait for their turn.
  const both = Promise.all([
    deliver(opened, aBill(), { clock }),
    deliver(opened, aBill({ reference: 'WS:aaaaaaaa', invoiceNumber: 'OA-0002' }), { clock }),
  ]);
  await timePasses(clock, both, 200);
  const foreign = aForeignBill();
  await deliver(opened, { ...foreign, supplier: aBill().supplier });
  expect(documents(opened, 'Vendor').all()).toMatchObject([
    { DisplayName: 'Sunrise Compute Ltd' },
    { DisplayName: 'Sunrise Compute Ltd (USD)' },
  ]);
  expect(stored(opened)).toHaveLength(3);
});

test('an inactive supplier, a customer of the name, or a picked record of another currency is a person’s question', async () => {
  const opened = await bench();
  await deliver(opened, aBill());
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'inactive-vendor', value: 'Sunrise Compute Ltd' });
  const question = { kind: 'needs-attention', code: 'misconfigured' };
  await expect(deliver(opened, aBill({ reference: 'WS:bbbbbbbb', invoiceNumber: 'OA-3' }))).rejects.toMatchObject(
    question,
  );
  const customer = { ...aBill().supplier, name: 'Hawthorn Weddings Ltd' };
  await expect(
    deliver(opened, aBill({ reference: 'WS:cccccccc', invoiceNumber: 'OA-4', supplier: customer })),
  ).rejects.toMatchObject({ ...question, message: expect.stringContaining('customer or an employee') });
  const [vendor] = documents<{ Id: string }>(opened, 'Vendor').all();
  await expect(
    deliver(opened, { ...aForeignBill(), supplier: { ...aForeignBill().supplier, contactId: vendor?.Id ?? '' } }),
  ).rejects.toMatchObject({ ...question, message: expect.stringContaining('kept in GBP') });
  expect(stored(opened)).toHaveLength(1);
});

test('evidence that changed since approval stops the bill before it exists', async () => {
  const opened = await bench();
  await expect(deliver(opened, aBill(), { files: { read: async () => new Uint8Array(3) } })).rejects.toMatchObject({
    kind: 'permanent',
  });
  expect(stored(opened)).toEqual([]);
});

test('a reversal is a supplier credit of the same lines that names the bill; the bill stays (F10)', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aRoundedBill());
  const { vendorId: creditId } = await run(opened, 'reverse-bill', aReversal(aRoundedBill(), vendorId), 'reverse');
  const copy = await copyOf(opened, creditId, 'credit_note');
  expect(copy).toMatchObject({
    invoiceNumber: 'REV-ffee0011',
    net: '83.33',
    vat: '6.66',
    gross: '89.99',
    date: '2026-08-03',
  });
  expect(copy.lines[0]?.description).toBe('Reverses OA-0666: x');
  expect(stored(opened, 'VendorCredit')[0]).toMatchObject({
    PrivateNote: expect.stringContaining(`Reverses OA-0666 (${vendorId}). Entered twice`),
  });
  expect(stored(opened)).toHaveLength(1);
});
