import { beforeEach, describe, expect, test } from 'vitest';
import { RetryableError } from '../../../src-shared/domain/failure.ts';
import { later } from '../../../src-shared/domain/time-and-ids.ts';
import {
  type AlertDesk,
  alertDesks,
  alex,
  datadog,
  MIN,
  pagerduty,
  routing,
  SATURDAY,
  until,
  viaSlack,
} from '../../testing/alert-desk.ts';

const begin = alertDesks();
let desk: AlertDesk;
beforeEach(async () => {
  desk = await begin(SATURDAY);
});

describe('escalation', () => {
  test('fires at 2½ minutes in peak hours, and not a moment before', async () => {
    const id = await desk.raise();
    await desk.settled(id);
    await desk.pass(149_999);
    expect((await desk.get(id)).state).toBe('firing');
    await desk.pass(1);
    expect(await desk.get(id)).toMatchObject({ state: 'escalated', step: 1 });
    expect(desk.audited.some((each) => each.action === 'alert.escalated')).toBe(true);
  });

  test('after an hour of sleep all missed steps are one, told as late', async () => {
    const id = await desk.raise();
    await desk.settled(id);
    desk.runtime.clock.jump(60 * MIN);
    await desk.alerts.tick(desk.org);
    expect(await desk.get(id)).toMatchObject({ state: 'escalated', step: 2 });
    expect((await desk.get(id)).timeline.filter((each) => each.kind === 'escalated')).toHaveLength(1);
    await until(() => desk.systemsOf('escalated').length > 0);
    const late = desk.sent.find((each) => each.message.kind === 'escalated');
    expect(late?.message).toMatchObject({ dueAt: Date.parse(SATURDAY) + 5 * MIN });
  });

  test('a clock set back fires nothing again', async () => {
    const id = await desk.raise();
    await desk.pass(150_000);
    desk.runtime.clock.jump(-150_000);
    await desk.alerts.tick(desk.org);
    expect((await desk.get(id)).step).toBe(1);
  });

  test('somebody having it stops it', async () => {
    const id = await desk.raise();
    await desk.alerts.acknowledge(desk.org, id, { note: 'on it', forMs: null }, alex);
    await desk.pass(20 * MIN);
    expect(await desk.get(id)).toMatchObject({ state: 'acknowledged', owner: 'Alex Morgan', step: 0 });
  });
});

