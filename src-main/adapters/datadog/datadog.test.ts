import { expect, onTestFinished, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { MetricBatch } from '../kit/metrics.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { openBench } from '../testing/bench.ts';
import { aBatch, manyPoints } from '../testing/metric-samples.ts';
import { datadog } from './index.ts';
import { datadogSandbox, type StoredPoint } from './sandbox.ts';

const options = {
  systems: [datadogSandbox],
  settings: { site: 'datadoghq.eu' },
  secrets: { apiKey: 'eu1practicekey00000000000000000001' },
};
const now = Date.parse('2026-08-03T09:00:00Z');

adapterSuite(datadog, { ...options, samples: { 'push-metrics': { payload: aBatch() } } });

async function bench(change: object = {}) {
  const opened = await openBench(datadog, { ...options, ...change });
  onTestFinished(() => opened.close());
  return opened;
}
type Bench = Awaited<ReturnType<typeof bench>>;
const send = (opened: Bench, batch: MetricBatch, settings: object = options.settings, attempt = 1) => {
  const action = datadog.actions['push-metrics'];
  const stamp = { idempotencyKey: 'k', at: Instant.parse(0), attempt };
  const parsed = datadog.settings.schema.parse(settings);
  return action?.deliver(action.plan(batch, parsed, stamp), stamp, opened.context({ settings: parsed }));
};
const stored = (opened: Bench) => opened.sandbox.documents<StoredPoint>('datadog', 'points').all();

test('points arrive as seconds with K5 tags; a counter is what it grew by, with its interval', async () => {
  const opened = await bench();
  expect(await send(opened, aBatch())).toMatchObject({ document: { accepted: 2, dropped: [] } });
  const tags = ['context:wedding_industry', 'org:bluebell', 'region:south-west', 'season:peak', 'venue:cotswold-barn'];
  expect(stored(opened)).toEqual([
    {
      metric: 'wedsync.wedding_requests_per_hour',
      type: 3,
      tags,
      timestamp: now / 1_000 - 5,
      value: 42.5,
      interval: null,
    },
    { metric: 'wedsync.ai_requests_total', type: 1, tags, timestamp: now / 1_000 - 5, value: 128, interval: 60 },
  ]);
});

test('the same points again change nothing', async () => {
  const opened = await bench();
  await send(opened, aBatch());
  const once = stored(opened);
  await send(opened, aBatch(), options.settings, 2);
  expect(stored(opened)).toEqual(once);
});

test('beyond an hour back a level is counted as lost instead of sent to be ignored, and a count is given back', async () => {
  const opened = await bench();
  const late = aBatch(now - 3_700_000);
  expect(await send(opened, late)).toMatchObject({
    document: {
      accepted: 0,
      dropped: [{ points: 1 }],
      returned: [{ metric: 'ai_requests_total', venue: 'cotswold-barn' }],
    },
  });
  expect(stored(opened)).toEqual([]);
});

test('a 202 with errors inside is a partial success', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'datadog', fault: 'drop', value: '1' });
  expect(await send(opened, aBatch())).toMatchObject({
    document: { accepted: 1, dropped: [{ reason: 'point discarded', points: 1 }] },
  });
});

test('a body refused for its size is halved until it fits', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'datadog', status: 413, times: 3 });
  expect(await send(opened, aBatch(now, manyPoints(100, now)))).toMatchObject({ document: { accepted: 100 } });
  expect(stored(opened)).toHaveLength(100);
});

test('a key of another site is refused with the reason that fits', async () => {
  const opened = await bench({ secrets: { apiKey: 'us1practicekey00000000000000000001' } });
  await expect(send(opened, aBatch())).rejects.toMatchObject({ code: 'forbidden', detail: { scope: 'connection' } });
  expect((await datadog.checkHealth(opened.context()))[0]?.failure).toMatchObject({ code: 'forbidden' });
});

test('waits as long as X-RateLimit-Reset says', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'datadog', status: 429, headers: { 'x-ratelimit-reset': '11' } });
  await expect(send(opened, aBatch())).rejects.toMatchObject({ detail: { retryAfterMs: 11_000 } });
});

test('OTLP carries the same numbers as deltas', async () => {
  const opened = await bench();
  const otlp = { site: 'datadoghq.eu', protocol: 'otlp' };
  expect(await send(opened, aBatch(), otlp)).toMatchObject({ document: { accepted: 2, dropped: [] } });
  const values = opened.sandbox.documents<{ name: string; value: number }>('datadog', 'otlp').all();
  expect(values).toMatchObject([
    { name: 'wedsync.wedding_requests_per_hour', value: 42.5 },
    { name: 'wedsync.ai_requests', value: 128 },
  ]);
  opened.sandbox.misbehave({ system: 'datadog', fault: 'drop', value: '1' });
  expect(await send(opened, aBatch(), otlp)).toMatchObject({ document: { accepted: 1, dropped: [{ points: 1 }] } });
});
