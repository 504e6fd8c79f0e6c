import { expect, test } from 'vitest';
import type { HttpClient } from '../../ports/http.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { aReversal, evidence } from '../testing/ledger.ts';
import { xero } from './index.ts';
import { calls, desk, stored } from './testing/desk.ts';
import { aBill, aForeignBill, xeroBench } from './testing/samples.ts';

const { bench, deliver, find, run, copyOf, documents } = desk;

adapterSuite(xero, {
  ...xeroBench,
  faultPath: '/api.xro',
  samples: desk.samples(aBill()),
  deviations: { 409: 'retryable', 412: 'retryable' },
});

test('a bill is drafted, compared, evidenced, approved and noted, and reads back equal to the penny (F6)', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aBill());
  expect(calls(opened)).toEqual([
    'GET /Invoices',
    'GET /Contacts',
    'GET /Contacts',
    'PUT /Contacts',
    'PUT /Invoices',
    'PUT /Invoices/:id/Attachments/WS-9f2c41d0-evidence.csv',
    'POST /Invoices/:id',
    'PUT /Invoices/:id/History',
  ]);
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
      {
        description: 'API credits July [WS:9f2c41d0]',
        net: '100.00',
        vat: '20.00',
        taxType: 'INPUT2',
        accountCode: '463',
      },
      { description: 'Training', net: '10.05', vat: '0.00', taxType: 'ZERORATEDINPUT', accountCode: '429' },
    ],
    hasEvidence: true,
    evidence: [{ fileName: 'WS-9f2c41d0-evidence.csv', size: evidence.length }],
  });
});

test('a reverse charge in dollars owes the net alone and carries the rate we approved', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aForeignBill());
  expect(await copyOf(opened, vendorId)).toMatchObject({
    invoiceNumber: 'INV "7"',
    currency: 'USD',
    currencyRate: '1.3404',
    net: '2481.37',
    vat: '0.00',
    gross: '2481.37',
  });
});

test('a foreign document without its rate is refused before anything is sent', async () => {
  const opened = await bench();
  const { currencyRate: _none, ...document } = aForeignBill();
  await expect(deliver(opened, document)).rejects.toMatchObject({ kind: 'permanent' });
  expect(calls(opened)).toEqual([]);
});

test('a credit note becomes a supplier credit', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aBill({ documentType: 'credit_note', invoiceNumber: 'CN-1' }));
  expect(stored(opened, 'CreditNotes')).toHaveLength(1);
  expect(await copyOf(opened, vendorId, 'credit_note')).toMatchObject({
    documentType: 'credit_note',
    status: 'approved',
    gross: '130.05',
    hasEvidence: true,
  });
});

test('a reversal is an approved credit note of the same lines that names the bill; the bill stays (F10)', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aBill());
  const { vendorId: creditId } = await run(opened, 'reverse-bill', aReversal(aBill(), vendorId), 'reverse');
  const copy = await copyOf(opened, creditId, 'credit_note');
  expect(copy).toMatchObject({
    status: 'approved',
    invoiceNumber: 'REV-ffee0011',
    gross: '130.05',
    date: '2026-08-03',
  });
  expect(copy.lines[0]?.description).toBe('Reverses OA-0001: API credits July [WS:ffee0011]');
  expect(stored(opened).map((one) => one.status)).toEqual(['AUTHORISED']);
});

test('printed VAT wins over the rate: a penny of the supplier’s own rounding is kept', async () => {
  const opened = await bench();
  const line = { description: 'x', net: '33.33', vat: '6.66', taxType: 'INPUT2', accountCode: '463' };
  const { vendorId } = await deliver(
    opened,
    aBill({ lines: [line], totals: { net: '33.33', vat: '6.66', gross: '39.99' } }),
  );
  expect(await copyOf(opened, vendorId)).toMatchObject({ vat: '6.66', gross: '39.99' });
});

test('the same bill again changes nothing and gives the same receipt (F7)', async () => {
  const opened = await bench();
  const first = await deliver(opened, aBill());
  opened.clock.jump(10 * 60_000); // beyond the life of any idempotency key
  expect(await deliver(opened, aBill())).toEqual(first);
  expect(stored(opened)).toHaveLength(1);
});

test('another document of that number and supplier is never doubled (TGT-DUP)', async () => {
  const opened = await bench();
  await deliver(opened, aBill());
  await expect(deliver(opened, aBill({ reference: 'WS:ffffffff' }))).rejects.toMatchObject({
    kind: 'permanent',
    code: 'rejected',
    message: 'Already in Xero as bill OA-0001 (approved, GBP 130.05)',
  });
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

const steps: [string, string, string][] = [
  ['the draft', 'PUT', '/Invoices'],
  ['the evidence', 'PUT', '/Attachments'],
  ['the approval', 'POST', '/Invoices/'],
  ['the note', 'PUT', '/History'],
];

test.each(
  steps.flatMap(([step, method, path]) => [
    { step, method, path, fault: 'reset-before' },
    { step, method, path, fault: 'reset-after' },
  ]),
)('cut off at $step ($fault), a second run ends with one approved bill', async ({ method, path, fault }) => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'xero', fault, method, path });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ kind: 'retryable', code: 'timeout' });
  const found = await find(opened, aBill());
  if (found !== null) expect(found).toSatisfy((one: typeof found) => one?.unfinished === true || one?.same === true);
  opened.clock.jump(7 * 60_000);
  const { vendorId } = await deliver(opened, aBill());
  expect(stored(opened)).toHaveLength(1);
  expect(await find(opened, aBill())).toMatchObject({ same: true, receipt: { vendorId } });
  const history = calls(opened).filter((call) => call.endsWith('/History') && call.startsWith('PUT'));
  expect(documents(opened, 'history').all()).toHaveLength(1);
  expect(history.length).toBeGreaterThan(0);
});

