import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Line } from '../page/results.ts';
import { faults } from './faults.ts';
import { afterWhole, partly, type Register, shortened } from './register.ts';
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

test('what a run as long as its line says has proven stays proven when a shorter one passes, and not when it fails', () => {
  const entry = shortened({ FAULT_HOURS: 8 }, 'A minute instead of eight hours.');
  const whole: Line = { id: 'FT-00', state: 'proven', tests: ['t'], note: '', at: '2026-11-01T00:00:00.000Z' };
  const short: Line = { ...whole, state: 'partly', note: entry.notHere, at: '2026-11-02T00:00:00.000Z' };
  expect(afterWhole(short, entry, whole)).toEqual(whole);
  expect(afterWhole(short, entry, undefined)).toEqual(short);
  expect(afterWhole({ ...short, state: 'failed' }, entry, whole).state).toBe('failed');
  expect(afterWhole(short, partly('Never shown whole.'), whole)).toEqual(short);
});
