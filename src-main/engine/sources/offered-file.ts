import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChosenFile } from '../../ports/files.ts';

/** Something fetched, as a file for an import, which disposes of it. */
export async function offeredFile(folder: string, id: string, name: string, text: string): Promise<ChosenFile> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, id);
  await writeFile(path, text, { mode: 0o600 });
  return { path, name, bytes: Buffer.byteLength(text), dispose: () => rm(path, { force: true }) };
}
