import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { verifyDatabase } from '../../src-main/store/backup.ts';
import { testRandom } from '../../src-main/testing/runtime.ts';
import { emergency, endAll, lived, organisationId, program, startAgent, wedops } from '../rig/console.ts';
import { broken } from '../rig/invariants.ts';
import { can, place, removeAll } from '../rig/places.ts';

afterEach(async () => {
  await endAll();
  removeAll();
});

test('FT-08 killed while it makes a backup: no half one bears its name, the one before stays whole, and the next can be made', async () => {
  const { data, folder } = await lived('backup-killed');
  // So large that copying it takes a while.
  const db = new Database(join(data, 'console.db'));
  db.exec('CREATE TABLE filler (bytes BLOB); INSERT INTO filler VALUES (randomblob(30000000))');
  db.close();
  const kept = join(folder, 'kept.db');
  expect(await wedops(data, ['backup', '--out', kept])).toMatchObject({ exit: 0 });
  const copying = () => existsSync(join(data, 'temporary')) && readdirSync(join(data, 'temporary')).length > 0;
  const random = testRandom(8);
  for (const target of [join(folder, 'new.db'), kept, join(folder, 'new.db'), kept]) {
    const child = spawn(process.execPath, [program, 'backup', '--out', target, '--data', data], { stdio: 'ignore' });
    const gone = once(child, 'exit');
    while (!copying() && child.exitCode === null) await wait(1);
    await wait(Math.floor(random.next() * 150));
    child.kill('SIGKILL');
    expect(await gone, 'the kill came too late').toEqual([null, 'SIGKILL']);
    // Whichever of its steps the kill met: what has the name is whole.
    verifyDatabase(kept);
    if (existsSync(target)) verifyDatabase(target);
  }
  const next = join(folder, 'next.db');
  expect(await wedops(data, ['backup', '--out', next])).toMatchObject({ exit: 0 });
  verifyDatabase(next);
  expect(copying(), 'what a killed backup left is swept away').toBe(false);
  expect(broken({ data })).toEqual([]);
}, 120_000);

test.skipIf(!can.strace)(
  'FT-09 what is not in the database is on the disk before its name says so, and a checkpoint before it counts (R42)',
  async () => {
    const folder = place('synced');
    const data = join(folder, 'data');
    const log = join(folder, 'strace.log');
    const calls = 'trace=openat,write,pwrite64,writev,fsync,fdatasync,rename,renameat,renameat2';
    const agent = await startAgent(data, ['--practice', '--empty'], {
      front: ['strace', '-f', '-qq', '-y', '-s', '0', '-o', log, '-e', calls],
    });
    const client = await agent.client();
    await client.alerts.raise(emergency('something to record'));
    await client.audit.extract({ organisationId });
    expect(await wedops(data, ['backup', '--out', join(folder, 'copy.db')])).toMatchObject({ exit: 0 });
    await agent.stop();

    const steps = readSteps(readFileSync(log, 'latin1'));
    const names = steps.flatMap((step) => (step.kind === 'rename' ? [step.to.slice(folder.length + 1)] : []));
    expect(names).toContain('data/starts.json');
    expect(names).toContainEqual(expect.stringMatching(/\.backup$/));
    const late = steps.flatMap((step, at) => {
      // Of this start alone: after a power cut nobody needs it. Node's own compiled files lie elsewhere.
      if (step.kind !== 'rename' || step.to.endsWith('owner.json') || !step.to.startsWith(folder)) return [];
      const own = steps.slice(0, at).filter(({ path }) => path === step.path);
      const synced = own.findLastIndex(({ kind }) => kind === 'sync');
      const whole = synced >= 0 && synced > own.findLastIndex(({ kind }) => kind === 'write');
      const folderToo = steps.slice(at).some(({ kind, path }) => kind === 'sync' && path === dirname(step.to));
      return whole && folderToo ? [] : [step.to];
    });
    expect(late).toEqual([]);
    const checkpoints = steps.filter(({ path }) => path === join(data, 'audit-checkpoints.jsonl'));
    expect(checkpoints.some(({ kind }) => kind === 'write')).toBe(true);
    checkpoints.forEach(({ kind }, at) => {
      if (kind === 'write') expect(checkpoints[at + 1]?.kind).toBe('sync');
    });
  },
  60_000,
);

interface Step {
  readonly kind: 'write' | 'sync' | 'rename';
  /** What is written, synced or renamed. */
  readonly path: string;
  /** The new name. */
  readonly to: string;
}

/** The calls in the order of their beginning; strace's `-y` names the file of each descriptor. */
function readSteps(trace: string): Step[] {
  return trace.split('\n').flatMap((line): Step[] => {
    const rename = /^\d+\s+rename\w*\(.*?"([^"]+)".*?"([^"]+)"/.exec(line);
    if (rename) return [{ kind: 'rename', path: rename[1] ?? '', to: rename[2] ?? '' }];
    const other = /^\d+\s+(write|pwrite64|writev|fsync|fdatasync)\(\d+<([^>]+)>/.exec(line);
    if (!other) return [];
    return [{ kind: other[1]?.endsWith('sync') ? 'sync' : 'write', path: other[2] ?? '', to: '' }];
  });
}
