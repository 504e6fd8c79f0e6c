import { z } from 'zod';
import { explain } from './explain.ts';
import { SchemeOptions, type SignedRequest, SignedSource } from './signed-request.ts';
import { verifySignature } from './verify.ts';

/** A captured request with what is needed to judge it. */
export const Capture = z.object({
  source: SignedSource,
  secret: z.string(),
  options: SchemeOptions.optional(),
  headers: z.record(z.string(), z.string()),
  rawBody: z.string(),
  url: z.string().optional(),
  /** Unix seconds the judge takes for the time of arrival. */
  now: z.number().int().nonnegative(),
});

export interface Judgement {
  readonly index: number;
  readonly valid: boolean;
  /** null when valid. */
  readonly reason: string | null;
}

/** What is wrong with the first wrong field, by its name. */
function lackOf(capture: unknown, issue: z.core.$ZodIssue | undefined): string {
  const [field] = issue?.path ?? [];
  if (field === undefined) return 'an object with the fields source, secret, headers, rawBody and now is due';
  const missing = !Object.hasOwn(Object(capture), field);
  return `the field ${issue?.path.join('.')} ${missing ? 'is missing' : `is wrong: ${issue?.message}`}`;
}

/** One judgement a capture, in order; what is no capture is invalid and says what is wrong with it. */
export function judgeCaptures(captures: readonly unknown[]): Judgement[] {
  return captures.map((capture, index) => {
    const parsed = Capture.safeParse(capture);
    if (!parsed.success) {
      return { index, valid: false, reason: `not a capture: ${lackOf(capture, parsed.error.issues[0])}` };
    }
    const { secret, rawBody, ...rest } = parsed.data;
    const request: SignedRequest = { ...rest, rawBody: Buffer.from(rawBody, 'utf8') };
    const verdict = verifySignature(request, secret);
    return { index, valid: verdict.ok, reason: verdict.ok ? null : explain(request, secret, verdict) };
  });
}
