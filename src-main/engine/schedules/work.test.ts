import { expect, test } from 'vitest';
import { scheduledWork } from './work.ts';

const actor = { personId: 'alex', name: 'Alex Morgan', channel: 'schedule', correlationId: 'c' };
const totals = { net: '10.00', vat: '2.00', gross: '12.00' };

const doWork = (closed: readonly string[]) =>
  scheduledWork({
    exports: {} as never,
    review: { summary: async () => ({ ready: 3, review: 1, totals: { ready: totals } }) } as never,
    insight: {
      locks: async () => closed.map((month) => ({ month, by: 'Priya Shah', at: '', reason: 'Filed' })),
    } as never,
  });
const dryRun = (period: 'month' | 'quarter', ...closed: string[]) =>
  doWork(closed)('org', { do: 'prepare', target: 'xero', period }, { date: '2026-10-01' as never, dry: true }, actor);

test('a dry run refuses what the run would refuse: a month of its period that is closed', async () => {
  expect(await dryRun('month', '2026-08')).toMatch(/^September 2026 to xero: 3 lines of £10.00 net/);
  await expect(dryRun('month', '2026-09')).rejects.toMatchObject({
    problem: { happened: 'September 2026 is closed.' },
  });
  expect(await dryRun('quarter', '2026-06', '2026-10')).toMatch(/^Q3 2026 to xero/);
  await expect(dryRun('quarter', '2026-08')).rejects.toMatchObject({ problem: { happened: 'August 2026 is closed.' } });
});
