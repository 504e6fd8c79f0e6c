import { beforeEach, describe, expect, test } from 'vitest';
import { type AlertDesk, alertDesks, SATURDAY, until } from '../../testing/alert-desk.ts';
import { workedMs } from '../../testing/work-time.ts';

const begin = alertDesks();
let desk: AlertDesk;
beforeEach(async () => {
  desk = await begin(SATURDAY);
});

describe('the running timers', () => {
  test('escalate at the due moment, start the next step by themselves, and end when stopped', async () => {
    desk.alerts.start();
    const id = await desk.raise();
    await desk.settled(id);
    await until(() => desk.runtime.clock.sleepers > 0);
    await desk.runtime.clock.advance(149_000);
    expect((await desk.get(id)).state).toBe('firing');
    await desk.runtime.clock.advance(1_250);
    await until(async () => (await desk.get(id)).state === 'escalated');
    const at = (await desk.get(id)).timeline.find((each) => each.kind === 'escalated')?.at ?? '';
    expect(Date.parse(at) - Date.parse(SATURDAY)).toBeLessThanOrEqual(150_250);
    const stopped = desk.alerts.stop();
    await desk.runtime.clock.advance(1_000);
    await stopped;
  });

  test('two hundred alerts in a burst are each routed and queued in milliseconds', async () => {
    const before = workedMs();
    for (let index = 0; index < 200; index++) await desk.raise({ key: `b${index}`, severity: 'warning' });
    expect((workedMs() - before) / 200).toBeLessThan(50);
  });
});
