import { beforeEach, describe, expect, test } from 'vitest';
import { later } from '../../../src-shared/domain/time-and-ids.ts';
import {
  type AlertDesk,
  alertDesks,
  alex,
  MIN,
  pagerduty,
  routing,
  SATURDAY,
  TUESDAY,
  until,
} from '../../testing/alert-desk.ts';

const begin = alertDesks();
let desk: AlertDesk;
const BACKUP = Date.parse('2026-11-21T13:49:00Z');
const never = () => new Promise<never>(() => undefined);

/** What a restore does to the alerts of the backup, at the start of the console. */
const restore = () => desk.store.transaction((tx) => desk.alerts.rest(tx, desk.org, BACKUP));
const resting = () => desk.alerts.resting(desk.org);
/** Messages sent from here on. */
const sentAfter = (before: number) => desk.sent.slice(before).map(({ system, message }) => `${system} ${message.kind}`);

beforeEach(async () => {
  desk = await begin(SATURDAY);
});

describe('alerts that were open in a restored backup (BAK-07)', () => {
  test('send nothing by themselves, whatever falls due: a step, an acknowledgement, a snooze, failover, a bundle', async () => {
    const firing = await desk.raise({ title: 'Firing', key: 'a' });
    const taken = await desk.raise({ title: 'Taken', key: 'b' });
    const asleep = await desk.raise({ title: 'Asleep', key: 'c' });
    for (const id of [firing, taken, asleep]) await desk.settled(id);
    await desk.alerts.acknowledge(desk.org, taken, { note: '', forMs: null }, alex);
    await desk.alerts.snooze(desk.org, asleep, later(desk.runtime.clock.now(), 10 * MIN), '', alex);
    for (let index = 0; index < 14; index += 1) await desk.raise({ title: `Storm ${index}`, key: `s${index}` });
    desk.answer = never;
    await desk.raise({ title: 'On its way', key: 'd' });
    await until(async () => desk.sent.some(({ message }) => 'title' in message && message.title === 'On its way'));
    await restore();
    const before = desk.sent.length;
    await desk.pass(4_000);
    for (let minutes = 0; minutes < 26 * 60; minutes += 13) await desk.pass(13 * MIN);
    expect(sentAfter(before)).toEqual([]);
    expect(await desk.get(firing)).toMatchObject({
      state: 'firing',
      step: 0,
      next: null,
      fromBackup: '2026-11-21T13:49:00.000Z',
    });
    expect(await desk.get(taken)).toMatchObject({ state: 'acknowledged', owner: 'Alex Morgan', next: null });
    expect((await desk.get(firing)).timeline.at(-1)?.text).toMatch(/^From the backup of 21 Nov 2026, 13:49\. /);
    expect(await resting()).toEqual({ count: 18, backupAt: '2026-11-21T13:49:00.000Z' });
  });

  test('do not wake the timers each moment while they rest, though their messages never left', async () => {
    desk.answer = never;
    await desk.raise();
    await until(() => desk.sent.length > 0);
    await restore();
    await desk.runtime.clock.advance(60 * MIN);
    expect(await desk.alerts.tick(desk.org)).toBeNull();
  });

  test('what quiet hours held of them does not go out at their end', async () => {
    desk = await begin('2026-11-25T13:50:00Z');
    const quietHours = [{ channels: ['slack' as const], from: '13:00', to: '15:00', upTo: 'warning' as const }];
    await desk.alerts.routing.save(desk.org, { ...routing, quietHours }, alex);
    const id = await desk.raise();
    expect((await desk.get(id)).deliveries.map(({ state }) => state)).toContain('quiet');
    await desk.settled(id);
    await restore();
    const before = desk.sent.length;
    await desk.pass(3 * 60 * MIN);
    expect(sentAfter(before)).toEqual([]);
  });

  test('a new alert is told as always, and escalates', async () => {
    await desk.raise({ key: 'old' });
    await restore();
    const before = desk.sent.length;
    const id = await desk.raise({ title: 'New', key: 'new' });
    await desk.settled(id);
    expect(sentAfter(before)).toContain('slack firing');
    await desk.pass(150_000);
    expect(await desk.get(id)).toMatchObject({ state: 'escalated', fromBackup: null });
  });

  test('one that is reported again is there now: it is told anew and escalates', async () => {
    const id = await desk.raise();
    await desk.settled(id);
    await desk.pass(150_000);
    await restore();
    const before = desk.sent.length;
    expect(await desk.raise()).toBe(id);
    await desk.settled(id);
    expect(sentAfter(before)).toContain('slack fires_again');
    expect(await desk.get(id)).toMatchObject({ state: 'firing', step: 0, fromBackup: null });
    await desk.pass(150_000);
    expect((await desk.get(id)).state).toBe('escalated');
    expect((await resting()).count).toBe(0);
  });

  test('one somebody had that is reported again fires again once that ran out', async () => {
    const id = await desk.raise();
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await restore();
    await desk.pass(60 * MIN);
    await desk.raise();
    await desk.alerts.tick(desk.org);
    expect((await desk.get(id)).state).toBe('firing');
    expect(await desk.kinds(id)).toContain('ack_ended');
  });

  test('one somebody takes is theirs like any other, and runs out', async () => {
    const id = await desk.raise();
    await restore();
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    expect(await desk.get(id)).toMatchObject({ state: 'acknowledged', fromBackup: null });
    await desk.pass(30 * MIN);
    expect((await desk.get(id)).state).toBe('firing');
  });

  test('its source, or a person, may say that it is over', async () => {
    const first = await desk.raise({ key: 'a' });
    const second = await desk.raise({ key: 'b' });
    await restore();
    await desk.alerts.resolveKey(desk.org, 'a', pagerduty);
    await desk.alerts.resolve(desk.org, second, 'long over', alex);
    for (const id of [first, second]) expect(await desk.get(id)).toMatchObject({ state: 'resolved', fromBackup: null });
  });

  test('released by a person they go on, the next step counted from then; it is on the timeline and on record', async () => {
    const one = await desk.raise({ key: 'a' });
    const other = await desk.raise({ key: 'b' });
    for (const id of [one, other]) await desk.settled(id);
    await restore();
    await desk.pass(3 * 60 * MIN);
    const before = desk.sent.length;
    expect(await desk.alerts.release(desk.org, [one], alex)).toBe(1);
    await desk.alerts.tick(desk.org);
    expect(sentAfter(before)).toEqual([]);
    const from = desk.runtime.clock.now();
    expect((await desk.get(one)).next).toEqual({ what: 'escalates', at: new Date(from + 150_000).toISOString() });
    await desk.pass(150_000);
    expect(await desk.get(one)).toMatchObject({ state: 'escalated', step: 1 });
    expect(await desk.get(other)).toMatchObject({ state: 'firing', step: 0 });
    expect((await desk.get(one)).timeline.find(({ actor }) => actor === 'Alex Morgan')?.text).toMatch(/^Released by/);
    expect(desk.audited.filter(({ action }) => action === 'alert.released')).toHaveLength(1);
    // All that are left, by one word.
    expect(await desk.alerts.release(desk.org, 'all', alex)).toBe(1);
    expect(await desk.alerts.release(desk.org, 'all', alex)).toBe(0);
    expect((await resting()).count).toBe(0);
  });

  test('a held message that is cancelled starts no other channel in its place', async () => {
    desk = await begin(TUESDAY);
    const id = await desk.raise();
    await desk.settled(id);
    await restore();
    const [delivery] = (await desk.get(id)).deliveries;
    const before = desk.sent.length;
    await desk.store.transaction(async (tx) => {
      const job = await tx
        .selectFrom('outbox_job')
        .selectAll()
        .where('id', '=', delivery?.jobId ?? '')
        .executeTakeFirstOrThrow();
      await desk.alerts.onSettled(tx, {
        ...(job as object),
        id: job.id,
        state: 'failed',
        lastFailure: { kind: 'permanent', code: 'rejected', scope: 'job', message: 'No' },
      } as never);
    });
    await desk.pass(10_000);
    expect(sentAfter(before)).toEqual([]);
  });
});
