import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshbooks } from '../src-main/adapters/freshbooks/index.ts';
import { aBill, aRoundedBill, freshbooksBench } from '../src-main/adapters/freshbooks/testing/samples.ts';
import type { LedgerDocument } from '../src-main/adapters/kit/ledger.ts';
import { createTokenSource, exchangeCode, tokensName } from '../src-main/adapters/kit/oauth.ts';
import { type Bench, openBench } from '../src-main/adapters/testing/bench.ts';
import { consent, ledgerDesk } from '../src-main/adapters/testing/ledger.ts';
import { createMemorySecrets } from '../src-main/platform/memory-secrets.ts';
import type { HttpClient } from '../src-main/ports/http.ts';
import { recorded } from './exchange-recorder.ts';
import { type Exchange, openApiValidator } from './openapi-validator.ts';

const file = new URL('../../shared/contracts/openapi/freshbooks.json', import.meta.url);
const present = existsSync(file);
if (!present) process.stdout.write('Skipped: the description of FreshBooks is not beside this repository\n');

const base = 'https://api.freshbooks.com';

describe.skipIf(!present)('the description of FreshBooks', () => {
  const document = present ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : {};
  const validator = present ? openApiValidator(document, { base }) : null;
  const problems: string[] = [];
  let checked = 0;
  let bench: Bench;
  let http: HttpClient;

  function seen(exchange: Exchange): void {
    if (!validator || !exchange.url.startsWith(base)) return;
    checked += 1;
    problems.push(...validator.check(exchange));
  }

  beforeAll(async () => {
    bench = await openBench(freshbooks, freshbooksBench);
    http = recorded(bench.http, seen);
  });
  afterAll(() => bench.close());

  const desk = ledgerDesk(freshbooks, freshbooksBench);
  const run = (name: 'post-bill' | 'reverse-bill' | 'read-back', payload: unknown, key: string) =>
    desk.run(bench, name, payload, key, { http });
  const lookUp = (name: 'post-bill' | 'reverse-bill', payload: unknown, key: string) =>
    desk.lookUp(bench, name, payload, key, { http });
  const post = (payload: LedgerDocument) => run('post-bill', payload, payload.reference);

  test('looking up what is in doubt, and taking back what was posted, are as described', async () => {
    // A bill, and the expense that stands for one whose VAT is not the rate's.
    for (const [reference, sample] of [
      ['WS:dddd0001', aBill],
      ['WS:dddd0002', aRoundedBill],
    ] as const) {
      const original = { ...sample(), reference, invoiceNumber: reference.slice(3) };
      expect(await lookUp('post-bill', original, reference)).toBe(null);
      const posted = await post(original);
      expect(await lookUp('post-bill', original, reference)).not.toBe(null);
      // A bill of several categories cannot be taken back there: an expense below zero holds one.
      if (sample === aBill) continue;
      const taken = reference.replace('dddd', 'eeee');
      const reversal = { reference: taken, original, vendorId: posted?.vendorId, date: '2026-08-03', note: 'Wrong' };
      expect(await lookUp('reverse-bill', reversal, taken)).toBe(null);
      await run('reverse-bill', reversal, taken);
      expect(await lookUp('reverse-bill', reversal, taken)).not.toBe(null);
    }
    expect(problems.splice(0)).toEqual([]);
  });

  test('every request the adapter makes, and every answer it gets, is as described', async () => {
    const context = bench.context({ http });
    await freshbooks.accounts?.(context);
    await freshbooks.reference?.(context);
    await freshbooks.checkHealth(context);
    await freshbooks.entries?.(context, { from: '2026-07-01', to: '2026-08-31' });
    const bill = await post(aBill());
    await post(aBill());
    const expense = await post(aRoundedBill());
    await run('read-back', { vendorId: bill?.vendorId, documentType: 'invoice' }, 'r1');
    await run('read-back', { vendorId: expense?.vendorId, documentType: 'invoice' }, 'r2');
    const reversal = {
      reference: 'WS:cccc0009',
      original: aRoundedBill(),
      vendorId: expense?.vendorId,
      date: '2026-08-03',
      note: '',
    };
    await run('reverse-bill', reversal, 'r3');
    bench.sandbox.misbehave({ system: 'freshbooks', fault: 'penny' });
    await expect(post(aBill({ reference: 'WS:cccc0002', invoiceNumber: 'OA-2' }))).rejects.toThrow('VAT');
    await expect(run('read-back', { vendorId: 'bill/99999', documentType: 'invoice' }, 'r4')).rejects.toThrow();
    bench.sandbox.misbehave({ system: 'freshbooks', fault: 'hide-category', value: '3012675' });
    await expect(post(aBill({ reference: 'WS:cccc0003', invoiceNumber: 'OA-3' }))).rejects.toThrow('Category');
    await expect(post({ ...aRoundedBill(), reference: 'WS:cccc0004' })).rejects.toThrow();
    expect(problems.splice(0)).toEqual([]);
    expect(checked).toBeGreaterThan(25);
  });

  test('an error inside a 200 is where the document and the vendor part: it is described for other statuses only', async () => {
    bench.sandbox.misbehave({ system: 'freshbooks', fault: 'error-200' });
    await expect(post(aBill({ reference: 'WS:cccc0005', invoiceNumber: 'OA-5' }))).rejects.toThrow('Told to fail');
    expect(problems.splice(0).join(' ')).toContain('GET /accounting/account/{accountId}/bills/bills: reply 200');
  });

  test('signing in and renewing are as described', async () => {
    const spec = freshbooks.oauth;
    if (!spec) throw new Error('no sign-in');
    const plain = recorded(bench.plain, seen);
    const { clock } = bench;
    const redirectUrl = 'https://ops.bluebell.example/freshbooks';
    const client = { id: 'PRACTICECLIENTID0001', secret: 'a-client-secret-of-practice-0001', redirectUrl };
    const url = `${spec.authorizeUrl}?response_type=code&client_id=${client.id}&scope=${encodeURIComponent(spec.scopes.join(' '))}&redirect_uri=${encodeURIComponent(redirectUrl)}&state=s`;
    const expected = { state: 's', redirectUri: redirectUrl, verifier: null };
    const tokens = await exchangeCode({ http: plain, clock }, spec, client, await consent(bench.plain, url), expected);
    const secrets = createMemorySecrets();
    const address = { organisationId: 'bluebell', system: 'freshbooks' };
    await secrets.write({ ...address, name: tokensName }, JSON.stringify({ ...tokens, expiresAt: 0 }));
    const know = () => undefined;
    await createTokenSource({ spec, client: async () => client, secrets, address, http: plain, clock, know }).access();
    expect(problems.splice(0)).toEqual([]);
  });

  test('every operation a bill or an expense needs was seen', () => {
    expect(validator?.operations()).toEqual(
      expect.arrayContaining([
        'createBill',
        'createBillVendor',
        'createExpense',
        'getBill',
        'getBillVendor',
        'getExpense',
        'listBillVendors',
        'listBills',
        'listCategories',
        'listExpenses',
        'listTaxs',
        'me',
        'token',
        'updateBill',
        'uploadAttachment',
      ]),
    );
  });
});
