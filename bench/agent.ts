import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type BenchRow, benchRow } from './row.ts';

/** As `npm run wedops` starts it. */
const program = fileURLToPath(new URL('../scripts/wedops.mjs', import.meta.url));
const starts = 5;
const restMs = 20_000;
/** An hour by `BENCH_SLOPE_MINUTES=60`. */
const slopeMinutes = Number(process.env.BENCH_SLOPE_MINUTES ?? 12);
/** By then what runs every five minutes has run once: until then code is loaded and compiled for its first use. */
const warmMinutes = Math.min(7, slopeMinutes / 2);
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

interface Ready {
  readonly url: string;
  readonly token: string;
  readonly webhookUrl: string;
}

async function start(
  folder: string,
  command: 'agent' | 'sandbox',
  ...words: string[]
): Promise<{ child: ChildProcess; ms: number; ready: Ready }> {
  const began = performance.now();
  const child = spawn(process.execPath, [program, command, '--data', folder, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('no output');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ms: performance.now() - began, ready: JSON.parse(line) as Ready };
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Resident memory, MB, and processor time so far, ms, of a process on Linux. */
function usage(pid: number): { rssMb: number; cpuMs: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { rssMb: Number(rss) / 1024, cpuMs: (Number(fields[11]) + Number(fields[12])) * 10 };
}

/** Least-squares slope, units an hour, of samples taken every so many seconds. */
function slopePerHour(values: readonly number[], everySeconds: number): number {
  const n = values.length;
  const mean = (n - 1) / 2;
  const average = values.reduce((sum, value) => sum + value, 0) / n;
  const top = values.reduce((sum, value, index) => sum + (index - mean) * (value - average), 0);
  const bottom = values.reduce((sum, _, index) => sum + (index - mean) ** 2, 0);
  return (top / bottom) * (3_600 / everySeconds);
}

/** The agent: how soon it is ready, what it costs at rest, and whether its memory grows while work goes through. */
export async function agentBench(): Promise<BenchRow[]> {
  if (process.platform !== 'linux') return [];
  // An agent of the sources (nothing built, or they are newer) needs some 40 MB more; `npm start` builds as well.
  if (spawnSync('npm', ['run', '-s', 'build'], { stdio: ['ignore', 2, 2] }).status !== 0) throw new Error('no build');
  const folder = mkdtempSync(join(tmpdir(), 'bench-agent-'));
  try {
    const empty: number[] = [];
    for (let index = 0; index < starts; index += 1) {
      const fresh = mkdtempSync(join(tmpdir(), 'bench-start-'));
      const { child, ms } = await start(fresh, 'agent', '--practice', '--empty');
      empty.push(ms);
      await stop(child);
      rmSync(fresh, { recursive: true, force: true });
    }
    // The outside systems run beside it, as they would: only the agent is weighed.
    const outside = await start(join(folder, 'outside'), 'sandbox');
    const words = ['--practice', '--empty', '--sandbox', outside.ready.url];
    const { child, ready } = await start(join(folder, 'data'), 'agent', ...words);
    const pid = child.pid ?? 0;
    await wait(15_000);
    const before = usage(pid);
    await wait(restMs);
    const after = usage(pid);
    const rest = { rssMb: after.rssMb, cpu: ((after.cpuMs - before.cpuMs) / restMs) * 100 };

    const samples: number[] = [];
    const began = performance.now();
    let sent = 0;
    // 1× load: 100 webhooks and a few alerts a minute.
    while (performance.now() - began < slopeMinutes * 60_000) {
      sent += 1;
      const body = JSON.stringify({ id: `slope-${sent}`, type: 'vendor.activity' });
      const ts = String(Math.floor(Date.now() / 1_000));
      const signature = createHmac('sha256', 'practice-generic-hmac-secret').update(`${ts}.${body}`).digest('hex');
      await fetch(`${ready.webhookUrl}/bluebell/generic-hmac`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-timestamp': ts, 'x-signature-256': `sha256=${signature}` },
        body,
      }).then((reply) => reply.arrayBuffer());
      await wait(650);
      samples.push(usage(pid).rssMb);
    }
    await stop(child);
    await stop(outside.child);
    const steady = samples.slice(Math.floor(samples.length * (warmMinutes / slopeMinutes)));
    return [
      benchRow(`agent start to ready, empty folder, median of ${starts}`, median(empty), 'ms', 1_500, { atMost: 1 }),
      benchRow('agent at rest: memory', rest.rssMb, 'MB', 150, { atMost: 1 }),
      benchRow('agent at rest: one core', rest.cpu, '%', 2, { atMost: 1 }),
      benchRow(
        `memory growth under 1× load, minutes ${warmMinutes} to ${slopeMinutes}`,
        Math.max(0, slopePerHour(steady, (slopeMinutes * 60) / samples.length)),
        'MB/h',
        1,
        { atMost: 1 },
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) console.table(await agentBench());
