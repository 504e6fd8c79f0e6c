import { z } from 'zod';

/** The closed list of reasons why a delivery stopped. The kind decides what happens next, the code says why. */
export const failureCodes = {
  retryable: ['network', 'proxy', 'timeout', 'rate-limited', 'vendor-down', 'busy'],
  permanent: ['rejected', 'gone', 'too-large', 'unsupported', 'expired', 'superseded'],
  'needs-attention': ['auth', 'forbidden', 'misconfigured', 'quota', 'outcome-unknown', 'defect'],
} as const;

export type FailureKind = keyof typeof failureCodes;
export type FailureCode<K extends FailureKind = FailureKind> = (typeof failureCodes)[K][number];

const code = z.enum([...failureCodes.retryable, ...failureCodes.permanent, ...failureCodes['needs-attention']]);

/** What is stored, sent over the wire and shown. The message is already redacted. */
export const Failure = z.object({
  kind: z.enum(['retryable', 'permanent', 'needs-attention']),
  code,
  message: z.string().max(500),
  hint: z.string().optional(),
  retryAfterMs: z.number().int().nonnegative().optional(),
  /** Id there of what stands in the way: refused because it exists already. */
  existing: z.string().optional(),
  /** `connection`: every job of that connection is concerned, not this one alone. */
  scope: z.enum(['job', 'connection']),
});
export type Failure = z.infer<typeof Failure>;

interface Detail {
  readonly hint?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly existing?: string | undefined;
  readonly scope?: Failure['scope'];
  readonly cause?: unknown;
}

/** The only errors an adapter may throw. */
export abstract class IntegrationError extends Error {
  abstract readonly kind: FailureKind;
  abstract readonly code: FailureCode;
  readonly detail: Detail;

  constructor(message: string, detail: Detail = {}) {
    super(message, { cause: detail.cause });
    this.name = new.target.name;
    this.detail = detail;
  }

  toFailure(): Failure {
    const { hint, retryAfterMs, existing, scope = 'job' } = this.detail;
    return {
      kind: this.kind,
      code: this.code,
      message: this.message.slice(0, 500),
      scope,
      ...(hint === undefined ? {} : { hint }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(existing === undefined ? {} : { existing }),
    };
  }
}

/** Trying again later may work. `network`, `proxy`: not sent. `timeout`, `vendor-down`: sent, outcome unknown. */
export class RetryableError extends IntegrationError {
  readonly kind = 'retryable';
  readonly code: FailureCode<'retryable'>;
  constructor(code: FailureCode<'retryable'>, message: string, detail?: Detail) {
    super(message, detail);
    this.code = code;
  }
}

/** Refused for good; trying again changes nothing. */
export class PermanentError extends IntegrationError {
  readonly kind = 'permanent';
  readonly code: FailureCode<'permanent'>;
  constructor(code: FailureCode<'permanent'>, message: string, detail?: Detail) {
    super(message, detail);
    this.code = code;
  }
}

/** A person must act. With scope `connection`, every job of that connection waits. */
export class NeedsAttentionError extends IntegrationError {
  readonly kind = 'needs-attention';
  readonly code: FailureCode<'needs-attention'>;
  constructor(code: FailureCode<'needs-attention'>, message: string, detail?: Detail) {
    super(message, detail);
    this.code = code;
  }
}

/** Anything else an adapter throws is our own mistake: stop, keep the job, show it. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof IntegrationError) return thrown.toFailure();
  return new NeedsAttentionError('defect', 'Unexpected error inside the adapter', { cause: thrown }).toFailure();
}
