import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { testClock } from '../testing/runtime.ts';
import { createFileLog } from './log.ts';
import { createRedactor } from './redactor.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function opened(more: { fileBytes?: number; keepBytes?: number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  folders.push(folder);
  const clock = testClock('2026-07-18T12:00:00Z');
  const redactor = createRedactor();
  const start = () => createFileLog({ folder, clock, redactor, ...more });
  const read = (name = 'console.log') => readFileSync(join(folder, name), 'utf8');
  return { folder, clock, redactor, start, read };
}

test('one event is one JSON line with its fields, and the file is for this user alone', () => {
  const { folder, start, read } = opened();
  const { log, close } = start();
  log.with({ system: 'xero' }).warn('delivery.failed', { code: 'vendor-down', attempt: 3, again: true });
  close();
  expect(JSON.parse(read())).toEqual({
    level: 'warn',
    time: '2026-07-18T12:00:00.000Z',
    event: 'delivery.failed',
    system: 'xero',
    code: 'vendor-down',
    attempt: 3,
    again: true,
  });
  if (process.platform !== 'win32') expect(statSync(join(folder, 'console.log')).mode & 0o077).toBe(0);
});

test('no secret reaches the file, whatever field it came in', () => {
  const { redactor, start, read } = opened();
  redactor.know('pa"ss\\word-canary');
  const { log, close } = start();
  log.error('call pa"ss\\word-canary', { error: 'x pa"ss\\word-canary y', header: 'Bearer abcdefgh12345' });
  log.with({ bound: 'pa"ss\\word-canary' }).info('a.b');
  // One that lies across the place where a long text is cut: cleaned first, or half of it would stay.
  log.info('cut', { long: `${'x'.repeat(3_990)}pa"ss\\word-canary` });
  close();
  expect(read()).not.toMatch(/canary|abcdefgh12345|pa\\"ss/);
  for (const line of read().trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
});

test('nothing can forge a second line or turn the text around', () => {
  const { start, read } = opened();
  const { log, close } = start();
  log.info('import.read', { file: 'a\nb\u2028c\u202Egpj.exe\u0085d\u001b[31m', long: 'x'.repeat(100_000) });
  close();
  const text = read();
  expect(text.trimEnd().split(/[\n\u2028\u0085]/)).toHaveLength(1);
  expect(['\u202e', '\u001b', '\u2028'].some((one) => text.includes(one))).toBe(false);
  expect(JSON.parse(text).file).toBe('a\nb\u2028c\u202Egpj.exe\u0085d\u001b[31m');
  expect(text.length).toBeLessThan(10_000);
});

test('a full file is put aside, a new day begins a new one, and the oldest go', async () => {
  const { folder, clock, start } = opened({ fileBytes: 2_000, keepBytes: 8_000 });
  const { log, close } = start();
  for (let count = 0; count < 200; count++) log.info('tick', { count });
  const names = () => readdirSync(folder).sort();
  const total = () => names().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(names().length).toBeGreaterThan(2);
  expect(total()).toBeLessThanOrEqual(8_000);
  const before = names().length;
  await clock.advance(86_400_000);
  log.info('tock');
  close();
  expect(names().length).toBeGreaterThanOrEqual(before);
  expect(readFileSync(join(folder, 'console.log'), 'utf8').trim().split('\n')).toHaveLength(1);
});

test('a later start goes on in the same file', () => {
  const { folder, clock, start, read } = opened();
  for (const event of ['first', 'second']) {
    const { log, close } = start();
    log.info(event);
    close();
    // The file's own date is the machine's; the test lives on another day.
    utimesSync(join(folder, 'console.log'), new Date(clock.now()), new Date(clock.now()));
  }
  expect(read().trim().split('\n')).toHaveLength(2);
});
