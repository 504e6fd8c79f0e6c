import { z } from 'zod';
import { adminCommand, InOrganisation, query } from './base.ts';

/** What a backup is, and what is only in the present database and would be gone. */
export const BackupFacts = z.object({
  fileName: z.string(),
  bytes: z.number(),
  /** The newest entry of its record, ISO 8601; null: it has none. */
  newestAt: z.string().nullable(),
  organisations: z.array(z.string()),
  /** Its unfinished deliveries; every one is held after the restore. */
  unfinished: z.number().int(),
  lost: z.object({
    /** Entries of the record since, over all organisations. */
    entries: z.number().int(),
    deliveries: z.number().int(),
  }),
});
export type BackupFacts = z.infer<typeof BackupFacts>;

export const maintenance = {
  /** Online copy of the database, checked before it answers; the result is a one-use download handle. */
  backup: adminCommand
    .input(z.strictObject({}))
    .output(z.object({ bytes: z.number(), ok: z.boolean(), handle: z.string() })),
  /** Opens and checks every page of a chosen file; changes nothing. */
  inspectBackup: adminCommand.input(InOrganisation.extend({ file: z.string() })).output(BackupFacts),
  /**
   * The console stops, keeps the present database aside, puts the backup in its place and starts again with every
   * unfinished delivery held (X12). `typed` is the name of the organisation.
   */
  restore: adminCommand.input(InOrganisation.extend({ file: z.string(), typed: z.string() })).output(z.object({})),
  /** Deliveries that wait since a restore until a person releases them; of these `inDoubt` need a look first. */
  restored: query.input(InOrganisation).output(z.object({ held: z.number().int(), inDoubt: z.number().int() })),
};
