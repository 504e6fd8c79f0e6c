import { z } from 'zod';
import { NeedsAttentionError, PermanentError, RetryableError } from '../../../../src-shared/domain/failure.ts';
import { isoOf } from '../../../../src-shared/domain/time-and-ids.ts';
import type { Json } from '../../kit/adapter.ts';
import { CrmPush, type CrmReceipt, standingOf } from '../../kit/crm.ts';
import { openTave, type Tave, Written } from '../client.ts';
import { studioProblem } from '../health.ts';
import { kit, type TaveContext } from '../kit.ts';
import { ownFields } from '../quirks.ts';
import {
  Contact,
  type FieldIds,
  findContact,
  findFields,
  foreignValues,
  makeFields,
  valuesIn,
  withValues,
} from '../records.ts';

/**
 * Writes one vendor's figures into custom fields of one contact of their studio. Reads before it writes: what somebody
 * edited since the approval stops it, what is ours already is not written twice, and what was begun is finished.
 */
export const pushValue = kit.action({
  label: 'Write a vendor’s business value',
  payload: CrmPush,
  payloadVersion: 1,
  deliveryClass: 'keyed-upsert',
  idempotency: 'native-key',

  plan: (push, settings) => ({
    summary: `${push.period.title} for ${push.vendor.name}: ${push.fields.length} fields of "${settings.contactName}"`,
    target: 'PUT /address-book/{id}',
    fields: push.fields.map(({ label, value }) => ({ name: label, next: value })),
    body: push as unknown as Json,
  }),

  async current(push, ctx) {
    const tave = await openTave(ctx, push.vendor.id);
    const ids = await findFields(tave, push.target);
    const values = valuesIn(await findContact(tave, ctx, push), ids);
    return values as Record<string, string>;
  },

  async deliver(plan, stamp, ctx) {
    const push = z.parse(CrmPush, plan.body);
    const tave = await openTave(ctx, push.vendor.id);
    const problem = studioProblem(await tave.get('/studio/me', Studio));
    if (problem !== null) throw new NeedsAttentionError('misconfigured', problem.message, { hint: problem.hint });

    const unknown = push.fields.find(({ key }) => !(key in ownFields));
    if (unknown) throw new PermanentError('unsupported', `Táve has no place for ${unknown.label}`);
    const known = await findFields(tave, push.target);
    const found = await findContact(tave, ctx, push);
    const standing = standingIn(push, found, known);
    const ids = await makeFields(tave, known, [...push.fields.map(({ key }) => key), 'reference']);
    let contact = found ?? (await makeContact(tave, ctx));
    // Making them took seconds, and a PUT replaces everything: what the vendor wrote meanwhile has to be in it.
    if (found && Object.keys(ids).length > Object.keys(known).length) {
      contact = await reread(tave, found.id);
      standingIn(push, contact, ids);
    }
    const foreign = foreignValues(contact, ids);
    let after = contact;
    if (standing === 'to-write' || found === null) {
      const values = new Map(
        [...push.fields.map(({ key, value }) => [key, value] as const), ['reference', push.reference] as const].map(
          ([key, value]) => [ids[key] ?? '', value],
        ),
      );
      await tave.write('PUT', `/address-book/${contact.id}`, withValues(contact, values), Written);
      after = await reread(tave, contact.id);
    }
    if (foreignValues(after, ids) !== foreign) {
      throw new NeedsAttentionError('outcome-unknown', 'Other fields of this contact changed while ours were written', {
        hint: 'Compare the contact in Táve with its history there.',
      });
    }
    await noteOnce(tave, ctx, after, push, isoOf(stamp.at).slice(0, 10));
    const receipt: CrmReceipt = {
      readBack: true,
      fields: valuesIn(after, ids),
      target: {
        contactId: contact.id,
        ...Object.fromEntries(Object.entries(ids).map(([key, id]) => [`field.${key}`, id])),
      },
    };
    return {
      vendorId: contact.id,
      note: standing === 'written' ? 'was there already, read back from Táve' : 'written and read back from Táve',
      document: receipt as unknown as Json,
    };
  },
});

/** @throws PermanentError where somebody edited a field of ours since the approval */
function standingIn(push: CrmPush, contact: Contact | null, ids: FieldIds) {
  const { standing, edited } = standingOf(push.fields, valuesIn(contact, ids));
  if (standing !== 'edited') return standing;
  throw new PermanentError('superseded', `${edited[0]?.label ?? 'A field'} was edited in Táve since the preview`, {
    hint: 'Nothing was written. Choose per field what stays.',
  });
}

const Studio = z.object({
  name: z.string(),
  currencyCode: z.string().nullable().default(null),
  readonlyEnabled: z.boolean().default(false),
});

async function makeContact(tave: Tave, ctx: TaveContext): Promise<Contact> {
  const { contactName, contactEmail } = ctx.settings;
  return tave.write('POST', '/address-book', { kind: 'company', name: contactName, email: contactEmail }, Contact);
}

async function reread(tave: Tave, id: string): Promise<Contact> {
  const contact = await tave.look(`/address-book/${encodeURIComponent(id)}`, Contact);
  if (contact) return contact;
  throw new RetryableError('timeout', 'The contact was gone when it was read back');
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** One note a period and revision: a repeat finds our reference and adds nothing. */
async function noteOnce(tave: Tave, ctx: TaveContext, contact: Contact, push: CrmPush, day: string): Promise<void> {
  if (!ctx.settings.writeNotes) return;
  const mark = `Ref ${push.reference}`;
  if (contact.notes.some(({ contentHtml }) => contentHtml?.includes(mark))) return;
  const lines = push.fields.map(
    ({ label, value }) => `<li>${escaped(label)}: ${escaped(value === '' ? '—' : value)}</li>`,
  );
  const said = push.note === '' ? '' : `<p>${escaped(push.note)}</p>`;
  const contentHtml = `<p><b>WedSync AI, ${escaped(push.period.title)}</b></p><ul>${lines.join('')}</ul>${said}<p>${escaped(mark)}</p>`;
  await tave.write('POST', '/note', { contactId: contact.id, date: day, contentHtml }, Written);
}
