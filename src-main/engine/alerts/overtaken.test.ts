import { beforeEach, describe, expect, test } from 'vitest';
import { NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import { type AlertDesk, alertDesks, alex, MIN, SATURDAY, until } from '../../testing/alert-desk.ts';

const begin = alertDesks();
let desk: AlertDesk;
/** Channels that are away. */
let away: Set<string>;
/** Answers that are held back until they are let go. */
let slow: Map<string, (outcome: 'taken' | 'lost') => void>;
let slowly: Set<string>;
beforeEach(async () => {
  desk = await begin(SATURDAY);
  away = new Set();
  slow = new Map();
  slowly = new Set();
  desk.answer = (job) => {
    if (away.has(job.system)) return Promise.reject(new RetryableError('network', 'no line'));
    if (!slowly.has(job.system)) return Promise.resolve({ vendorId: 'v' });
    return new Promise((resolve, reject) =>
      slow.set(job.system, (outcome) =>
        outcome === 'taken' ? resolve({ vendorId: 'v' }) : reject(new RetryableError('timeout', 'no answer')),
      ),
    );
  };
});

const othersSettled = (id: string, channel: string) =>
  until(async () =>
    (await desk.get(id)).deliveries.every((each) => each.channel === channel || each.state !== 'waiting'),
  );
const statesOf = async (id: string, channel: string) =>
  (await desk.get(id)).deliveries.filter((each) => each.channel === channel).map(({ state }) => state);

describe('after an outage (R10)', () => {
  test.each(['slack', 'pagerduty', 'webhook', 'sms'])(
    '%s is told the newest state alone, and the timeline has the rest',
    async (channel) => {
      away.add(channel);
      const id = await desk.raise();
      await othersSettled(id, channel);
      await desk.pass(150_000);
      await othersSettled(id, channel);
      await desk.pass(150_000);
      await othersSettled(id, channel);
      expect(await desk.get(id)).toMatchObject({ state: 'escalated', step: 2 });
      desk.sent.length = 0;
      away.clear();
      await desk.pass(20 * MIN);
      await desk.settled(id);
      const told = desk.sent.filter(({ system }) => system === channel).map(({ message }) => message.kind);
      expect(told).toEqual(['escalated']);
      expect(await statesOf(id, channel)).toEqual(['superseded', 'superseded', 'accepted']);
      const gone = (await desk.get(id)).timeline.filter(({ kind }) => kind === 'superseded');
      expect(gone.map(({ text }) => text)).toEqual(
        Array(2).fill(expect.stringContaining('a newer state took its place')),
      );
    },
  );

  test('what was being sent when a newer state came does not go before it any more', async () => {
    slowly.add('slack');
    const id = await desk.raise();
    await until(() => slow.has('slack'));
    await othersSettled(id, 'slack');
    await desk.alerts.resolve(desk.org, id, '', alex);
    slowly.clear();
    desk.sent.length = 0;
    slow.get('slack')?.('lost');
    await desk.pass(10 * MIN);
    await desk.settled(id);
    const told = desk.sent.filter(({ system }) => system === 'slack').map(({ message }) => message.kind);
    expect(told).toEqual(['resolved']);
    expect(await statesOf(id, 'slack')).toEqual(['superseded', 'accepted']);
  });

  test('a text that was being sent when somebody took it is not tried again', async () => {
    slowly.add('sms');
    const id = await desk.raise();
    await until(() => slow.has('sms'));
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    slowly.clear();
    desk.sent.length = 0;
    slow.get('sms')?.('lost');
    await desk.settled(id);
    await desk.pass(5 * MIN);
    expect(desk.sent.filter(({ system }) => system === 'sms')).toEqual([]);
    expect(await statesOf(id, 'sms')).toEqual(['superseded']);
    // Given back, whoever was not told is told after all.
    await desk.alerts.unacknowledge(desk.org, id, alex);
    await until(() => desk.sent.some(({ system }) => system === 'sms'));
  });

  test('a text or mail that waits for a person to mend its channel is not sent about what somebody has', async () => {
    desk.answer = async (job) => {
      if (job.system === 'sms' || job.system === 'email')
        throw new NeedsAttentionError('auth', 'revoked', { scope: 'connection' });
      return { vendorId: 'v' };
    };
    const id = await desk.raise();
    await until(async () => (await statesOf(id, 'sms')).includes('held'));
    await desk.settled(id);
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await desk.settled(id);
    desk.answer = async () => ({ vendorId: 'v' });
    desk.sent.length = 0;
    await desk.store.transaction(async (tx) => {
      for (const system of ['sms', 'email']) await desk.outbox.release(tx, desk.org, `${desk.org}/${system}`);
    });
    await desk.pass(20_000);
    await desk.raise({ key: 'another' });
    await until(() => desk.sent.filter(({ system }) => system === 'email').length === 2);
    const about = desk.sent.flatMap(({ message }) => ('alertId' in message ? [message.alertId] : []));
    expect(about).not.toContain(id);
    expect(await statesOf(id, 'sms')).toEqual(['superseded']);
  });

  test('and one that was taken all the same is followed by the newer', async () => {
    slowly.add('slack');
    const id = await desk.raise();
    await until(() => slow.has('slack'));
    await desk.alerts.resolve(desk.org, id, '', alex);
    slowly.clear();
    slow.get('slack')?.('taken');
    await desk.settled(id);
    expect(await statesOf(id, 'slack')).toEqual(['accepted', 'accepted']);
  });

  test('how long it took to tell counts to the message that was taken, not to the one it took the place of', async () => {
    away.add('slack');
    const id = await desk.raise();
    await othersSettled(id, 'slack');
    await desk.alerts.escalate(desk.org, id, alex);
    await othersSettled(id, 'slack');
    expect((await desk.get(id)).toldMs).toBeNull();
    away.clear();
    await desk.pass(2 * MIN);
    await until(async () => (await desk.get(id)).toldMs !== null);
    expect((await desk.get(id)).toldMs).toBeGreaterThan(100_000);
  });
});
