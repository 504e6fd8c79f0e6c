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
}

/** Backups of the database, as files. */
export interface Backups {
  readonly plan: { read(): Promise<BackupPlan>; write(plan: BackupPlan): Promise<void> };
  /** The plan's folder. The one beside the data is made when missing; another must be there: a disk that was taken away is not made anew. */
  folderOf(plan: BackupPlan): Promise<string>;
  /** Checks every page and every link of the record, changes nothing; throws with the reason when it is damaged or not ours. */
  inspect(path: string): Promise<BackupContent>;
  isSealed(path: string): Promise<boolean>;
  seal(path: string, target: string, passphrase: string): Promise<void>;
  /** Rejects, with no file left, unless every byte is what was sealed with this passphrase. */
  unseal(path: string, target: string, passphrase: string): Promise<void>;
  /** Newest first. Rejects when the folder cannot be read. */
  list(folder: string): Promise<readonly KeptBackup[]>;
  freeBytes(folder: string): Promise<number>;
  /**
   * Puts a checked copy into the folder under this name, sealed or plain, reads it back whole and compares; only then does
   * it get its name. Returns its bytes; on any failure no file is left behind.
   */
  keep(copy: string, folder: string, name: string, passphrase: string | null): Promise<number>;
  remove(folder: string, name: string): Promise<void>;
  /** Keeps a copy for the next start and starts the console again; null: this host does not. */
  readonly restoreAtRestart: ((path: string) => Promise<void>) | null;
}
