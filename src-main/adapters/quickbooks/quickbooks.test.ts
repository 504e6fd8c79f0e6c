import { expect, onTestFinished, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import type { LedgerDocument, ReadBack, Reversal } from '../kit/ledger.ts';
import { createTokenSource, exchangeCode, tokensName } from '../kit/oauth.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { type Bench, openBench, timePasses } from '../testing/bench.ts';
import { docNumber } from './documents.ts';
import { quickbooks } from './index.ts';
import { parseQuery } from './sandbox/query.ts';
import {
  aBill,
  accounts,
  aForeignBill,
  aRoundedBill,
  codes,
  consent,
  evidence,
  quickbooksBench,
} from './testing/samples.ts';

const stampOf = (key: string) => ({
  idempotencyKey: `bluebell:quickbooks:bill:${key}:1`,
  at: Instant.parse(0),
  attempt: 1,
});
const settings = quickbooks.settings.schema.parse(quickbooksBench.settings);
const realm = quickbooksBench.account?.id ?? '';
type Name = 'post-bill' | 'reverse-bill' | 'read-back';

async function bench(): Promise<Bench> {
  const opened = await openBench(quickbooks, quickbooksBench);
  onTestFinished(() => opened.close());
  return opened;
}
/** More calls than fit into a second: time passes while they wait for their turn. */
async function run(opened: Bench, name: Name, payload: unknown, key: string, change = {}) {
  const action = quickbooks.actions[name];
  const stamp = stampOf(key);
  const plan = action?.plan(payload as never, settings, stamp);
  const clock = opened.clock;
  return timePasses(
    clock,
    action?.deliver(plan as never, stamp, opened.context({ clock, ...change })) as never,
    200,
  ) as Promise<{
    vendorId: string;
    document: never;
  }>;
}
const deliver = (opened: Bench, document: LedgerDocument, change = {}) =>
  run(opened, 'post-bill', document, document.reference, change);
const find = (opened: Bench, document: LedgerDocument) => {
  const stamp = stampOf(document.reference);
  const post = quickbooks.actions['post-bill'];
  return post?.find?.(post.plan(document, settings, stamp), stamp, opened.context());
};
const copyOf = async (opened: Bench, vendorId: string, documentType: LedgerDocument['documentType'] = 'invoice') =>
  (await run(opened, 'read-back', { vendorId, documentType }, `read ${vendorId}`)).document as unknown as ReadBack;
type Stored = { body: Record<string, unknown> & { SyncToken: string; TotalAmt: number } };
const stored = (opened: Bench, entity = 'Bill') =>
  opened.sandbox
    .documents<Stored>('quickbooks', `${entity} ${realm}`)
    .all()
    .map((one) => one.body);
const calls = (opened: Bench) =>
  opened.sandbox
    .received('quickbooks')
    .filter((one) => one.path.includes('/v3/'))
    .map((one) => {
      const url = new URL(`https://x${one.path}`);
      const statement = url.searchParams.get('query');
      return `${one.method} ${url.pathname.replace(/^.*\/company\/\d+/, '')}${statement === null ? '' : ` ${/from (\w+)/.exec(statement)?.[1]}`}`;
    });
const reversal = (original: LedgerDocument, vendorId: string): Reversal => ({
  reference: 'WS:ffee0011',
  original,
  vendorId,
  date: '2026-08-03',
  note: 'Entered twice, asked for by Priya Shah',
});

adapterSuite(quickbooks, {
  ...quickbooksBench,
  faultPath: '/v3/',
  samples: {
    'post-bill': { payload: aBill() },
    'reverse-bill': {
      payload: null,
      prepare: async (opened) => reversal(aBill(), (await deliver(opened, aBill())).vendorId),
    },
    'read-back': {
      payload: null,
      prepare: async (opened) => ({ vendorId: (await deliver(opened, aBill())).vendorId, documentType: 'invoice' }),
    },
  },
});

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
  expect(opened.sandbox.documents('quickbooks', `Vendor ${realm}`).all()).toMatchObject([
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
  const [vendor] = opened.sandbox.documents<{ Id: string }>('quickbooks', `Vendor ${realm}`).all();
  opened.sandbox.documents<object>('quickbooks', `Purchase ${realm}`).put('900', {
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

const steps: [string, string, string][] = [
  ['the supplier', 'POST', '/vendor'],
  ['the bill', 'POST', '/bill'],
  ['the evidence', 'POST', '/upload'],
];
test.each(
  steps.flatMap(([step, method, path]) =>
    ['reset-before', 'reset-after'].map((fault) => ({ step, method, path, fault })),
  ),
)('cut off at $step ($fault), a second run ends with one bill, one supplier and one file', async (cut) => {
  const opened = await bench();
  const { method, path, fault } = cut;
  opened.sandbox.misbehave({ system: 'quickbooks', fault, method, path });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ kind: 'retryable', code: 'timeout' });
  const found = await find(opened, aBill());
  if (found) expect(found.unfinished === true || found.same).toBe(true);
  const { vendorId } = await deliver(opened, aBill());
  expect(stored(opened)).toHaveLength(1);
  for (const list of ['Vendor', 'Attachable']) {
    expect(opened.sandbox.documents('quickbooks', `${list} ${realm}`).all()).toHaveLength(1);
  }
  expect(await find(opened, aBill())).toMatchObject({ same: true, receipt: { vendorId } });
});

test('cut off before the printed VAT is set, the next run sets it', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'reset-before', method: 'POST', path: '/bill', skip: 1 });
  await expect(deliver(opened, aRoundedBill())).rejects.toMatchObject({ code: 'timeout' });
  expect(await find(opened, aRoundedBill())).toMatchObject({ same: false, unfinished: true });
  await deliver(opened, aRoundedBill());
  expect(stored(opened)).toMatchObject([{ TotalAmt: 89.99 }]);
});

