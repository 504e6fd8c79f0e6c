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

/** A backup restored into a scratch folder, as a real restore does it, and looked at (BAK-09). */
export const DrillResult = z.object({
  at: z.string(),
  /** Name of the backup. */
  backup: z.string(),
  ok: z.boolean(),
  /** How long it took, ms. */
  ms: z.number(),
  /** Why it could not be restored; null: it could. */
  problem: z.string().nullable(),
  entries: z.number().int(),
  /** Unfinished deliveries that were held, as after a real restore. */
  held: z.number().int(),
  checks: z.array(z.object({ what: z.string(), ok: z.boolean(), detail: z.string() })),
});
export type DrillResult = z.infer<typeof DrillResult>;

/** How backups are made by themselves, and what is there. */
export const BackupsView = z.object({
  on: z.boolean(),
  /** Where they go; `usual`: beside the data. */
  folder: z.string(),
  usual: z.boolean(),
  /** Encrypted and authenticated with a passphrase that stays in the keychain. */
  sealed: z.boolean(),
  passphrasePresent: z.boolean(),
  /** A recovery code opens them as well; on paper only. */
  recoveryCode: z.boolean(),
  /** Every one is copied there too (BAK-05); null: there is no second place. */
  second: z.object({ folder: z.string(), newestAt: z.string().nullable(), problem: z.string().nullable() }).nullable(),
  /** The last monthly drill; null: none yet. */
  drill: DrillResult.nullable(),
  /** The next one, at the earliest; null: none is planned. */
  nextDrillAt: z.string().nullable(),
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
    .input(InOrganisation)
    .output(z.object({ bytes: z.number(), ok: z.boolean(), handle: z.string(), sealed: z.boolean() })),
  /** The automatic backups. */
  backups: query.input(InOrganisation).output(BackupsView),
  /**
   * Left out: stays. `folder` null: beside the data; `second` null: no second place. A new passphrase and a new recovery
   * code open only what is written from then on. `newCode` comes with the first sealing and when asked for, this once.
   */
  planBackups: adminCommand
    .input(
      InOrganisation.extend({
        on: z.boolean().optional(),
        folder: z.string().min(1).max(1_000).nullable().optional(),
        sealed: z.boolean().optional(),
        passphrase: z.string().min(12).max(500).optional(),
        second: z.string().min(1).max(1_000).nullable().optional(),
        renewRecoveryCode: z.boolean().optional(),
      }),
    )
    .output(BackupsView.extend({ newCode: z.string().nullable() })),
  /** Restores the newest backup into a scratch folder now and says what was found; nothing of the console changes. */
  drill: adminCommand.input(InOrganisation).output(DrillResult),
  /** One into the folder of automatic backups, now. */
  backupNow: adminCommand.input(InOrganisation).output(z.object({ name: z.string(), bytes: z.number() })),
  /** Opens and checks every page of a chosen file; changes nothing. A sealed one asks for its passphrase or recovery code first. */
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
  /**
   * Deliveries that wait since a restore until a person releases them, of these `inDoubt` need a look first; and open alerts
   * of the backup (`backupAt`, ISO 8601), which send nothing by themselves until somebody takes or releases them.
   */
  restored: query.input(InOrganisation).output(
    z.object({
      held: z.number().int(),
      inDoubt: z.number().int(),
      alerts: z.object({ count: z.number().int(), backupAt: z.string().nullable() }),
    }),
  ),
};
