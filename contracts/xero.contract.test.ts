import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LedgerDocument } from '../src-main/adapters/kit/ledger.ts';
import { type Bench, openBench } from '../src-main/adapters/testing/bench.ts';
import { ledgerDesk } from '../src-main/adapters/testing/ledger.ts';
import { xero } from '../src-main/adapters/xero/index.ts';
import { aBill, aForeignBill, xeroBench } from '../src-main/adapters/xero/testing/samples.ts';
import type { HttpClient, HttpRequest } from '../src-main/ports/http.ts';
import { recorded } from './exchange-recorder.ts';
import { type Exchange, openApiValidator } from './openapi-validator.ts';

const file = new URL('../../shared/contracts/openapi/xero.json', import.meta.url);
const present = existsSync(file);
if (!present) process.stdout.write('Skipped: the vendor description of Xero is not beside this repository\n');

const base = 'https://api.xero.com/api.xro/2.0';
/** What every list answers besides its items, and the ISO twins of dates (accounting notes 1.3). */
const envelope = ['Id', 'Status', 'ProviderName', 'DateTimeUTC'];
const options = {
  base,
  undocumentedStatuses: [401, 403, 404, 405, 429],
  // "raw bytes and the real Content-Type" (1.7)
  rawBodies: true,
  extraInReplies: {
    ...Object.fromEntries(
      [
        'Organisations',
        'TaxRates',
        'Accounts',
        'Currencies',
        'Contacts',
        'Invoices',
        'CreditNotes',
        'Attachments',
        'HistoryRecords',
      ].map((name) => [name, envelope]),
    ),
    CreditNotes: [...envelope, 'pagination'],
    Invoice: ['DateString', 'DueDateString'],
    CreditNote: ['DateString', 'DueDateString'],
    HistoryRecord: ['DateUTCString'],
    TaxComponent: ['IsNonRecoverable'],
    Element: [
      'Type',
      'InvoiceNumber',
      'CreditNoteNumber',
      'HasErrors',
      'StatusAttributeString',
      'Name',
      'HasValidationErrors',
    ],
  },
};

