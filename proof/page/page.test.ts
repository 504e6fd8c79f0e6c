import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { proofPage } from './page.ts';
import { pageFile, recorded } from './write.ts';

test('docs/proof.md is what the generator makes of the recorded results, and names no machine', () => {
  const page = readFileSync(pageFile, 'utf8');
  expect(page).toBe(proofPage(recorded()));
  expect(page).not.toMatch(/\/(home|root|tmp|work)\//);
});
