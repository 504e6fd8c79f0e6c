import { expect, test } from 'vitest';
import { unsafePlace } from './folder-place.ts';

test.each([
  ['/home/alex/Dropbox/ops', 0xef53, 'Dropbox'],
  ['C:\\Users\\alex\\OneDrive - Bluebell\\ops', 0, 'OneDrive'],
  ['/Users/alex/Library/Mobile Documents/ops', 0x1a, 'iCloud'],
  ['/srv/ops', 0x6969, 'NFS'],
  ['/srv/ops', 0xff534d42 | 0, 'CIFS'],
])('FT-25 %s is named as a place that can damage the database', async (folder, type, word) => {
  expect(await unsafePlace(folder, async () => type)).toContain(word);
});

test('FT-25 an ordinary folder is no such place, nor one whose kind cannot be told', async () => {
  expect(await unsafePlace('/home/alex/.local/share/wedsync-ops', async () => 0xef53)).toBeNull();
  expect(await unsafePlace('/nowhere', () => Promise.reject(new Error('no')))).toBeNull();
});
