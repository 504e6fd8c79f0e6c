import { beforeEach, describe, expect, test } from 'vitest';
import { later } from '../../../src-shared/domain/time-and-ids.ts';
import { insertSilence } from '../../store/repositories/alerts.ts';
import { type AlertDesk, alertDesks, alex, datadog, MIN, routing, SATURDAY, until } from '../../testing/alert-desk.ts';

const begin = alertDesks();
let desk: AlertDesk;
beforeEach(async () => {
  desk = await begin(SATURDAY);
});

describe('silences and flapping', () => {
  test('a silence hides, is counted in the register, and what is still there is told at its end (A12)', async () => {
    const silence = {
      kind: 'silence' as const,
      matcher: { source: 'datadog' },
      startsAt: desk.runtime.clock.now(),
      endsAt: later(desk.runtime.clock.now(), 30 * MIN),
      recurring: null,
      includeEmergencies: false,
      reason: 'Upgrade',
    };
    await desk.alerts.silences.add(desk.org, silence, alex);
    const id = await desk.raise({ severity: 'info' });
    const passes = await desk.raise({ key: 'e', severity: 'critical' });
    await desk.settled(passes);
    expect(desk.sent.every((each) => each.message.kind === 'firing' && each.message.alertId === passes)).toBe(true);
    expect((await desk.alerts.silences.register(desk.org)).map((each) => each.hides)).toEqual([1]);
    expect((await desk.get(id)).needsMe).toBe(false);
    await desk.pass(30 * MIN);
    await until(() => desk.sent.some((each) => each.message.kind === 'fires_again' && each.message.alertId === id));
  });

  test('a silence over a firing alert stops its escalation; ended early, it is told again', async () => {
    const id = await desk.raise();
    const until2 = later(desk.runtime.clock.now(), 60 * MIN);
    const added = await desk.alerts.silences.add(
      desk.org,
      {
        kind: 'silence',
        matcher: { source: 'datadog' },
        startsAt: desk.runtime.clock.now(),
        endsAt: until2,
        recurring: null,
        includeEmergencies: false,
        reason: 'r',
      },
      alex,
    );
    await desk.pass(20 * MIN);
    expect(await desk.get(id)).toMatchObject({ step: 0, silenced: true });
    await desk.alerts.silences.end(desk.org, added.id, 'done', alex);
    await desk.alerts.tick(desk.org);
    expect(await desk.get(id)).toMatchObject({ silenced: false, state: 'firing' });
  });

  test('a window that begins while an alert fires stops its escalation; at the end it is told again', async () => {
    const at = desk.runtime.clock.now();
    const id = await desk.raise();
    await desk.settled(id);
    const window = {
      kind: 'maintenance' as const,
      matcher: { source: 'datadog' },
      startsAt: later(at, MIN),
      endsAt: later(at, 60 * MIN),
      recurring: null,
      includeEmergencies: false,
      reason: 'Network works',
    };
    await desk.alerts.silences.add(desk.org, window, alex);
    await desk.pass(20 * MIN);
    expect(await desk.get(id)).toMatchObject({ step: 0, silenced: true, state: 'firing' });
    expect(desk.systemsOf('escalated')).toEqual([]);
    expect((await desk.alerts.silences.register(desk.org)).map((each) => each.hides)).toEqual([1]);
    await desk.pass(41 * MIN);
    await until(() => desk.sent.some((each) => each.message.kind === 'fires_again' && each.message.alertId === id));
    expect(await desk.get(id)).toMatchObject({ silenced: false });
  });

  test('a recurring window added outside its hours tells nobody anything', async () => {
    const at = desk.runtime.clock.now();
    const id = await desk.raise();
    await desk.settled(id);
    const told = desk.sent.length;
    const nights = {
      kind: 'maintenance' as const,
      matcher: { source: 'datadog' },
      startsAt: at,
      endsAt: later(at, 7 * 24 * 60 * MIN),
      recurring: { weekdays: [1, 2, 3, 4, 5, 6, 7], from: '02:00', to: '04:00' },
      includeEmergencies: false,
      reason: 'Nightly works',
    };
    await desk.alerts.silences.add(desk.org, nights, alex);
    await desk.alerts.tick(desk.org);
    expect(await desk.get(id)).toMatchObject({ silenced: false, state: 'firing' });
    expect(await desk.kinds(id)).not.toContain('note');
    expect(desk.sent).toHaveLength(told);
    await desk.pass(3 * MIN);
    expect(await desk.get(id)).toMatchObject({ state: 'escalated', step: 1 });
  });

  test('nothing is silenced by blanks, and a silence that is over already is refused', async () => {
    const at = desk.runtime.clock.now();
    const silence = {
      kind: 'silence' as const,
      matcher: { titleContains: ' ' },
      startsAt: at,
      endsAt: later(at, 30 * MIN),
      recurring: null,
      includeEmergencies: false,
      reason: 'Upgrade',
    };
    await expect(desk.alerts.silences.add(desk.org, silence, alex)).rejects.toThrow('Say which alerts are meant.');
    const over = {
      ...silence,
      matcher: { source: 'datadog' },
      startsAt: later(at, -60 * MIN),
      endsAt: later(at, -MIN),
    };
    await expect(desk.alerts.silences.add(desk.org, over, alex)).rejects.toMatchObject({ code: 'REFUSED' });
    expect(await desk.alerts.silences.register(desk.org)).toEqual([]);
  });

  test('a stored silence that means nothing stops no alert', async () => {
    const at = desk.runtime.clock.now();
    const row = {
      ...{ organisation_id: desk.org, id: 'blank', kind: 'silence' as const, starts_at: at, ends_at: at + 30 * MIN },
      ...{ matcher: '{"titleContains":" "}', recurring: null, include_emergencies: 0, author: 'Alex', reason: 'r' },
    };
    await desk.store.transaction((tx) => insertSilence(tx, row));
    await desk.settled(await desk.raise());
    await desk.pass(3 * MIN);
    await until(() => desk.systemsOf('escalated').length > 0);
  });

  test('who would be told says so when a silence would hide the alert: nobody until it ends', async () => {
    const at = desk.runtime.clock.now();
    const wanted = { severity: 'warning' as const, venue: 'The Barn', source: 'datadog', at };
    const before = await desk.alerts.preview(desk.org, wanted);
    const silence = {
      kind: 'silence' as const,
      matcher: { venue: 'The Barn' },
      startsAt: at,
      endsAt: later(at, 30 * MIN),
      recurring: null,
      includeEmergencies: false,
      reason: 'Upgrade',
    };
    await desk.alerts.silences.add(desk.org, silence, alex);
    const hidden = await desk.alerts.preview(desk.org, wanted);
    expect(hidden.reasons[0]).toBe('Silenced by Alex Morgan: Upgrade. Nobody is told while it lasts.');
    expect(hidden.steps[0]).toEqual({ ...before.steps[0], afterSeconds: 1800 });
    expect((await desk.alerts.preview(desk.org, { ...wanted, venue: 'Hall Farm' })).reasons).toEqual(before.reasons);
    expect((await desk.alerts.preview(desk.org, { ...wanted, at: later(at, 30 * MIN) })).steps[0]?.afterSeconds).toBe(
      0,
    );
  });

  test('a source that comes and goes stays one row and falls silent until it is calm', async () => {
    let id = '';
    for (let round = 0; round < 6; round++) {
      id = await desk.raise({ key: 'flap' });
      await desk.runtime.clock.advance(10_000);
      await desk.alerts.resolveKey(desk.org, 'flap', datadog);
      await desk.runtime.clock.advance(10_000);
    }
    expect(await desk.get(id)).toMatchObject({ flapping: true, count: 6 });
    const told = desk.sent.filter((each) => each.system === 'slack').length;
    await desk.raise({ key: 'flap' });
    await desk.alerts.resolveKey(desk.org, 'flap', datadog);
    expect((await desk.alerts.views.list(desk.org, 'open', '', 500)).rows).toHaveLength(1);
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await desk.settled(id);
    // Nothing else is due for half an hour: the timers look by themselves.
    for (let looks = 0; looks < 12; looks += 1) {
      const next = (await desk.alerts.tick(desk.org)) ?? Number.POSITIVE_INFINITY;
      if ((await desk.get(id)).state === 'resolved') break;
      expect(next - desk.runtime.clock.now()).toBeLessThanOrEqual(MIN);
      desk.runtime.clock.jump(next - desk.runtime.clock.now());
    }
    expect((await desk.get(id)).state).toBe('resolved');
    expect(told).toBeLessThan(8);
  });
});

