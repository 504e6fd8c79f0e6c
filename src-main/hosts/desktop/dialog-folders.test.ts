import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createDialogFolders } from './dialog-folders.ts';

test('a dialog opens where its purpose was last, after a new start as well, and each purpose has its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dialogs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'dialogs.json');
  const first = createDialogFolders(file);
  expect(first.of('costs')).toBeUndefined();
  first.note('costs', '/home/a/costs/september.csv');
  first.note('backup', '/mnt/drive/kept.db');
  expect(first.of('costs')).toBe('/home/a/costs');
  const again = createDialogFolders(file);
  expect([again.of('costs'), again.of('backup'), again.of('weddings')]).toEqual([
    '/home/a/costs',
    '/mnt/drive',
    undefined,
  ]);
  writeFileSync(file, 'half of {');
  expect(createDialogFolders(file).of('costs')).toBeUndefined();
  const nowhere = createDialogFolders(join(folder, 'gone', 'dialogs.json'));
  nowhere.note('costs', '/x/y.csv');
  expect(nowhere.of('costs')).toBe('/x');
});
