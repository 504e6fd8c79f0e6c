import { z } from 'zod';
import { NeedsAttentionError, RetryableError } from '../../../../src-shared/domain/failure.ts';
import type { Json } from '../../kit/adapter.ts';
import { failureOf } from '../../kit/classify.ts';
import { CrmPush, type CrmReceipt, vendorKeyName } from '../../kit/crm.ts';
import { kit } from '../kit.ts';
import { pushAsPartner } from '../partner.ts';
import { quirks } from '../quirks.ts';

const hookShape = /^https:\/\/hooks\.zapier\.com\/hooks\/catch\/\S+$/;
const Accepted = z.object({ status: z.literal('success'), id: z.string().optional() });

/**
 * Hands a vendor's figures to that vendor's own Zap. HoneyBook offers no way to write or read them, so "accepted" is all
 * that can be said, and there is no `current`. `push_id` stays the same on every repeat: the Zap looks it up before it adds
 * anything (help page), so a repeat is one entry.
 */
export const pushValue = kit.action({
  label: 'Hand a vendor’s business value to their Zap',
  payload: CrmPush,
  payloadVersion: 1,
  deliveryClass: 'keyed-upsert',
  idempotency: 'native-key',

  plan: (push, { mode }) => ({
    summary: `${push.period.title} for ${push.vendor.name}, to their Zap`,
    target: mode === 'oauth2' ? 'PUT the vendor’s record' : 'POST hooks.zapier.com',
    fields: push.fields.map(({ label, value }) => ({ name: label, next: value })),
    body:
      mode === 'oauth2'
        ? (push as unknown as Json)
        : ({
            schema: 'wedsync.crm_metrics.v1',
            push_id: push.reference,
            vendor_id: push.vendor.id,
            period: push.period.label,
            ...(push.note === '' ? {} : { note: push.note }),
            ...Object.fromEntries(
              push.fields.filter(({ key }) => key !== 'period').map(({ key, value }) => [key, value]),
            ),
          } satisfies Record<string, Json>),
  }),

  async deliver(plan, _stamp, ctx) {
    if (ctx.settings.mode === 'oauth2') {
      const document = await pushAsPartner(z.parse(CrmPush, plan.body), ctx);
      return { vendorId: null, note: 'written and read back as a partner', document: document as unknown as Json };
    }
    if (ctx.settings.mode !== 'zapier') {
      throw new NeedsAttentionError('misconfigured', 'HoneyBook is switched off here', {
        hint: 'HoneyBook has no public API. Choose the Zapier road in Settings, HoneyBook.',
      });
    }
    const { vendor_id: vendorId } = z.object({ vendor_id: z.string() }).parse(plan.body);
    const url = (await ctx.secret?.(vendorKeyName(vendorId))) ?? ctx.secrets.hookUrl;
    if (!url || !hookShape.test(url)) {
      throw new NeedsAttentionError('misconfigured', 'This vendor has no Catch Hook address here yet', {
        hint: 'Enter the address of the vendor’s Zap under CRM, Vendors.',
      });
    }
    const reply = await ctx.http.send({ method: 'POST', url, json: plan.body, signal: ctx.signal });
    if (reply.status !== 200) throw failureOf(reply, quirks);
    const answer = Accepted.safeParse(reply.json);
    if (!answer.success) throw new RetryableError('timeout', 'Zapier answered, but not that it took the figures');
    const receipt: CrmReceipt = { readBack: false, fields: {} };
    return {
      vendorId: answer.data.id ?? null,
      note: 'taken by Zapier; what the Zap did with it cannot be seen from here',
      document: receipt as unknown as Json,
    };
  },
});