test('a person ended a source that comes and goes: it was told as over, so its return is told', async () => {
  let id = '';
  for (let round = 0; round < 3; round++) {
    id = await desk.raise({ key: 'flap' });
    await desk.runtime.clock.advance(10_000);
    if (round < 2) await desk.alerts.resolveKey(desk.org, 'flap', datadog);
    else await desk.alerts.resolve(desk.org, id, 'Restarted it', alex);
    await desk.runtime.clock.advance(10_000);
  }
  await desk.settled(id);
  const before = desk.systemsOf('fires_again').length;
  expect(await desk.raise({ key: 'flap' })).toBe(id);
  await desk.settled(id);
  expect(desk.systemsOf('fires_again').slice(before)).toContain('sms');
  expect(await desk.get(id)).toMatchObject({ state: 'firing', flapping: true });
});

test('what quiet hours hold goes at once when wedding-day mode is switched on', async () => {
  desk = await begin('2026-11-25T23:30:00Z');
  const quietHours = [{ channels: ['slack' as const], from: '22:00', to: '07:00', upTo: 'warning' as const }];
  await desk.alerts.routing.save(desk.org, { ...routing, quietHours }, alex);
  const id = await desk.raise({ severity: 'info' });
  await desk.pass(MIN);
  expect((await desk.get(id)).deliveries.map(({ state }) => state)).toEqual(['quiet']);
  const now = desk.runtime.clock.now();
  const on = { mode: 'on' as const, reason: 'Storm', startsAt: now, endsAt: later(now, 60 * MIN) };
  await desk.alerts.switchMode(desk.org, on, alex);
  await desk.pass(0);
  await desk.settled(id);
  expect(desk.sent.map(({ system }) => system)).toEqual(['slack']);
});

