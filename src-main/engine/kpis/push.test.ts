import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { MetricBatch } from '../../adapters/kit/metrics.ts';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../testing/open-store.ts';
import { testClock, testIds, testLog, testRandom } from '../../testing/runtime.ts';
import { createEvents } from '../events.ts';
import { createPush } from './push.ts';

const clock = testClock();
const runtime = { clock, ids: testIds(), random: testRandom(), log: testLog() };
let folder: string;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'push-'));
  store = await openStore({ folder, runtime });
  await store.batch([
    { sql: "INSERT INTO organisation (id, name, created_at) VALUES ('org', 'Org', 1)", params: [] },
    {
      sql: "INSERT INTO kpi_counter (organisation_id, kpi, total, sum) VALUES ('org', 'ai_requests_total', '5', '5')",
      params: [],
    },
  ]);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

test('asked twice at once, by a person and by the minute, what a counter grew by is told once', async () => {
  const told: string[] = [];
  let bothAsked: () => void = () => undefined;
  const both = new Promise<void>((resolve) => {
    bothAsked = resolve;
  });
  const push = createPush({
    store,
    runtime,
    events: createEvents(),
    enqueue: async (_tx, { payload }) => {
      told.push(...MetricBatch.parse(payload).points.map(({ delta = '' }) => delta));
      return { added: true, id: String(told.length) } as never;
    },
    cancel: () => Promise.reject(new Error('nothing is cancelled')),
    zoneOf: () => both.then(() => 'Europe/London'),
    lost: () => undefined,
  });
  const first = push.queue('org', 'datadog');
  await clock.advance(1_000);
  const second = push.queue('org', 'datadog');
  bothAsked();
  await Promise.all([first, second]);
  expect(told.toSorted()).toEqual(['0', '5']);
});

test('a push stands at a whole second, also when the second ends while it is made', async () => {
  const times: number[] = [];
  let now = 1_795_410_568_999;
  const running = { ...clock, now: () => Instant.parse(now++) };
  const push = createPush({
    store,
    runtime: { ...runtime, clock: running },
    events: createEvents(),
    enqueue: async (_tx, { payload }) => {
      times.push(...MetricBatch.parse(payload).points.map(({ at }) => at));
      return { added: true, id: 'one' } as never;
    },
    cancel: () => Promise.reject(new Error('nothing is cancelled')),
    zoneOf: () => Promise.resolve('Europe/London'),
    lost: () => undefined,
  });
  await push.queue('org', 'datadog');
  expect(new Set(times)).toEqual(new Set([1_795_410_568_000]));
});
