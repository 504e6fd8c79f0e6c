const pattern = /^ops-console_(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z_s(\d+)_v[\w.-]+_e(\d+)\.(db|wsbackup)$/;

/** The name of an automatic backup: time (UTC), schema, program version, entries of its record (BAK-02). */
export function backupName(backup: {
  readonly at: number;
  readonly schema: number;
  readonly version: string;
  readonly entries: number;
  readonly sealed: boolean;
}): string {
  const time = new Date(backup.at).toISOString().slice(0, 19).replaceAll(':', '-');
  const version = backup.version.replace(/[^\w.-]/g, '-');
  return `ops-console_${time}Z_s${backup.schema}_v${version}_e${backup.entries}.${backup.sealed ? 'wsbackup' : 'db'}`;
}

/** What such a name tells; null for any other file, which rotation then leaves alone. */
export function backupNamed(name: string): { readonly at: number; readonly sealed: boolean } | null {
  const [, day, hour, minute, second, , , ending] = pattern.exec(name) ?? [];
  if (day === undefined) return null;
  const at = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? null : { at, sealed: ending === 'wsbackup' };
}
