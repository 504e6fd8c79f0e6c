import { expect, test } from 'vitest';
import { RetryableError } from '../../../src-shared/domain/failure.ts';
import { alertDesks, MIN, SATURDAY, until } from '../../testing/alert-desk.ts';

const begin = alertDesks();
const leaps = [
  '2026-11-21T14:50:00Z',
  '2026-11-21T13:50:00Z',
  '2026-11-22T13:50:00Z',
  '2026-11-20T13:50:00Z',
  '1970-01-01T00:00:01Z',
  '2038-01-19T03:14:09Z',
  '1970-01-01T00:00:01Z',
  SATURDAY,
];

test('a clock that leaps by hours, days, to 1970 and to 2038 fires nothing twice and forgets nothing (FT-28)', async () => {
  const desk = await begin(SATURDAY);
  const ids: string[] = [];
  const raise = async (title: string) => ids.push(await desk.raise({ title, key: title }));
  for (let count = 0; count < 100; count++) await raise(`Gallery ${count} slow`);
  for (const instant of leaps) {
    await desk.comes(instant);
    await raise(`Raised at ${instant}, ${ids.length}`);
    // And time goes on from there.
    await desk.pass(6 * MIN);
  }
  await until(async () => {
    await desk.runtime.clock.advance(MIN);
    // The first that still waits is enough: reading all of them each time would take the time the outbox needs.
    for (const id of ids) if ((await desk.get(id)).deliveries.some(({ state }) => state === 'waiting')) return false;
    return true;
  });

  for (const id of ids) {
    const { deliveries, timeline, title } = await desk.get(id);
    expect(deliveries.length, title).toBeGreaterThan(0);
    // No step of an escalation is taken a second time, whatever the clock says.
    const steps = timeline
      .filter(({ kind }) => kind === 'escalated')
      .map(({ text }) => /^Escalated to step \d+/.exec(text)?.[0]);
    expect(new Set(steps).size, title).toBe(steps.length);
  }
  const said = desk.sent.map(({ system, to, message }) => JSON.stringify([system, to, message]));
  expect(said.filter((one, at) => said.indexOf(one) !== at)).toEqual([]);
}, 60_000);

test('a clock set back delays neither a step, nor another channel, nor a bundle', async () => {
  const desk = await begin('2026-11-25T13:50:00Z');
  desk.answer = async (job) => {
    if (job.system === 'slack') throw new RetryableError('timeout', 'no answer');
    return { vendorId: 'v' };
  };
  const info = await desk.raise({ key: 'slow', severity: 'info' });
  const critical = await desk.raise({ key: 'k', severity: 'critical' });
  for (let count = 0; count < 12; count++) await desk.raise({ key: `k${count}`, severity: 'critical' });
  await until(async () => (await desk.get(critical)).deliveries.some(({ state }) => state === 'accepted'));
  await desk.comes('2026-11-25T12:50:00Z');
  await desk.pass(5_000);
  await until(async () => (await desk.kinds(info)).includes('failover'));
  await desk.pass(55_000);
  await until(() => desk.systemsOf('bundle').includes('pagerduty'));
  await desk.pass(4 * MIN - 1);
  expect(await desk.get(critical)).toMatchObject({ step: 0 });
  await desk.pass(1);
  expect(await desk.get(critical)).toMatchObject({ step: 1 });
});

test('and what has run meanwhile notices it by itself', async () => {
  const desk = await begin('2026-11-25T13:50:00Z');
  desk.alerts.start();
  const id = await desk.raise({ severity: 'critical' });
  await desk.settled(id);
  await desk.runtime.clock.advance(2_000);
  desk.runtime.clock.jump(-60 * MIN);
  const from = desk.runtime.clock.now();
  await until(async () => {
    await desk.runtime.clock.advance(1_000);
    return (await desk.get(id)).state === 'escalated';
  });
  const at = (await desk.get(id)).timeline.find(({ kind }) => kind === 'escalated')?.at ?? '';
  // Five minutes, and what the simulated clock runs ahead of the database; not the hour more.
  expect(Date.parse(at) - from).toBeLessThan(30 * MIN);
  const stopped = desk.alerts.stop();
  await desk.runtime.clock.advance(1_000);
  await stopped;
});
