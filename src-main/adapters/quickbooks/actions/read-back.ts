import { z } from 'zod';
import { PermanentError } from '../../../../src-shared/domain/failure.ts';
import { PostedDocument } from '../../kit/ledger.ts';
import { openQuickBooks } from '../client.ts';
import { collections, DocumentAnswer, readBackOf } from '../documents.ts';
import { attached } from '../evidence.ts';
import { asJson, kit } from '../kit.ts';
import { supplierName } from '../vendors.ts';

/** Reads a posted document again, as QuickBooks holds it now, for the comparison to the penny (F6, R26). Changes nothing. */
export const readBack = kit.action({
  label: 'Read a posted document back',
  payload: PostedDocument,
  payloadVersion: 1,
  deliveryClass: 'keyed-upsert',
  idempotency: 'native-key',

  plan: (posted) => ({
    summary: `Read ${collections[posted.documentType].word} ${posted.vendorId} back from QuickBooks`,
    target: `GET ${collections[posted.documentType].path}`,
    fields: [{ name: 'QuickBooks id', next: posted.vendorId }],
    body: asJson(posted),
  }),

  async deliver(plan, _stamp, ctx) {
    const { documentType, vendorId } = z.parse(PostedDocument, plan.body);
    const collection = collections[documentType];
    const qb = openQuickBooks(ctx);
    const view = await qb
      .read(`${collection.path}/${encodeURIComponent(vendorId)}`, DocumentAnswer)
      .catch((error: unknown) => {
        if (!(error instanceof PermanentError)) throw error;
        throw new PermanentError('gone', `QuickBooks has no ${collection.word} ${vendorId} any more`, { cause: error });
      });
    const name = await supplierName(qb, view.VendorRef.value, view.CurrencyRef.value);
    const evidence = await attached(qb, collection, view.Id);
    return {
      vendorId: view.Id,
      note: 'read back from QuickBooks',
      document: asJson(readBackOf(view, documentType, name, evidence)),
    };
  },
});