test('a listing three minutes behind hides the bill, and the request id still keeps it single (FT-58)', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'lag', value: '180000' });
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'reset-after', method: 'POST', path: '/bill' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ code: 'timeout' });
  expect(await find(opened, aBill())).toBeNull();
  await deliver(opened, aBill());
  expect(stored(opened)).toHaveLength(1);
  // The number of the document would keep it single as well, so the id is looked at itself.
  const ids = opened.sandbox
    .received('quickbooks')
    .filter(({ method, path }) => method === 'POST' && /\/bill\?/.test(path))
    .map(({ path }) => new URLSearchParams(path.replace(/^.*\?/, '')).get('requestid'));
  expect(ids.length).toBeGreaterThan(1);
  expect(new Set(ids).size).toBe(1);
});

test('a request id forgotten while the listing lags: the duplicate number leads to our own bill', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'reset-after', method: 'POST', path: '/bill' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ code: 'timeout' });
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'lag', value: '180000' });
  const requests = opened.sandbox.documents('quickbooks', 'requests');
  for (const [id] of requests.entries()) requests.remove(id);
  const { vendorId } = await deliver(opened, aBill());
  expect(stored(opened)).toMatchObject([{ Id: vendorId }]);
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

test('a file refused inside a 200 leaves the bill to be finished, not a silent gap', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'upload-refused' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ kind: 'permanent' });
  expect(await find(opened, aBill())).toMatchObject({ same: false, unfinished: true });
});

test('a bill somebody changed meanwhile is held for a person, not touched', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aBill());
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'touch', value: vendorId });
  const documents = opened.sandbox.documents<Stored>('quickbooks', `Bill ${realm}`);
  const held = documents.get(vendorId) as Stored;
  documents.put(vendorId, { ...held, body: { ...held.body, TotalAmt: 140 } });
  expect(await find(opened, aBill())).toMatchObject({
    same: false,
    difference: expect.stringContaining('gross 140.00'),
  });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ kind: 'needs-attention', code: 'outcome-unknown' });
});

test('a stale sync token while the printed VAT is set: looked up again, then held (5010)', async () => {
  const opened = await bench();
  const http = {
    send: async (request: Parameters<typeof opened.http.send>[0]) => {
      const reply = await opened.http.send(request);
      const made =
        request.method === 'POST' && request.url.includes('/bill?')
          ? (reply.json as { Bill?: { Id: string } }).Bill
          : undefined;
      if (made) opened.sandbox.misbehave({ system: 'quickbooks', fault: 'touch', value: made.Id });
      return reply;
    },
  };
  await expect(deliver(opened, aRoundedBill(), { http })).rejects.toMatchObject({ kind: 'retryable', code: 'timeout' });
  await expect(deliver(opened, aRoundedBill())).rejects.toMatchObject({ code: 'outcome-unknown' });
});

