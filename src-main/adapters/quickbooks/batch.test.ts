import { expect, onTestFinished, test } from 'vitest';
import { postAll } from '../testing/batch.ts';
import { openBench } from '../testing/bench.ts';
import { quickbooks } from './index.ts';
import { aBill, quickbooksBench } from './testing/samples.ts';

test('120 bills keep within 10 calls a second and 500 a minute, and each is there exactly once (F7, R21)', async () => {
  // The vendor's own limits, which the other tests widen.
  const { prepare: _widened, ...strict } = quickbooksBench;
  const opened = await openBench(quickbooks, strict);
  onTestFinished(() => opened.close());
  for (const skip of [30, 170, 330, 480, 650]) {
    opened.sandbox.misbehave({ system: 'quickbooks', fault: 'reset-after', path: '/v3/', skip });
  }
  const bills = Array.from({ length: 120 }, (_, i) => {
    const n = String(i).padStart(8, '0');
    const supplier = { name: `Supplier ${i % 7} Ltd`, country: 'GB', vatNumber: '' };
    return aBill({ reference: `WS:${n}`, invoiceNumber: `INV-${n}`, supplier });
  });
  const { cuts, ms } = await postAll(quickbooks, opened, strict.settings, bills);
  const realm = strict.account?.id ?? '';
  const all = (list: string) =>
    opened.sandbox.documents<{ body: { DocNumber: string } }>('quickbooks', `${list} ${realm}`).all();
  expect(new Set(all('Bill').map(({ body }) => body.DocNumber)).size).toBe(120);
  expect(all('Bill')).toHaveLength(120);
  expect(all('Vendor')).toHaveLength(7);
  expect(all('Attachable')).toHaveLength(120);
  expect(cuts).toBeGreaterThanOrEqual(3);
  // As fast as is allowed, plus 5 %: 500 a minute.
  const calls = opened.sandbox.received('quickbooks').filter((one) => one.path.includes('/v3/')).length;
  expect(ms / 60_000).toBeLessThanOrEqual((calls / 500) * 1.05);
}, 30_000);
