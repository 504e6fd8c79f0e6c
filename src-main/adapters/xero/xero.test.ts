import { expect, onTestFinished, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { HttpClient } from '../../ports/http.ts';
import type { LedgerDocument, ReadBack, Reversal } from '../kit/ledger.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { type Bench, openBench, timePasses } from '../testing/bench.ts';
import { xero } from './index.ts';
import { aBill, aForeignBill, evidence, xeroBench } from './testing/samples.ts';

const stampOf = (key: string) => ({ idempotencyKey: `bluebell:xero:bill:${key}:1`, at: Instant.parse(0), attempt: 1 });
const post = xero.actions['post-bill'];
const read = xero.actions['read-back'];
const settings = { clientId: 'PRACTICECLIENTID0001' };

async function bench(): Promise<Bench> {
  const opened = await openBench(xero, xeroBench);
  onTestFinished(() => opened.close());
  return opened;
}
const deliver = (opened: Bench, document: LedgerDocument, change = {}) => {
  const stamp = stampOf(document.reference);
  return post?.deliver(post.plan(document, settings, stamp), stamp, opened.context(change)) as Promise<{
    vendorId: string;
  }>;
};
const find = (opened: Bench, document: LedgerDocument) => {
  const stamp = stampOf(document.reference);
  return post?.find?.(post.plan(document, settings, stamp), stamp, opened.context());
};
async function copyOf(opened: Bench, vendorId: string, documentType: LedgerDocument['documentType'] = 'invoice') {
  const stamp = stampOf('read');
  const plan = read?.plan({ vendorId, documentType }, settings, stamp);
  const receipt = await read?.deliver(plan as never, stamp, opened.context());
  return receipt?.document as unknown as ReadBack;
}
type Stored = { number: string; status: string; lines: unknown[] };
const stored = (opened: Bench, kind = 'Invoices') =>
  opened.sandbox.documents<Stored>('xero', `${kind} ${xeroBench.account?.id}`).all();
const calls = (opened: Bench) =>
  opened.sandbox
    .received('xero')
    .filter((one) => one.path.includes('/api.xro/'))
    .map(
      (one) =>
        `${one.method} ${one.path
          .replace(/^.*2\.0/, '')
          .replace(/\?.*$/, '')
          .replace(/[0-9a-f-]{36}/g, ':id')}`,
    );

const reversal = (vendorId: string): Reversal => ({
  reference: 'WS:ffee0011',
  original: aBill(),
  vendorId,
  date: '2026-08-03',
  note: 'Entered twice',
});

adapterSuite(xero, {
  ...xeroBench,
  faultPath: '/api.xro',
  samples: {
    'post-bill': { payload: aBill() },
    'reverse-bill': {
      payload: null,
      prepare: async (opened) => reversal((await deliver(opened, aBill())).vendorId),
    },
    'read-back': {
      payload: null,
      prepare: async (opened) => ({ vendorId: (await deliver(opened, aBill())).vendorId, documentType: 'invoice' }),
    },
  },
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
  const action = xero.actions['reverse-bill'];
  const stamp = stampOf('reverse');
  const plan = action?.plan(reversal(vendorId), settings, stamp);
  const receipt = await action?.deliver(plan as never, stamp, opened.context());
  const copy = await copyOf(opened, receipt?.vendorId ?? '', 'credit_note');
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
  expect(opened.sandbox.documents('xero', `history ${xeroBench.account?.id}`).all()).toHaveLength(1);
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
  expect(opened.sandbox.documents('xero', `contacts ${xeroBench.account?.id}`).all()).toHaveLength(1);
  expect(stored(opened)).toHaveLength(2);
});

test('a supplier somebody added a moment before us is taken, not doubled', async () => {
  const opened = await bench();
  const contacts = opened.sandbox.documents('xero', `contacts ${xeroBench.account?.id}`);
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
  const documents = opened.sandbox.documents<Record<string, unknown>>('xero', `Invoices ${xeroBench.account?.id}`);
  documents.put(vendorId, { ...documents.get(vendorId), Total: 140, TotalTax: 29.95 });
  expect(await find(opened, aBill())).toMatchObject({ same: false, difference: expect.stringContaining('VAT 29.95') });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ kind: 'needs-attention', code: 'outcome-unknown' });
});

