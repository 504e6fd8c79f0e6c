import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type BenchRow, benchRow } from './row.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const rounds = 3;
const Figure = z.object({ perSecond: z.number(), commitsPerJob: z.number().optional() });
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const has = (command: string) => spawnSync('which', [command]).status === 0;

/** `npm install` in `bench/` brings the peers; they are no part of the product. */
const installed = () => existsSync(join(here, 'node_modules', 'plainjob'));

interface Side {
  readonly name: string;
  readonly jobs: number;
  measure(folder: string, how: 'one' | 'bulk', env: NodeJS.ProcessEnv): Promise<number>;
}

const perSecond = async (words: readonly string[], env: NodeJS.ProcessEnv) =>
  Figure.parse(JSON.parse((await run(process.execPath, words, { env, timeout: 120_000 })).stdout)).perSecond;

const ours = (jobs: number): Side => ({
  name: 'ours',
  jobs,
  measure: (folder, how, env) => perSecond([join(here, 'outbox-run.ts'), folder, String(jobs), how], env),
});
const peer = (name: string, jobs: number, address = ''): Side => ({
  name,
  jobs,
  measure: (folder, how, env) =>
    perSecond([join(here, 'peers', 'queue.mjs'), name, folder, String(jobs), how, address], env),
});

/** Every side in turn, some rounds, each in a process and a folder of its own; medians. */
async function interleaved(
  sides: readonly Side[],
  how: 'one' | 'bulk',
  env: NodeJS.ProcessEnv = process.env,
): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const side of sides) {
      const folder = mkdtempSync(join(tmpdir(), 'bench-peer-'));
      try {
        seen.get(side.name)?.push(await side.measure(folder, how, env));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }
  return new Map([...seen].map(([name, values]) => [name, median(values)]));
}

interface Service {
  readonly address: string;
  stop(): Promise<void>;
}

async function redis(fsync: 'always' | 'everysec', env: NodeJS.ProcessEnv = process.env): Promise<Service> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-redis-'));
  const address = join(folder, 'redis.sock');
  const words = [
    '--port',
    '0',
    '--unixsocket',
    address,
    '--dir',
    folder,
    '--appendonly',
    'yes',
    '--appendfsync',
    fsync,
    '--save',
    '',
  ];
  const child = spawn('redis-server', [...words, '--maxmemory-policy', 'noeviction'], { stdio: 'ignore', env });
  return service(child, folder, () => existsSync(address), address);
}

async function postgres(): Promise<Service | null> {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const bin = join('/usr/lib/postgresql', versions.at(-1) ?? '', 'bin');
  if (!existsSync(join(bin, 'initdb')) || !has('setpriv')) return null;
  const folder = mkdtempSync(join(tmpdir(), 'bench-pg-'));
  const data = join(folder, 'data');
  mkdirSync(data);
  chmodSync(folder, 0o777);
  spawnSync('chown', ['-R', 'postgres', folder]);
  // The server refuses to run as root.
  const as =
    process.getuid?.() === 0 ? ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--clear-groups'] : [];
  const [command = '', ...before] = [...as, join(bin, 'initdb')];
  const made = spawnSync(command, [...before, '-D', data, '-A', 'trust', '-U', 'postgres'], { cwd: folder });
  if (made.status !== 0) return null;
  const [start = '', ...words] = [
    ...as,
    join(bin, 'postgres'),
    '-D',
    data,
    '-k',
    folder,
    '-h',
    '',
    '-c',
    'synchronous_commit=on',
  ];
  const child = spawn(start, words, { stdio: 'ignore', cwd: folder });
  return service(child, folder, () => existsSync(join(folder, '.s.PGSQL.5432')), folder);
}

