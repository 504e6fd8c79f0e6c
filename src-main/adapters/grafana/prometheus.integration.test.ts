import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { exposition, expositionType } from '../../engine/kpis/exposition.ts';
import { createHttp } from '../../platform/http.ts';
import { createRedactor } from '../../platform/redactor.ts';
import { systemClock, systemRandom } from '../../platform/runtime.ts';
import { testLog } from '../../testing/runtime.ts';
import type { MetricBatch, MetricOutcome } from '../kit/metrics.ts';
import { aBatch, manyPoints } from '../testing/metric-samples.ts';
import { grafana } from './index.ts';

const binaries = ['/usr/bin/prometheus', '/usr/local/bin/prometheus'];
const prometheus = binaries.find((file) => existsSync(file));
if (prometheus === undefined)
  process.stdout.write('Not run: there is no Prometheus on this machine (package "prometheus")\n');
const promtool = prometheus?.replace(/prometheus$/, 'promtool') ?? '';

/** Since version 2.47, under another name since version 3; null: this one takes none. */
const otlpReceiver = ((): string | null => {
  if (prometheus === undefined) return null;
  const { stdout, stderr } = spawnSync(prometheus, ['--help'], { encoding: 'utf8' });
  const help = stdout + stderr;
  if (help.includes('--web.enable-otlp-receiver')) return '--web.enable-otlp-receiver';
  return help.includes('otlp-write-receiver') ? '--enable-feature=otlp-write-receiver' : null;
})();
if (prometheus !== undefined && otlpReceiver === null) {
  process.stdout.write('Not run: OTLP into Prometheus; this Prometheus has no OTLP receiver\n');
}

async function freePort(): Promise<number> {
  const socket = createSocket();
  await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise((resolve) => socket.close(resolve));
  return port;
}
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** Asks until the answer is there; a real server takes what time it takes. */
async function until<T>(look: () => Promise<T | null>, forMs = 15_000): Promise<T> {
  for (const end = performance.now() + forMs; performance.now() < end; await wait(100)) {
    const found = await look().catch(() => null);
    if (found !== null) return found;
  }
  throw new Error('It did not come');
}

describe.skipIf(prometheus === undefined)('a real Prometheus', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  const http = createHttp({ clock: systemClock, redactor: createRedactor(), allowInternal: () => true });
  const now = Date.now() - (Date.now() % 1_000);
  const page = exposition([{ org: 'bluebell', points: [...aBatch(now).points, ...manyPoints(3, now)] }]);
  let url = '';
  let child: ChildProcess;
  let target: Server;

  beforeAll(async () => {
    target = createServer((_request, reply) => void reply.writeHead(200, { 'content-type': expositionType }).end(page));
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const scraped = (target.address() as AddressInfo).port;
    writeFileSync(
      join(folder, 'prometheus.yml'),
      `global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: console\n    static_configs: [{targets: ['127.0.0.1:${scraped}']}]\n`,
    );
    const flags = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
      ...(otlpReceiver === null ? [] : [otlpReceiver]),
    ];
    child = spawn(prometheus ?? '', flags, { stdio: 'ignore' });
    await until(async () => ((await fetch(`${url}/-/ready`)).status === 200 ? true : null), 30_000);
  }, 40_000);
  afterAll(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    await ended;
    target.close();
    await http.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function query(expression: string): Promise<{ metric: Record<string, string>; value: string }[]> {
    const reply = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expression })}`);
    const body = (await reply.json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return body.data.result.map(({ metric, value }) => ({ metric, value: value[1] }));
  }

  async function push(batch: MetricBatch, protocol: 'remote-write' | 'otlp' = 'remote-write'): Promise<MetricOutcome> {
    const action = grafana.actions['push-metrics'];
    const settings = {
      protocol,
      writeUrl: `${url}${protocol === 'otlp' ? '/api/v1/otlp/v1/metrics' : '/api/v1/write'}`,
      writeUser: '1',
      grafanaUrl: '',
    } as const;
    const stamp = { idempotencyKey: 'k', at: Instant.parse(0), attempt: 1 };
    const context = {
      organisationId: 'bluebell',
      settings,
      secrets: { writeToken: 'nobody-asks' },
      account: null,
      http,
      clock: systemClock,
      random: systemRandom,
      log: testLog(),
      signal: new AbortController().signal,
    };
    const receipt = await action?.deliver(action.plan(batch, settings, stamp), stamp, context);
    return receipt?.document as unknown as MetricOutcome;
  }

  test('promtool finds nothing wrong with the metrics page', () => {
    expect(() =>
      execFileSync(promtool, ['check', 'metrics'], { input: page, stdio: ['pipe', 'pipe', 'pipe'] }),
    ).not.toThrow();
  });

  test('scrapes the page, every series once', async () => {
    const found = await until(async () => {
      const rows = await query('{__name__=~"wedsync_.+",job="console"}');
      return rows.length > 0 ? rows : null;
    });
    expect(found).toHaveLength(5);
    expect(found.find(({ metric }) => metric.__name__ === 'wedsync_ai_requests_total')).toMatchObject({
      metric: {
        season: 'peak',
        context: 'wedding_industry',
        venue: 'cotswold-barn',
        region: 'south-west',
        org: 'bluebell',
      },
      value: '91827',
    });
    expect(await query('up{job="console"}')).toMatchObject([{ value: '1' }]);
  });

  test('takes remote write, and finds by its labels what was written', async () => {
    expect(await push(aBatch(now, manyPoints(400, now)))).toEqual({ accepted: 400, dropped: [] });
    expect(await query('count(wedsync_weddings_today{job="wedsync-ops-console"})')).toMatchObject([{ value: '400' }]);
    expect(await query('wedsync_weddings_today{job="wedsync-ops-console",venue="venue-123"}')).toMatchObject([
      { value: '123' },
    ]);
  });

  test('the same again is one sample, and a sample out of order costs only itself', async () => {
    const points = manyPoints(20, now);
    await push(aBatch(now, points));
    await push(aBatch(now, points));
    const later = points.slice(0, 1).map((point) => ({ ...point, at: point.at + 2_000 }));
    await push(aBatch(now, later));
    const between = points.map((point) => ({ ...point, at: point.at + 1_000 }));
    const outcome = await push(aBatch(now, between));
    expect(outcome.accepted).toBe(19);
    expect(outcome.dropped).toMatchObject([{ points: 1 }]);
  });

  test.skipIf(otlpReceiver === null)('takes the same numbers by OTLP, written as protobuf by hand', async () => {
    const outcome = await push(aBatch(Date.now() - (Date.now() % 1_000)), 'otlp');
    expect(outcome).toEqual({ accepted: 2, dropped: [] });
    const rows = await until(async () => {
      const found = await query(
        '{__name__=~"wedsync_ai_requests.*",instance="console-bluebell",job="wedsync-ops-console"}',
      );
      return found.length > 0 ? found : null;
    });
    expect(rows.map(({ value }) => value)).toContain('91827');
  });
});
