import { onTestFinished } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { HttpClient } from '../../ports/http.ts';
import type { AnyAdapter, Context, Stamp } from '../kit/adapter.ts';
import type { LedgerDocument, ReadBack, Reversal } from '../kit/ledger.ts';
import type { SuiteOptions } from './adapter-suite.ts';
import { type Bench, type BenchOptions, openBench } from './bench.ts';

export const evidence = new TextEncoder().encode('line,net\nAPI credits July,100.00\n');
export const evidenceFiles: ReadonlyMap<string, Uint8Array> = new Map([['file-1', evidence]]);

/** A person who allows it on the ledger's page. */
export async function consent(http: HttpClient, url: string): Promise<Record<string, string>> {
  const reply = await http.send({ method: 'GET', url: `${url}&decision=allow` });
  return Object.fromEntries(new URL(reply.headers.location ?? '').searchParams);
}

/** Makes bills of two lines, taxed and not, in the words of one ledger. */
export function billsOf(
  taxes: { readonly standard: string; readonly zero: string },
  accounts: { readonly cloud: string; readonly software: string },
) {
  return (change: Partial<LedgerDocument> = {}): LedgerDocument => ({
    documentType: 'invoice',
    reference: 'WS:9f2c41d0',
    supplier: { name: 'Sunrise Compute Ltd', country: 'GB', vatNumber: 'GB123456782' },
    invoiceNumber: 'OA-0001',
    date: '2026-07-31',
    dueDate: '2026-08-30',
    currency: 'GBP',
    lineAmounts: 'exclusive',
    lines: [
      {
        description: 'API credits July',
        net: '100.00',
        vat: '20.00',
        taxType: taxes.standard,
        accountCode: accounts.cloud,
      },
      { description: 'Training', net: '10.05', vat: '0.00', taxType: taxes.zero, accountCode: accounts.software },
    ],
    totals: { net: '110.05', vat: '20.00', gross: '130.05' },
    evidence: [
      { fileName: 'WS-9f2c41d0-evidence.csv', contentType: 'text/csv', fileId: 'file-1', size: evidence.length },
    ],
    note: 'WedSync export B-12 approved by Priya Shah',
    ...change,
  });
}

export const aReversal = (original: LedgerDocument, vendorId: string): Reversal => ({
  reference: 'WS:ffee0011',
  original,
  vendorId,
  date: '2026-08-03',
  note: 'Entered twice, asked for by Priya Shah',
});

type Change = Partial<Context<unknown, unknown>>;
type Name = 'post-bill' | 'reverse-bill' | 'read-back';

/** What the engine does with a ledger, one step at a time. */
export function ledgerDesk<Settings>(
  adapter: AnyAdapter & { readonly settings: { readonly schema: { parse(given: unknown): Settings } } },
  options: BenchOptions,
) {
  const system = adapter.manifest.id;
  const account = options.account?.id ?? '';
  const settingsWith = (change: object = {}) =>
    adapter.settings.schema.parse({ ...(options.settings as object), ...change });
  const stampOf = (key: string, attempt = 1): Stamp => ({
    idempotencyKey: `bluebell:${system}:bill:${key}:1`,
    at: Instant.parse(0),
    attempt,
  });
  const actionOf = (name: Name) => {
    const action = adapter.actions[name];
    if (!action) throw new Error(`${system} has no ${name}`);
    return action;
  };

  async function run(
    opened: Bench,
    name: Name,
    payload: unknown,
    key: string,
    change: Change = {},
    settings = settingsWith(),
  ) {
    const action = actionOf(name);
    const stamp = stampOf(key);
    const receipt = await action.deliver(action.plan(payload, settings, stamp), stamp, opened.context(change));
    return { ...receipt, vendorId: receipt.vendorId ?? '' };
  }

  async function lookUp(opened: Bench, name: Name, payload: unknown, key: string, change: Change = {}) {
    const action = actionOf(name);
    const stamp = stampOf(key);
    return (await action.find?.(action.plan(payload, settingsWith(), stamp), stamp, opened.context(change))) ?? null;
  }
  const deliver = (opened: Bench, document: LedgerDocument, change: Change = {}, settings = settingsWith()) =>
    run(opened, 'post-bill', document, document.reference, change, settings);

  return {
    account,
    settingsWith,
    stampOf,
    run,
    deliver,
    /** One good payload for each action of a ledger. */
    samples: (bill: LedgerDocument, reversed = bill): SuiteOptions['samples'] => ({
      'post-bill': { payload: bill },
      'reverse-bill': {
        payload: null,
        prepare: async (opened) => aReversal(reversed, (await deliver(opened, reversed)).vendorId),
      },
      'read-back': {
        payload: null,
        prepare: async (opened) => ({ vendorId: (await deliver(opened, bill)).vendorId, documentType: 'invoice' }),
      },
    }),
    async bench(): Promise<Bench> {
      const opened = await openBench(adapter, options);
      onTestFinished(() => opened.close());
      return opened;
    },
    lookUp,
    find: (opened: Bench, document: LedgerDocument) => lookUp(opened, 'post-bill', document, document.reference),
    async copyOf(opened: Bench, vendorId: string, documentType: LedgerDocument['documentType'] = 'invoice') {
      const receipt = await run(opened, 'read-back', { vendorId, documentType }, `read ${vendorId}`);
      return receipt.document as unknown as ReadBack;
    },
    /** What the sandbox holds of the company chosen. */
    documents: <T extends object>(opened: Bench, list: string) =>
      opened.sandbox.documents<T>(system, `${list} ${account}`),
  };
}