test('a listing three minutes behind hides the draft, and the key still keeps it single (FT-58)', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'xero', fault: 'lag', value: '180000' });
  opened.sandbox.misbehave({ system: 'xero', fault: 'reset-after', method: 'PUT', path: '/Invoices' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ code: 'timeout' });
  expect(await find(opened, aBill())).toBeNull();
  opened.clock.jump(30_000);
  await deliver(opened, aBill());
  expect(stored(opened)).toHaveLength(1);
});

test('a penny more than approved is named and removed, and nothing is approved (FT-57, TGT-TOTAL)', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'xero', fault: 'penny' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({
    kind: 'permanent',
    message: 'Xero made OA-0001 VAT 20.01 instead of 20.00, gross 130.06 instead of 130.05. The draft was removed.',
  });
  expect(stored(opened).map((one) => one.status)).toEqual(['DELETED']);
});

test.each([
  ['lock-date', '2026-07-31', 'LOCK-DATE'],
  ['archive-account', '463', 'MAP-ACCOUNT'],
  ['retire-tax', 'INPUT2', 'MAP-TAX'],
])('%s: the bill is refused with Xero’s words and our reading (FT-56)', async (fault, value, reading) => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'xero', fault, value });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({
    kind: 'permanent',
    message: expect.stringMatching(/^Xero refused it: .{20}/),
    detail: { hint: expect.stringContaining(reading) },
  });
  expect(stored(opened)).toEqual([]);
});

test('books locked between draft and approval leave no draft behind', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'xero', status: 500, method: 'POST', path: '/Invoices/' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ code: 'vendor-down' });
  opened.sandbox.misbehave({ system: 'xero', fault: 'lock-date', value: '2026-07-31' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ kind: 'permanent' });
  expect(stored(opened).map((one) => one.status)).toEqual(['DELETED']);
});

test('two bills of a new supplier at the same moment make one supplier', async () => {
  const opened = await bench();
  await Promise.all([
    deliver(opened, aBill()),
    deliver(opened, aBill({ reference: 'WS:aaaaaaaa', invoiceNumber: 'OA-0002' })),
  ]);
  expect(documents(opened, 'contacts').all()).toHaveLength(1);
  expect(stored(opened)).toHaveLength(2);
});

test('a supplier somebody added a moment before us is taken, not doubled', async () => {
  const opened = await bench();
  const contacts = documents(opened, 'contacts');
  const http: HttpClient = {
    send(request) {
      if (request.method === 'PUT' && request.url.includes('/Contacts')) {
        const theirs = {
          id: 'c0ffee00-0000-4000-8000-000000000001',
          name: 'SUNRISE COMPUTE LTD',
          taxNumber: '',
          country: '',
        };
        contacts.put(theirs.id, { ...theirs, status: 'ACTIVE', updatedAt: 0 });
      }
      return opened.http.send(request);
    },
  };
  await deliver(opened, aBill(), { http });
  expect(contacts.all()).toHaveLength(1);
  expect(stored(opened)).toMatchObject([{ contactId: 'c0ffee00-0000-4000-8000-000000000001' }]);
});

test('an archived supplier, or one of another name with the same VAT number, is a person’s question (CONTACT-AMBIG)', async () => {
  const opened = await bench();
  await deliver(opened, aBill());
  const other = aBill({
    reference: 'WS:aaaaaaaa',
    invoiceNumber: 'OA-2',
    supplier: { ...aBill().supplier, name: 'Sunrise' },
  });
  await expect(deliver(opened, other)).rejects.toMatchObject({ kind: 'needs-attention', code: 'misconfigured' });
  opened.sandbox.misbehave({ system: 'xero', fault: 'archive-contact', value: 'Sunrise Compute Ltd' });
  const again = aBill({ reference: 'WS:bbbbbbbb', invoiceNumber: 'OA-3' });
  const error = await deliver(opened, again).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: 'needs-attention', message: expect.stringContaining('archived') });
  expect(stored(opened)).toHaveLength(1);
});

test('evidence that changed since approval stops the bill before it exists', async () => {
  const opened = await bench();
  const files = { read: async () => new Uint8Array(3) };
  await expect(deliver(opened, aBill(), { files })).rejects.toMatchObject({ kind: 'permanent' });
  expect(stored(opened)).toEqual([]);
});

test('a draft somebody approved with another amount is held for a person, not touched', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aBill());
  const invoices = documents<Record<string, unknown>>(opened, 'Invoices');
  invoices.put(vendorId, { ...invoices.get(vendorId), Total: 140, TotalTax: 29.95 });
  expect(await find(opened, aBill())).toMatchObject({ same: false, difference: expect.stringContaining('VAT 29.95') });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ kind: 'needs-attention', code: 'outcome-unknown' });
});

test('a revoked sign-in parks the connection (FT-53)', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'xero', fault: 'revoke' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({
    kind: 'needs-attention',
    code: 'auth',
    detail: { scope: 'connection' },
  });
});
