import { beforeEach, describe, expect, test } from 'vitest';
import { NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import { type AlertDesk, alertDesks, alex, MIN, routing, SATURDAY, until } from '../../testing/alert-desk.ts';

const begin = alertDesks();
let desk: AlertDesk;
beforeEach(async () => {
  desk = await begin(SATURDAY);
});

describe('channels that do not accept', () => {
  test('Slack silent for five seconds: PagerDuty starts in its place, once, and Slack keeps trying (A14)', async () => {
    desk = await begin('2026-11-25T13:50:00Z');
    desk.answer = async (job) => {
      if (job.system === 'slack') throw new RetryableError('timeout', 'no answer');
      return { vendorId: 'v' };
    };
    const id = await desk.raise({ severity: 'info' });
    await until(() => desk.sent.some((each) => each.system === 'slack'));
    await desk.pass(4_999);
    expect(desk.sent.map((each) => each.system)).not.toContain('pagerduty');
    await desk.pass(1);
    await until(() => desk.sent.some((each) => each.system === 'pagerduty'));
    await desk.pass(1_000);
    expect((await desk.kinds(id)).filter((kind) => kind === 'failover')).toHaveLength(1);
    desk.answer = async () => ({ vendorId: 'late' });
    await desk.runtime.clock.advance(60_000);
    await desk.settled(id);
    expect((await desk.get(id)).deliveries.find((each) => each.channel === 'slack')?.state).toBe('accepted');
  });

  test('a refused sign-in fails over at once', async () => {
    desk = await begin('2026-11-25T13:50:00Z');
    desk.answer = async (job) => {
      if (job.system === 'slack') throw new NeedsAttentionError('auth', 'token revoked', { scope: 'connection' });
      return { vendorId: 'v' };
    };
    await desk.raise({ severity: 'info' });
    await until(() => desk.sent.some((each) => each.system === 'pagerduty'));
  });

  test('a channel that is not connected is named, and the next one takes it', async () => {
    desk = await begin('2026-11-25T13:50:00Z');
    await desk.store.transaction((tx) => tx.deleteFrom('connection').where('id', '=', `${desk.org}/slack`).execute());
    const id = await desk.raise({ severity: 'info' });
    await desk.settled(id);
    expect((await desk.get(id)).deliveries.map((each) => [each.channel, each.state])).toEqual([
      ['slack', 'not_connected'],
      ['pagerduty', 'accepted'],
    ]);
  });

  test('SMS in place of another channel goes to whoever is on call, not to the first phone of the list', async () => {
    desk = await begin('2026-11-25T13:50:00Z');
    const boss = { id: 'boss-phone', channel: 'sms' as const, name: 'boss', address: '+44', personId: 'boss' };
    const destinations = [boss, ...routing.destinations];
    await desk.alerts.routing.save(desk.org, { ...routing, destinations, failover: ['sms', 'email'] }, alex);
    desk.answer = async (job) => {
      if (job.system === 'slack') throw new NeedsAttentionError('auth', 'token revoked', { scope: 'connection' });
      return { vendorId: 'v' };
    };
    await desk.raise({ severity: 'info' });
    await until(() => desk.sent.some((each) => each.system === 'sms'));
    expect(desk.sent.filter((each) => each.system === 'sms').map((each) => each.to)).toEqual(['ellis']);
    await desk.alerts.testChannel(desk.org, 'sms', alex);
    expect(desk.sent.at(-1)).toMatchObject({ system: 'sms', to: 'ellis' });
  });

  test('a text that was accepted and never arrives: the next channel starts in its place, once (FT-61)', async () => {
    desk = await begin('2026-11-25T13:50:00Z');
    await desk.alerts.routing.save(desk.org, { ...routing, table: { ...routing.table, info: ['sms'] } }, alex);
    const id = await desk.raise({ severity: 'info' });
    await desk.settled(id);
    expect(desk.sent.map((each) => each.system)).toEqual(['sms']);
    const [told] = await desk.store.read
      .selectFrom('alert_delivery')
      .select('job_id')
      .where('alert_id', '=', id)
      .where('organisation_id', '=', desk.org)
      .execute();
    const bounced = () =>
      desk.store.transaction((tx) => desk.alerts.onReceipt(tx, told?.job_id ?? '', 'bounced', 'switched off'));
    await bounced();
    await until(() => desk.sent.some((each) => each.system === 'pagerduty'));
    await bounced();
    await desk.settled(id);
    await desk.pass(MIN);
    expect(desk.sent.map((each) => each.system)).toEqual(['sms', 'pagerduty']);
    const { deliveries, timeline } = await desk.get(id);
    expect(deliveries.map(({ channel, state }) => [channel, state])).toEqual([
      ['sms', 'failed'],
      ['pagerduty', 'accepted'],
    ]);
    expect(timeline.find(({ kind }) => kind === 'not_told')?.text).toContain('did not arrive, switched off');
    expect(timeline.filter(({ kind }) => kind === 'failover')).toHaveLength(1);
  });

  test('each time it fires the next channel starts anew: that it was started before tells nobody now', async () => {
    desk = await begin('2026-11-25T13:50:00Z');
    await desk.alerts.routing.save(desk.org, { ...routing, failover: ['pagerduty'] }, alex);
    desk.answer = async (job) => {
      if (job.system === 'slack') throw new NeedsAttentionError('auth', 'no such channel', { scope: 'job' });
      return { vendorId: 'v' };
    };
    const told = async () => {
      await desk.pass(5_000);
      await until(() => desk.sent.some(({ system, message }) => system === 'pagerduty' && message.kind === 'firing'));
      await desk.settled(id);
      desk.sent.length = 0;
    };
    const id = await desk.raise({ severity: 'info' });
    await told();
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: MIN }, alex);
    await desk.settled(id);
    await desk.pass(2 * MIN);
    await told();
    await desk.alerts.resolve(desk.org, id, '', alex);
    await desk.pass(1_000);
    expect(await desk.raise({ severity: 'info' })).toBe(id);
    await told();
    // And where none is left, that is said each time, whatever was accepted before.
    desk.answer = async () => {
      throw new NeedsAttentionError('auth', 'no such channel', { scope: 'job' });
    };
    await desk.alerts.resolve(desk.org, id, '', alex);
    await desk.pass(1_000);
    await desk.raise({ severity: 'info' });
    await until(async () => {
      await desk.pass(1_000);
      return (await desk.alerts.views.list(desk.org, 'open', 'no channel accepts', 10)).rows.length === 1;
    });
  });

  test('given back, and a channel does not accept that: the next one starts, and nothing is looked at for ever', async () => {
    desk = await begin('2026-11-25T13:50:00Z');
    const id = await desk.raise({ severity: 'info' });
    await desk.settled(id);
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await desk.settled(id);
    desk.answer = async (job) => {
      if (job.system === 'slack') throw new RetryableError('timeout', 'no answer');
      return { vendorId: 'v' };
    };
    await desk.alerts.unacknowledge(desk.org, id, alex);
    await until(() => desk.systemsOf('unacknowledged').includes('slack'));
    await desk.pass(5_000);
    await until(() => desk.systemsOf('firing').includes('pagerduty'));
    const next = await desk.alerts.tick(desk.org);
    expect(next === null || next > desk.runtime.clock.now()).toBe(true);
  });

  test('news that it is over overtakes what has not left', async () => {
    desk.answer = async (job) => {
      if (job.system === 'sms') throw new RetryableError('busy', 'try later');
      return { vendorId: 'v' };
    };
    const id = await desk.raise();
    await until(async () => (await desk.get(id)).deliveries.filter((each) => each.state === 'accepted').length >= 5);
    await desk.alerts.resolve(desk.org, id, '', alex);
    await desk.settled(id);
    expect((await desk.get(id)).deliveries.find((each) => each.channel === 'sms')?.state).toBe('superseded');
    expect(desk.systemsOf('resolved')).toEqual(['email', 'email', 'pagerduty', 'slack', 'webhook']);
  });
});

