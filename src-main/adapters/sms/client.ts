import type { MessageStatus } from 'twilio/lib/rest/api/v2010/account/message.js';
import { z } from 'zod';
import { RetryableError } from '../../../src-shared/domain/failure.ts';
import type { HttpRequest } from '../../ports/http.ts';
import { refusalOf } from './codes.ts';
import type { SmsContext } from './kit.ts';

const statuses = [
  'queued',
  'sending',
  'sent',
  'failed',
  'delivered',
  'undelivered',
  'receiving',
  'received',
  'accepted',
  'scheduled',
  'read',
  'partially_delivered',
  'canceled',
] as const satisfies readonly MessageStatus[];

/** Numbers come as text; a field Twilio has not filled yet is null. */
export const Message = z.object({
  sid: z.string().regex(/^(SM|MM)[0-9a-fA-F]{32}$/),
  status: z.enum(statuses),
  num_segments: z.string().nullable(),
  error_code: z.number().nullable(),
});
export type Message = z.output<typeof Message>;

/**
 * One call of the Messages resource. Twilio's own client repeats by itself and cannot tell whether a byte left, so only
 * its types are used and calls go through the console's http port.
 */
export async function ask<S extends z.ZodType>(
  ctx: SmsContext,
  method: 'GET' | 'POST',
  path: string,
  schema: S,
  form?: HttpRequest['form'],
): Promise<z.output<S>> {
  const { key, keySecret } = ctx.secrets;
  const reply = await ctx.http.send({
    method,
    url: `https://api.twilio.com/2010-04-01/Accounts/${ctx.settings.accountSid}/Messages${path}`,
    headers: {
      authorization: `Basic ${Buffer.from(`${key}:${keySecret}`).toString('base64')}`,
      accept: 'application/json',
    },
    ...(form === undefined ? {} : { form }),
    firstByteMs: 4_000,
    wholeMs: 10_000,
    signal: ctx.signal,
  });
  if (reply.status < 200 || reply.status > 299) throw refusalOf(reply);
  const parsed = schema.safeParse(reply.json);
  if (parsed.success) return parsed.data;
  throw new RetryableError('timeout', `Twilio answered ${reply.status}, but not with what was asked for`);
}