describe('acknowledging', () => {
  test('in Slack: one entry, and each other side is told once; their echoes change nothing (A6)', async () => {
    const id = await desk.raise();
    await desk.settled(id);
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, viaSlack);
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, viaSlack);
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, pagerduty);
    await desk.settled(id);
    expect((await desk.kinds(id)).filter((kind) => kind === 'acknowledged')).toHaveLength(1);
    expect(desk.systemsOf('acknowledged')).toEqual(['pagerduty', 'slack', 'webhook']);
  });

  test.each(['window', 'tray', 'notification', 'cli', 'slack', 'pagerduty'])(
    'from %s: one timeline entry',
    async (channel) => {
      const id = await desk.raise();
      await desk.settled(id);
      await desk.alerts.acknowledge(
        desk.org,
        id,
        { note: '', forMs: null },
        channel === 'pagerduty' ? pagerduty : { ...alex, channel },
      );
      await desk.settled(id);
      expect((await desk.kinds(id)).filter((kind) => kind === 'acknowledged')).toHaveLength(1);
      expect(desk.systemsOf('acknowledged')).toEqual(
        channel === 'pagerduty' ? ['slack', 'webhook'] : ['pagerduty', 'slack', 'webhook'],
      );
    },
  );

  test.each([
    ['webhook', datadog],
    ['pagerduty', pagerduty],
  ] as const)('from one of several %s places: the others are told as well, each once (A6)', async (channel, from) => {
    const more = { id: 'second', channel, name: 'second', address: 'second', personId: null };
    const usual = { ...routing.usual, [channel]: [...routing.usual[channel], 'second'] };
    const config = { ...routing, destinations: [...routing.destinations, more], usual };
    await desk.alerts.routing.save(desk.org, config, alex);
    const id = await desk.raise();
    await desk.settled(id);
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, from);
    await desk.settled(id);
    const told = desk.sent.filter(({ system, message }) => system === channel && message.kind === 'acknowledged');
    expect(told.map(({ to }) => to).sort()).toEqual([...usual[channel]].sort());
  });

  test('taken on Friday at 17:59 it runs out half an hour into wedding-day mode, unless somebody chose how long (A11)', async () => {
    desk = await begin('2026-11-20T17:59:00Z');
    const usual = await desk.raise({ key: 'a' });
    const chosen = await desk.raise({ key: 'b' });
    await desk.alerts.acknowledge(desk.org, usual, { note: '', forMs: null }, alex);
    await desk.alerts.acknowledge(desk.org, chosen, { note: '', forMs: 3 * 60 * MIN }, alex);
    await desk.pass(31 * MIN - 1);
    expect((await desk.get(usual)).state).toBe('acknowledged');
    await desk.pass(1);
    expect((await desk.get(usual)).state).toBe('firing');
    await desk.pass(60 * MIN);
    expect((await desk.get(chosen)).state).toBe('acknowledged');
  });

  test('wedding-day mode switched on by hand shortens what was taken before, and says so (A11)', async () => {
    desk = await begin('2026-11-25T13:50:00Z');
    const id = await desk.raise();
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await desk.pass(10 * MIN);
    const endsAt = later(desk.runtime.clock.now(), 600 * MIN);
    await desk.weekend.switchMode(desk.org, { mode: 'on', reason: 'A late wedding', endsAt }, alex);
    await desk.pass(1_000);
    expect((await desk.get(id)).timeline.at(-1)?.text).toMatch(
      /acknowledgement of Alex Morgan runs out at 25 Nov 2026, 14:30/,
    );
    await desk.pass(29 * MIN);
    expect((await desk.get(id)).state).toBe('acknowledged');
    await desk.pass(1 * MIN);
    expect((await desk.get(id)).state).toBe('firing');
  });

  test('runs out after 30 minutes on a wedding day and says who had it (A11)', async () => {
    const id = await desk.raise();
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await desk.settled(id);
    await desk.pass(30 * MIN - 1);
    expect((await desk.get(id)).state).toBe('acknowledged');
    await desk.pass(1);
    expect(await desk.get(id)).toMatchObject({ state: 'firing', owner: null });
    expect((await desk.get(id)).timeline.find((each) => each.kind === 'ack_ended')?.text).toContain('Alex Morgan');
    await desk.settled(id);
    expect(desk.systemsOf('fires_again')).toContain('sms');
  });

  test('a resolved alert cannot be acknowledged', async () => {
    const id = await desk.raise();
    await desk.alerts.resolve(desk.org, id, '', alex);
    await expect(desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex)).rejects.toMatchObject({
      code: 'REFUSED',
    });
  });

  test('undone, escalation goes on from where it stood: neither from the start nor a step back', async () => {
    const id = await desk.raise();
    await desk.settled(id);
    await desk.pass(MIN);
    await desk.alerts.snooze(desk.org, id, later(desk.runtime.clock.now(), 60 * MIN), '', alex);
    await desk.pass(MIN);
    await desk.alerts.unacknowledge(desk.org, id, alex);
    expect(await desk.get(id)).toMatchObject({ state: 'firing', owner: null, next: { what: 'escalates' } });
    await desk.pass(MIN / 2 - 1);
    expect((await desk.get(id)).state).toBe('firing');
    await desk.pass(1);
    expect(await desk.get(id)).toMatchObject({ state: 'escalated', step: 1 });

    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    // The second step falls due meanwhile, so it is told at once.
    await desk.pass(10 * MIN);
    await desk.alerts.unacknowledge(desk.org, id, alex);
    expect(await desk.get(id)).toMatchObject({ state: 'escalated', step: 1 });
    await desk.pass(0);
    expect(await desk.get(id)).toMatchObject({ state: 'escalated', step: 2 });
  });

  test('undone, a text and a mail that somebody having it had stopped go out after all', async () => {
    let busy = true;
    desk.answer = async (job) => {
      if (busy && ['sms', 'email'].includes(job.system)) throw new RetryableError('busy', 'try later');
      return { vendorId: 'v' };
    };
    const id = await desk.raise({ severity: 'critical' });
    await until(async () => (await desk.get(id)).deliveries.filter(({ state }) => state === 'accepted').length === 3);
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    const stopped = (await desk.get(id)).deliveries.filter(({ state }) => state === 'superseded');
    expect(stopped.map(({ channel }) => channel).sort()).toEqual(['email', 'email', 'sms']);
    await desk.settled(id);
    busy = false;
    desk.sent.length = 0;
    await desk.alerts.unacknowledge(desk.org, id, alex);
    await desk.settled(id);
    expect(desk.sent.map(({ to }) => to).sort()).toEqual(['boss', 'desk', 'ellis', 'hook', 'ops', 'pd']);
    // Taken and given back once more: everybody knows by now.
    desk.sent.length = 0;
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await desk.alerts.unacknowledge(desk.org, id, alex);
    await desk.settled(id);
    expect(desk.sent.map(({ system }) => system)).not.toEqual(expect.arrayContaining(['sms']));
    expect(desk.sent.map(({ system }) => system)).not.toEqual(expect.arrayContaining(['email']));
  });

  test('given back, it is told where quiet hours held it until somebody had it', async () => {
    desk = await begin('2026-11-25T23:00:00Z');
    const quietHours = [{ channels: ['slack' as const], from: '22:00', to: '23:30', upTo: 'warning' as const }];
    await desk.alerts.routing.save(desk.org, { ...routing, quietHours }, alex);
    const id = await desk.raise({ severity: 'info' });
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await desk.pass(60 * MIN);
    expect((await desk.get(id)).deliveries.map(({ state }) => state)).toEqual(['superseded']);
    await desk.alerts.unacknowledge(desk.org, id, alex);
    await until(() => desk.systemsOf('firing').includes('slack'));
    expect((await desk.get(id)).deliveries.map(({ channel }) => channel)).toEqual(['slack', 'slack']);
  });

  test('given back after the silence that hid it ended, it is told: nobody has heard of it', async () => {
    desk = await begin('2026-11-25T13:50:00Z');
    const at = desk.runtime.clock.now();
    const silence = {
      ...{ kind: 'silence' as const, matcher: { source: 'datadog' }, startsAt: at, endsAt: later(at, 30 * MIN) },
      ...{ recurring: null, includeEmergencies: false, reason: 'Upgrade' },
    };
    await desk.alerts.silences.add(desk.org, silence, alex);
    const ids = [await desk.raise({ severity: 'info' }), await desk.raise({ severity: 'critical', key: 'two' })];
    for (const id of ids) await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await desk.pass(29 * MIN);
    // Given back while it lasts, it stays hidden.
    await desk.alerts.unacknowledge(desk.org, ids[0] ?? '', alex);
    expect(await desk.get(ids[0] ?? '')).toMatchObject({ silenced: true, deliveries: [] });
    await desk.alerts.acknowledge(desk.org, ids[0] ?? '', { note: '', forMs: null }, alex);
    await desk.pass(2 * MIN);
    for (const id of ids) await desk.alerts.unacknowledge(desk.org, id, alex);
    await until(() => desk.sent.length === 5);
    expect(desk.systemsOf('firing')).toEqual(['email', 'pagerduty', 'slack', 'slack', 'webhook']);
    expect(await desk.get(ids[1] ?? '')).toMatchObject({ state: 'firing', step: 0 });
  });

  test('a snooze ends and it fires again; an emergency sleeps 15 minutes at most', async () => {
    const id = await desk.raise({ severity: 'critical' });
    const in16 = later(desk.runtime.clock.now(), 16 * MIN);
    await expect(desk.alerts.snooze(desk.org, id, in16, '', alex)).rejects.toMatchObject({ code: 'REFUSED' });
    await desk.alerts.snooze(desk.org, id, later(desk.runtime.clock.now(), 15 * MIN), '', alex);
    await desk.pass(15 * MIN);
    expect(await desk.kinds(id)).toContain('snooze_ended');
  });
});
