import type { OutboxJob } from './job.ts';

const s = 1_000;
const min = 60 * s;
const h = 60 * min;

/** When a job is tried again, counted from its first try; shown on screen as it stands here (R17). */
export interface RetryPolicy {
  /** In ms after the first try; the first is 0. */
  readonly at: readonly number[];
  /** After the last of `at`: every so often until so long after the first try. */
  readonly afterwards: readonly { readonly everyMs: number; readonly untilMs: number }[];
  /** `held` asks a person; `failed` is a dead letter. */
  readonly whenUsedUp: 'failed' | 'held';
}

/** Each delay is lengthened or shortened by up to this share of itself. */
export const jitterShare = 0.2;

/** A vendor's own waiting time is honoured up to here (R16). */
export const longestToldWaitMs = { 'never-miss': h, other: 24 * h } as const;

/** Jobs of a connection that is released start spread over this time. */
export const releaseSpreadMs = 10 * s;

/** Searches for a job in doubt, after the unclear try; then it is sent once more with the same key (R25). */
export const lookupAfterMs: readonly number[] = [5 * s, 30 * s, 2 * min, 10 * min];

/** When searching itself has failed for so long, a person decides. */
export const lookupGiveUpMs = 24 * h;

export const retryPolicies = {
  alert: {
    at: [0, 2 * s, 5 * s, 10 * s, 20 * s, 40 * s, min, 2 * min, 5 * min],
    afterwards: [
      { everyMs: 5 * min, untilMs: h },
      { everyMs: 15 * min, untilMs: 24 * h },
    ],
    whenUsedUp: 'failed',
  },
  webhookTarget: {
    at: [0, 2 * s, 5 * s, 10 * s, 20 * s, 40 * s, min, 2 * min, 5 * min, 10 * min, 30 * min].concat(
      [2, 5, 10, 14, 20, 24].map((hours) => hours * h),
    ),
    afterwards: [],
    whenUsedUp: 'failed',
  },
  keyedUpsert: {
    at: [0, s, 2 * s, 4 * s, 8 * s, 15 * s, 30 * s, min, 2 * min, 5 * min],
    afterwards: [
      { everyMs: 5 * min, untilMs: h },
      { everyMs: 30 * min, untilMs: 24 * h },
    ],
    whenUsedUp: 'failed',
  },
  telemetry: {
    at: [0, s, 2 * s, 4 * s, 8 * s, 15 * s, 30 * s, min],
    // Until sent or beyond the buffer: the job's own expiry ends it.
    afterwards: [{ everyMs: min, untilMs: Number.POSITIVE_INFINITY }],
    whenUsedUp: 'failed',
  },
  neverTwice: {
    at: [0, 5 * s, 30 * s, 2 * min, 10 * min, 30 * min],
    afterwards: [{ everyMs: h, untilMs: 24 * h }],
    whenUsedUp: 'held',
  },
} as const satisfies Record<string, RetryPolicy>;

export function retryPolicyOf(job: Pick<OutboxJob, 'deliveryClass' | 'system'>): RetryPolicy {
  switch (job.deliveryClass) {
    case 'never-miss':
      return job.system === 'webhook' ? retryPolicies.webhookTarget : retryPolicies.alert;
    case 'never-twice':
      return retryPolicies.neverTwice;
    case 'keyed-upsert':
      return retryPolicies.keyedUpsert;
    case 'telemetry':
      return retryPolicies.telemetry;
  }
}

/** The same schedule, so many times faster: practice that cannot wait ten minutes for a search. */
export function fasterPolicy(policy: RetryPolicy, times: number): RetryPolicy {
  if (times === 1) return policy;
  return {
    at: policy.at.map((ms) => ms / times),
    afterwards: policy.afterwards.map(({ everyMs, untilMs }) => ({
      everyMs: everyMs / times,
      untilMs: untilMs / times,
    })),
    whenUsedUp: policy.whenUsedUp,
  };
}

/** Ms from the first try to try number `tries` + 1; null when the list is used up. */
function offsetOf(policy: RetryPolicy, tries: number): number | null {
  const listed = policy.at[tries];
  if (listed !== undefined) return listed;
  let left = tries - policy.at.length + 1;
  let from = policy.at.at(-1) ?? 0;
  for (const { everyMs, untilMs } of policy.afterwards) {
    const fits = Math.floor((untilMs - from) / everyMs);
    if (left <= fits) return from + left * everyMs;
    left -= fits;
    from += fits * everyMs;
  }
  return null;
}

/** The delay in ms after this many tries (at least one), without jitter; null when the list is used up. */
export function delayAfter(policy: RetryPolicy, tries: number): number | null {
  const next = offsetOf(policy, tries);
  const last = offsetOf(policy, tries - 1);
  return next === null || last === null ? null : next - last;
}
