import { expect, test } from 'vitest';
import { SendAlert } from '../../../src-shared/domain/alert/message.ts';
import { RetryableError } from '../../../src-shared/domain/failure.ts';
import { later } from '../../../src-shared/domain/time-and-ids.ts';
import { pagerduty as adapter } from '../../adapters/pagerduty/index.ts';
import { pagerdutySandbox, practicePagerDuty } from '../../adapters/pagerduty/sandbox.ts';
import { openBench } from '../../adapters/testing/bench.ts';
import { alertDesks, alex, datadog, MIN, pagerduty, SATURDAY, until } from '../../testing/alert-desk.ts';

const begin = alertDesks();

interface Incident {
  readonly id: string;
  readonly key: string;
  readonly status: string;
  readonly calls: number;
}

/** The engine's own messages, delivered by the real adapter to what plays PagerDuty. */
async function paged(at: string) {
  const desk = await begin(at);
  const bench = await openBench(adapter, {
    systems: [pagerdutySandbox],
    settings: {},
    secrets: { ...practicePagerDuty, routingKeys: `pd=${practicePagerDuty.routingKeys}` },
    now: at,
  });
  const down = { now: false };
  const action = adapter.actions['send-alert'];
  desk.answer = async (job) => {
    if (job.system !== 'pagerduty') return { vendorId: 'v' };
    if (down.now) throw new RetryableError('network', 'It is down');
    const stamp = { idempotencyKey: job.idempotencyKey, at: desk.runtime.clock.now(), attempt: job.attempts };
    const plan = action?.plan(SendAlert.parse(job.payload) as never, bench.context().settings, stamp);
    await action?.deliver(plan as never, stamp, bench.context());
    return { vendorId: 'v' };
  };
  const incidents = () => bench.sandbox.documents<Incident>('pagerduty', 'incidents').all();
  return {
    ...{ desk, down, incidents, close: () => bench.close() },
    stands: () => incidents().map(({ status }) => status),
    /** A person ends it there. */
    end: (key: string) => {
      const store = bench.sandbox.documents<Incident>('pagerduty', 'incidents');
      for (const one of store.all()) if (one.key === key) store.put(one.id, { ...one, status: 'resolved' });
    },
    called: () => incidents().reduce((sum, { calls }) => sum + calls, 0),
  };
}

test('an acknowledgement that runs out calls somebody by PagerDuty again, and leaves no incident behind (A11)', async () => {
  const { desk, stands, called, incidents, close } = await paged(SATURDAY);
  const id = await desk.raise();
  await desk.settled(id);
  expect(called()).toBe(1);
  await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
  await desk.settled(id);
  expect(stands()).toEqual(['acknowledged']);

  await desk.pass(30 * MIN);
  await desk.settled(id);
  expect((await desk.get(id)).state).toBe('firing');
  expect(stands()).toEqual(['resolved', 'triggered']);
  expect(called()).toBe(2);

  // PagerDuty calls on by its own policy while nobody has it: the console's own steps add to that incident.
  await desk.pass(3 * MIN);
  await desk.settled(id);
  expect((await desk.get(id)).state).toBe('escalated');
  expect(stands()).toEqual(['resolved', 'triggered']);

  await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
  await desk.pass(30 * MIN);
  await desk.settled(id);
  expect(stands()).toEqual(['resolved', 'resolved', 'triggered']);
  expect(called()).toBe(3);
  expect(new Set(incidents().map(({ key }) => key)).size).toBe(3);

  await desk.alerts.resolve(desk.org, id, '', alex);
  await desk.settled(id);
  expect(stands()).toEqual(['resolved', 'resolved', 'resolved']);
  await close();
});

