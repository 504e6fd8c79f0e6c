import { z } from 'zod';
import { command, InOrganisation, page, query } from './base.ts';

/** Whether something of an entry lies aside under a person's key: put back in, gone with its person, or not readable here. */
export const AuditAside = z.enum(['none', 'shown', 'erased', 'unreadable']);

export const AuditEntry = z.object({
  sequence: z.number().int(),
  at: z.string(),
  actor: z.string(),
  channel: z.string(),
  action: z.string(),
  object: z.string(),
  /** Where the object is found: of a document the id of its batch, of a push its period; null: its name is enough, or it has gone. */
  within: z.string().nullable(),
  before: z.json().nullable(),
  after: z.json().nullable(),
  reason: z.string(),
  aside: AuditAside,
  hash: z.string(),
});

export const AuditVerdict = z.object({
  ok: z.boolean(),
  entries: z.number().int(),
  head: z.string(),
  firstBroken: z.number().int().nullable(),
  /** intact, altered, missing, tail-missing, rewritten, key-unavailable. */
  verdict: z.enum(['intact', 'altered', 'missing', 'tail-missing', 'rewritten', 'key-unavailable']),
  detail: z.string(),
  checkedAt: z.string(),
});

export const audit = {
  list: query
    .input(
      InOrganisation.extend({
        /** A name as the screen shows it, or a part of one; a part of what the entry holds. */
        actor: z.string().max(200).optional(),
        /** Words that all stand in the action: `batch approved`. */
        action: z.string().max(200).optional(),
        object: z.string().max(200).optional(),
        /** Recorded in `[from, to)`. */
        from: z.iso.datetime().optional(),
        to: z.iso.datetime().optional(),
        after: z.string().nullable().default(null),
      }),
    )
    .output(page(AuditEntry)),
  verify: query.input(z.strictObject({})).output(AuditVerdict),
  /** JSON Lines with the chain proof; returned as text so that every host can save it. */
  extract: command.input(InOrganisation).output(z.object({ fileName: z.string(), text: z.string() })),
};
