import { z } from 'zod';
import { RetryableError } from '../../../../src-shared/domain/failure.ts';
import { Instant } from '../../../../src-shared/domain/time-and-ids.ts';
import { ask, Message } from '../client.ts';
import { lostBecause, permanentCodes } from '../codes.ts';
import { kit } from '../kit.ts';

/** How long after the last look, in ms; a desktop has no address Twilio could call (W0). */
const looksMs = [3_000, 6_000, 12_000, 24_000, 48_000] as const;
const laterMs = 60_000;
/** Some networks never confirm. */
const giveUpMs = 600_000;

export const PollStatus = z.object({
  sid: z.string().regex(/^(SM|MM)[0-9a-fA-F]{32}$/),
  /** The job that sent it. */
  jobId: z.string(),
  sentAt: Instant,
});

/** What became of a text; `arrived` null: accepted, and nobody will say more. */
export const Arrival = z.object({
  jobId: z.string(),
  arrived: z.boolean().nullable(),
  detail: z.string(),
  /** The number or the text must be looked at; sending again changes nothing. */
  permanent: z.boolean(),
});

/** Asks until the text arrived, was lost, or nobody will know: accepted and arrived are two things (R1). */
export const pollStatus = kit.action({
  label: 'Ask whether a text arrived',
  payload: PollStatus,
  payloadVersion: 1,
  deliveryClass: 'keyed-upsert',
  idempotency: 'native-key',
  plan(payload) {
    return { summary: `Did ${payload.sid} arrive?`, target: payload.sid, fields: [], body: payload };
  },
  async deliver(plan, stamp, ctx) {
    const { sid, jobId, sentAt } = PollStatus.parse(plan.body);
    const { status, error_code: code } = await ask(ctx, 'GET', `/${sid}.json`, Message);
    const told = (arrived: boolean | null, detail: string) => ({
      vendorId: sid,
      note: detail,
      document: { jobId, arrived, detail, permanent: code !== null && permanentCodes.has(code) } satisfies z.output<
        typeof Arrival
      >,
    });
    switch (status) {
      case 'delivered':
      case 'read':
        return told(true, 'confirmed by the network');
      case 'undelivered':
      case 'failed':
      case 'canceled':
        return told(false, lostBecause(code));
      default: {
        if (ctx.clock.now() - sentAt >= giveUpMs) return told(null, `${status}, and no receipt after 10 minutes`);
        throw new RetryableError('busy', `On its way: ${status}`, {
          retryAfterMs: looksMs[stamp.attempt - 1] ?? laterMs,
        });
      }
    }
  },
});