async function service(child: ChildProcess, folder: string, ready: () => boolean, address: string): Promise<Service> {
  for (let tries = 0; tries < 200 && !ready(); tries += 1) await wait(50);
  await wait(300);
  return {
    address,
    async stop() {
      child.kill('SIGINT');
      await Promise.race([new Promise((resolve) => child.once('exit', resolve)), wait(5_000)]);
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * The outbox beside queues of the npm world, `synchronous=FULL`, one at a time from 16 callers, and in bulk; with a slow disk too.
 *
 * Alike for all: the same payload, 16 deliveries at once that do nothing, a process and an empty folder of its own each
 * round, as many jobs as take about a second, a quarter of them before it is timed, rounds by turns, medians. One at a time means 16 callers, each of whom enqueues
 * the next job when the former is kept; plainjob's `add` returns only then, so its callers stand in one line and let the
 * workers in after every 16. In bulk a call brings 500; ours come from 16 callers, those of the peers one after another.
 * Not alike: ours keeps a record of each attempt and orders by priority and order key; the others do less for a job.
 */
export async function peersBench(): Promise<BenchRow[]> {
  if (!installed()) {
    process.stderr.write('peers: not installed; `npm install --prefix bench` brings them\n');
    return [];
  }
  const rows: BenchRow[] = [];
  const services: Service[] = [];
  const at = (figures: ReadonlyMap<string, number>, name: string) => figures.get(name) ?? Number.NaN;
  const row = (figures: ReadonlyMap<string, number>, what: string, name: string, label: string, atLeast: number) => {
    if (figures.has(name))
      rows.push(benchRow(`${what} beside ${label}`, at(figures, 'ours'), 'jobs/s', at(figures, name), { atLeast }));
  };
  try {
    const sides = [ours(16_000), peer('plainjob-full', 2_000), peer('plainjob', 9_000)];
    if (has('redis-server')) {
      const always = await redis('always');
      services.push(always);
      sides.push(peer('bullmq', 7_000, always.address));
    }
    const database = await postgres();
    if (database) {
      services.push(database);
      sides.push(peer('pg-boss', 800, database.address));
    }
    const one = await interleaved(sides, 'one');
    row(one, 'outbox life cycle', 'plainjob-full', 'plainjob, synchronous=FULL', 8);
    row(one, 'outbox life cycle', 'plainjob', 'plainjob as shipped', 3.5);
    row(one, 'outbox life cycle', 'bullmq', 'BullMQ, appendfsync always', 5);
    row(one, 'outbox life cycle', 'pg-boss', 'pg-boss', 30);
    const bulk = await interleaved(
      sides.filter(({ name }) => name !== 'plainjob'),
      'bulk',
    );
    const best =
      ['plainjob-full', 'bullmq', 'pg-boss'].toSorted((a, b) => (bulk.get(b) ?? 0) - (bulk.get(a) ?? 0))[0] ?? '';
    row(bulk, 'bulk enqueue and life cycle', best, `the best durable peer (${best})`, 4);
    rows.push(...(await slowDisk()));
  } finally {
    for (const one of services) await one.stop();
  }
  return rows;
}

/** Every flush 2 ms later, by a library in front of libc's (LD_PRELOAD), for us and for the peers alike. */
async function slowDisk(): Promise<BenchRow[]> {
  if (!has('cc') || process.platform !== 'linux') return [];
  const folder = mkdtempSync(join(tmpdir(), 'bench-slow-'));
  const library = join(folder, 'slow-flush.so');
  const built = spawnSync('cc', [
    '-shared',
    '-fPIC',
    '-O2',
    '-o',
    library,
    join(here, 'peers', 'slow-flush.c'),
    '-ldl',
  ]);
  if (built.status !== 0) return [];
  const env = { ...process.env, LD_PRELOAD: library };
  const services: Service[] = [];
  const rows: BenchRow[] = [];
  try {
    const sides = [ours(4_000), peer('plainjob-full', 300)];
    if (has('redis-server')) {
      const [always, everysec] = [await redis('always', env), await redis('everysec', env)];
      services.push(always, everysec);
      sides.push(peer('bullmq', 2_000, always.address));
      sides.push({ ...peer('bullmq', 9_000, everysec.address), name: 'everysec' });
    }
    const slow = await interleaved(sides, 'one', env);
    const targets = [
      ['plainjob-full', 'plainjob, synchronous=FULL', 15],
      ['bullmq', 'BullMQ, appendfsync always', 4],
      ['everysec', 'BullMQ, appendfsync everysec', 1],
    ] as const;
    for (const [name, label, atLeast] of targets) {
      const beside = slow.get(name);
      if (beside === undefined) continue;
      rows.push(
        benchRow(`outbox with 2 ms a flush beside ${label}`, slow.get('ours') ?? Number.NaN, 'jobs/s', beside, {
          atLeast,
        }),
      );
    }
  } finally {
    for (const one of services) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}

if (import.meta.main) console.table(await peersBench());