test('two bills of a new supplier at the same moment make one supplier; two currencies make two', async () => {
  const opened = await bench();
  const { clock } = opened;
  await Promise.all([
    deliver(opened, aBill(), { clock }),
    deliver(opened, aBill({ reference: 'WS:aaaaaaaa', invoiceNumber: 'OA-0002' }), { clock }),
  ]);
  const foreign = aForeignBill();
  await deliver(opened, { ...foreign, supplier: aBill().supplier });
  expect(opened.sandbox.documents('quickbooks', `Vendor ${realm}`).all()).toMatchObject([
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
  const [vendor] = opened.sandbox.documents<{ Id: string }>('quickbooks', `Vendor ${realm}`).all();
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
  const { vendorId: creditId } = await run(opened, 'reverse-bill', reversal(aRoundedBill(), vendorId), 'reverse');
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

test('a revoked sign-in parks the connection after one renewal (FT-53)', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'revoke' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({
    kind: 'needs-attention',
    code: 'auth',
    detail: { scope: 'connection' },
  });
  const renewals = opened.sandbox.received('quickbooks').filter((one) => one.path.includes('/tokens/bearer'));
  expect(renewals).toHaveLength(2); // the sign-in itself, and one renewal
});

test('a lapsed subscription, a company of another country and no company at all say so', async () => {
  const opened = await bench();
  const irish = { account: { id: '9341450000000002', name: 'x', detail: '' } };
  expect((await quickbooks.checkHealth(opened.context(irish)))[0]?.failure).toMatchObject({ code: 'forbidden' });
  expect((await quickbooks.checkHealth(opened.context({ account: null })))[0]?.failure).toMatchObject({
    code: 'misconfigured',
  });
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'lapsed' });
  expect((await quickbooks.checkHealth(opened.context()))[0]?.failure).toMatchObject({ scope: 'connection' });
});

test('reference data: codes with their purchase rates, accounts, closing date, currencies', async () => {
  const opened = await bench();
  const found = await quickbooks.reference?.(opened.context());
  expect(found?.taxes.find((tax) => tax.code === codes.reverse)).toEqual({
    code: '38',
    label: '20.0% RC SG',
    rate: '20',
  });
  expect(found?.taxes.map((tax) => tax.label)).not.toContain('17.5% S');
  expect(found?.taxes.map((tax) => tax.label)).not.toContain('20.0% ECS');
  expect(found?.proposedTaxes).toEqual({
    uk_standard: '31',
    uk_reduced: '32',
    uk_zero: '33',
    exempt: '34',
    reverse_charge: '38',
    domestic_reverse_charge: null,
    flat_rate_no_claim: '31',
    no_vat_unregistered_supplier: '35',
    outside_scope: '35',
    unregistered_cost: '35',
  });
  expect(found?.accounts.map((account) => account.code)).toEqual(['80', '81', '82', '83', '88', '89']);
  expect(found).toMatchObject({ proposedAccount: '88', lockedUntil: '2024-03-31' });
  expect(found?.currencies.slice(0, 2)).toEqual(['GBP', 'USD']);
});

test('books without VAT hold costs without VAT only; one currency means pounds only', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'vat-off' });
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'one-currency' });
  const found = await quickbooks.reference?.(opened.context());
  expect(found).toMatchObject({ taxes: [{ code: 'NON', rate: '0' }], currencies: ['GBP'] });
  expect(found?.proposedTaxes).toEqual({
    no_vat_unregistered_supplier: 'NON',
    outside_scope: 'NON',
    unregistered_cost: 'NON',
  });
  const line = { description: 'x', net: '12.00', vat: '0.00', taxType: 'NON', accountCode: accounts.cloud };
  const { vendorId } = await deliver(
    opened,
    aBill({ lines: [line], totals: { net: '12.00', vat: '0.00', gross: '12.00' } }),
  );
  expect(await copyOf(opened, vendorId)).toMatchObject({ gross: '12.00', lines: [{ taxType: 'NON' }] });
});

