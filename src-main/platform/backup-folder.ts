import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { backupNamed } from '../../src-shared/domain/backup/name.ts';
import type { BackupPlan, Backups } from '../ports/backups.ts';
import { syncFolder, writeFileAtomically } from './files.ts';
import { makeRecoveryCode, readRecoveryCode } from './recovery-code.ts';
import { isSealed, sealFile, unsealFile } from './sealed-file.ts';

const Plan = z.strictObject({
  on: z.boolean().nullable(),
  folder: z.string().nullable(),
  sealed: z.boolean(),
  second: z.string().nullable().default(null),
});
const asUsual: BackupPlan = { on: null, folder: null, sealed: false, second: null };

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

/** Writes by `fill`, flushes, lets `holds` look at it, and only then gives it its name; on any failure no file is left. */
async function written(
  folder: string,
  name: string,
  fill: (part: string) => Promise<void>,
  holds: (part: string) => Promise<boolean>,
): Promise<number> {
  const part = join(folder, `${name}.part`);
  try {
    await rm(part, { force: true });
    await fill(part);
    await flush(part);
    if (!(await holds(part))) throw new Error('What was read back is not what was written.');
    await rename(part, join(folder, name));
    await syncFolder(folder);
    return (await stat(join(folder, name))).size;
  } finally {
    await rm(part, { force: true });
  }
}

async function same(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([hashOf(one), hashOf(other)]);
  return first === second;
}

/** Backups as files of this computer; the plan of making them lies beside the data. `copy`: how a drive takes a file. */
export function backupFolder(
  dataFolder: string,
  copy: (from: string, to: string) => Promise<void> = copyFile,
): Omit<Backups, 'inspect' | 'drill' | 'restoreAtRestart'> {
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
    async isSame(one, other) {
      const [first, second] = await Promise.all([one, other].map((path) => stat(path).catch(() => null)));
      return first != null && second != null && first.dev === second.dev && first.ino === second.ino;
    },
    async freeBytes(folder) {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
    newRecoveryCode() {
      const code = makeRecoveryCode();
      const read = readRecoveryCode(code);
      if (read === null || !('key' in read)) throw new Error('A recovery code that cannot be read back');
      return { code, key: read.key };
    },
    async keep(made, folder, name, keys) {
      if (keys === null)
        return written(
          folder,
          name,
          (part) => copy(made, part),
          (part) => same(part, made),
        );
      const back = `${made}.back`;
      try {
        return await written(
          folder,
          name,
          (part) => sealFile(made, part, keys),
          async (part) => {
            await unsealFile(part, back, keys.passphrase);
            return same(back, made);
          },
        );
      } finally {
        await rm(back, { force: true });
      }
    },
    async copyOver(name, from, to) {
      const source = join(from, name);
      await written(
        to,
        name,
        (part) => copy(source, part),
        (part) => same(part, source),
      );
    },
    remove: (folder, name) => rm(join(folder, name), { force: true }),
  };
}
