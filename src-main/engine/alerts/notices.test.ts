import { beforeEach, describe, expect, test } from 'vitest';
import { later } from '../../../src-shared/domain/time-and-ids.ts';
import { type AlertDesk, alertDesks, alex, MIN, SATURDAY } from '../../testing/alert-desk.ts';

const begin = alertDesks();
let desk: AlertDesk;
beforeEach(async () => {
  desk = await begin(SATURDAY);
});
const shown = () => desk.notices.splice(0).map(({ key }) => key);

describe('a notification at this computer (U36)', () => {
  test('comes when an acknowledgement runs out, a snooze ends, it gets worse or comes back', async () => {
    const id = await desk.raise({ key: 'k' });
    expect(shown()).toEqual([`alert:${id}`]);
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await desk.pass(30 * MIN);
    expect(shown()).toEqual([`alert:${id}`]);
    await desk.alerts.snooze(desk.org, id, later(desk.runtime.clock.now(), 5 * MIN), '', alex);
    await desk.pass(5 * MIN);
    expect(shown()).toEqual([`alert:${id}`]);
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await desk.raise({ key: 'k', severity: 'critical' });
    expect(shown()).toEqual([`alert:${id}`]);
    await desk.alerts.resolve(desk.org, id, '', alex);
    await desk.pass(MIN);
    await desk.raise({ key: 'k', severity: 'critical' });
    expect(shown()).toEqual([`alert:${id}`]);
  });

  test('comes for nothing that a silence hides, but at its end', async () => {
    const now = desk.runtime.clock.now();
    const silence = {
      ...{ kind: 'silence' as const, matcher: { keyStartsWith: 'k' }, startsAt: now, endsAt: later(now, 30 * MIN) },
      ...{ recurring: null, includeEmergencies: false, reason: 'Planned work' },
    };
    await desk.alerts.silences.add(desk.org, silence, alex);
    const id = await desk.raise({ key: 'k' });
    expect(shown()).toEqual([]);
    await desk.pass(30 * MIN);
    expect(shown()).toContain(`alert:${id}`);
  });
});
