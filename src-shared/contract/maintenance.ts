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

/** How backups are made by themselves, and what is there. */
export const BackupsView = z.object({
  on: z.boolean(),
  /** Where they go; `usual`: beside the data. */
  folder: z.string(),
  usual: z.boolean(),
  /** Encrypted and authenticated with a passphrase that stays in the keychain. */
  sealed: z.boolean(),
  passphrasePresent: z.boolean(),
  /** The next one; null: none is planned. */
  nextAt: z.string().nullable(),
  /** The newest that was written, read back and checked; null: none is there. */
  verifiedAt: z.string().nullable(),
  /** Why the last try failed, or the folder cannot be read; null: it did not. */
  problem: z.string().nullable(),
  /** Newest first. */
  kept: z.array(z.object({ name: z.string(), at: z.string(), bytes: z.number(), sealed: z.boolean() })),
});
export type BackupsView = z.infer<typeof BackupsView>;

export const maintenance = {
  /**
   * Online copy of the database, checked before it answers; the result is a one-use download handle. Sealed like the
   * automatic ones when those are.
   */
  backup: adminCommand
    .input(z.strictObject({}))
    .output(z.object({ bytes: z.number(), ok: z.boolean(), handle: z.string(), sealed: z.boolean() })),
  /** The automatic backups. */
  backups: query.input(InOrganisation).output(BackupsView),
  /** Left out: stays. `folder` null: beside the data. A new passphrase opens only what is written from then on. */
  planBackups: adminCommand
    .input(
      InOrganisation.extend({
        on: z.boolean().optional(),
        folder: z.string().min(1).max(1_000).nullable().optional(),
        sealed: z.boolean().optional(),
        passphrase: z.string().min(12).max(500).optional(),
      }),
    )
    .output(BackupsView),
  /** One into the folder of automatic backups, now. */
  backupNow: adminCommand.input(InOrganisation).output(z.object({ name: z.string(), bytes: z.number() })),
  /** Opens and checks every page of a chosen file; changes nothing. A sealed one asks for its passphrase first. */
  inspectBackup: adminCommand
    .input(InOrganisation.extend({ file: z.string(), passphrase: z.string().max(500).optional() }))
    .output(z.object({ needsPassphrase: z.boolean(), facts: BackupFacts.nullable() })),
  /**
   * The console stops, keeps the present database aside, puts the backup in its place and starts again with every
   * unfinished delivery held (X12). `typed` is the name of the organisation.
   */
  restore: adminCommand
    .input(InOrganisation.extend({ file: z.string(), typed: z.string(), passphrase: z.string().max(500).optional() }))
    .output(z.object({})),
  /** Deliveries that wait since a restore until a person releases them; of these `inDoubt` need a look first. */
  restored: query.input(InOrganisation).output(z.object({ held: z.number().int(), inDoubt: z.number().int() })),
};