test('what came and went while quiet hours held it is told once at their end', async () => {
  desk = await begin('2026-11-25T23:00:00Z');
  const quietHours = [{ channels: ['slack' as const], from: '22:00', to: '07:00', upTo: 'warning' as const }];
  await desk.alerts.routing.save(desk.org, { ...routing, quietHours }, alex);
  let id = '';
  for (let round = 0; round < 3; round++) {
    id = await desk.raise({ key: 'k', severity: 'info' });
    await desk.pass(MIN);
    if (round < 2) await desk.alerts.resolveKey(desk.org, 'k', datadog);
    // A wedding that is entered meanwhile would end them: that is looked at every minute.
    const next = await desk.alerts.tick(desk.org);
    expect((next ?? Number.POSITIVE_INFINITY) - desk.runtime.clock.now()).toBeLessThanOrEqual(MIN);
  }
  await desk.comes('2026-11-26T07:00:00Z');
  await desk.settled(id);
  expect(desk.sent.map(({ system }) => system)).toEqual(['slack']);
});

test('what quiet hours held is told after a silence that began meanwhile, not in it', async () => {
  desk = await begin('2026-11-25T23:00:00Z');
  const quietHours = [{ channels: ['slack' as const], from: '22:00', to: '07:00', upTo: 'warning' as const }];
  await desk.alerts.routing.save(desk.org, { ...routing, quietHours }, alex);
  const id = await desk.raise({ severity: 'info' });
  const startsAt = desk.runtime.clock.now();
  const silence = {
    ...{ kind: 'silence' as const, matcher: { source: 'datadog' }, startsAt, endsAt: later(startsAt, 600 * MIN) },
    ...{ recurring: null, includeEmergencies: false, reason: 'Upgrade' },
  };
  await desk.alerts.silences.add(desk.org, silence, alex);
  await desk.comes('2026-11-26T07:00:00Z');
  expect((await desk.get(id)).deliveries.map(({ state }) => state)).toEqual(['superseded']);
  await desk.comes('2026-11-26T09:00:00Z');
  await desk.settled(id);
  expect(desk.sent.map(({ message }) => message.kind)).toEqual(['fires_again']);
});

describe('quiet hours of a person (U41)', () => {
  const titles = () => desk.notices.map(({ title }) => title);

  test('hold notifications at night and nothing else; when they end one says what was held', async () => {
    desk = await begin('2026-11-25T23:30:00Z');
    const held = await desk.raise({ severity: 'critical' });
    const over = await desk.raise({ severity: 'critical', key: 'over' });
    await desk.settled(held);
    expect(desk.sent.map(({ system }) => system)).toContain('pagerduty');
    await desk.alerts.resolve(desk.org, over, '', alex);
    await desk.pass(30 * MIN);
    expect((await desk.get(held)).state).toBe('escalated');
    expect(titles()).toEqual([]);
    desk.runtime.clock.jump(7 * 60 * MIN);
    await desk.alerts.quietEnds(desk.org, desk.runtime.clock.now());
    expect(desk.notices.find(({ key }) => key === `quiet:${desk.org}`)).toMatchObject({
      title: 'While quiet: 2 alerts',
      body: '1 over by now, 1 open.',
    });
    await desk.raise({ key: 'morning', severity: 'critical' });
    await until(() => titles().includes('Critical: AI gallery slow'));
  });

  test('can be switched off by each person for themselves, audited; a wedding night is never quiet', async () => {
    desk = await begin('2026-11-25T23:30:00Z');
    await desk.store.transaction((tx) =>
      tx
        .insertInto('person')
        .values({ organisation_id: desk.org, id: 'alex', name: 'Alex', roles: '["ops"]', current: 1 })
        .execute(),
    );
    await desk.alerts.quiet.set(desk.org, null, alex);
    expect(await desk.alerts.quiet.of(desk.org, 'alex')).toBeNull();
    expect(await desk.alerts.quiet.of(desk.org, 'sam')).toEqual({ from: '22:00', to: '07:00' });
    expect(desk.audited.map(({ object }) => object)).toContain('setting:quiet-hours:alex');
    await desk.raise({ severity: 'critical' });
    await until(() => titles().length === 1);
    desk = await begin('2026-11-21T23:30:00Z');
    await desk.raise({ severity: 'critical' });
    await until(() => titles().length === 1);
  });
});
