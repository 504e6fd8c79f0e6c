import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Seat } from '../ports/seat.ts';
import { writeFileAtomically } from './files.ts';

const Remembered = z.object({
  seat: z.string(),
  organisations: z.record(z.string(), z.object({ seatId: z.string(), name: z.string(), number: z.number().int() })),
});

const hashed = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** By the file system's own number and the moment it was made there: nothing that could be copied along or restored. */
async function idOf(folder: string): Promise<string> {
  const { ino, birthtimeNs } = await stat(folder, { bigint: true });
  return hashed(`seat ${ino} ${birthtimeNs}`);
}

/** Linux gives each installation a number; elsewhere the name has to do. */
async function computerOf(name: string): Promise<string> {
  return hashed(`computer ${name} ${await readFile('/etc/machine-id', 'utf8').catch(() => '')}`);
}

/** The seat of a data folder; `host`: the name of the computer. */
export async function openSeat(dataFolder: string, host: string = hostname()): Promise<Seat> {
  const name = host.replace(/\.local$/, '') || 'this computer';
  const [id, computer, place] = await Promise.all([idOf(dataFolder), computerOf(name), realpath(dataFolder)]);
  const file = join(dataFolder, 'seat.json');
  return {
    ...{ id, name, computer, place },
    stillAt: async (other, otherId) => (await idOf(other).catch(() => null)) === otherId,
    async decisions() {
      try {
        const { seat, organisations } = Remembered.parse(JSON.parse(await readFile(file, 'utf8')));
        return new Map(seat === id ? Object.entries(organisations) : []);
      } catch {
        return new Map();
      }
    },
    async remember(decisions) {
      const text = JSON.stringify({ seat: id, organisations: Object.fromEntries(decisions) });
      await writeFileAtomically(file, Buffer.from(text)).catch(() => undefined);
    },
  };
}
