import { expect, test } from 'vitest';
import { testClock } from '../testing/runtime.ts';
import { createLeaving } from './leaving.ts';

type Deps = Parameters<typeof createLeaving>[0];

/** Organisations with their wedding-day mode; the hand-over alert waits for two looks, then it has left. */
function desk(
  all: readonly { id: string; practice: boolean; active: boolean; waiting: number; elsewhere?: boolean }[],
) {
  const clock = testClock('2026-11-21T12:00:00Z');
  const raised: string[] = [];
  let looksLeft = 3;
  const leaving = createLeaving({
    clock,
    organisations: { list: async () => all as unknown as Awaited<ReturnType<Deps['organisations']['list']>> },
    weekend: {
      calendar: async (id: string) =>
        ({ at: () => ({ weddingDay: { active: all.find((one) => one.id === id)?.active } }) }) as unknown as Awaited<
          ReturnType<Deps['weekend']['calendar']>
        >,
    },
    standing: {
      counts: async (id: string) => {
        const queued = raised.includes(id) && looksLeft-- > 0 ? 1 : 0;
        return { waiting: (all.find((one) => one.id === id)?.waiting ?? 0) + queued } as Awaited<
          ReturnType<Deps['standing']['counts']>
        >;
      },
    },
    alerts: {
      raise: async (id, report) => {
        raised.push(id);
        expect(report).toMatchObject({ severity: 'critical' });
        return { alertId: 'a', outcome: 'raised' };
      },
    },
    sendsHere: (id) => all.find((one) => one.id === id)?.elsewhere !== true,
  });
  return { clock, raised, leaving };
}

test('names the real organisations in wedding-day mode and what waits in them (U35)', async () => {
  const { leaving } = desk([
    { id: 'oak', practice: false, active: true, waiting: 2 },
    { id: 'elm', practice: false, active: true, waiting: 1 },
    { id: 'ash', practice: false, active: false, waiting: 9 },
    { id: 'ivy', practice: false, active: true, waiting: 9, elsewhere: true },
    { id: 'bluebell', practice: true, active: true, waiting: 9 },
  ]);
  expect(await leaving.consequence()).toEqual({ organisations: 2, waiting: 3 });
});

test('says nothing on other days and in practice', async () => {
  const { leaving } = desk([
    { id: 'ash', practice: false, active: false, waiting: 9 },
    { id: 'bluebell', practice: true, active: true, waiting: 9 },
  ]);
  expect(await leaving.consequence()).toBeNull();
});

test('the hand-over alert is raised for each and has left before the console goes', async () => {
  const { leaving, raised, clock } = desk([{ id: 'oak', practice: false, active: true, waiting: 2 }]);
  let done = false;
  const handing = leaving.handOver().then(() => {
    done = true;
  });
  await expect.poll(() => clock.sleepers).toBe(1);
  expect({ raised, done }).toEqual({ raised: ['oak'], done: false });
  for (let look = 0; look < 5 && !done; look += 1) await clock.advance(100);
  await handing;
  expect(done).toBe(true);
});
