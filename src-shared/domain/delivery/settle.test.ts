import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Failure, failureCodes } from '../failure.ts';
import { Instant } from '../time-and-ids.ts';
import { DeliveryClass, Idempotency, type OutboxJob } from './job.ts';
import { delayAfter, lookupAfterMs, lookupGiveUpMs, retryPolicies, retryPolicyOf } from './policies.ts';
import { type Circumstances, recover, settleLookup, settleSend, stageOf } from './settle.ts';
import { aJob } from './testing/a-job.ts';

const at = Instant.parse(1_784_376_000_000);
const minutes = 60_000;
const hours = 60 * minutes;

function now(job: OutboxJob, change: Partial<Circumstances> = {}): Circumstances {
  return { at, policy: retryPolicyOf(job), idempotency: 'native-key', random: 0.5, ...change };
}

const failures: fc.Arbitrary<Failure> = fc
  .constantFrom(...Object.entries(failureCodes).flatMap(([kind, codes]) => codes.map((code) => ({ kind, code }))))
  .chain(({ kind, code }) =>
    fc.record({
      kind: fc.constant(kind as Failure['kind']),
      code: fc.constant(code as Failure['code']),
      scope: fc.constantFrom('job', 'connection'),
      message: fc.constant('m'),
      retryAfterMs: fc.integer({ min: 0, max: 48 * hours }),
    }),
  );

const jobs = fc
  .record({
    deliveryClass: fc.constantFrom(...DeliveryClass.options),
    system: fc.constantFrom('xero', 'webhook', 'slack'),
    attempts: fc.integer({ min: 1, max: 400 }),
    inDoubt: fc.boolean(),
    lookups: fc.integer({ min: 0, max: 4 }),
  })
  .map((change) => aJob({ ...change, inDoubt: change.inDoubt && change.deliveryClass === 'never-twice' }));
const circumstances = fc.record({
  idempotency: fc.constantFrom(...Idempotency.options),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
});

describe('after a try to send', () => {
  it('every job leaves the lease, keeps its tries, and is somewhere a person or the clock finds it', () => {
    fc.assert(
      fc.property(jobs, failures, circumstances, (job, failure, change) => {
        const next = settleSend(job, { ok: false, failure }, now(job, change));
        expect(next.leaseOwner).toBeNull();
        expect(next.attempts).toBe(job.attempts);
        expect(next.lastFailure).not.toBeNull();
        expect(['queued', 'held', 'failed']).toContain(next.state);
        if (next.state === 'queued') expect(next.runAt).toBeGreaterThanOrEqual(at);
      }),
    );
  });

  it('never-twice work whose bytes may have left is never sent again without a search or a person', () => {
    fc.assert(
      fc.property(jobs, failures, circumstances, (job, failure, change) => {
        fc.pre(job.deliveryClass === 'never-twice');
        fc.pre(['timeout', 'vendor-down', 'defect'].includes(failure.code));
        const next = settleSend(job, { ok: false, failure }, now(job, change));
        expect(next.inDoubt).toBe(true);
        if (next.state === 'queued') {
          expect(change.idempotency).not.toBe('none');
          expect(stageOf(next)).toBe('look-up');
        } else expect(next).toMatchObject({ state: 'held', lastFailure: { code: 'outcome-unknown' } });
      }),
    );
  });

  it('no other class is ever in doubt: it goes again (R7)', () => {
    fc.assert(
      fc.property(jobs, failures, circumstances, (job, failure, change) => {
        fc.pre(job.deliveryClass !== 'never-twice');
        expect(settleSend(job, { ok: false, failure }, now(job, change)).inDoubt).toBe(false);
      }),
    );
  });

  it('waits at least as long as the vendor says, up to a day, or an hour for what must not be missed (R16)', () => {
    fc.assert(
      fc.property(jobs, circumstances, fc.integer({ min: 0, max: 48 * hours }), (job, change, retryAfterMs) => {
        const failure: Failure = { kind: 'retryable', code: 'rate-limited', scope: 'job', message: 'm', retryAfterMs };
        const next = settleSend(job, { ok: false, failure }, now(job, change));
        if (next.state !== 'queued') return;
        const cap = job.deliveryClass === 'never-miss' ? hours : 24 * hours;
        expect(next.runAt - at).toBeGreaterThanOrEqual(Math.min(retryAfterMs, cap));
      }),
    );
  });

  it('keeps the receipt of what was delivered and clears the doubt', () => {
    const job = aJob({ inDoubt: true, lookups: 4 });
    const next = settleSend(job, { ok: true, receipt: { vendorId: 'b' } }, now(job));
    expect(next).toMatchObject({ state: 'delivered', inDoubt: false, receipt: { vendorId: 'b' }, settledAt: at });
  });

  it('ends as its table says: never-twice with a person, the others as dead letters', () => {
    const failure: Failure = { kind: 'retryable', code: 'network', scope: 'job', message: 'm' };
    const after = (deliveryClass: DeliveryClass) => {
      const job = aJob({ deliveryClass, attempts: 500 });
      return settleSend(job, { ok: false, failure }, now(job)).state;
    };
    expect(DeliveryClass.options.map((option) => [option, after(option)])).toEqual([
      ['never-miss', 'failed'],
      ['never-twice', 'held'],
      ['keyed-upsert', 'failed'],
      ['telemetry', 'queued'],
    ]);
  });
});

