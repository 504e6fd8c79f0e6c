import { expect, onTestFinished, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { openBench } from '../testing/bench.ts';
import { aBatch } from '../testing/metric-samples.ts';
import { newrelic } from './index.ts';
import { newrelicSandbox, type StoredMetric } from './sandbox.ts';

const options = {
  systems: [newrelicSandbox],
  settings: { accountId: '1234567' },
  secrets: { licenceKey: 'eu01xxpracticelicencekey000000000000NRAL', userKey: 'NRAK-PRACTICE00000000000000000' },
};
const now = Date.parse('2026-08-03T09:00:00Z');
const { userKey: _userKey, ...ingestOnly } = options.secrets;

adapterSuite(newrelic, { ...options, samples: { 'push-metrics': { payload: aBatch() } } });

async function bench(change: object = {}) {
  const opened = await openBench(newrelic, { ...options, ...change });
  onTestFinished(() => opened.close());
  return opened;
}
type Bench = Awaited<ReturnType<typeof bench>>;
const send = (
  opened: Bench,
  change: { batch?: ReturnType<typeof aBatch>; settings?: object; attempt?: number } = {},
) => {
  const action = newrelic.actions['push-metrics'];
  const stamp = { idempotencyKey: 'k', at: Instant.parse(0), attempt: change.attempt ?? 1 };
  const settings = newrelic.settings.schema.parse(change.settings ?? options.settings);
  return action?.deliver(action.plan(change.batch ?? aBatch(), settings, stamp), stamp, opened.context({ settings }));
};
const stored = (opened: Bench) => opened.sandbox.documents<StoredMetric>('newrelic', 'metrics').all();
const errors = (opened: Bench) => opened.sandbox.documents('newrelic', 'errors').all();

test('a count carries its interval, a level its moment, and both the labels of K5', async () => {
  const opened = await bench();
  expect(await send(opened)).toMatchObject({ vendorId: expect.any(String), document: { accepted: 2, dropped: [] } });
  const attributes = {
    context: 'wedding_industry',
    org: 'bluebell',
    season: 'peak',
    venue: 'cotswold-barn',
    region: 'south-west',
  };
  expect(stored(opened)).toMatchObject([
    { name: 'wedsync.wedding_requests_per_hour', type: 'gauge', value: 42.5, timestamp: now - 5_000, attributes },
    {
      name: 'wedsync.ai_requests_total',
      type: 'count',
      value: 128,
      timestamp: now - 65_000,
      intervalMs: 60_000,
      attributes,
    },
  ]);
  expect(errors(opened)).toEqual([]);
});

test.each(['reset-after', 'swallow'] as const)(
  'a repeat after a lost answer (%s) does not double the counts',
  async (fault) => {
    const opened = await bench();
    opened.sandbox.misbehave({
      system: 'newrelic',
      path: '/metric',
      fault: fault === 'swallow' ? 'reset-after' : fault,
    });
    await expect(send(opened)).rejects.toMatchObject({ kind: 'retryable' });
    await send(opened, { attempt: 2 });
    expect(stored(opened).filter(({ type }) => type === 'count')).toHaveLength(1);
  },
);

test('a repeat of what never arrived brings the counts after all', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'newrelic', path: '/metric', fault: 'reset-before' });
  await expect(send(opened)).rejects.toMatchObject({ kind: 'retryable' });
  await send(opened, { attempt: 2 });
  expect(stored(opened).filter(({ type }) => type === 'count')).toHaveLength(1);
});

test('an EU key goes to EU hosts, and a setting that says otherwise stops before anything is sent', async () => {
  const opened = await bench();
  await send(opened);
  expect(opened.sandbox.received('newrelic').map(({ path }) => path)).toEqual([
    expect.stringContaining('metric-api.eu.newrelic.com'),
  ]);
  await expect(send(opened, { settings: { region: 'us' } })).rejects.toMatchObject({ code: 'misconfigured' });
  const us = await bench({ secrets: { licenceKey: '0123456789abcdef0123456789abcdef0123NRAL' } });
  expect(await send(us)).toMatchObject({ document: { accepted: 2 } });
});

test('what New Relic took with a 202 and refused afterwards shows in its health', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'newrelic', path: '/metric', fault: 'drop' });
  expect(await send(opened)).toMatchObject({ document: { accepted: 2 } });
  expect(stored(opened)).toEqual([]);
  const checks = await newrelic.checkHealth(opened.context());
  expect(checks.find(({ id }) => id === 'stored')?.failure).toMatchObject({
    code: 'misconfigured',
    message: expect.stringContaining('2 × MetricApi, Points discarded'),
  });
});

test('without a user key only the heartbeat is tried', async () => {
  const opened = await bench({ secrets: ingestOnly });
  expect((await newrelic.checkHealth(opened.context())).map(({ id, failure }) => [id, failure])).toEqual([
    ['ingest', null],
  ]);
});

test('a level older than two days is counted as lost, a count is given back', async () => {
  const opened = await bench();
  expect(await send(opened, { batch: aBatch(now - 49 * 3_600_000) })).toMatchObject({
    document: {
      accepted: 0,
      dropped: [{ points: 1 }],
      returned: [{ metric: 'ai_requests_total', venue: 'cotswold-barn' }],
    },
  });
});

test('OTLP carries the same numbers as deltas', async () => {
  const opened = await bench();
  await send(opened, { settings: { protocol: 'otlp' } });
  expect(opened.sandbox.documents('newrelic', 'otlp').all()).toMatchObject([
    { name: 'wedsync.wedding_requests_per_hour', value: 42.5 },
    { name: 'wedsync.ai_requests', value: 128 },
  ]);
});
