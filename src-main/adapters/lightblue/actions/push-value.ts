import { z } from 'zod';
import { NeedsAttentionError } from '../../../../src-shared/domain/failure.ts';
import type { Json } from '../../kit/adapter.ts';
import { CrmPush, type CrmReceipt } from '../../kit/crm.ts';
import { createPace } from '../../kit/pace.ts';
import { driveNotes } from '../drive.ts';
import { keyOf, postToInbox } from '../inbox.ts';
import { kit, type LightBlueContext } from '../kit.ts';
import { accountNotes } from '../profile.ts';
import { pagesAllowed } from '../sign-in.ts';

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
    if (ctx.settings.mode === 'pages') return byPages(push, ctx);
    const result = await postToInbox(push, ctx);
    const receipt: CrmReceipt = { readBack: false, fields: {} };
    return {
      vendorId: push.reference,
      note: result === 'stored' ? 'left in the Inbox; a person links it there' : 'was in the Inbox already',
      document: receipt as unknown as Json,
    };
  },
});

/** Somebody else's site: a few runs a minute at most, whatever waits. */
const pace = createPace('Light Blue', [{ calls: 3, ms: 60_000 }]);

/** By driving the vendor's account page. */
async function byPages(push: CrmPush, ctx: LightBlueContext) {
  const pages = pagesAllowed(ctx);
  const session = await keyOf(ctx, push.vendor.id);
  if (!session.startsWith('{')) {
    throw new NeedsAttentionError('auth', 'This vendor has no sign-in for pages here yet', {
      hint: 'Sign in under CRM, Vendors (or: wedops crm sign-in VENDOR).',
    });
  }
  await pace.takeTurn(ctx.clock, ctx.organisationId, ctx.signal);
  const receipt = await driveNotes(pages, accountNotes, push, session, ctx.signal);
  return {
    vendorId: push.reference,
    note: 'written into the vendor’s notes and read back',
    document: receipt as unknown as Json,
  };
}
