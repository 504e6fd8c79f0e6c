import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LedgerDocument } from '../src-main/adapters/kit/ledger.ts';
import { createTokenSource, exchangeCode, revoke, tokensName } from '../src-main/adapters/kit/oauth.ts';
import { quickbooks } from '../src-main/adapters/quickbooks/index.ts';
import { aBill, aForeignBill, aRoundedBill, quickbooksBench } from '../src-main/adapters/quickbooks/testing/samples.ts';
import { type Bench, openBench } from '../src-main/adapters/testing/bench.ts';
import { consent, ledgerDesk } from '../src-main/adapters/testing/ledger.ts';
import { createMemorySecrets } from '../src-main/platform/memory-secrets.ts';
import type { HttpClient } from '../src-main/ports/http.ts';
import { recorded } from './exchange-recorder.ts';
import { type Exchange, openApiValidator } from './openapi-validator.ts';

const file = new URL('../../shared/contracts/openapi/qbo.json', import.meta.url);
const present = existsSync(file);
if (!present) process.stdout.write('Skipped: the description of QuickBooks is not beside this repository\n');

const hosts = [
  'https://quickbooks.api.intuit.com',
  'https://oauth.platform.intuit.com',
  'https://developer.api.intuit.com',
];
describe.skipIf(!present)('the description of QuickBooks Online', () => {
  const document = present ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : {};
  const validators = present ? hosts.map((base) => ({ base, ...openApiValidator(document, { base }) })) : [];
  const problems: string[] = [];
  let checked = 0;
  let bench: Bench;
  let http: HttpClient;

  function seen(exchange: Exchange): void {
    const validator = validators.find(({ base }) => exchange.url.startsWith(base));
    // A removal takes the id and the sync token alone and answers with a stub: said in words there, not in the schema.
    if (!validator || exchange.url.includes('operation=delete')) return;
    checked += 1;
    problems.push(...validator.check(exchange));
  }

  beforeAll(async () => {
    bench = await openBench(quickbooks, quickbooksBench);
    http = recorded(bench.http, seen);
  });
  afterAll(() => bench.close());

  const desk = ledgerDesk(quickbooks, quickbooksBench);
  const run = (name: 'post-bill' | 'reverse-bill' | 'read-back', payload: unknown, key: string) =>
    desk.run(bench, name, payload, key, { http });
  const lookUp = (name: 'post-bill' | 'reverse-bill', payload: unknown, key: string) =>
    desk.lookUp(bench, name, payload, key, { http });
  const post = (payload: LedgerDocument) => run('post-bill', payload, payload.reference);

  test('every request the adapter makes, and every answer it gets, is as described', async () => {
    const context = bench.context({ http });
    await quickbooks.accounts?.(context);
    await quickbooks.reference?.(context);
    await quickbooks.checkHealth(context);
    await quickbooks.entries?.(context, { from: '2026-07-01', to: '2026-08-31' });
    const bill = await post(aBill());
    await post(aBill());
    await post(aForeignBill());
    await post(aRoundedBill());
    const credit = await post(aBill({ documentType: 'credit_note', reference: 'WS:cccc0001', invoiceNumber: 'CN-1' }));
    await run('read-back', { vendorId: bill?.vendorId, documentType: 'invoice' }, 'r1');
    await run('read-back', { vendorId: credit?.vendorId, documentType: 'credit_note' }, 'r2');
    const reversal = {
      reference: 'WS:cccc0009',
      original: aBill(),
      vendorId: bill?.vendorId,
      date: '2026-08-03',
      note: '',
    };
    await run('reverse-bill', reversal, 'r3');
    for (const fault of ['penny', 'stubborn']) bench.sandbox.misbehave({ system: 'quickbooks', fault });
    await expect(post(aBill({ reference: 'WS:cccc0002', invoiceNumber: 'OA-2' }))).rejects.toThrow('VAT');
    await expect(post(aBill({ reference: 'WS:cccc0003', invoiceNumber: 'OA-3', date: '2024-03-31' }))).rejects.toThrow(
      'period has closed',
    );
    await expect(run('read-back', { vendorId: '99999', documentType: 'invoice' }, 'r4')).rejects.toThrow('any more');
    bench.sandbox.misbehave({ system: 'quickbooks', fault: 'fault-200', value: '6000', path: '/bill' });
    await expect(post(aBill({ reference: 'WS:cccc0004', invoiceNumber: 'OA-4' }))).rejects.toThrow('Told to fail');
    expect(problems.splice(0)).toEqual([]);
    expect(checked).toBeGreaterThan(40);
  });

  test('looking up what is in doubt, and taking back what was posted, are as described', async () => {
    for (const documentType of ['invoice', 'credit_note'] as const) {
      bench.clock.jump(61_000);
      const of = `dddd${documentType.length}`;
      const original = aBill({ documentType, reference: `WS:${of}`, invoiceNumber: `OA-${of}` });
      expect(await lookUp('post-bill', original, original.reference)).toBe(null);
      const posted = await post(original);
      expect(await lookUp('post-bill', original, original.reference)).not.toBe(null);
      const reference = `WS:eeee${documentType.length}`;
      const reversal = { reference, original, vendorId: posted?.vendorId, date: '2026-08-03', note: 'Wrong month' };
      expect(await lookUp('reverse-bill', reversal, reference)).toBe(null);
      await run('reverse-bill', reversal, reference);
      expect(await lookUp('reverse-bill', reversal, reference)).not.toBe(null);
    }
    expect(problems.splice(0)).toEqual([]);
  });

  test('signing in, renewing and disconnecting are as described', async () => {
    const spec = quickbooks.oauth;
    if (!spec) throw new Error('no sign-in');
    const plain = recorded(bench.plain, seen);
    const { clock } = bench;
    const client = { id: 'PRACTICECLIENTID0001', secret: 'a-client-secret-of-practice-0001' };
    const redirectUri = 'https://ops.bluebell.example/quickbooks';
    const url = `${spec.authorizeUrl}?response_type=code&client_id=${client.id}&scope=${spec.scopes[0]}&redirect_uri=${encodeURIComponent(redirectUri)}&state=s`;
    const answer = await consent(bench.plain, url);
    const expected = { state: 's', redirectUri, verifier: null };
    const tokens = await exchangeCode({ http: plain, clock }, spec, client, answer, expected);
    const secrets = createMemorySecrets();
    const address = { organisationId: 'bluebell', system: 'quickbooks' };
    await secrets.write({ ...address, name: tokensName }, JSON.stringify({ ...tokens, expiresAt: 0 }));
    const know = () => undefined;
    await createTokenSource({ spec, client: async () => client, secrets, address, http: plain, clock, know }).access();
    await revoke(plain, spec, client, tokens);
    await expect(exchangeCode({ http: plain, clock }, spec, client, answer, expected)).rejects.toThrow('invalid_grant');
    const stranger = { ...client, secret: 'short' };
    await expect(exchangeCode({ http: plain, clock }, spec, stranger, answer, expected)).rejects.toThrow();
    expect(problems.splice(0)).toEqual([]);
  });

  test('every operation a bill needs was seen', () => {
    expect(validators.flatMap((validator) => validator.operations())).toEqual(
      expect.arrayContaining([
        'createBill',
        'createVendor',
        'createVendorCredit',
        'getBill',
        'getCompanyInfo',
        'getPreferences',
        'getVendor',
        'getVendorCredit',
        'query',
        'revoke',
        'token',
        'uploadAttachment',
      ]),
    );
  });
});