test('without a company nothing is sent, and health says what to do', async () => {
  const opened = await bench();
  await expect(deliver(opened, aBill(), { account: null })).rejects.toMatchObject({
    code: 'misconfigured',
    detail: { scope: 'connection' },
  });
  expect(await quickbooks.accounts?.(opened.context({ account: null }))).toEqual([]);
  expect(await quickbooks.accounts?.(opened.context())).toEqual([
    { id: realm, name: 'Bluebell & Co (sample)', detail: `UK · ${realm}` },
  ]);
});

/** A sign-in with its tokens in a store of its own, over the bench's sandbox. */
async function signedIn(opened: Bench) {
  const spec = quickbooks.oauth;
  if (!spec) throw new Error('no sign-in');
  const client = { id: 'PRACTICECLIENTID0001', secret: 'a-client-secret-of-practice-0001' };
  const redirectUri = 'https://ops.bluebell.example/quickbooks';
  const { plain: http, clock } = opened;
  const url = `${spec.authorizeUrl}?response_type=code&client_id=${client.id}&scope=${spec.scopes[0]}&redirect_uri=${encodeURIComponent(redirectUri)}&state=s`;
  const answer = await consent(http, url);
  expect(answer).toMatchObject({ realmId: realm, state: 's' });
  const tokens = await exchangeCode({ http, clock }, spec, client, answer, { state: 's', redirectUri, verifier: null });
  const secrets = createMemorySecrets();
  const address = { organisationId: 'bluebell', system: 'quickbooks' };
  await secrets.write({ ...address, name: tokensName }, JSON.stringify(tokens));
  const read = async () => JSON.parse((await secrets.read({ ...address, name: tokensName })) ?? '{}');
  return {
    tokens,
    read,
    source: () =>
      createTokenSource({ spec, client: async () => client, secrets, address, http, clock, know: () => undefined }),
  };
}

test('the refresh token changes its value within a day, and the new one is stored before it is used', async () => {
  const opened = await bench();
  const { tokens, read, source } = await signedIn(opened);
  expect(tokens.endsAt).toBe(opened.clock.now() + 8_726_400_000);
  await opened.clock.advance(25 * 3_600_000);
  const access = await source().access();
  expect(await read()).toMatchObject({ accessToken: access, spent: false });
  expect((await read()).refreshToken).not.toBe(tokens.refreshToken);
  await opened.clock.advance(2 * 3_600_000);
  expect(await source().access()).not.toBe(access);
});

test('the answer to a renewal is lost: reconnect needed, no loop, no second try with a used token (FT-54)', async () => {
  const opened = await bench();
  const { read, source } = await signedIn(opened);
  await opened.clock.advance(25 * 3_600_000);
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'reset-after', path: '/tokens/bearer' });
  const before = opened.sandbox.received('quickbooks').length;
  await expect(source().access()).rejects.toMatchObject({ code: 'auth' });
  await expect(source().access()).rejects.toMatchObject({ code: 'auth' });
  expect(await read()).toMatchObject({ spent: true });
  expect(opened.sandbox.received('quickbooks').length - before).toBe(1);
});

test('two renewals at once are one request (FT-55)', async () => {
  const opened = await bench();
  const { source } = await signedIn(opened);
  await opened.clock.advance(2 * 3_600_000);
  const before = opened.sandbox.received('quickbooks').length;
  const one = source();
  const [a, b] = await Promise.all([one.access(), one.access()]);
  expect(a).toBe(b);
  expect(opened.sandbox.received('quickbooks').length - before).toBe(1);
});

test.each([
  [
    "select * from Vendor where DisplayName = 'It\\'s \\\\ 5' and Active in (true, false) startposition 1 maxresults 5",
    true,
  ],
  ["select * from Vendor where DisplayName in ('a', 'It\\'s \\\\ 5')", true],
  ["select * from Vendor where DisplayName = 'other'", false],
  ["select * from Vendor where Refs.EntityRef.Type = 'Bill'", true],
])('the sandbox reads %s', (text, expected) => {
  const parsed = parseQuery(text);
  if (typeof parsed === 'string') throw new Error(parsed);
  expect(parsed.test({ DisplayName: "It's \\ 5", Active: true, Refs: [{ EntityRef: { type: 'Bill' } }] })).toBe(
    expected,
  );
});

test.each([
  "select * from Vendor where DisplayName = 'It's'",
  'delete from Vendor',
  "select * from Vendor where A ~ 'x'",
])('the sandbox refuses %s', (text) => expect(typeof parseQuery(text)).toBe('string'));
