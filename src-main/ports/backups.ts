/** What stands in a backup. */
export interface BackupContent {
  /** Of the newest entry of its record, ms UTC; null: it has none. */
  readonly newestAt: number | null;
  readonly lastEntry: number;
  readonly lastDelivery: number;
  readonly organisations: readonly string[];
  readonly unfinished: number;
}

/** Backups of the database, as files. */
export interface Backups {
  /** Checks every page, changes nothing; throws with the reason when it is damaged or not ours. */
  inspect(path: string): Promise<BackupContent>;
  /** Keeps a copy for the next start and starts the console again; null: this host does not. */
  readonly restoreAtRestart: ((path: string) => Promise<void>) | null;
}
