import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backupFolder } from './backup-folder.ts';

test('FT-26 what a drive gives back other than it was written gets no name, and the one before stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'backup-folder-'));
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  for (const one of [first, second]) mkdirSync(one);
  const copy = join(folder, 'copy.db');
  writeFileSync(copy, Buffer.alloc(10_000));
  let spoils = false;
  const backups = backupFolder(folder, async (from, to) => {
    await copyFile(from, to);
    if (spoils) await writeFile(to, (await readFile(to)).fill(1, 100, 101));
  });
  await backups.keep(copy, first, 'kept.db', null);
  spoils = true;
  await expect(backups.keep(copy, first, 'next.db', null)).rejects.toThrow('not what was written');
  await expect(backups.keep(copy, first, 'kept.db', null)).rejects.toThrow('not what was written');
  await expect(backups.copyOver('kept.db', first, second)).rejects.toThrow('not what was written');
  expect([readdirSync(first), readdirSync(second)]).toEqual([['kept.db'], []]);
  expect(readFileSync(join(first, 'kept.db')).equals(readFileSync(copy))).toBe(true);
});
