import { expect, test } from 'vitest';
import { Instant } from '../time-and-ids.ts';
import type { OutboxJob } from './job.ts';
import { retryPolicyOf } from './policies.ts';
import { settleLookup, settleSend, stageOf } from './settle.ts';
import { aJob } from './testing/a-job.ts';

const at = Instant.parse(1_000_000);
const job = aJob({ attempts: 2, inDoubt: true, doubtSince: at });
const now = { at, policy: retryPolicyOf(job), idempotency: 'lookup-first' as const, random: 0.5 };
const found = { receipt: { vendorId: 'v1' }, same: false, difference: 'a draft stands there' };

test('a document of ours that stands half-finished is sent on at once, however often that happens', () => {
  let next: OutboxJob = job;
  for (let i = 0; i < 10; i++) {
    next = settleLookup(next, { ok: true, found: { ...found, unfinished: true } }, now);
    expect(next).toMatchObject({ state: 'queued', inDoubt: false, runAt: at, settledAt: null });
    expect(stageOf(next)).toBe('send');
    const cut = { kind: 'retryable', code: 'timeout', scope: 'job', message: 'cut' } as const;
    next = settleSend(next, { ok: false, failure: cut }, now);
    expect(next).toMatchObject({ state: 'queued', inDoubt: true });
    expect(stageOf(next)).toBe('look-up');
  }
});

test('a finished document that differs is a person’s', () => {
  expect(settleLookup(job, { ok: true, found }, now)).toMatchObject({ state: 'held' });
});
