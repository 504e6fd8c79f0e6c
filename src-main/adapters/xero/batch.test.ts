import { expect, onTestFinished, test } from 'vitest';
import { postAll } from '../testing/batch.ts';
import { openBench } from '../testing/bench.ts';
import { xero } from './index.ts';
import { aBill, xeroBench } from './testing/samples.ts';

/** Through a line that is cut after the effect again and again; a failed run is looked up and run again, as the outbox does. */
test('80 bills take the 60 calls a minute Xero allows, no more and hardly less, and each is there exactly once, approved (F7, R21)', async () => {
  const opened = await openBench(xero, xeroBench);
  onTestFinished(() => opened.close());
  for (const skip of [40, 120, 225, 330, 450]) {
    opened.sandbox.misbehave({ system: 'xero', fault: 'reset-after', path: '/api.xro', skip });
  }
  const documents = Array.from({ length: 80 }, (_, i) => {
    const n = String(i).padStart(8, '0');
    const supplier = { name: `Supplier ${i % 7} Ltd`, country: 'GB', vatNumber: '' };
    return aBill({ reference: `WS:${n}`, invoiceNumber: `INV-${n}`, supplier });
  });
  const { cuts, ms } = await postAll(xero, opened, xeroBench.settings, documents);
  const all = <T extends object>(list: string) =>
    opened.sandbox.documents<T>('xero', `${list} ${xeroBench.account?.id}`).all();
  const bills = all<{ number: string; status: string }>('Invoices');
  expect(new Set(bills.map((bill) => bill.number)).size).toBe(80);
  expect(bills).toHaveLength(80);
  expect(bills.every((bill) => bill.status === 'AUTHORISED')).toBe(true);
  expect(all('contacts')).toHaveLength(7);
  expect(all('attachments')).toHaveLength(80);
  expect(all('history')).toHaveLength(80);
  expect(cuts).toBeGreaterThanOrEqual(3);
  const calls = opened.sandbox.received('xero').filter((one) => one.path.includes('/api.xro/')).length;
  expect(calls / Math.ceil(ms / 60_000)).toBeLessThanOrEqual(60);
  expect(ms / 60_000).toBeLessThanOrEqual((calls / 60) * 1.05);
}, 30_000);
