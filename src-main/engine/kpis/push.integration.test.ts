import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../../../src-shared/domain/failure.ts';
import { MetricBatch } from '../../adapters/kit/metrics.ts';
import { kpiDesk, kpis, make, october, outbox, raised, runtime, sent, store, use, vendor } from './testing/kpi-desk.ts';

kpiDesk();

const total = (system: string) =>
  sent
    .filter((one) => one.system === system)
    .flatMap(({ batch }) => batch.points)
    .filter(({ metric, venue, region }) => metric === 'ai_requests_total' && venue === '' && region === '')
    .reduce((sum, { delta }) => sum + Number(delta), 0);

test('systems are told side by side; counts reach each exactly once, failures or not', async () => {
  await october();
  vendor.answer = async (job) => {
    if (job.system === 'newrelic') throw new RetryableError('vendor-down', 'Answered 500');
    if (job.system === 'grafana') throw new PermanentError('rejected', 'Answered 400');
    return { vendorId: null };
  };
  const first = await kpis.push('org', ['datadog', 'newrelic', 'grafana']);
  expect(first).toMatchObject([
    { system: 'datadog', ok: true, error: null },
    { system: 'newrelic', ok: false, error: expect.stringContaining('kept') },
    { system: 'grafana', ok: false, error: 'Answered 400' },
  ]);
  expect(first[0]?.points).toBeGreaterThan(5);

  vendor.answer = async () => ({ vendorId: null });
  await use([{ at: '2026-10-31T12:10:00Z' }]);
  await runtime.clock.advance(2_000);
  sent.length = 0;
  await kpis.push('org', ['datadog', 'grafana']);
  // 10 before, 1 new: Datadog is told the new one, Grafana, which refused the first, all of them.
  expect(total('datadog')).toBe(1);
  expect(total('grafana')).toBe(11);
});

test('an hour taken back does not turn a counter round', async () => {
  await october();
  await kpis.push('org', ['datadog']);
  await store.batch([{ sql: "DELETE FROM usage_record WHERE wedding = 'W1'", params: [] }]);
  await runtime.clock.advance(2_000);
  sent.length = 0;
  await kpis.push('org', ['datadog']);
  expect(total('datadog')).toBe(0);
  await use(Array.from({ length: 6 }, (_, i) => ({ at: `2026-10-31T12:0${i}:30Z` })));
  await runtime.clock.advance(2_000);
  sent.length = 0;
  await kpis.push('org', ['datadog']);
  expect(total('datadog')).toBe(1);
});

test('points a system took and dropped are told as lost, not as sent', async () => {
  await october();
  vendor.answer = async () => ({
    vendorId: null,
    document: { accepted: 3, dropped: [{ reason: 'too old', points: 2 }] } as never,
  });
  const [result] = await kpis.push('org', ['datadog']);
  expect(result).toMatchObject({ ok: false, error: '2 points were dropped there: too old' });
  expect(raised).toMatchObject([{ key: 'telemetry-lost:datadog' }]);
});

test('a full spool gives up its oldest, counts what it lost, and says so', async () => {
  const small = make(60_000);
  outbox.onSettled({ system: 'datadog' }, small.onSettled);
  await october();
  await small.compute('org');
  vendor.answer = async () => {
    throw new RetryableError('network', 'Down');
  };
  for (let i = 0; i < 110; i++) {
    runtime.clock.jump(1_000);
    await small.queue('org', 'datadog');
  }
  const { rows } = await sql<{
    state: string;
    n: number;
    bytes: number;
  }>`SELECT state, count(*) AS n, sum(length(payload)) AS bytes
    FROM outbox_job WHERE system = 'datadog' GROUP BY state`.execute(store.read);
  expect(rows.find(({ state }) => state === 'cancelled')?.n).toBeGreaterThan(0);
  expect(raised.some(({ key }) => key === 'telemetry-lost:datadog')).toBe(true);
});

test('while the disk has little room nothing planned is spooled, and the counts go with the first push after', async () => {
  let room = false;
  await october();
  const planned = make(undefined, { planned: true, roomToSpool: () => room });
  planned.start();
  const minute = async () => {
    await runtime.clock.advance(60_000);
    return sent.length;
  };
  for (let i = 0; i < 20; i++) {
    await minute();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(sent).toEqual([]);
  room = true;
  await expect.poll(minute, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
  await planned.stop();
  expect(total('datadog')).toBe(10);
});

test('what came too late to be taken is no count that was told: it goes with the next push, once', async () => {
  await october();
  const late = [{ metric: 'ai_requests_total', venue: '', region: '' }];
  vendor.answer = async () => ({
    vendorId: null,
    document: { accepted: 3, dropped: [{ reason: 'too old', points: 2 }], returned: late } as never,
  });
  await kpis.push('org', ['datadog']);
  vendor.answer = async () => ({ vendorId: null });
  await use([{ at: '2026-10-31T12:10:00Z' }]);
  for (const expected of [11, 0]) {
    await runtime.clock.advance(2_000);
    sent.length = 0;
    await kpis.push('org', ['datadog']);
    expect(total('datadog')).toBe(expected);
  }
  // Sent once more by hand, long after: what was taken meanwhile is not told a second time.
  const { rows } = await sql<{ id: string }>`SELECT id FROM outbox_job WHERE system = 'datadog'
    AND payload LIKE '%ai_requests_total%' ORDER BY created_at LIMIT 1`.execute(store.read);
  vendor.answer = async () => ({ vendorId: null, document: { accepted: 0, dropped: [], returned: late } as never });
  sent.length = 0;
  await store.transaction((tx) => outbox.sendAgain(tx, 'org', rows[0]?.id ?? ''));
  await expect
    .poll(async () => {
      await runtime.clock.advance(1_000);
      return sent.length;
    })
    .toBe(1);
  vendor.answer = async () => ({ vendorId: null });
  sent.length = 0;
  await kpis.push('org', ['datadog']);
  expect(total('datadog')).toBe(0);
});

test('the times two counts grew in never overlap, also where the first has not been sent yet', async () => {
  await october();
  await kpis.push('org', ['newrelic']);
  await store.batch([{ sql: "UPDATE connection SET mode = 'paused' WHERE system = 'newrelic'", params: [] }]);
  for (let i = 0; i < 3; i++) {
    runtime.clock.jump(60_000);
    await use([{ at: `2026-10-31T12:3${i}:30Z` }]);
    await kpis.compute('org');
    await kpis.queue('org', 'newrelic');
  }
  const { rows } = await sql<{ payload: string }>`SELECT payload FROM outbox_job WHERE system = 'newrelic'
    ORDER BY created_at`.execute(store.read);
  const windows = rows.flatMap(({ payload }) =>
    MetricBatch.parse(JSON.parse(payload))
      .points.filter(({ metric, venue, region }) => metric === 'ai_requests_total' && venue === '' && region === '')
      .map(({ from = 0, at }) => ({ from, at })),
  );
  expect(windows).toHaveLength(4);
  for (const [i, { from }] of windows.entries()) expect(from).toBeGreaterThanOrEqual(windows[i - 1]?.at ?? 0);
});
