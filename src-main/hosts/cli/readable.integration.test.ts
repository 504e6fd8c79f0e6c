import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { whenIn } from './command.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-readable-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a person reads, without `--json`. */
function wedops(...words: string[]): Promise<string> {
  const all = [program, ...words, '--data', join(folder, 'data')];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { timeout: 60_000 }, (_error, stdout) => resolve(stdout));
  });
}

test('an hour that comes twice in October is told apart, and its letters stand once (U20)', () => {
  const when = whenIn('Europe/London');
  expect([when('2026-10-25T00:30:00Z'), when('2026-10-25T01:30:00Z')]).toEqual([
    '25 Oct 2026, 01:30 BST',
    '25 Oct 2026, 01:30 GMT',
  ]);
  expect([when('2026-07-18T12:00:00Z'), when(null)]).toEqual(['18 Jul 2026, 13:00 BST', '']);
});

test('a person reads times of the wedding day as its clock shows them', async () => {
  expect(await wedops('weekend', '--at', '2026-07-18T12:00:00Z')).toMatch(
    /^18 Jul 2026, 13:00 BST \(Europe\/London\), peak\nWedding-day mode until 19 Jul 2026, 23:00 BST \(weekend\)/,
  );
  await wedops('alert', 'raise', '--severity', 'info', '--title', 'Gallery slow', '--no-wait');
  const raised = /\nA-1001 +info +firing +\d\d \w{3} \d{4}, \d\d:\d\d (GMT|BST) +Gallery slow/;
  expect(await wedops('alert', 'list')).toMatch(raised);
  expect(await wedops('alert', 'show', 'A-1001')).toMatch(/\n\d\d \w{3} \d{4}, \d\d:\d\d (GMT|BST) raised: /);
});

test('help is a word as well as an option', async () => {
  expect(await wedops('help', 'alert', 'ack')).toBe(await wedops('alert', 'ack', '--help'));
  expect(await wedops('help')).toBe(await wedops('--help'));
});