test('too few calls left today: no new bill is begun, one already begun is finished', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'xero', fault: 'reset-after', method: 'PUT', path: '/Invoices' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ code: 'timeout' });
  const usage = opened.sandbox.documents<Record<string, unknown>>('xero', 'usage');
  usage.put(xeroBench.account?.id ?? '', { recent: [], dayStart: opened.clock.now(), today: 4_900 });
  await deliver(opened, aBill());
  await expect(deliver(opened, aForeignBill())).rejects.toMatchObject({
    code: 'rate-limited',
    detail: { scope: 'connection', retryAfterMs: 3_600_000 },
  });
  expect(stored(opened)).toHaveLength(1);
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

test('health names the permission that is missing and what stops without it', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'xero', fault: 'drop-scope', value: 'accounting.attachments' });
  const checks = await xero.checkHealth(opened.context());
  expect(checks.filter((check) => check.failure)).toEqual([
    {
      id: 'attachments',
      label: 'Evidence files',
      neededFor: ['post-bill', 'reverse-bill'],
      failure: expect.objectContaining({
        code: 'forbidden',
        scope: 'connection',
        message: 'Xero did not grant: evidence files',
      }),
    },
  ]);
});

test('health sees an organisation that was disconnected, and a permission proven is not asked again within the hour', async () => {
  const opened = await bench();
  const { clock } = opened;
  await xero.checkHealth(opened.context({ clock }));
  const before = calls(opened).length;
  await xero.checkHealth(opened.context({ clock }));
  expect(calls(opened).slice(before)).toEqual(['GET /Organisation']);
  opened.sandbox.misbehave({ system: 'xero', fault: 'disconnect' });
  const [first] = await xero.checkHealth(opened.context({ clock }));
  expect(first?.failure).toMatchObject({ code: 'forbidden' });
});

test('only company files are offered, and those of another country say so', async () => {
  const opened = await bench();
  expect(await xero.accounts?.(opened.context({ account: null }))).toEqual([
    { id: xeroBench.account?.id, name: 'Bluebell & Co (sample)', detail: 'UK · GBP · GB731884223' },
    { id: expect.any(String), name: 'Bluebell Ireland (sample)', detail: 'Cannot be used: not UK books (IE, EUR)' },
  ]);
});

test('reference data: codes by rate, accounts without system ones, lock date, currencies', async () => {
  const opened = await bench();
  const found = await xero.reference?.(opened.context());
  expect(found?.proposedTaxes).toEqual({
    uk_standard: 'INPUT2',
    uk_reduced: 'RRINPUT',
    uk_zero: 'ZERORATEDINPUT',
    exempt: 'EXEMPTINPUT',
    reverse_charge: 'REVERSECHARGES',
    domestic_reverse_charge: 'DRCHARGESUPPLY20',
    flat_rate_no_claim: 'INPUT2',
    no_vat_unregistered_supplier: 'NONE',
    outside_scope: 'NONE',
    unregistered_cost: 'NONE',
  });
  expect(found?.accounts.map((account) => account.code)).toEqual([
    '310',
    '400',
    '404',
    '429',
    '441',
    '463',
    '464',
    '489',
  ]);
  expect(found).toMatchObject({ proposedAccount: '464', currencies: ['GBP', 'USD', 'EUR'], lockedUntil: '2024-03-31' });
});

test('the pace follows what Xero says is left, so calls of before a restart count too', async () => {
  const opened = await bench();
  const usage = opened.sandbox.documents<Record<string, unknown>>('xero', 'usage');
  const before = opened.clock.now() - 30_000;
  const spent = Array.from({ length: 55 }, () => before);
  usage.put(xeroBench.account?.id ?? '', { recent: spent, dayStart: before, today: 55 });
  const work = deliver(opened, aBill(), { clock: opened.clock });
  // Three calls fit beside the 55; the next waits until our first has left the minute.
  while (calls(opened).length < 3) await new Promise((resolve) => setImmediate(resolve));
  await timePasses(opened.clock, work, 5_000);
  expect(opened.sandbox.received('xero').filter((one) => one.path.includes('/api.xro/'))).toHaveLength(8);
  expect(opened.clock.now() - before).toBeGreaterThanOrEqual(90_000);
});

test('a higher limit is used as soon as Xero names it', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'xero', fault: 'limits', value: '6000,100000' });
  const { clock } = opened;
  const bills = Array.from({ length: 12 }, (_, i) => aBill({ reference: `WS:0000000${i}`, invoiceNumber: `N-${i}` }));
  for (const bill of bills) await deliver(opened, bill, { clock });
  expect(calls(opened).length).toBeGreaterThan(60);
  expect(stored(opened)).toHaveLength(12);
});
