import { beforeEach, expect, test } from 'vitest';
import { later } from '../../../src-shared/domain/time-and-ids.ts';
import { type AlertDesk, alertDesks, alex, MIN, SATURDAY } from '../../testing/alert-desk.ts';

const begin = alertDesks();
let desk: AlertDesk;
beforeEach(async () => {
  desk = await begin(SATURDAY);
});

/** The alert as it stands; what happened to it is on its timeline for good. */
async function state(id: string) {
  const { timeline: _, deliveries, ...alert } = await desk.get(id);
  return { ...alert, told: deliveries.map(({ channel, recipient, kind }) => `${kind} ${channel} ${recipient}`).sort() };
}

const silence = (at: () => number) => ({
  ...{
    kind: 'silence' as const,
    matcher: { source: 'datadog' },
    recurring: null,
    includeEmergencies: false,
    reason: 'r',
  },
  ...{ startsAt: at(), endsAt: at() + 60 * MIN },
});

test.each([
  ['acknowledged', (id: string) => desk.alerts.acknowledge(desk.org, id, { note: 'mine', forMs: null }, alex)],
  ['snoozed', (id: string) => desk.alerts.snooze(desk.org, id, later(desk.runtime.clock.now(), 10 * MIN), '', alex)],
] as const)('%s and undone at once: the alert stands as before (ux 14.15)', async (_name, act) => {
  const id = await desk.raise();
  await desk.settled(id);
  const before = await state(id);
  await act(id);
  expect((await state(id)).state).not.toBe('firing');
  await desk.alerts.unacknowledge(desk.org, id, alex);
  const after = await state(id);
  // The other sides hear that somebody had it and gave it back; the alert itself is as it was.
  expect({ ...after, told: [] }).toEqual({ ...before, told: [] });
});

test('silenced and undone at once: the alert stands as before, and nothing is hidden any more (ux 14.15)', async () => {
  const id = await desk.raise();
  await desk.settled(id);
  const before = await state(id);
  const added = await desk.alerts.silences.add(desk.org, silence(() => desk.runtime.clock.now()) as never, alex);
  expect(await state(id)).toMatchObject({ silenced: true });
  await desk.alerts.silences.end(desk.org, added.id, 'Undone', alex);
  await desk.alerts.tick(desk.org);
  const after = await state(id);
  // It is told once more that it still fires: nobody heard of it meanwhile.
  expect({ ...after, told: [] }).toEqual({ ...before, told: [] });
});