test('given back, worse, or snoozed to the end, it calls again as well', async () => {
  const { desk, stands, called, close } = await paged(SATURDAY);
  const id = await desk.raise();
  await desk.settled(id);
  await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
  await desk.settled(id);
  await desk.alerts.unacknowledge(desk.org, id, alex);
  await desk.settled(id);
  expect(stands()).toEqual(['resolved', 'triggered']);

  await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
  await desk.raise({ severity: 'critical' });
  await desk.settled(id);
  expect(stands()).toEqual(['resolved', 'resolved', 'triggered']);

  await desk.alerts.snooze(desk.org, id, later(desk.runtime.clock.now(), 5 * MIN), '', alex);
  await desk.settled(id);
  await desk.pass(5 * MIN);
  await desk.settled(id);
  expect(stands()).toEqual(['resolved', 'resolved', 'resolved', 'triggered']);
  expect(called()).toBe(4);
  await close();
});

test('where PagerDuty joins only at the next step, the incident of the round before is not in its way', async () => {
  const { desk, stands, close } = await paged('2026-11-25T13:50:00Z');
  const id = await desk.raise();
  await desk.settled(id);
  expect(stands()).toEqual([]);
  await desk.pass(5 * MIN);
  await desk.settled(id);
  await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
  await desk.settled(id);
  expect(stands()).toEqual(['acknowledged']);
  await desk.pass(240 * MIN);
  await desk.settled(id);
  expect(stands()).toEqual(['acknowledged']);
  await desk.pass(5 * MIN);
  await desk.settled(id);
  expect((await desk.get(id)).state).toBe('escalated');
  expect(stands()).toEqual(['resolved', 'triggered']);
  await close();
});

test('rounds that PagerDuty never heard of leave none open either', async () => {
  const { desk, down, stands, close } = await paged(SATURDAY);
  const id = await desk.raise();
  await desk.settled(id);
  await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
  await desk.settled(id);
  down.now = true;
  for (let round = 0; round < 2; round += 1) {
    await desk.pass(30 * MIN);
    await until(async () =>
      (await desk.get(id)).deliveries.every(({ channel, state }) => channel === 'pagerduty' || state !== 'waiting'),
    );
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
  }
  await desk.pass(30 * MIN);
  down.now = false;
  await desk.pass(20 * MIN);
  await desk.settled(id);
  expect(stands().filter((status) => status !== 'resolved')).toEqual(['triggered']);
  await close();
});

test('an acknowledgement in PagerDuty of a round that is over comes too late, an end by a person does not', async () => {
  const { desk, incidents, close } = await paged(SATURDAY);
  const id = await desk.raise();
  await desk.settled(id);
  const [first] = incidents();
  await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null, key: first?.key ?? '' }, pagerduty);
  expect((await desk.get(id)).state).toBe('acknowledged');
  await desk.pass(30 * MIN);
  await desk.settled(id);
  await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null, key: first?.key ?? '' }, pagerduty);
  expect(await desk.get(id)).toMatchObject({ state: 'firing' });
  await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null, key: incidents()[1]?.key ?? '' }, pagerduty);
  expect((await desk.get(id)).state).toBe('acknowledged');
  await desk.alerts.resolve(desk.org, id, '', pagerduty);
  expect((await desk.get(id)).state).toBe('resolved');
  await close();
});

test('ended in PagerDuty while a newer call was on its way there: that one is ended too', async () => {
  const { desk, end, incidents, stands, close } = await paged(SATURDAY);
  const id = await desk.raise();
  await desk.settled(id);
  const [first] = incidents();
  end(first?.key ?? '');
  await desk.alerts.escalate(desk.org, id, alex);
  await desk.settled(id);
  // The console hears of the end a moment later.
  expect(stands()).toEqual(['resolved', 'triggered']);
  await desk.alerts.resolve(desk.org, id, '', pagerduty);
  await desk.settled(id);
  expect(stands()).toEqual(['resolved', 'resolved']);
  await close();
});

test('a source that says it is over is no target of webhooks: those are told as well', async () => {
  const { desk, close } = await paged(SATURDAY);
  const id = await desk.raise({ key: 'k' });
  await desk.settled(id);
  await desk.alerts.resolveKey(desk.org, 'k', datadog);
  await desk.settled(id);
  expect(desk.systemsOf('resolved')).toEqual(['email', 'email', 'pagerduty', 'slack', 'webhook']);
  await close();
});
