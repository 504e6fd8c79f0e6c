import { expect, onTestFinished, test } from 'vitest';
import type { HttpRequest } from '../../ports/http.ts';
import { type Bench, openBench } from '../testing/bench.ts';
import { xero } from './index.ts';
import { tenants } from './sandbox/books.ts';
import { perMinute } from './sandbox/limits.ts';
import { parseWhere } from './sandbox/where.ts';
import { xeroBench } from './testing/samples.ts';

async function bench(): Promise<Bench> {
  const opened = await openBench(xero, xeroBench);
  onTestFinished(() => opened.close());
  return opened;
}
async function ask(opened: Bench, method: HttpRequest['method'], path: string, json?: unknown, headers = {}) {
  const reply = await opened.http.send({
    method,
    url: `https://api.xero.com/api.xro/2.0${path}`,
    headers: { 'xero-tenant-id': tenants[0].tenantId, ...headers },
    ...(json === undefined ? {} : { json }),
  });
  return { status: reply.status, headers: reply.headers, json: reply.json as never as Answer };
}
interface Doc {
  InvoiceID: string;
  SubTotal: number;
  TotalTax: number;
  Total: number;
  Status: string;
  CurrencyRate: number;
  LineItems: { LineAmount: number; TaxAmount: number }[];
}
interface Answer {
  Invoices: Doc[];
  Elements: { ValidationErrors: { Message: string }[] }[];
}
const line = (change = {}) => ({
  Description: 'x',
  Quantity: 1,
  UnitAmount: 100,
  AccountCode: '463',
  TaxType: 'INPUT2',
  ...change,
});
const bill = (change = {}) => ({
  Type: 'ACCPAY',
  Contact: { Name: 'Sunrise Compute Ltd' },
  InvoiceNumber: 'A-1',
  Date: '2026-07-31',
  DueDate: '2026-08-30',
  LineAmountTypes: 'Exclusive',
  LineItems: [line()],
  ...change,
});
const create = (opened: Bench, change = {}, query = '', headers = {}) =>
  ask(opened, 'PUT', `/Invoices${query}`, { Invoices: [bill(change)] }, headers);

test.each<[string, object, string]>([
  ['an unknown account', { LineItems: [line({ AccountCode: '998' })] }, "Account code '998' is not a valid code"],
  ['an archived account', { LineItems: [line({ AccountCode: '499' })] }, "Account code '499'"],
  ['a system account', { LineItems: [line({ AccountCode: '860' })] }, "Account code '860'"],
  [
    'a tax code for sales',
    { LineItems: [line({ TaxType: 'OUTPUT2' })] },
    "TaxType code 'OUTPUT2' cannot be used with account code '463'",
  ],
  ['a tax code nobody has', { LineItems: [line({ TaxType: 'INPUT9' })] }, "TaxType code 'INPUT9'"],
  ['no contact', { Contact: undefined }, 'A Contact must be specified'],
  ['a contact that does not exist', { Contact: { ContactID: tenants[0].tenantId } }, 'A Contact must be specified'],
  ['a locked day', { Date: '2024-03-31' }, 'lock date, currently 31/03/2024'],
  ['a currency that is not switched on', { CurrencyCode: 'SEK' }, 'not subscribed to currency SEK'],
  ['a number of 256 characters', { InvoiceNumber: 'n'.repeat(256) }, '255 characters'],
  ['a line without words', { LineItems: [line({ Description: '' })] }, 'Description is mandatory'],
  ['no lines', { LineItems: [] }, 'line items'],
  [
    'a line total that is another',
    { LineItems: [line({ LineAmount: 99 })] },
    'does not match the expected line total 100',
  ],
  ['tax on a reverse charge', { LineItems: [line({ TaxType: 'REVERSECHARGES', TaxAmount: 20 })] }, 'TaxAmount'],
])('refuses %s, in both shapes Xero has', async (_what, change, message) => {
  const opened = await bench();
  const whole = await create(opened, change);
  expect(whole.status).toBe(400);
  expect(whole.json.Elements[0]?.ValidationErrors[0]?.Message).toContain(message);
  const single = await create(opened, change, '?summarizeErrors=false');
  expect(single.status).toBe(200);
  expect(single.json.Invoices[0]).toMatchObject({ HasErrors: true, StatusAttributeString: 'ERROR' });
  expect(opened.sandbox.documents('xero', `Invoices ${tenants[0].tenantId}`).all()).toEqual([]);
});

test('an amount as text is no amount', async () => {
  const opened = await bench();
  expect((await create(opened, { LineItems: [line({ UnitAmount: '100.00' })] })).json).toMatchObject({
    Type: 'PostDataInvalidException',
  });
});

