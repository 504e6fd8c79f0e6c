import { NeedsAttentionError, PermanentError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { HttpReply } from '../../ports/http.ts';
import { failureOf } from '../kit/classify.ts';
import { type CrmPush, vendorKeyName } from '../kit/crm.ts';
import { createPace } from '../kit/pace.ts';
import type { LightBlueContext } from './kit.ts';

const sendUrl = 'https://online.lightbluesoftware.com/api.php';
const checkUrl = 'https://online.lightbluesoftware.com/apiCheck.php';
/** A website form, not a bus: rate abuse gets the key reset. */
const pace = createPace('Light Blue', [{ calls: 3, ms: 30_000 }]);

/** Status line and message stand apart by a carriage return. null: this is no answer of theirs (an outage page). */
function answerOf(reply: HttpReply): { readonly code: number; readonly message: string } | null {
  const [first = '', message = ''] = reply.text.split(/\r\n|\r|\n/);
  return /^-?\d{1,4}$/.test(first.trim()) ? { code: Number(first), message: message.trim().slice(0, 200) } : null;
}

export async function keyOf(ctx: LightBlueContext, vendorId: string): Promise<string> {
  const key = (await ctx.secret?.(vendorKeyName(vendorId))) ?? ctx.secrets.apiKey;
  if (key) return key;
  throw new NeedsAttentionError('auth', 'This vendor has no Light Blue API key here yet', {
    hint: 'Enter the key of the vendor’s account under CRM, Vendors.',
  });
}

/** What the vendor reads in their Inbox. Plain lines; no couple's name. */
export function messageOf(push: CrmPush): string {
  return [
    `WedSync AI: ${push.period.title}`,
    ...push.fields.map(({ label, value }) => `${label}: ${value === '' ? '-' : value}`),
    ...(push.note === '' ? [] : [push.note]),
    `Ref ${push.reference}`,
  ].join('\n');
}

/** Puts one item into the vendor's Inbox. The same `ID` twice is refused there, so a repeat is safe. */
export async function postToInbox(push: CrmPush, ctx: LightBlueContext): Promise<'stored' | 'there already'> {
  const key = await keyOf(ctx, push.vendor.id);
  const fields = {
    Source: 'WedSync Ops Console',
    SourceAPIVersion: '1.0',
    ID: push.reference,
    DateFormat: 'dd/mm/yyyy',
    DecimalSeparator: '.',
    ContactNameFull: 'WedSync Metrics',
    ContactEmail: 'crm-metrics@wedsync.example',
    Message: messageOf(push),
  };
  const send = async (form: Record<string, string>) => {
    await pace.takeTurn(ctx.clock, `${ctx.organisationId} ${push.vendor.id}`, ctx.signal);
    const reply = await ctx.http.send({ method: 'POST', url: sendUrl, form, firstByteMs: 45_000, signal: ctx.signal });
    if (reply.status !== 200) throw failureOf(reply, perVendor);
    const answer = answerOf(reply);
    if (answer) return answer;
    throw new RetryableError('timeout', 'Light Blue answered with a page instead of a status');
  };
  let answer = await send({ key, type: 'contact form', ...fields });
  // The documentation writes the first two names in lower case, the vendor's own add-on with capitals.
  if (answer.code === -3) answer = await send({ Key: key, Type: 'contact form', ...fields });
  if (answer.code === 0) return 'stored';
  if (answer.code === -4) return 'there already';
  if (/key|account/i.test(answer.message)) {
    throw new NeedsAttentionError('auth', `Light Blue refused the API key (${answer.code}): ${answer.message}`, {
      hint: 'Make a new key in Light Blue, Preferences, Integrations, API & Zapier.',
    });
  }
  throw new PermanentError('rejected', `Light Blue refused it (${answer.code}): ${answer.message}`);
}

/** Asks whether a key is good; null where nothing can be asked. */
export async function checkKey(ctx: LightBlueContext): Promise<'good' | 'bad' | null> {
  const { apiKey } = ctx.secrets;
  if (apiKey === undefined) return null;
  const reply = await ctx.http.send({ method: 'POST', url: checkUrl, form: { Key: apiKey }, signal: ctx.signal });
  // The address is known from an old add-on only; without it nothing can be said.
  if (reply.status === 404) return null;
  if (reply.status !== 200) throw failureOf(reply);
  return answerOf(reply)?.code === 0 ? 'good' : 'bad';
}

/** A refused key is one vendor's. */
const perVendor = {
  401: () => new NeedsAttentionError('auth', 'Light Blue did not accept the API key of this vendor'),
  403: () => new NeedsAttentionError('forbidden', 'Light Blue did not let this vendor’s key in'),
};
