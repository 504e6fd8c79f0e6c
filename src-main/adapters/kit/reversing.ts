import type { z } from 'zod';
import type { Action } from './adapter.ts';
import { type LedgerDocument, Reversal, reversalOf } from './ledger.ts';

/**
 * The `reverse-bill` of a ledger, made of its `post-bill`: the same care for a document of the other kind, which names the
 * one it takes back. Nothing is deleted (F10).
 */
export function reversing<Settings, Secrets>(
  post: Action<typeof LedgerDocument, Settings, Secrets>,
): Action<typeof Reversal, Settings, Secrets> {
  return {
    label: 'Reverse a posted document',
    payload: Reversal,
    payloadVersion: 1,
    deliveryClass: 'never-twice',
    idempotency: post.idempotency,
    plan(reversal: z.output<typeof Reversal>, settings, stamp) {
      const plan = post.plan(reversalOf(reversal), settings, stamp);
      return { ...plan, summary: `Reverse ${reversal.original.invoiceNumber} (${reversal.vendorId}): ${plan.summary}` };
    },
    deliver: (plan, stamp, ctx) => post.deliver(plan, stamp, ctx),
    ...(post.find === undefined ? {} : { find: post.find }),
  };
}
