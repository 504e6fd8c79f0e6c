import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../platform/files.ts';
import type { Clock } from '../ports/runtime.ts';

const WITHIN_MS = 5 * 60_000;
/** More starts than this within the time above, none of them ended properly: something ends the console again and again. */
const MOST = 3;

const Starts = z.array(z.number());
const fileOf = (dataFolder: string) => join(dataFolder, 'starts.json');

/** Notes this start. `loop`: the console keeps being ended, so it should not go on doing what it did (R49). */
export async function noteStart(dataFolder: string, clock: Clock): Promise<{ readonly loop: boolean }> {
  const text = await readFile(fileOf(dataFolder), 'utf8').catch(() => '[]');
  const kept = Starts.catch([]).parse(parsed(text));
  const now = clock.now();
  const recent = [...kept.filter((at) => at <= now && at > now - WITHIN_MS), now].slice(-50);
  await writeFileAtomically(fileOf(dataFolder), Buffer.from(JSON.stringify(recent)));
  return { loop: recent.length > MOST };
}

/** It ended as it should: what was before does not count any more. */
export async function noteProperEnd(dataFolder: string): Promise<void> {
  await writeFileAtomically(fileOf(dataFolder), Buffer.from('[]'));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return [];
  }
}
