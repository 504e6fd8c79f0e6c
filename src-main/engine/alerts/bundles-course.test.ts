import { beforeEach, describe, expect, test } from 'vitest';
import { NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import { type AlertDesk, alertDesks, alex, routing, until } from '../../testing/alert-desk.ts';

const begin = alertDesks();
let desk: AlertDesk;
let ids: string[];
/** Two more than go singly by PagerDuty in a minute, which is the only channel here until another has to start. */
beforeEach(async () => {
  desk = await begin('2026-11-25T13:50:00Z');
  const only = { ...routing, table: { ...routing.table, critical: ['pagerduty' as const] } };
  await desk.alerts.routing.save(desk.org, only, alex);
  ids = [];
  for (let index = 0; index < 12; index += 1)
    ids.push(await desk.raise({ key: `k${index}`, title: `Slow ${index}`, severity: 'critical' }));
  await until(() => desk.sent.length === 10);
  desk.sent.length = 0;
});

const member = () => ids[11] ?? '';
const statesOf = async (channel: string) =>
  (await desk.get(member())).deliveries.filter((each) => each.channel === channel).map(({ state }) => state);
const toldBy = (system: string) =>
  desk.sent.filter((each) => each.system === system).map(({ message }) => message.kind);

describe('a bundle', () => {
  test('that is not accepted within five seconds starts the next channel for each of its alerts (A14, A15)', async () => {
    desk.answer = async (job) => {
      if (job.system === 'pagerduty') throw new RetryableError('vendor-down', 'answered 503');
      return { vendorId: 'v' };
    };
    await desk.pass(60_000);
    await until(() => toldBy('pagerduty').includes('bundle'));
    await desk.pass(4_999);
    expect(toldBy('sms')).toEqual([]);
    await desk.pass(1);
    await until(() => toldBy('sms').length === 2);
    desk.answer = async () => ({ vendorId: 'v' });
    await desk.pass(60_000);
    await until(async () => (await statesOf('pagerduty')).every((state) => state === 'accepted'));
    expect((await desk.kinds(member())).filter((kind) => kind === 'failover')).toHaveLength(1);
  });

  test('that was held for a person and went after all is told as such', async () => {
    desk.answer = async (job) => {
      if (job.system === 'pagerduty') throw new NeedsAttentionError('auth', 'revoked', { scope: 'connection' });
      return { vendorId: 'v' };
    };
    await desk.pass(60_000);
    await until(async () => (await statesOf('pagerduty')).includes('held'));
    desk.answer = async () => ({ vendorId: 'v' });
    await desk.store.transaction((tx) => desk.outbox.release(tx, desk.org, `${desk.org}/pagerduty`));
    await desk.pass(20_000);
    await until(async () => (await statesOf('pagerduty')).includes('accepted'));
  });

  test('does not go when somebody has all of it before it leaves; given back, each is told', async () => {
    await desk.pass(1_000);
    for (const id of ids.slice(10)) await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await desk.pass(60_000);
    await until(async () => (await statesOf('pagerduty')).includes('superseded'));
    expect(toldBy('pagerduty')).toEqual([]);
    expect((await desk.get(member())).timeline.at(-1)?.text).toContain('nobody was needed');
    // Nor is anything told of it that never went.
    await desk.alerts.resolve(desk.org, ids[10] ?? '', '', alex);
    await desk.alerts.unacknowledge(desk.org, member(), alex);
    await until(() => toldBy('pagerduty').length > 0);
    await desk.settled(member());
    expect(toldBy('pagerduty')).toEqual(['firing']);
  });

  test('that somebody has: one of it given back calls by PagerDuty as itself', async () => {
    await desk.pass(60_000);
    await until(async () => (await statesOf('pagerduty')).includes('accepted'));
    for (const id of ids.slice(10)) await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await desk.pass(1_000);
    desk.sent.length = 0;
    await desk.alerts.unacknowledge(desk.org, member(), alex);
    await until(() => toldBy('pagerduty').length > 0);
    await desk.settled(member());
    expect(toldBy('pagerduty')).toEqual(['firing']);
  });
});
