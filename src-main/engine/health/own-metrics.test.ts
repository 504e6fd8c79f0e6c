import { expect, test } from 'vitest';
import type { SystemHealth } from '../../../src-shared/contract/systems.ts';
import { organisationId, signed, testDesk } from '../../testing/receiver-desk.ts';
import { ownMetrics } from './own-metrics.ts';

test('the console tells a Prometheus about its queue, systems, webhooks and database, each label set once', async () => {
  const desk = await testDesk();
  const found = (await desk.receiver.door.senders()).find(organisationId, 'pagerduty');
  if (!found) throw new Error('no source');
  const send = (id: string, headers?: Record<string, string>) => {
    const body = JSON.stringify({ event: { id } });
    const rawBody = Buffer.from(body);
    return desk.receiver.door.receive(found, { headers: headers ?? signed('pagerduty', body, 0), url: '/', rawBody });
  };
  await send('a');
  await send('b');
  await send('c', {});
  // A change of the source takes nothing from the counters.
  const by = { personId: null, channel: 'cli', correlationId: 'c' };
  await desk.receiver.sources.save(organisationId, { source: 'pagerduty', on: true, forgetOldSecret: false }, by);
  const system = (change: Partial<SystemHealth>): SystemHealth => ({
    ...{ system: 'xero', name: 'Xero', category: 'accounting', mode: 'on', state: 'degraded', problem: 'May not read' },
    ...{ checkedAt: null, nextCheckAt: null, latencyMs: null, successRate: 0.96, p95Ms: 95, attempts: 100 },
    ...{ breaker: 'open', quotas: [], account: 'Bluebell Ltd', tokenExpiresAt: null, expiresBeforeWeekendEnds: false },
    ...{ waiting: 4, failingSince: null, notAccepted: null },
    ...change,
  });
  const text = await ownMetrics({
    store: desk.store,
    clock: desk.runtime.clock,
    health: { list: async () => [system({}), system({ system: 'slack', state: 'not_connected' })] },
    answers: desk.receiver.sources.answers,
    process: () => ({ residentBytes: 1, cpuSeconds: 2, startedAt: 3, loopDelaySeconds: 0.004 }),
  });
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(samples).toEqual(
    expect.arrayContaining([
      'wedops_webhooks_total{org="org",source="pagerduty",status="202"} 2',
      'wedops_webhooks_total{org="org",source="pagerduty",status="401"} 1',
      'wedops_deliveries_dead{org="org"} 0',
      'wedops_system_up{org="org",system="xero"} 0',
      'wedops_system_breaker_open{org="org",system="xero"} 1',
      'wedops_system_p95_seconds{org="org",system="xero"} 0.095',
      'wedops_event_loop_delay_seconds 0.004',
    ]),
  );
  expect(text).not.toContain('Bluebell');
  expect(text).not.toContain('slack');
  const names = samples.map((line) => line.replace(/ [^ ]+$/, ''));
  expect(new Set(names).size).toBe(names.length);
  await desk.store.close();
});
