import { expect, test } from 'vitest';
import type { BatchView } from '../../src-shared/contract/exports.ts';
import type { OutboxJob } from '../../src-shared/domain/delivery/job.ts';
import { testClock, testLog } from '../testing/runtime.ts';
import type { Notice } from './engine.ts';
import { createEvents } from './events.ts';
import { noticeChanges } from './notices.ts';

function desk() {
  const clock = testClock();
  const events = createEvents();
  const shown: Notice[] = [];
  const removed: string[] = [];
  const batches = new Map<string, BatchView['state']>();
  const jobs = new Map<string, Pick<OutboxJob, 'system' | 'state' | 'inDoubt'>>();
  noticeChanges({
    events,
    notices: { show: (notice) => void shown.push(notice), remove: (key) => void removed.push(key) },
    clock,
    log: testLog(),
    nameOf: (system) => (system === 'xero' ? 'Xero' : system),
    async batch(_organisationId, batchId) {
      const state = batches.get(batchId);
      if (state === undefined) throw new Error('There is no such batch');
      return { batchId, period: '2026-Q3', state };
    },
    job: async (_organisationId, id) => jobs.get(id) ?? null,
  });
  const changed = async (topic: 'batches' | 'deliveries', ...ids: string[]) => {
    events.publish({ topic, organisationId: 'oak', ids });
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, shown, removed, batches, jobs, changed };
}

test('a checked export asks for its approver, and the notice goes once it is approved', async () => {
  const { batches, changed, shown, removed } = desk();
  batches.set('b1', 'checked');
  await changed('batches', 'b1');
  expect(shown).toMatchObject([{ key: 'batch:b1', address: '/exports/batches/b1', urgent: false }]);
  expect(shown[0]?.title).toContain('waits for approval');
  batches.set('b1', 'approved');
  await changed('batches', 'b1', 'taken-apart');
  expect(shown).toHaveLength(1);
  expect(removed).toEqual(['batch:b1']);
});

test('bad ends are said once per system in a quarter of an hour; good ones never (U36)', async () => {
  const { jobs, changed, shown, clock } = desk();
  jobs.set('ok', { system: 'xero', state: 'delivered', inDoubt: false });
  jobs.set('bad', { system: 'xero', state: 'failed', inDoubt: false });
  jobs.set('doubt', { system: 'slack', state: 'held', inDoubt: true });
  await changed('deliveries', 'ok');
  expect(shown).toEqual([]);
  await changed('deliveries', 'bad', 'bad', 'doubt');
  await changed('deliveries', 'bad');
  expect(shown.map(({ title, body }) => `${title}: ${body}`)).toEqual([
    expect.stringMatching(/^A delivery to Xero needs you: It was refused/),
    expect.stringMatching(/^A delivery to slack needs you: Its outcome is unknown/),
  ]);
  await clock.advance(16 * 60_000);
  await changed('deliveries', 'bad');
  expect(shown).toHaveLength(3);
});
