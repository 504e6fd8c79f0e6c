import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openConnection } from '../../src-main/store/connection.ts';
import { organisationId, startAgent } from './console.ts';
import { sendEvent } from './webhook.ts';

const names = ['console.db', 'console.db-wal'] as const;
type Name = (typeof names)[number];

interface Step {
  /** Milliseconds UTC at which the call began. */
  readonly at: number;
  readonly file: Name;
  readonly kind: 'write' | 'sync' | 'truncate' | 'remove';
  readonly bytes?: Buffer;
  readonly offset?: number;
}

interface Fact {
  readonly text: string;
  /** When its sender had the answer in hand. */
  readonly at: number;
}

/** Lives a little under strace; every write and sync of the database, and what was acknowledged when. */
export async function record(folder: string): Promise<{ journal: Step[]; acknowledged: Fact[] }> {
  const data = join(folder, 'data');
  await (await startAgent(data)).stop();
  const before = join(folder, 'before');
  mkdirSync(before);
  for (const name of names) {
    if (existsSync(join(data, name))) copyFileSync(join(data, name), join(before, name));
  }
  const log = join(folder, 'strace.log');
  const agent = await startAgent(data, ['--practice', '--empty'], {
    front: [
      ...['strace', '-f', '-qq', '-ttt', '-y', '-xx', '-s', '70000', '-o', log],
      ...['-e', 'trace=pwrite64,fsync,fdatasync,ftruncate,unlink'],
      ...names.flatMap((name) => ['-P', join(data, name)]),
    ],
  });
  const client = await agent.client();
  const acknowledged: Fact[] = [];
  const acknowledge = (text: string) => acknowledged.push({ text, at: Date.now() });
  for (let round = 0; round < 8; round += 1) {
    const alert = `power alert ${String(round).padStart(2, '0')}`;
    await Promise.all([
      client.alerts
        .raise({ organisationId, severity: 'info', title: alert, detail: '', venues: [], key: alert, source: 'power' })
        .then(() => acknowledge(alert)),
      ...Array.from({ length: 4 }, async (_, index) => {
        const id = `power-event-${round}-${index}`;
        if ((await sendEvent(agent.ready.webhookUrl, id)) === 202) acknowledge(id);
      }),
    ]);
  }
  await agent.kill();
  return { journal: readTrace(readFileSync(log, 'latin1')), acknowledged };
}

function readTrace(text: string): Step[] {
  return text.split('\n').flatMap((line): Step[] => {
    const found = /^\d+\s+([\d.]+) (pwrite64|fsync|fdatasync|ftruncate|unlink)\((.*)$/s.exec(line);
    if (!found) return [];
    const [, time = '', call = '', rest = ''] = found;
    const at = Number(time) * 1_000;
    const paths = rest.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    const file = names.find((name) => paths.slice(0, 400).includes(`/${name}${call === 'unlink' ? '"' : '>'}`));
    if (!file) return [];
    if (call === 'fsync' || call === 'fdatasync') return [{ at, file, kind: 'sync' }];
    if (call === 'unlink') return [{ at, file, kind: 'remove' }];
    if (call === 'ftruncate') {
      const size = /,\s*(\d+)/.exec(rest.slice(rest.indexOf('>')))?.[1];
      return [{ at, file, kind: 'truncate', offset: Number(size) }];
    }
    const write = /, "((?:\\x[0-9a-f]{2})*)", (\d+), (\d+)/.exec(rest);
    if (!write) throw new Error(`a write that was cut short: ${line.slice(0, 200)}`);
    const bytes = Buffer.from((write[1] ?? '').replaceAll('\\x', ''), 'hex');
    if (bytes.length !== Number(write[2])) throw new Error('a write longer than what was recorded');
    return [{ at, file, kind: 'write', bytes, offset: Number(write[3]) }];
  });
}

/** The file after these steps; null: removed. */
function apply(content: Buffer | null, { kind, bytes, offset = 0 }: Step): Buffer | null {
  if (kind === 'remove') return null;
  const now = content ?? Buffer.alloc(0);
  if (kind === 'truncate') {
    return offset <= now.length ? now.subarray(0, offset) : Buffer.concat([now, Buffer.alloc(offset - now.length)]);
  }
  if (!bytes) return now;
  const size = Math.max(now.length, offset + bytes.length);
  const next = Buffer.alloc(size);
  now.copy(next);
  bytes.copy(next, offset);
  return next;
}

/**
 * Cuts the power before the first sync and after every one, twice: once with nothing on disk but what was synced, file by
 * file, and once with everything that was written by then. Whatever was acknowledged before the next sync began must be in both.
 */
export function powerCuts(
  folder: string,
  journal: readonly Step[],
  acknowledged: readonly Fact[],
): { cuts: number; wrong: string[] } {
  const start = Object.fromEntries(
    names.map((name) => {
      const path = join(folder, 'before', name);
      return [name, existsSync(path) ? readFileSync(path) : null];
    }),
  ) as Record<Name, Buffer | null>;
  const written = { ...start };
  const durable = { ...start };
  const wrong: string[] = [];
  let cuts = 0;
  const syncs = journal.map((step, index) => ({ step, index })).filter(({ step }) => step.kind === 'sync');
  let done = 0;
  for (let number = -1; number < syncs.length; number += 1) {
    const { step, index } = syncs[number] ?? { step: null, index: -1 };
    for (; done <= index; done += 1) {
      const next = journal[done];
      if (next && next.kind !== 'sync') written[next.file] = apply(written[next.file], next);
    }
    if (step) durable[step.file] = written[step.file];
    const until = syncs[number + 1]?.step.at ?? Number.POSITIVE_INFINITY;
    const due = acknowledged.filter(({ at }) => at < until).map(({ text }) => text);
    for (const [how, files] of [
      ['synced only', durable],
      ['all written', written],
    ] as const) {
      cuts += 1;
      wrong.push(...afterCut(join(folder, 'cut'), files, due).map((what) => `sync ${number}, ${how}: ${what}`));
    }
  }
  return { cuts, wrong };
}

function afterCut(place: string, files: Readonly<Record<Name, Buffer | null>>, due: readonly string[]): string[] {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  for (const name of names) {
    const content = files[name];
    if (content) writeFileSync(join(place, name), content);
  }
  try {
    const db = openConnection(join(place, 'console.db'), 'writer');
    try {
      const verdict = db.pragma('integrity_check', { simple: true });
      if (verdict !== 'ok') return [String(verdict)];
      const there = new Set([
        ...(db.prepare('SELECT title FROM alert').pluck().all() as string[]),
        ...(db.prepare("SELECT json_extract(CAST(body AS TEXT), '$.id') FROM inbound_event").pluck().all() as string[]),
      ]);
      return due.filter((text) => !there.has(text)).map((text) => `${text} is lost`);
    } finally {
      db.close();
    }
  } catch (thrown) {
    return [thrown instanceof Error ? thrown.message : String(thrown)];
  }
}