test.each<[string, object, string, Partial<Doc>]>([
  [
    'VAT half up per line, then summed',
    { LineItems: [line({ UnitAmount: 0.125 }), line({ UnitAmount: 0.13 })] },
    '',
    { SubTotal: 0.26, TotalTax: 0.06, Total: 0.32 },
  ],
  [
    'four places of the unit price when asked',
    { LineItems: [line({ Quantity: 100, UnitAmount: 0.0125 })] },
    '?unitdp=4',
    { SubTotal: 1.25, TotalTax: 0.25 },
  ],
  [
    'two places otherwise',
    { LineItems: [line({ Quantity: 100, UnitAmount: 0.0125 })] },
    '',
    { SubTotal: 1, TotalTax: 0.2 },
  ],
  ['printed VAT', { LineItems: [line({ TaxAmount: 19.99 })] }, '', { TotalTax: 19.99, Total: 119.99 }],
  [
    'VAT inside the amount',
    { LineAmountTypes: 'Inclusive', LineItems: [line({ UnitAmount: 120 })] },
    '',
    { SubTotal: 100, TotalTax: 20, Total: 120 },
  ],
  ['no VAT at all', { LineAmountTypes: 'NoTax' }, '', { TotalTax: 0, Total: 100 }],
  [
    'a reverse charge owes the net',
    { LineItems: [line({ TaxType: 'REVERSECHARGES' })] },
    '',
    { TotalTax: 0, Total: 100 },
  ],
  ['Xero’s own rate when none is sent', { CurrencyCode: 'USD' }, '', { CurrencyRate: 1.311742 }],
  ['the rate that was sent', { CurrencyCode: 'USD', CurrencyRate: 1.3404 }, '', { CurrencyRate: 1.3404 }],
])('works out: %s', async (_what, change, query, totals) => {
  const opened = await bench();
  expect((await create(opened, change, query)).json.Invoices[0]).toMatchObject(totals);
});

test('PUT makes a second bill of the same number; POST overwrites the first', async () => {
  const opened = await bench();
  await create(opened);
  await create(opened);
  const documents = opened.sandbox.documents('xero', `Invoices ${tenants[0].tenantId}`);
  expect(documents.all()).toHaveLength(2);
  await ask(opened, 'POST', '/Invoices', { Invoices: [bill()] });
  expect(documents.all()).toHaveLength(2);
});

test('a status only moves where Xero lets it', async () => {
  const opened = await bench();
  const { json } = await create(opened);
  const id = json.Invoices[0]?.InvoiceID;
  const move = (Status: string) => ask(opened, 'POST', `/Invoices/${id}`, { Invoices: [{ InvoiceID: id, Status }] });
  expect((await move('VOIDED')).status).toBe(400);
  expect((await move('AUTHORISED')).json.Invoices[0]?.Status).toBe('AUTHORISED');
  expect((await move('DELETED')).status).toBe(400);
  expect((await move('VOIDED')).json.Invoices[0]?.Status).toBe('VOIDED');
  expect((await move('AUTHORISED')).json.Elements[0]?.ValidationErrors[0]?.Message).toContain('not of valid status');
});

test('an idempotency key replays within minutes, refuses another body, and is forgotten then', async () => {
  const opened = await bench();
  const key = { 'idempotency-key': 'k1' };
  const first = await create(opened, {}, '', key);
  expect((await create(opened, {}, '', key)).json.Invoices[0]?.InvoiceID).toBe(first.json.Invoices[0]?.InvoiceID);
  expect((await create(opened, { InvoiceNumber: 'A-2' }, '', key)).status).toBe(400);
  opened.clock.jump(7 * 60_000);
  expect((await create(opened, {}, '', key)).json.Invoices[0]?.InvoiceID).not.toBe(first.json.Invoices[0]?.InvoiceID);
  expect((await create(opened, {}, '', { 'idempotency-key': 'k'.repeat(129) })).status).toBe(400);
});

test('the minute, the day and five at once are limits, each named in the answer', async () => {
  const opened = await bench();
  let last = await ask(opened, 'GET', '/Organisation');
  expect(last.headers).toMatchObject({ 'x-minlimit-remaining': String(perMinute - 1), 'x-daylimit-remaining': '4999' });
  for (let i = 0; i < perMinute; i++) last = await ask(opened, 'GET', '/Organisation');
  expect(last).toMatchObject({ status: 429, headers: { 'retry-after': '60', 'x-rate-limit-problem': 'minute' } });
  opened.clock.jump(60_001);
  opened.sandbox.misbehave({ system: 'xero', delayMs: 500, times: 9 });
  const asked = Promise.all(Array.from({ length: 9 }, () => ask(opened, 'GET', '/Organisation')));
  // Nine that wait in the sandbox, and the client's own watch.
  while (opened.clock.sleepers < 10) await new Promise((resolve) => setImmediate(resolve));
  await opened.clock.advance(500);
  expect((await asked).filter((one) => one.headers['x-rate-limit-problem'] === 'concurrency')).toHaveLength(4);
  opened.sandbox
    .documents('xero', 'usage')
    .put(tenants[0].tenantId, { recent: [], dayStart: opened.clock.now(), today: 5_000 });
  expect((await ask(opened, 'GET', '/Organisation')).headers).toMatchObject({
    'x-rate-limit-problem': 'day',
    'retry-after': '86400',
  });
});

