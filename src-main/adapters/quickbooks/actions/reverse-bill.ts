import { Reversal, reversalOf } from '../../kit/ledger.ts';
import { kit } from '../kit.ts';
import { documentOf, lookUp, planOf, post } from './post-bill.ts';

/** Takes a posted document back by one of the other kind, which names the first; nothing is deleted (F10). */
export const reverseBill = kit.action({
  label: 'Reverse a posted bill or supplier credit',
  payload: Reversal,
  payloadVersion: 1,
  deliveryClass: 'never-twice',
  idempotency: 'lookup-first',
  plan: (reversal) => planOf(reversalOf(reversal)),
  deliver: (plan, stamp, ctx) => post(documentOf(plan), stamp, ctx),
  find: (plan, _stamp, ctx) => lookUp(documentOf(plan), ctx),
});
