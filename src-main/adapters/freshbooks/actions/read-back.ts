import { z } from 'zod';
import { PermanentError } from '../../../../src-shared/domain/failure.ts';
import { PostedDocument } from '../../kit/ledger.ts';
import { openFreshBooks } from '../client.ts';
import { Bill, Expense, readBackOfBill, readBackOfExpenses } from '../documents.ts';
import { asJson, kit } from '../kit.ts';
import { vendorName } from '../vendors.ts';

/** Reads a posted document again, as FreshBooks holds it now, for the comparison to the penny (F6, R26). Changes nothing. */
export const readBack = kit.action({
  label: 'Read a posted document back',
  payload: PostedDocument,
  payloadVersion: 1,
  deliveryClass: 'keyed-upsert',
  idempotency: 'native-key',

  plan: (posted) => ({
    summary: `Read ${posted.vendorId.replace('/', ' ')} back from FreshBooks`,
    target: `GET ${posted.vendorId.startsWith('bill/') ? '/bills/bills' : '/expenses/expenses'}`,
    fields: [{ name: 'FreshBooks id', next: posted.vendorId }],
    body: asJson(posted),
  }),

  async deliver(plan, stamp, ctx) {
    const { vendorId } = z.parse(PostedDocument, plan.body);
    const [, kind, id = ''] = /^(bill|expense)\/(\w+(?:\+\w+)*)$/.exec(vendorId) ?? [];
    if (kind === undefined) throw new PermanentError('gone', `FreshBooks has no document ${vendorId}`);
    const fb = openFreshBooks(ctx, stamp.attempt);
    const include = { 'include[]': 'attachment' };
    const note = 'read back from FreshBooks';
    if (kind === 'expense') {
      const expenses: Expense[] = [];
      for (const one of id.split('+'))
        expenses.push(await fb.one(`/expenses/expenses/${one}`, 'expense', Expense, include));
      return { vendorId, note, document: asJson(readBackOfExpenses(expenses, vendorId)) };
    }
    const bill = await fb.one(`/bills/bills/${id}`, 'bill', Bill, include);
    return { vendorId, note, document: asJson(readBackOfBill(bill, vendorId, await vendorName(fb, bill.vendorid))) };
  },
});