test('no tenant, a tenant that is no company, and a missing scope are kept apart', async () => {
  const opened = await bench();
  expect((await ask(opened, 'GET', '/Organisation', undefined, { 'xero-tenant-id': '' })).status).toBe(403);
  expect(
    (await ask(opened, 'GET', '/Organisation', undefined, { 'xero-tenant-id': tenants[2]?.tenantId })).status,
  ).toBe(403);
  opened.sandbox.misbehave({ system: 'xero', fault: 'drop-scope', value: 'accounting.contacts' });
  expect((await ask(opened, 'GET', '/Contacts')).status).toBe(401);
  expect((await ask(opened, 'GET', '/Invoices')).status).toBe(200);
});

test('an access token lives 30 minutes; the console renews it by itself', async () => {
  const opened = await bench();
  opened.clock.jump(31 * 60_000);
  expect((await ask(opened, 'GET', '/Organisation')).status).toBe(200);
  expect(opened.sandbox.received('xero').filter((one) => one.path.endsWith('/connect/token'))).toHaveLength(2);
});

const authorize = (opened: Bench, change: Record<string, string> = {}) => {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'C',
    redirect_uri: 'http://localhost:41731/callback',
    scope: 'openid accounting.invoices offline_access',
    state: 's',
    code_challenge: 'c'.repeat(43),
    code_challenge_method: 'S256',
    decision: 'allow',
    ...change,
  });
  return opened.http.send({ method: 'GET', url: `https://login.xero.com/identity/connect/authorize?${query}` });
};

test.each([
  ['a broad scope', { scope: 'openid accounting.transactions' }, 'error=invalid_scope'],
  ['no challenge', { code_challenge: '' }, 'error=invalid_request'],
  ['a person who says no', { decision: 'deny' }, 'error=access_denied'],
])('sign-in with %s comes back with %s', async (_what, change, wanted) => {
  const opened = await bench();
  const reply = await authorize(opened, change as never);
  expect(reply.headers.location).toContain(wanted);
  expect(reply.headers.location).toContain('state=s');
});

test.each(['wedsync://callback', 'http://127.0.0.1:41731/callback', 'http://evil.example/callback'])(
  'a way back to %s is shown as an error, never followed',
  async (redirect_uri) => {
    const opened = await bench();
    const reply = await authorize(opened, { redirect_uri });
    expect(reply.status).toBe(400);
    expect(reply.headers.location).toBeUndefined();
  },
);

test('the consent page asks, and its link is the way on', async () => {
  const opened = await bench();
  const reply = await authorize(opened, { decision: '' });
  expect(reply.status).toBe(200);
  expect(reply.text).toContain('Allow access');
  expect(reply.text).toContain('decision=allow');
});

const token = (opened: Bench, form: Record<string, string>) =>
  opened.http.send({
    method: 'POST',
    url: 'https://identity.xero.com/connect/token',
    form: { client_id: 'C', ...form },
  });

test('a code works once, and only with the verifier of its challenge', async () => {
  const opened = await bench();
  const form = {
    grant_type: 'authorization_code',
    redirect_uri: 'http://localhost:41731/callback',
    code_verifier: 'v'.repeat(43),
  };
  const reply = await authorize(opened);
  const code = new URL(reply.headers.location ?? '').searchParams.get('code') ?? '';
  // bench.http adds a bearer, which a PKCE app must not send to the token endpoint.
  expect((await token(opened, { ...form, code })).json).toEqual({ error: 'invalid_client' });
  const send = async (body: Record<string, string>) => {
    const answer = await fetch(`${opened.sandbox.url}/identity.xero.com/connect/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'C', ...body }),
    });
    return (await answer.json()) as Record<string, string>;
  };
  expect(await send({ ...form, code })).toEqual({ error: 'invalid_grant' });
});

test('a used refresh token works for thirty more minutes, then never (1.1)', async () => {
  const opened = await bench();
  const tokens = opened.sandbox.documents<{ grantId: string }>('xero', 'refreshTokens');
  const [first] = tokens.entries()[0] ?? [''];
  const refresh = async () => {
    const answer = await fetch(`${opened.sandbox.url}/identity.xero.com/connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: 'PRACTICECLIENTID0001',
        grant_type: 'refresh_token',
        refresh_token: first,
      }),
    });
    return answer.status;
  };
  expect(await refresh()).toBe(200);
  opened.clock.jump(29 * 60_000);
  expect(await refresh()).toBe(200);
  opened.clock.jump(2 * 60_000);
  expect(await refresh()).toBe(400);
});

test('where: comparisons joined by AND; anything else is not understood', () => {
  const view = { Type: 'ACCPAY', Name: 'A "B"', On: true, Contact: { ContactID: tenants[0].tenantId } };
  expect(parseWhere('Type=="ACCPAY" AND Name=="A \\"B\\""')?.(view)).toBe(true);
  expect(parseWhere('Type == "accpay" && On==true')?.(view)).toBe(true);
  expect(parseWhere(`Contact.ContactID==guid("${tenants[0].tenantId}")`)?.(view)).toBe(true);
  expect(parseWhere('Type!="ACCPAY"')?.(view)).toBe(false);
  for (const text of ['', 'Type', 'Type=="A" OR On==true', 'Type=="A" AND', 'Type="A"'])
    expect(parseWhere(text)).toBeNull();
});
