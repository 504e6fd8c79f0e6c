import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { proofPage } from './page.ts';
import { BenchResult, type Results, StormResult, SuiteResult } from './results.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'proof', 'results');
export const pageFile = join(root, 'docs', 'proof.md');

function read<T>(name: string, shape: z.ZodType<T>): T | null {
  const file = join(folder, `${name}.json`);
  return existsSync(file) ? shape.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
}

/** The committed results. */
export const recorded = (): Results => ({
  faults: read('faults', SuiteResult),
  security: read('security', SuiteResult),
  bench: read('bench', BenchResult),
  storm: read('storm', StormResult),
});

/** Keeps a result and writes the page anew. */
export function keep(name: keyof Results, result: unknown): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(pageFile, proofPage(recorded()));
}
