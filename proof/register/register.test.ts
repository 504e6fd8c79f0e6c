import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { faults } from './faults.ts';
import type { Register } from './register.ts';
import { security } from './security.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ids = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(2, '0')}`);

describe.each<[string, Register, readonly string[]]>([
  ['faults', faults, ids('FT', 96)],
  ['security', security, [...ids('SEC', 50), 'AUD-09', 'AUD-11']],
])('the register of %s', (_name, register, due) => {
  test('names every line once', () => {
    expect(Object.keys(register).toSorted()).toEqual(due.toSorted());
  });

  test('has a proof or a reason for each, and every proof is a test that exists', () => {
    for (const [id, { proofs, notHere }] of Object.entries(register)) {
      expect(proofs.length > 0 || notHere.length > 20, id).toBe(true);
      for (const { file, test: title } of proofs) {
        expect(title.length, `${id} ${file}`).toBeGreaterThan(3);
        expect(existsSync(join(root, file)), `${id}: ${file}`).toBe(true);
        // Shortened titles, so that a word more does not cost the register a line.
        expect(
          titlesIn(readFileSync(join(root, file), 'utf8')).some((one) => one.includes(title)),
          `${id}: "${title}" in ${file}`,
        ).toBe(true);
      }
    }
  });
});

/** What stands in quotes where a test or a group of tests is named. */
function titlesIn(code: string): string[] {
  return [...code.matchAll(/(?:test|it|describe|\))\s*\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs)].map(
    ([, , title = '']) => title,
  );
}
