import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { DocumentSums } from '../../../src-shared/domain/cost/document-sum.ts';
import { fetchedKey } from './fetched-costs.ts';
import { ImportProblem } from './import-problem.ts';
import type { WorkerContext } from './worker-protocol.ts';

/** A month of a vendor's cost API, as it was fetched. */
export const FetchedCosts = z.strictObject({
  source: z.string(),
  issuer: z.string(),
  month: z.string().regex(/^\d{4}-\d{2}$/),
  provisional: z.boolean(),
  costs: z.array(
    z.strictObject({
      day: z.iso.date(),
      account: z.string(),
      item: z.string(),
      amount: z.string().regex(/^-?\d+(\.\d+)?$/),
      currency: z.string().regex(/^[A-Z]{3}$/),
    }),
  ),
});
export type FetchedCosts = z.infer<typeof FetchedCosts>;

/** Adds a fetched month up, one document an account and currency, and hands the sums to the owner. */
export async function importFetched({ task, tell, hand }: WorkerContext): Promise<void> {
  const bytes = await readFile(task.path);
  const parsed = FetchedCosts.safeParse(JSON.parse(bytes.toString('utf8')));
  if (!parsed.success) throw new ImportProblem('This is no month of costs fetched by the console. Fetch it again.');
  const { source, issuer, month, provisional, costs } = parsed.data;
  const sums = new DocumentSums();
  const periodStart = `${month}-01`;
  const periodEnd = lastDay(month);
  for (const [index, { account, item, amount, currency }] of costs.entries()) {
    const charge = {
      issuer,
      account,
      accountName: account,
      currency,
      periodStart,
      periodEnd,
      invoiceId: '',
      amount,
      isTax: false,
      service: item,
      used: null,
      identity: '',
    };
    sums.add(fetchedKey(source, month, account, currency), charge, index + 1);
  }
  await hand({ type: 'documents', documents: [...sums.results()] });
  tell({
    type: 'finished',
    format: 'api',
    plain: null,
    layout: '',
    counts: { imported: costs.length, duplicates: 0, rejected: 0 },
    sha256: createHash('sha256').update(bytes).digest('hex'),
    written: { lines: 0, suppliers: [], days: [] },
    fetched: { source, month, provisional },
  });
}

/** Last day of a month, `YYYY-MM-DD`. */
function lastDay(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
}
