import { expect, onTestFinished, test } from 'vitest';
import { postAll } from '../testing/batch.ts';
import { openBench } from '../testing/bench.ts';
import { freshbooks } from './index.ts';
import { aBill, aRoundedBill, freshbooksBench } from './testing/samples.ts';

test('80 bills and expenses, one at a time through a line that is cut again and again, are each there exactly once (F7)', async () => {
  const opened = await openBench(freshbooks, freshbooksBench);
  onTestFinished(() => opened.close());
  for (const skip of [5, 60, 140, 230, 320]) {
    opened.sandbox.misbehave({ system: 'freshbooks', fault: 'reset-after', path: '/accounting/', skip });
    opened.sandbox.misbehave({
      system: 'freshbooks',
      fault: 'reset-after',
      method: 'POST',
      path: '/bills/bills',
      skip: skip / 5,
    });
  }
  const documents = Array.from({ length: 80 }, (_, i) => {
    const n = String(i).padStart(8, '0');
    const supplier = { name: `Supplier ${i % 7} Ltd`, country: 'GB', vatNumber: '' };
    const like = i % 4 === 0 ? aRoundedBill() : aBill();
    return { ...like, reference: `WS:${n}`, invoiceNumber: `INV-${n}`, supplier };
  });
  const { cuts } = await postAll(
    freshbooks,
    opened,
    freshbooks.settings.schema.parse(freshbooksBench.settings),
    documents,
  );
  const account = freshbooksBench.account?.id ?? '';
  const all = (list: string) => opened.sandbox.documents<object>('freshbooks', `${list} ${account}`).all();
  expect(all('bills')).toHaveLength(60);
  expect(all('expenses')).toHaveLength(20);
  expect(all('vendors')).toHaveLength(7);
  expect(cuts).toBeGreaterThanOrEqual(3);
}, 30_000);
