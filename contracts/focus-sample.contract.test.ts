import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Papa from 'papaparse';
import { expect, test } from 'vitest';
import { importSetup } from '../src-main/engine/imports/testing/setup.ts';

const sample = fileURLToPath(new URL('../../shared/samples/focus-1.0-sample.csv', import.meta.url));
if (!existsSync(sample)) process.stdout.write('FOCUS sample not found beside the repository: its check did not run\n');

/** Exact sums by issuer, currency and billing period with nothing but big integers, at 10^-20. */
function independentSums(): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const row of Papa.parse<Record<string, string>>(readFileSync(sample, 'utf8'), {
    header: true,
    skipEmptyLines: true,
  }).data) {
    const [whole = '', fraction = ''] = (row.BilledCost ?? '').replace('-', '').split('.');
    const digits = BigInt(whole + fraction.padEnd(20, '0')) * (row.BilledCost?.startsWith('-') ? -1n : 1n);
    const key = `${row.InvoiceIssuerName}|${row.BillingCurrency}|${row.BillingPeriodStart?.slice(0, 10)}`;
    sums.set(key, (sums.get(key) ?? 0n) + digits);
  }
  return sums;
}

test.skipIf(!existsSync(sample))(
  'the FOCUS 1.0 sample comes in with exact sums, and a second time adds nothing',
  async () => {
    const t = await importSetup('sample');
    expect(await t.importFile(t.chosen(sample))).toMatchObject({
      state: 'done',
      format: 'focus',
      imported: 1000,
      duplicates: 0,
      rejected: 0,
    });
    const lines = await t.lines();
    const ours = new Map<string, bigint>();
    for (const { supplier, currency, period_start, exact_net, exact_vat } of lines) {
      const key = `${supplier}|${currency}|${period_start}`;
      for (const text of [exact_net, exact_vat]) {
        const [whole = '', fraction = ''] = text.replace('-', '').split('.');
        const digits = BigInt(whole + fraction.padEnd(20, '0')) * (text.startsWith('-') ? -1n : 1n);
        ours.set(key, (ours.get(key) ?? 0n) + digits);
      }
    }
    expect(ours).toEqual(independentSums());
    expect(await t.importFile(t.chosen(sample))).toMatchObject({
      imported: 0,
      duplicates: 1000,
      rejected: 0,
      lines: 0,
    });
    expect(await t.lines()).toEqual(lines);
    await t.close();
  },
);
