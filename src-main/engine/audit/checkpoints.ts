import { z } from 'zod';
import { keyIdOf, seal, sealHolds } from './chain.ts';

/** What the chain looked like at one moment, kept outside the database folder (AUD-05). */
export const Checkpoint = z.object({
  count: z.number().int().nonnegative(),
  head: z.string(),
  at: z.number().int(),
  keyId: z.string().nullable(),
  mac: z.string().nullable(),
});
export type Checkpoint = z.infer<typeof Checkpoint>;

/** The file of checkpoints, one JSON text a line; `store/checkpoint-file.ts` is the real one. */
export interface CheckpointFile {
  /** '' when there is none yet. */
  read(): Promise<string>;
  /** Durable when it resolves. */
  append(line: string): Promise<void>;
}

export function makeCheckpoint(count: number, head: string, at: number, key: string | null): Checkpoint {
  const plain = { count, head, at };
  if (key === null) return { ...plain, keyId: null, mac: null };
  return { ...plain, keyId: keyIdOf(key), mac: seal(key, textOf(plain)) };
}

/** Readable checkpoints in order. A line cut by a crash is skipped: the ones before it still stand. */
export function parseCheckpoints(text: string): readonly Checkpoint[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [Checkpoint.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

/** False when this key made the checkpoint and its text was changed since. */
export function checkpointHolds(checkpoint: Checkpoint, key: string | null): boolean {
  if (key === null || checkpoint.mac === null || checkpoint.keyId !== keyIdOf(key)) return true;
  return sealHolds(key, textOf(checkpoint), checkpoint.mac);
}

function textOf({ count, head, at }: Pick<Checkpoint, 'count' | 'head' | 'at'>): string {
  return `${count}\n${head}\n${at}`;
}
