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
  viaSlack,
} from '../../testing/alert-desk.ts';

const begin = alertDesks();
let desk: AlertDesk;
beforeEach(async () => {
  desk = await begin(SATURDAY);
});

describe('many at once', () => {
  test('of many at once Slack gets some singly, the rest as one message, and that is changed as its members change', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 12; index++)
      ids.push(await desk.raise({ key: `k${index}`, severity: 'info', title: `T${index}` }));
    const emergency = await desk.raise({ key: 'worst', severity: 'emergency' });
    await desk.settled(emergency);
    const inSlack = (kind: string) =>
      desk.sent.filter(({ system, message }) => system === 'slack' && message.kind === kind);
    expect(inSlack('firing')).toHaveLength(9);
    await desk.pass(1_000);
    const bundles = () => inSlack('bundle').flatMap(({ message }) => (message.kind === 'bundle' ? [message] : []));
    await until(() => bundles().length === 1);
    expect(bundles()[0]).toMatchObject({ total: 4, state: 'firing' });
    expect(bundles()[0]?.members.map(({ title }) => title)).toEqual(['T8', 'T9', 'T10', 'T11']);
    const ninth = ids[8] ?? '';
    const slackOf = async (id: string) => (await desk.get(id)).deliveries.find(({ channel }) => channel === 'slack');
    await until(async () => (await slackOf(ninth))?.state === 'accepted');
    // By SMS and PagerDuty the bundle of the minute is still to come; e-mail's went with Slack's.
    await until(async () => (await desk.get(ninth)).toldMs !== null);

    await desk.alerts.acknowledge(desk.org, ninth, { note: '', forMs: null }, alex);
    await until(() => bundles().length === 2);
    expect(bundles()[1]?.members.find(({ title }) => title === 'T8')).toMatchObject({
      state: 'acknowledged',
      owner: 'Alex Morgan',
    });
    expect(inSlack('acknowledged')).toEqual([]);
    for (const id of ids.slice(8)) await desk.alerts.resolve(desk.org, id, '', alex);
    await until(() => bundles().at(-1)?.state === 'resolved');
  });

  test('a bundle nobody else joined goes as the alert it is; one that is over meanwhile does not go', async () => {
    for (let index = 0; index < 8; index++) await desk.raise({ key: `k${index}`, severity: 'info' });
    const lonely = await desk.raise({ key: 'last', title: 'Alone' });
    await desk.pass(1_000);
    await until(async () =>
      desk.sent.some(({ system, message }) => system === 'slack' && 'title' in message && message.title === 'Alone'),
    );
    await desk.settled(lonely);
    const { raisedAt, deliveries } = await desk.get(lonely);
    const inItsTurn = deliveries.find(({ channel }) => channel === 'slack');
    expect(inItsTurn?.state).toBe('accepted');
    // The wait for others is not its sending: neither failover nor the score card may count it.
    expect(Date.parse(inItsTurn?.startedAt ?? '') - Date.parse(raisedAt)).toBeGreaterThanOrEqual(1_000);
    const over = await desk.raise({ key: 'over', title: 'Over' });
    await desk.alerts.resolve(desk.org, over, '', alex);
    await desk.pass(1_000);
    expect((await desk.get(over)).deliveries.find(({ channel }) => channel === 'slack')?.state).toBe('superseded');
  });

  test('beyond ten a minute SMS and PagerDuty get one bundle, every member recorded, emergencies single (A15)', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 25; index++) ids.push(await desk.raise({ key: `k${index}`, severity: 'info' }));
    const emergency = await desk.raise({ key: 'worst', severity: 'emergency' });
    await desk.settled(emergency);
    await until(() => desk.sent.filter((each) => each.system === 'sms').length === 11);
    await desk.pass(MIN);
    await until(() => ['pagerduty', 'sms'].every((each) => desk.systemsOf('bundle').includes(each)));
    const bundle = desk.sent.find((each) => each.message.kind === 'bundle' && each.system === 'sms')?.message;
    expect(bundle).toMatchObject({ total: 15, counts: { warning: 15 } });
    const stands = async (channel: string) =>
      (await desk.get(ids[24] ?? '')).deliveries.find((each) => each.channel === channel);
    // The bundle's acceptance stands for every member of it.
    await until(
      async () => (await stands('sms'))?.state === 'accepted' && (await stands('pagerduty'))?.state === 'accepted',
    );
    expect(
      (await desk.get(ids[24] ?? '')).timeline.filter(({ text }) => text.startsWith('sms, in a bundle of 15')),
    ).toHaveLength(1);
    expect(desk.sent.filter((each) => each.system === 'sms' && each.message.kind !== 'bundle')).toHaveLength(11);
  });

  test.each(['place', 'channel'])(
    'a bundle whose %s went before it left: another channel starts for each member',
    async (what) => {
      desk = await begin('2026-11-25T13:50:00Z');
      const table = { ...routing.table, info: ['sms' as const] };
      const config = { ...routing, table, failover: ['email' as const] };
      await desk.alerts.routing.save(desk.org, config, alex);
      const ids: string[] = [];
      for (let index = 0; index < 13; index++) ids.push(await desk.raise({ key: `k${index}`, severity: 'info' }));
      if (what === 'place') {
        const phone = { id: 'new', channel: 'sms' as const, name: 'new', address: '+44', personId: 'ellis' };
        const destinations = [...routing.destinations.filter(({ id }) => id !== 'ellis'), phone];
        await desk.alerts.routing.save(desk.org, { ...config, destinations }, alex);
      } else
        await desk.store.transaction((tx) =>
          tx.updateTable('connection').set({ mode: 'off' }).where('id', '=', `${desk.org}/sms`).execute(),
        );
      await desk.pass(MIN);
      for (const id of ids.slice(10)) {
        await desk.settled(id);
        const { deliveries } = await desk.get(id);
        expect(deliveries.map(({ channel, state }) => [channel, state])).toEqual([
          ['sms', 'not_connected'],
          ['email', 'accepted'],
        ]);
      }
    },
  );

  test('what would go in a bundle to a channel that is known to take nothing starts the next one at once (A14)', async () => {
    desk = await begin('2026-11-25T13:50:00Z');
    const table = { ...routing.table, info: ['sms' as const] };
    await desk.alerts.routing.save(desk.org, { ...routing, table, failover: ['email'] }, alex);
    const ids: string[] = [];
    for (let index = 0; index < 12; index++) ids.push(await desk.raise({ key: `k${index}`, severity: 'info' }));
    await desk.store.transaction((tx) =>
      tx.updateTable('connection').set({ parked_code: 'auth' }).where('id', '=', `${desk.org}/sms`).execute(),
    );
    // Ten went singly; eleven and twelve wait for others, and the thirteenth knows at once that nothing will leave.
    const last = await desk.raise({ key: 'last', severity: 'info' });
    const told = async (id: string) =>
      (await desk.get(id)).deliveries
        .map(({ channel, state }) => [channel, state])
        .toSorted()
        .toReversed();
    expect(await told(last)).toEqual([
      ['sms', 'bundled'],
      ['email', expect.stringMatching(/waiting|accepted/)],
    ]);
    expect(await told(ids[11] ?? '')).toEqual([['sms', 'bundled']]);
    await desk.pass(MIN);
    for (const id of [ids[10] ?? '', ids[11] ?? '', last])
      expect(await told(id)).toEqual([
        ['sms', 'waiting'],
        ['email', expect.stringMatching(/waiting|accepted/)],
      ]);
  });

  test('a bundle that the network took and never brought is on each member, and another channel starts for each', async () => {
    desk = await begin(TUESDAY);
    const table = { ...routing.table, warning: ['sms' as const] };
    await desk.alerts.routing.save(desk.org, { ...routing, table, failover: ['pagerduty'] }, alex);
    const ids: string[] = [];
    for (let index = 0; index < 13; index++) ids.push(await desk.raise({ key: `k${index}`, severity: 'info' }));
    await desk.pass(MIN);
    await until(() => desk.systemsOf('bundle').includes('sms'));
    const last = ids[12] ?? '';
    const text = async () => (await desk.get(last)).deliveries.find(({ channel }) => channel === 'sms');
    await until(async () => (await text())?.state === 'accepted');
    const [bundle] = await desk.store.read
      .selectFrom('alert_bundle')
      .select('job_id')
      .where('organisation_id', '=', desk.org)
      .where('channel', '=', 'sms')
      .execute();
    await desk.store.transaction((tx) =>
      desk.alerts.onReceipt(tx, bundle?.job_id ?? '', 'bounced', 'the phone is switched off'),
    );
    expect(await text()).toMatchObject({ state: 'failed', problem: 'the phone is switched off' });
    await desk.settled(last);
    const { timeline, deliveries } = await desk.get(last);
    expect(timeline.find(({ kind }) => kind === 'not_told')?.text).toContain('the phone is switched off');
    expect(deliveries.map(({ channel }) => channel)).toEqual(['sms', 'pagerduty']);
    expect((await desk.get(ids[0] ?? '')).deliveries.map(({ channel }) => channel)).toEqual(['sms']);
  });

  test('a bundle taken in PagerDuty takes its members, each by itself and once; PagerDuty is not told again (A6, A15)', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 13; index++) ids.push(await desk.raise({ key: `k${index}`, severity: 'info' }));
    await desk.pass(MIN);
    const told = () => desk.sent.filter(({ system, message }) => system === 'pagerduty' && message.kind === 'bundle');
    await until(() => told().length === 1);
    const message = told()[0]?.message;
    const bundleId = message?.kind === 'bundle' ? message.bundleId : '';
    const members = ids.slice(10);
    await desk.alerts.resolve(desk.org, members[0] ?? '', '', alex);
    const priya = { ...pagerduty, name: 'Priya Shah' };
    expect(await desk.alerts.takeBundle(desk.org, bundleId, 'acknowledged', priya)).toBe(2);
    expect(await desk.alerts.takeBundle(desk.org, bundleId, 'resolved', priya)).toBe(0);
    await desk.pass(1_000);
    const after = await Promise.all(members.map(desk.get));
    expect(after.map(({ state }) => state)).toEqual(['resolved', 'acknowledged', 'acknowledged']);
    for (const { timeline } of after.slice(1)) {
      expect(timeline.filter(({ kind }) => kind === 'acknowledged')).toHaveLength(1);
      expect(timeline.find(({ kind }) => kind === 'acknowledged')?.text).toContain('Priya Shah');
    }
    // The ten told singly are nobody's business there.
    expect((await desk.get(ids[0] ?? '')).state).not.toBe('acknowledged');
    expect(told()).toHaveLength(1);
    await desk.alerts.resolve(desk.org, members[1] ?? '', '', alex);
    expect((await desk.get(members[2] ?? '')).state).toBe('acknowledged');
  });

  /** Thirteen at once: nine told singly in Slack, four in a bundle there. Returns the ids of the four and the bundle's messages. */
  async function bundledInSlack() {
    const ids: string[] = [];
    for (let index = 0; index < 12; index++)
      ids.push(await desk.raise({ key: `k${index}`, severity: 'info', title: `T${index}` }));
    const told = () =>
      desk.sent.flatMap(({ system, message }) => (system === 'slack' && message.kind === 'bundle' ? [message] : []));
    await desk.pass(1_000);
    await until(() => told().length === 1);
    const members = ids.slice(8);
    await until(async () => (await desk.get(members[0] ?? '')).toldMs !== null);
    return { members, told, bundleId: told()[0]?.bundleId ?? '' };
  }

  test('acknowledged as a whole in Slack: each member once, its message changed once, the others told once (A6)', async () => {
    const { members, told, bundleId } = await bundledInSlack();
    await desk.alerts.resolve(desk.org, members[0] ?? '', '', alex);
    await until(() => told().length === 2);
    expect(told()[1]).toMatchObject({ total: 4, needing: 3 });
    expect(await desk.alerts.takeBundle(desk.org, bundleId, 'acknowledged', viaSlack)).toBe(3);
    expect(await desk.alerts.takeBundle(desk.org, bundleId, 'acknowledged', viaSlack)).toBe(0);
    await until(() => told().length === 3);
    await desk.pass(1_000);
    expect(told()).toHaveLength(3);
    expect(told()[2]).toMatchObject({ needing: 0, state: 'acknowledged' });
    for (const id of members.slice(1)) {
      const { state, owner, timeline } = await desk.get(id);
      expect({ state, owner }).toEqual({ state: 'acknowledged', owner: 'Sam Okafor' });
      expect(timeline.filter(({ kind }) => kind === 'acknowledged')).toMatchObject([{ channel: 'slack' }]);
    }
    // The tenth was told singly in PagerDuty, so it is told there; the two bundled there have not gone yet.
    const elsewhere = desk.sent.filter(({ message }) => message.kind === 'acknowledged');
    expect(elsewhere).toMatchObject([{ system: 'pagerduty', message: { alertId: members[1] } }]);
  });

  test('snoozed as a whole in Slack, and fires again one by one', async () => {
    const { members, told, bundleId } = await bundledInSlack();
    const until15 = later(desk.runtime.clock.now(), 15 * MIN);
    expect(await desk.alerts.snoozeBundle(desk.org, bundleId, until15, viaSlack)).toBe(4);
    await until(() => told().length === 2);
    expect(told()[1]).toMatchObject({ needing: 0 });
    expect((await desk.get(members[0] ?? '')).state).toBe('snoozed');
    await desk.pass(15 * MIN);
    expect((await desk.get(members[0] ?? '')).state).toBe('firing');
  });

  test('a stranger’s press at a bundle changes nothing and is on the timeline of each member', async () => {
    const { members, told, bundleId } = await bundledInSlack();
    const stranger = { ...viaSlack, personId: null, name: 'U0STRANGE' };
    await desk.alerts.refuseStrangerAtBundle(desk.org, bundleId, 'Somebody pressed acknowledge.', stranger);
    for (const id of members) {
      const { state, timeline } = await desk.get(id);
      expect(state).toBe('firing');
      expect(timeline.at(-1)).toMatchObject({ kind: 'refused', actor: 'U0STRANGE', channel: 'slack' });
    }
    expect(told()).toHaveLength(1);
  });

  test('names its worst members first, then the oldest', async () => {
    for (let index = 0; index < 8; index++) await desk.raise({ key: `k${index}`, severity: 'info' });
    for (const [index, severity] of ['info', 'warning', 'info', 'warning'].entries())
      await desk.raise({ key: `m${index}`, severity, title: severity });
    const bundle = () => desk.sent.find(({ system, message }) => system === 'slack' && message.kind === 'bundle');
    await desk.pass(1_000);
    await until(() => bundle() !== undefined);
    expect(bundle()?.message).toMatchObject({
      counts: { warning: 2, critical: 2 },
      members: [{ title: 'warning' }, { title: 'warning' }, { title: 'info' }, { title: 'info' }],
    });
  });
});
