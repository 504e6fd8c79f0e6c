import { beforeEach, describe, expect, test } from 'vitest';
import { type AlertDesk, alertDesks, datadog, SATURDAY, until } from '../../testing/alert-desk.ts';
import { workedMs } from '../../testing/work-time.ts';

const begin = alertDesks();
let desk: AlertDesk;
beforeEach(async () => {
  desk = await begin(SATURDAY);
});

/** Of the timeline's line that it was escalated. */
const seqOf = async (alertId: string) =>
  (
    await desk.store.read
      .selectFrom('alert_timeline')
      .select('seq')
      .where('organisation_id', '=', desk.org)
      .where('alert_id', '=', alertId)
      .where('kind', '=', 'escalated')
      .executeTakeFirst()
  )?.seq;

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

  test('an organisation with a hundred alerts due makes no other wait for its one (X5)', async () => {
    for (let index = 0; index < 100; index++) await desk.raise({ key: `b${index}` });
    const other = `${desk.org}-other`;
    await desk.store.transaction(async (tx) => {
      await tx.insertInto('organisation').values({ id: other, name: 'Zebra', created_at: 1 }).execute();
    });
    const report = { source: 'datadog', severity: 'critical', title: 'Chat slow' };
    const { alertId } = await desk.alerts.raise(other, report, datadog);
    const escalated = async (organisationId: string) =>
      Number(
        (
          await desk.store.read
            .selectFrom('alert')
            .select((eb) => eb.fn.countAll<number>().as('count'))
            .where('organisation_id', '=', organisationId)
            .where('state', '=', 'escalated')
            .executeTakeFirstOrThrow()
        ).count,
      );
    desk.runtime.clock.jump(300_000);
    desk.alerts.start();
    await until(async () => (await desk.alerts.views.get(other, alertId)).state === 'escalated');
    expect(await escalated(desk.org)).toBeLessThan(100);
    await until(async () => (await escalated(desk.org)) === 100);
    const stopped = desk.alerts.stop();
    await desk.runtime.clock.advance(1_000);
    await stopped;
  });

  test('of what is due at once the worst goes first, however late it came (R11)', async () => {
    for (const severity of ['info', 'warning', 'emergency']) await desk.raise({ key: severity, severity });
    await desk.pass(150_000);
    const { rows } = await desk.alerts.views.list(desk.org, 'open', '', 10);
    const escalatedAt = new Map<string, number>();
    for (const { id, reportedSeverity } of rows)
      escalatedAt.set(reportedSeverity, (await seqOf(id)) ?? Number.POSITIVE_INFINITY);
    expect([...escalatedAt].sort(([, a], [, b]) => a - b).map(([severity]) => severity)).toEqual([
      'emergency',
      'warning',
      'info',
    ]);
  });

  test('two hundred alerts in a burst are each routed and queued in milliseconds', async () => {
    const before = workedMs();
    for (let index = 0; index < 200; index++) await desk.raise({ key: `b${index}`, severity: 'warning' });
    expect((workedMs() - before) / 200).toBeLessThan(50);
  });
});
