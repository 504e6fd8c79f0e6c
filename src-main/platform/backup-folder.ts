import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { backupNamed } from '../../src-shared/domain/backup/name.ts';
import type { BackupPlan, Backups } from '../ports/backups.ts';
import { syncFolder, writeFileAtomically } from './files.ts';
import { isSealed, sealFile, unsealFile } from './sealed-file.ts';

const Plan = z.strictObject({ on: z.boolean().nullable(), folder: z.string().nullable(), sealed: z.boolean() });
const asUsual: BackupPlan = { on: null, folder: null, sealed: false };

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function flush(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Backups as files of this computer; the plan of making them lies beside the data. */
export function backupFolder(dataFolder: string): Omit<Backups, 'inspect' | 'restoreAtRestart'> {
  const planFile = join(dataFolder, 'backup-plan.json');
  return {
    async folderOf({ folder }) {
      if (folder !== null) return folder;
      const usual = join(dataFolder, 'backups', 'automatic');
      await mkdir(usual, { recursive: true, mode: 0o700 });
      return usual;
    },
    plan: {
      async read() {
        const text = await readFile(planFile, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
          if (thrown.code === 'ENOENT') return null;
          throw thrown;
        });
        return text === null ? asUsual : Plan.parse(JSON.parse(text));
      },
      write: (plan) => writeFileAtomically(planFile, Buffer.from(JSON.stringify(plan))),
    },
    isSealed,
    seal: sealFile,
    unseal: unsealFile,
    async list(folder) {
      const names = await readdir(folder);
      const found = await Promise.all(
        names.map(async (name) => {
          const named = backupNamed(name);
          if (named === null) return [];
          const { size } = await stat(join(folder, name));
          return [{ name, at: named.at, sealed: named.sealed, bytes: size }];
        }),
      );
      return found.flat().sort((a, b) => b.at - a.at);
    },
    async freeBytes(folder) {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
    async keep(copy, folder, name, passphrase) {
      const part = join(folder, `${name}.part`);
      const back = `${copy}.back`;
      try {
        await rm(part, { force: true });
        if (passphrase === null) await copyFile(copy, part);
        else await sealFile(copy, part, passphrase);
        await flush(part);
        if (passphrase !== null) await unsealFile(part, back, passphrase);
        const [written, wanted] = await Promise.all([hashOf(passphrase === null ? part : back), hashOf(copy)]);
        if (written !== wanted) throw new Error('What was read back is not what was written.');
        await rename(part, join(folder, name));
        await syncFolder(folder);
        return (await stat(join(folder, name))).size;
      } finally {
        await Promise.all([rm(part, { force: true }), rm(back, { force: true })]);
      }
    },
    remove: (folder, name) => rm(join(folder, name), { force: true }),
  };
}
