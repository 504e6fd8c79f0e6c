import { z } from 'zod';
import { PermanentError } from '../../../../src-shared/domain/failure.ts';
import { PostedDocument } from '../../kit/ledger.ts';
import { openXero } from '../client.ts';
import { collections, DocumentPage, readBackOf } from '../documents.ts';
import { attached } from '../evidence.ts';
import { asJson, kit } from '../kit.ts';

/** Reads a posted document again, as Xero holds it now, for the comparison to the penny (F6, R26). Changes nothing. */
export const readBack = kit.action({
  label: 'Read a posted document back',
  payload: PostedDocument,
  payloadVersion: 1,
  deliveryClass: 'keyed-upsert',
  idempotency: 'native-key',

  plan: (posted) => ({
    summary: `Read ${collections[posted.documentType].word} ${posted.vendorId} back from Xero`,
    target: `GET /${collections[posted.documentType].name}`,
    fields: [{ name: 'Xero id', next: posted.vendorId }],
    body: asJson(posted),
  }),

  async deliver(plan, _stamp, ctx) {
    const posted = z.parse(PostedDocument, plan.body);
    const xero = openXero(ctx);
    const path = `/${collections[posted.documentType].name}/${encodeURIComponent(posted.vendorId)}`;
    const { items } = await xero.read(path, DocumentPage, { unitdp: 4 });
    const view = items[0];
    if (!view) throw new PermanentError('gone', `Xero has no document ${posted.vendorId} any more`);
    const evidence = view.HasAttachments ? await attached(xero, path) : [];
    return { vendorId: view.id, note: `read back from Xero`, document: asJson(readBackOf(view, evidence)) };
  },
});
