import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPracticeSecrets } from './practice-secrets.ts';

const address = (name: string) => ({ organisationId: 'bluebell', system: 'xero', name });

test('practice secrets written at once are each in the file when their own write is done, and nothing else is left', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'practice-secrets-'));
  const file = join(folder, 'practice-secrets.json');
  const secrets = createPracticeSecrets(file);
  const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
  await Promise.all(
    names.map(async (name) => {
      await secrets.write(address(name), `value of ${name}`);
      expect(readFileSync(file, 'utf8')).toContain(`"value of ${name}"`);
    }),
  );
  await Promise.all([secrets.forget(address('s1')), secrets.write(address('s2'), 'again')]);
  const after = createPracticeSecrets(file);
  expect(await Promise.all(['s0', 's1', 's2'].map((name) => after.read(address(name))))).toEqual([
    'value of s0',
    null,
    'again',
  ]);
  expect(await after.list('bluebell')).toHaveLength(39);
  expect(readdirSync(folder)).toEqual(['practice-secrets.json']);
});
