import { describe, expect, test } from 'vitest';
import { newrelic } from '../src-main/adapters/newrelic/index.ts';
import { newrelicSandbox } from '../src-main/adapters/newrelic/sandbox.ts';
import { aBatch, manyPoints } from '../src-main/adapters/testing/metric-samples.ts';
import { description, heldAgainst } from './metrics.ts';

const document = description('newrelic');
const benchOptions = {
  systems: [newrelicSandbox],
  settings: { accountId: '1234567' },
  secrets: { licenceKey: 'eu01xxpracticelicencekey000000000000NRAL', userKey: 'NRAK-PRACTICE00000000000000000' },
};
const now = Date.parse('2026-08-03T09:00:00Z');

describe.skipIf(document === null)('the description of New Relic’s API', () => {
  test('metrics, heartbeat and every refusal are as described', async () => {
    const held = await heldAgainst(document ?? {}, newrelic, benchOptions, {
      base: 'https://metric-api.eu.newrelic.com',
    });
    await held.run('push-metrics', aBatch());
    await held.run('push-metrics', aBatch(now, manyPoints(500, now)));
    await held.health();
    for (const status of [400, 403, 413, 429, 503]) {
      held.bench.sandbox.misbehave({ system: 'newrelic', path: '/metric', status, body: {} });
      await held.run('push-metrics', aBatch()).catch(() => undefined);
    }
    expect(held.problems).toEqual([]);
    expect(held.seen.length).toBeGreaterThanOrEqual(8);
    await held.bench.close();
  });

  test('reading back is as described', async () => {
    const held = await heldAgainst(document ?? {}, newrelic, benchOptions, { base: 'https://api.eu.newrelic.com' });
    await held.run('push-metrics', aBatch(), {}, 2);
    await held.health();
    expect(held.problems).toEqual([]);
    expect(held.seen).toHaveLength(3);
    await held.bench.close();
  });
});