describe.skipIf(!present)('Xero’s own description', () => {
  const document = present ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : {};
  const validator = present ? openApiValidator(document, options) : null;
  const problems: string[] = [];
  let checked = 0;
  let bench: Bench;
  let http: HttpClient;

  beforeAll(async () => {
    bench = await openBench(xero, xeroBench);
    http = recorded(bench.http, (exchange) => {
      if (!exchange.url.startsWith(base)) return;
      checked += 1;
      problems.push(...(validator?.check(exchange) ?? []));
    });
  });
  afterAll(() => bench.close());

  const desk = ledgerDesk(xero, xeroBench);
  type Action = 'post-bill' | 'reverse-bill' | 'read-back';
  const run = (name: Action, payload: unknown, key: string) => desk.run(bench, name, payload, key, { http });
  const lookUp = (name: Action, payload: unknown, key: string) => desk.lookUp(bench, name, payload, key, { http });
  const post = (document: LedgerDocument) => run('post-bill', document, document.reference);
  const raw = (method: HttpRequest['method'], path: string, json?: unknown) =>
    http.send({
      method,
      url: `${base}${path}`,
      headers: { 'xero-tenant-id': xeroBench.account?.id ?? '' },
      ...(json === undefined ? {} : { json }),
    });

  test('every request the adapter makes, and every answer it gets, is as described', async () => {
    const context = bench.context({ http });
    await xero.accounts?.(context);
    await xero.reference?.(context);
    await xero.checkHealth(context);
    await xero.entries?.(context, { from: '2026-07-01', to: '2026-08-31' });
    const bill = await post(aBill());
    await post(aBill());
    const foreign = await post(aForeignBill());
    const credit = await post(aBill({ documentType: 'credit_note', reference: 'WS:cccc0001', invoiceNumber: 'CN-1' }));
    await run('read-back', { vendorId: bill?.vendorId, documentType: 'invoice' }, 'r1');
    await run('read-back', { vendorId: foreign?.vendorId, documentType: 'invoice' }, 'r2');
    await run('read-back', { vendorId: credit?.vendorId, documentType: 'credit_note' }, 'r3');
    bench.clock.jump(61_000);
    bench.sandbox.misbehave({ system: 'xero', fault: 'penny' });
    await expect(post(aBill({ reference: 'WS:cccc0002', invoiceNumber: 'OA-2' }))).rejects.toThrow('VAT');
    await expect(post(aBill({ reference: 'WS:cccc0003', invoiceNumber: 'OA-3', date: '2024-03-31' }))).rejects.toThrow(
      'lock date',
    );
    await expect(
      run('read-back', { vendorId: '00000000-0000-4000-8000-000000000000', documentType: 'invoice' }, 'r4'),
    ).rejects.toThrow();
    expect(problems.splice(0)).toEqual([]);
    expect(checked).toBeGreaterThan(40);
  });

  test('looking up what is in doubt, going on from a draft, and taking back a bill or a credit note are as described', async () => {
    bench.clock.jump(61_000);
    const bill = aBill({
      reference: 'WS:dddd0001',
      invoiceNumber: 'OA-11',
      note: 'WedSync export b, prepared by Alex',
    });
    const credit = aBill({ documentType: 'credit_note', reference: 'WS:dddd0002', invoiceNumber: 'CN-11' });
    expect(await lookUp('post-bill', bill, bill.reference)).toBe(null);
    for (const original of [bill, credit]) {
      // The answer to the approval is lost: the next try finds the draft or the document and goes on.
      bench.sandbox.misbehave({ system: 'xero', method: 'POST', fault: 'reset-after' });
      await expect(post(original)).rejects.toThrow();
      const posted = await post(original);
      expect(await lookUp('post-bill', original, original.reference)).not.toBe(null);
      const reference = original.reference.replace('dddd', 'eeee');
      const reversal = { reference, original, vendorId: posted?.vendorId, date: '2026-08-03', note: 'Wrong month' };
      expect(await lookUp('reverse-bill', reversal, reference)).toBe(null);
      await run('reverse-bill', reversal, reference);
      expect(await lookUp('reverse-bill', reversal, reference)).not.toBe(null);
      bench.clock.jump(61_000);
    }
    expect(problems.splice(0)).toEqual([]);
    expect(validator?.operations()).toContain('getInvoiceHistory');
  });

  test('what the sandbox answers beyond the adapter’s own path is as described too', async () => {
    bench.clock.jump(61_000);
    const bad = {
      Type: 'ACCPAY',
      Contact: { Name: 'New Ltd' },
      LineItems: [{ Description: 'x', UnitAmount: 1, AccountCode: '999' }],
    };
    expect((await raw('PUT', '/Invoices', { Invoices: [bad] })).status).toBe(400);
    expect((await raw('PUT', '/Invoices?summarizeErrors=false', { Invoices: [bad] })).status).toBe(200);
    const made = await raw('POST', '/Invoices', {
      Invoices: [
        {
          ...bad,
          InvoiceNumber: 'P-1',
          LineItems: [{ Description: 'x', UnitAmount: 1, Quantity: 3, AccountCode: '463' }],
        },
      ],
    });
    const { Invoices } = made.json as { Invoices: { InvoiceID: string; Contact: { ContactID: string } }[] };
    const [first] = Invoices;
    expect((await raw('GET', '/Invoices')).status).toBe(200);
    expect(
      (await raw('GET', `/Invoices?ContactIDs=${first?.Contact.ContactID}&Statuses=DRAFT&page=1&pageSize=2`)).status,
    ).toBe(200);
    expect((await raw('GET', `/Invoices/${first?.InvoiceID}/History`)).status).toBe(200);
    expect((await raw('GET', `/Contacts/${first?.Contact.ContactID}`)).status).toBe(200);
    expect(
      (await raw('POST', `/Contacts/${first?.Contact.ContactID}`, { Contacts: [{ ContactStatus: 'ARCHIVED' }] }))
        .status,
    ).toBe(200);
    expect((await raw('PUT', '/Contacts', { Contacts: [{ Name: '' }] })).status).toBe(400);
    expect((await raw('GET', '/CreditNotes?page=1')).status).toBe(200);
    expect((await raw('GET', '/Invoices?where=nonsense')).status).toBe(400);
    // A query Xero does not understand is answered outside what the document describes for this operation.
    expect(problems.splice(0)).toEqual(['GET /Invoices: reply: status 400 is not described']);
  });

  test('every operation a bill needs was seen', () => {
    expect(validator?.operations()).toEqual(
      expect.arrayContaining([
        'createContacts',
        'createCreditNoteAttachmentByFileName',
        'createCreditNotes',
        'createInvoiceAttachmentByFileName',
        'createInvoiceHistory',
        'createInvoices',
        'getAccounts',
        'getContacts',
        'getCreditNote',
        'getCreditNoteAttachments',
        'getCreditNotes',
        'getCurrencies',
        'getInvoice',
        'getInvoiceAttachments',
        'getInvoices',
        'getOrganisations',
        'getTaxRates',
        'updateCreditNote',
        'updateInvoice',
      ]),
    );
  });

  test.each<[string, Partial<Exchange>, string]>([
    [
      'a misspelt field',
      { requestBody: { Invoices: [{ LineItem: [] }] } },
      'PUT /Invoices: request body/Invoices/0 must NOT have additional properties (LineItem)',
    ],
    [
      'an amount as text',
      { requestBody: { Invoices: [{ LineItems: [{ UnitAmount: '1.00' }] }] } },
      'PUT /Invoices: request body/Invoices/0/LineItems/0/UnitAmount must be number',
    ],
    [
      'a total we may not set',
      { requestBody: { Invoices: [{ Total: 1 }] } },
      'PUT /Invoices: request body/Invoices/0/Total must NOT be valid',
    ],
    [
      'an unknown query',
      { url: `${base}/Invoices?pagesize=1` },
      'PUT /Invoices: query pagesize: not a parameter of this operation',
    ],
    ['a word for a number', { url: `${base}/Invoices?unitdp=four` }, 'PUT /Invoices: query unitdp:  must be integer'],
    ['no tenant', { requestHeaders: {} }, 'PUT /Invoices: header xero-tenant-id: missing'],
    [
      'an id that is none',
      { method: 'GET', url: `${base}/Invoices/7`, requestBody: undefined },
      'GET /Invoices/{InvoiceID}: path {InvoiceID}:  must match format "uuid"',
    ],
    ['a status nobody described', { status: 201 }, 'PUT /Invoices: reply: status 201 is not described'],
    [
      'a wrong answer',
      { responseBody: { Invoices: [{ Status: 'APPROVED' }] } },
      'PUT /Invoices: reply 200/Invoices/0/Status must be equal to one of the allowed values (DRAFT, SUBMITTED, DELETED, AUTHORISED, PAID, VOIDED)',
    ],
    ['another host', { url: 'https://api.xero.example/Invoices' }, `PUT /Invoices: not under ${base}`],
  ])('the check itself sees %s', (_what, change, problem) => {
    const good: Exchange = {
      method: 'PUT',
      url: `${base}/Invoices?unitdp=4&summarizeErrors=false`,
      requestHeaders: { 'xero-tenant-id': 't', 'content-type': 'application/json' },
      requestBody: { Invoices: [] },
      status: 200,
      responseHeaders: { 'content-type': 'application/json; charset=utf-8' },
      responseBody: { Invoices: [] },
    };
    expect(validator?.check(good)).toEqual([]);
    expect(validator?.check({ ...good, ...change })).toContain(problem);
  });
});
