import { readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UsageError } from './command.ts';

const codeOf = (thrown: unknown) => (thrown instanceof Error && 'code' in thrown ? thrown.code : undefined);

/** The whole path of a file that was named. @throws UsageError when it is none, or may not be read */
export async function fileGiven(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) throw new UsageError(`This is a folder, not a file: ${path}`);
  if (!found?.isFile()) throw new UsageError(`There is no file ${path}`);
  return resolve(path);
}

/** Its bytes. @throws UsageError as `fileGiven` */
export async function readGiven(path: string): Promise<Buffer> {
  const file = await fileGiven(path);
  return readFile(file).catch((thrown: unknown) => {
    throw codeOf(thrown) === 'EACCES' ? new UsageError(`You may not read ${path}`) : thrown;
  });
}

/** The folder a file is to be written into. @throws UsageError when it is not there */
export async function folderFor(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  if (!(await stat(folder).catch(() => null))?.isDirectory()) throw new UsageError(`There is no folder ${folder}`);
  if ((await stat(path).catch(() => null))?.isDirectory())
    throw new UsageError(`This is a folder, not a file: ${path}`);
}

/** Writes what was asked for, for this user alone. @throws UsageError when the place is none, or may not be written */
export async function writeGiven(path: string, content: string | Uint8Array): Promise<void> {
  await folderFor(path);
  await writeFile(path, content, { mode: 0o600 }).catch((thrown: unknown) => {
    throw ['EACCES', 'EPERM', 'EROFS'].includes(String(codeOf(thrown)))
      ? new UsageError(`You may not write ${path}`)
      : thrown;
  });
}
