import { z } from 'zod';
import type { Json } from '../../kit/adapter.ts';
import { CrmPush, type CrmReceipt } from '../../kit/crm.ts';
import { postToInbox } from '../inbox.ts';
import { kit } from '../kit.ts';

/**
 * Leaves a vendor's figures in the Inbox of their Light Blue, where a person links or discards them: nothing is changed
 * until then, and nobody can look from outside.
 */
export const pushValue = kit.action({
  label: 'Leave a vendor’s business value in their Inbox',
  payload: CrmPush,
  payloadVersion: 1,
  deliveryClass: 'keyed-upsert',
  idempotency: 'native-key',

  plan: (push) => ({
    summary: `${push.period.title} for ${push.vendor.name}, to their Inbox`,
    target: 'POST api.php',
    fields: push.fields.map(({ label, value }) => ({ name: label, next: value })),
    body: push as unknown as Json,
  }),

  async deliver(plan, _stamp, ctx) {
    const push = z.parse(CrmPush, plan.body);
    const result = await postToInbox(push, ctx);
    const receipt: CrmReceipt = { readBack: false, fields: {} };
    return {
      vendorId: push.reference,
      note: result === 'stored' ? 'left in the Inbox; a person links it there' : 'was in the Inbox already',
      document: receipt as unknown as Json,
    };
  },
});