describe('when nothing accepts (FT-51, R19)', () => {
  const own = async () => (await desk.alerts.views.list(desk.org, 'open', 'no channel accepts', 10)).rows;

  test('there is one alert of its own at this computer, and what waits drains in order on return', async () => {
    desk.answer = async () => {
      throw new RetryableError('vendor-down', 'answered 503');
    };
    const info = await desk.raise({ key: 'a', severity: 'info', title: 'Chat slow' });
    const worst = await desk.raise({ key: 'b', severity: 'emergency', title: 'Payments silent' });
    for (let seconds = 0; seconds < 12; seconds += 1) await desk.pass(1_000);
    await until(async () => (await own()).length === 1);
    const [dead] = await own();
    expect(dead).toMatchObject({ count: 1, state: 'firing' });
    const { timeline, deliveries, next } = await desk.get(dead?.id ?? '');
    expect({ deliveries, next }).toEqual({ deliveries: [], next: null });
    expect(timeline.at(-1)?.text).toContain('at this computer only');
    expect(desk.notices).toContainEqual(expect.objectContaining({ key: `alert:${dead?.id}`, urgent: true }));
    expect((await desk.get(worst)).deliveries.some(({ state }) => state === 'accepted')).toBe(false);

    desk.sent.length = 0;
    desk.answer = async () => ({ vendorId: 'v' });
    for (let minutes = 0; minutes < 12; minutes += 1) await desk.pass(MIN);
    await desk.settled(worst);
    await desk.settled(info);
    const slack = desk.sent
      .filter(({ system }) => system === 'slack')
      .flatMap(({ message }) => ('severity' in message ? [message.severity] : []));
    expect(slack[0]).toBe('emergency');
    await until(async () => (await own()).length === 0);
    expect(desk.noticesRemoved).toContain(`alert:${dead?.id}`);
  });

  test('ended by mistake while still nothing accepts, it is said again', async () => {
    desk.answer = async () => {
      throw new NeedsAttentionError('auth', 'Not our token', { scope: 'connection' });
    };
    await desk.raise({ key: 'a', severity: 'emergency' });
    await until(async () => (await own()).length === 1);
    await desk.alerts.resolve(desk.org, (await own())[0]?.id ?? '', '', alex);
    await desk.pass(5 * MIN);
    await desk.raise({ key: 'b', severity: 'emergency' });
    await until(async () => (await own()).length === 1);
  });

  test('refused by every channel at once, it is said at once; a person taking it and giving it back sends nothing', async () => {
    desk.answer = async () => {
      throw new NeedsAttentionError('auth', 'Not our token', { scope: 'connection' });
    };
    await desk.raise({ severity: 'emergency' });
    await until(async () => (await own()).length === 1);
    const [dead] = await own();
    await desk.alerts.acknowledge(desk.org, dead?.id ?? '', { note: '', forMs: null }, alex);
    await desk.alerts.unacknowledge(desk.org, dead?.id ?? '', alex);
    expect(await desk.get(dead?.id ?? '')).toMatchObject({ state: 'firing', next: null, deliveries: [] });
  });
});
