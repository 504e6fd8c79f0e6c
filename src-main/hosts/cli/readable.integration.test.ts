import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { wedopsProgram } from '../../testing/wedops-program.ts';
import { whenIn } from './command.ts';
import { table } from './output.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-readable-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a person reads, without `--json`. */
function wedops(...words: string[]): Promise<string> {
  const all = [wedopsProgram, ...words, '--data', join(folder, 'data')];
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

test('whatever has a time is read as the clock on the wall, and as an instant by programs', async () => {
  await wedops('schedule', 'add', 'Month end', '--at', 'every 1st at 07:00', '--to', 'file');
  await wedops('schedule', 'run', 'Month end', '--dry-run');
  await wedops('health', '--refresh');
  const utc = /\d{4}-\d\d-\d\dT\d\d:\d\d/;
  const local = /\d\d \w{3} \d{4}, \d\d:\d\d (GMT|BST)/;
  const commands = ['schedule list', 'schedule history', 'health', 'seat show', 'alert list', 'alert show A-1001'];
  for (const command of commands) {
    const said = await wedops(...command.split(' '));
    expect(said, command).toMatch(local);
    expect(said, command).not.toMatch(utc);
  }
  expect(await wedops('schedule', 'list', '--json')).toMatch(utc);
  const acknowledged = await wedops('alert', 'ack', 'A-1001', '--no-wait');
  expect(acknowledged).toMatch(/Acknowledged by Alex Morgan until \d\d \w{3} \d{4}, \d\d:\d\d\./);
});

test('a terminal shows titles in bold unless its user wants none of it', () => {
  const shown = (isTTY: boolean, env: Record<string, string>) => {
    const before = process.stdout.isTTY;
    for (const name of ['NO_COLOR', 'TERM']) vi.stubEnv(name, env[name]);
    process.stdout.isTTY = isTTY;
    try {
      return table(['id'], []);
    } finally {
      process.stdout.isTTY = before;
      vi.unstubAllEnvs();
    }
  };
  expect(shown(true, { TERM: 'xterm' })).toBe('\x1b[1mid\x1b[0m');
  for (const env of [{ TERM: 'xterm', NO_COLOR: '1' }, { TERM: 'dumb' }]) expect(shown(true, env)).toBe('id');
  expect(shown(false, { TERM: 'xterm' })).toBe('id');
});

test('help is a word as well as an option', async () => {
  expect(await wedops('help', 'alert', 'ack')).toBe(await wedops('alert', 'ack', '--help'));
  expect(await wedops('help')).toBe(await wedops('--help'));
});