describe('the search for a job in doubt', () => {
  it('happens 5 s, 30 s, 2 min and 10 min after the unclear try, then it is sent once more, then a person decides (R25)', () => {
    const unclear: Failure = { kind: 'retryable', code: 'timeout', scope: 'job', message: 'm' };
    let job = settleSend(aJob(), { ok: false, failure: unclear }, now(aJob()));
    const times = [job.runAt - at];
    for (let round = 0; round < 4; round += 1) {
      expect(stageOf(job)).toBe('look-up');
      job = settleLookup(job, { ok: true, found: null }, now(job, { at: job.runAt }));
      times.push(job.runAt - at);
    }
    expect(times).toEqual([...lookupAfterMs, lookupAfterMs.at(-1)]);
    expect(stageOf(job)).toBe('send');
    expect(settleSend(job, { ok: false, failure: unclear }, now(job)).state).toBe('held');
  });

  it('gives up when searching itself fails for a day', () => {
    const failure: Failure = { kind: 'retryable', code: 'network', scope: 'job', message: 'm' };
    const job = aJob({ inDoubt: true, doubtSince: at });
    expect(settleLookup(job, { ok: false, failure }, now(job)).state).toBe('queued');
    const late = Instant.parse(at + lookupGiveUpMs);
    const given = settleLookup(job, { ok: false, failure }, now(job, { at: late }));
    expect(given).toMatchObject({ state: 'held', inDoubt: true, lastFailure: { code: 'outcome-unknown' } });
  });

  it('stays in doubt whatever fails, so nothing is sent in between', () => {
    fc.assert(
      fc.property(failures, circumstances, fc.integer({ min: 1, max: 90 }), (failure, change, attempts) => {
        const job = aJob({ inDoubt: true, doubtSince: at, attempts });
        const next = settleLookup(job, { ok: false, failure }, now(job, change));
        expect([next.inDoubt, next.lookups, stageOf(next)]).toEqual([true, 0, 'look-up']);
      }),
    );
  });
});

describe('a lease whose owner is gone', () => {
  it.each([
    ['never-miss', 'none', 'queued', false],
    ['never-miss', 'lookup-first', 'queued', false],
    ['telemetry', 'none', 'queued', false],
    ['keyed-upsert', 'native-key', 'queued', false],
    ['never-twice', 'native-key', 'queued', true],
    ['never-twice', 'lookup-first', 'queued', true],
    ['never-twice', 'none', 'held', true],
  ] as const)('%s with %s becomes %s (R7)', (deliveryClass, idempotency, state, inDoubt) => {
    const job = aJob({ deliveryClass });
    const next = recover(job, now(job, { idempotency }));
    expect([next.state, next.inDoubt, next.attempts]).toEqual([state, inDoubt, job.attempts]);
    if (state === 'queued' && inDoubt) expect(stageOf(next)).toBe('look-up');
  });

  it('was only searching: it searches again, as often as before', () => {
    const job = aJob({ inDoubt: true, lookups: 2, doubtSince: at });
    expect(recover(job, now(job))).toMatchObject({ state: 'queued', lookups: 2, inDoubt: true });
  });

  it('was sending once more: it is searched for anew, since no answer of the other side spoke against it', () => {
    const job = aJob({ inDoubt: true, lookups: 4, doubtSince: at });
    expect(recover(job, now(job))).toMatchObject({ state: 'queued', inDoubt: true, lookups: 0 });
    expect(recover(job, now(job, { idempotency: 'none' })).state).toBe('held');
  });
});

describe('the written schedules (R17)', () => {
  const offsets = (policy: Parameters<typeof delayAfter>[0], most: number) => {
    const list = [0];
    for (let tries = 1; tries < most; tries += 1) {
      const delay = delayAfter(policy, tries);
      if (delay === null) break;
      list.push((list.at(-1) ?? 0) + delay);
    }
    return list;
  };

  it('of alerts: quick, every 5 min to the hour, every 15 min to the day', () => {
    const list = offsets(retryPolicies.alert, 1_000);
    expect(list.slice(0, 11)).toEqual([0, 2, 5, 10, 20, 40, 60, 120, 300, 600, 900].map((seconds) => seconds * 1_000));
    expect(list).toContain(hours);
    expect(list).toContain(hours + 15 * minutes);
    expect(list.at(-1)).toBe(24 * hours);
  });

  it('of ledgers: hourly to the day, then a person', () => {
    const list = offsets(retryPolicies.neverTwice, 1_000);
    expect(list.slice(0, 6)).toEqual([0, 5, 30, 120, 600, 1_800].map((seconds) => seconds * 1_000));
    expect(list.at(-1)).toBeLessThanOrEqual(24 * hours);
    expect(list.at(-1)).toBeGreaterThan(23 * hours);
  });

  it('of telemetry: without end', () => {
    expect(delayAfter(retryPolicies.telemetry, 100_000)).toBe(minutes);
  });

  it('never go backwards', () => {
    for (const policy of Object.values(retryPolicies)) {
      const list = offsets(policy, 300);
      expect(list.every((offset, index) => index === 0 || offset > (list[index - 1] ?? 0))).toBe(true);
    }
  });
});
