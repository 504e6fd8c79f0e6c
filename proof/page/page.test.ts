import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { proofPage } from './page.ts';
import { pageFile, recorded } from './write.ts';

test('docs/proof.md is what the generator makes of the recorded results, and names no machine', () => {
  const page = readFileSync(pageFile, 'utf8');
  expect(page).toBe(proofPage(recorded()));
  expect(page).not.toMatch(/\/(home|root|tmp|work)\//);
});

test('what a storm said to be wrong stands on the page in its words', () => {
  const results = recorded();
  if (!results.storm) throw new Error('no storm is recorded');
  const page = proofPage({ ...results, storm: { ...results.storm, wrong: ['A-1 is lost'] } });
  expect(page).toContain('| lost, twice or otherwise wrong | 1 |');
  expect(page).toContain('Said to be wrong: A-1 is lost');
});
