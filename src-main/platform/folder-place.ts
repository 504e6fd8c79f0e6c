import { statfs } from 'node:fs/promises';

/** `statfs` types of file systems on which SQLite's locks and shared memory cannot be trusted. */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB 2'],
  [0x01021997, '9P'],
  [0x65735546, 'FUSE'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
]);

const synchronised: readonly (readonly [RegExp, string])[] = [
  [/[\\/]OneDrive[^\\/]*([\\/]|$)/i, 'OneDrive'],
  [/[\\/]Dropbox[^\\/]*([\\/]|$)/i, 'Dropbox'],
  [/[\\/](Google ?Drive|GoogleDrive[^\\/]*|My Drive)([\\/]|$)/i, 'Google Drive'],
  [/[\\/](Mobile Documents|iCloud ?Drive)([\\/]|$)/i, 'iCloud Drive'],
  [/[\\/]Nextcloud([\\/]|$)/i, 'Nextcloud'],
];

/**
 * Why a data folder lies in a place that can damage the database: another computer's disk, or a folder that a program copies
 * elsewhere file by file (R43). Null: nothing of the kind is known. `typeOf` answers the file system's number.
 */
export async function unsafePlace(
  folder: string,
  typeOf: (folder: string) => Promise<number> = async (path) => (await statfs(path)).type,
): Promise<string | null> {
  for (const [pattern, name] of synchronised) if (pattern.test(folder)) return `it is synchronised by ${name}`;
  // 32 bits, of which some systems give the highest as a sign.
  const network = networkTypes.get((await typeOf(folder).catch(() => 0)) >>> 0);
  return network === undefined ? null : `it is on a network file system (${network})`;
}
