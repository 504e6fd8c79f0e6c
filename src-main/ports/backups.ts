/** What stands in a backup. */
export interface BackupContent {
  /** Of the newest entry of its record, ms UTC; null: it has none. */
  readonly newestAt: number | null;
  readonly lastEntry: number;
  readonly lastDelivery: number;
  readonly organisations: readonly string[];
  readonly unfinished: number;
  /** Number of its newest migration. */
  readonly schema: number;
}

/** A backup in the folder of automatic ones; its name tells what it is. */
export interface KeptBackup {
  readonly name: string;
  /** ms UTC. */
  readonly at: number;
  readonly bytes: number;
  readonly sealed: boolean;
}

/** How this computer makes backups by itself. It is no part of the database, which may be restored on another computer. */
export interface BackupPlan {
  /** null: as soon as there is an organisation that is not practice. */
  readonly on: boolean | null;
  /** null: beside the data. */
  readonly folder: string | null;
  /** With the passphrase kept in the keychain. */
  readonly sealed: boolean;
  /** Every one is copied there as well (BAK-05); null: there is no second place. */
  readonly second: string | null;
}

/** What a sealed backup can be opened with. */
export interface SealKeys {
  readonly passphrase: string;
  /** What the recovery code stands for; the code itself is on paper only. null: none was made. */
  readonly recoveryKey: string | null;
}

/** What a drill found in the database it restored. */
export interface DrillFindings {
  readonly entries: number;
  /** Unfinished deliveries that were held. */
  readonly held: number;
  readonly checks: readonly { readonly what: string; readonly ok: boolean; readonly detail: string }[];
}

/** Backups of the database, as files. */
export interface Backups {
  readonly plan: { read(): Promise<BackupPlan>; write(plan: BackupPlan): Promise<void> };
  /** The plan's folder. The one beside the data is made when missing; another must be there: a disk that was taken away is not made anew. */
  folderOf(plan: BackupPlan): Promise<string>;
  /** Checks every page and every link of the record, changes nothing; throws with the reason when it is damaged or not ours. */
  inspect(path: string): Promise<BackupContent>;
  isSealed(path: string): Promise<boolean>;
  seal(path: string, target: string, keys: SealKeys): Promise<void>;
  /** `typed`: the passphrase or the recovery code. Rejects, with no file left, unless every byte is what was sealed. */
  unseal(path: string, target: string, typed: string): Promise<void>;
  /** A fresh recovery code, to be shown once, and the key that it stands for. */
  newRecoveryCode(): { readonly code: string; readonly key: string };
  /** Newest first. Rejects when the folder cannot be read. */
  list(folder: string): Promise<readonly KeptBackup[]>;
  /** Whether two paths lead to one folder. False while either cannot be read. */
  isSame(one: string, other: string): Promise<boolean>;
  freeBytes(folder: string): Promise<number>;
  /**
   * Puts a checked copy into the folder under this name, sealed or plain, reads it back whole and compares; only then does
   * it get its name. Returns its bytes; on any failure no file is left behind.
   */
  keep(copy: string, folder: string, name: string, keys: SealKeys | null): Promise<number>;
  /** The same file in a second folder, read back and compared before it gets its name. */
  copyOver(name: string, from: string, to: string): Promise<void>;
  remove(folder: string, name: string): Promise<void>;
  /** Restores a plain backup into an empty folder as a real restore does and looks whether all is as it must be (BAK-09). */
  drill(backup: string, folder: string): Promise<DrillFindings>;
  /** Keeps a copy for the next start and starts the console again; null: this host does not. */
  readonly restoreAtRestart: ((path: string) => Promise<void>) | null;
}
