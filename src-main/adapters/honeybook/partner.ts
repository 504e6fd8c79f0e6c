import { NeedsAttentionError, PermanentError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { OAuthSpec } from '../kit/adapter.ts';
import { failureOf } from '../kit/classify.ts';
import { type CrmPush, type CrmReceipt, standingOf } from '../kit/crm.ts';
import type { HoneyBookContext } from './kit.ts';
import type { Settings } from './settings.ts';

const needed = ['authorizeUrl', 'tokenUrl', 'clientId', 'apiUrl', 'probePath', 'recordPath'] as const;

/** What an agreement with HoneyBook has to name before anything can be signed in to; empty: all of it is there. */
export const missingOf = (settings: Settings) => needed.filter((name) => settings[name] === '');

/** HoneyBook publishes no addresses: a partner's sign-in is made of what their agreement says. null: there is none. */
export function partnerSignIn(settings: Settings): OAuthSpec | null {
  if (settings.mode !== 'oauth2' || missingOf(settings).length > 0) return null;
  return {
    authorizeUrl: settings.authorizeUrl,
    tokenUrl: settings.tokenUrl,
    scopes: settings.scopes.split(/\s+/).filter((scope) => scope !== ''),
    pkce: true,
    redirectPorts: [53_690, 53_691, 53_692],
    redirectPath: '/oauth/honeybook',
    untrustedHost: true,
  };
}

function addressOf(ctx: HoneyBookContext, path: string, push: CrmPush): string {
  const filled = path
    .replaceAll('{vendor}', encodeURIComponent(push.target.account ?? push.vendor.id))
    .replaceAll('{period}', encodeURIComponent(push.period.label));
  return `${ctx.settings.apiUrl.replace(/\/+$/, '')}${filled}`;
}

function ready(ctx: HoneyBookContext): void {
  const missing = missingOf(ctx.settings);
  if (missing.length === 0) return;
  throw new NeedsAttentionError(
    'misconfigured',
    `The partner access to HoneyBook is not complete: ${missing.join(', ')}`,
    {
      hint: 'Enter what your agreement with HoneyBook names, in Settings, HoneyBook; without one, use the Zapier road.',
      scope: 'connection',
    },
  );
}

/** The record's values by our keys; null: there is no record yet. */
async function look(ctx: HoneyBookContext, push: CrmPush): Promise<Record<string, unknown> | null> {
  const url = addressOf(ctx, ctx.settings.recordPath, push);
  const reply = await ctx.http.send({ method: 'GET', url, untrustedHost: true, signal: ctx.signal });
  if (reply.status === 404) return null;
  if (reply.status !== 200) throw failureOf(reply);
  if (typeof reply.json === 'object' && reply.json !== null) return { ...reply.json };
  throw new RetryableError('network', 'HoneyBook answered, but not with a record');
}

const valuesOf = (record: Record<string, unknown> | null, push: CrmPush) =>
  Object.fromEntries(
    push.fields.map(({ key }) => {
      const value = record?.[key];
      return [key, typeof value === 'string' || typeof value === 'number' ? String(value) : null];
    }),
  );

/**
 * Puts the figures at an address of this vendor and period, so that a repeat is the same record, and reads them back. What
 * somebody edited since the approval stops it; values of others in the record stay.
 */
export async function pushAsPartner(push: CrmPush, ctx: HoneyBookContext): Promise<CrmReceipt> {
  ready(ctx);
  const record = await look(ctx, push);
  const before = valuesOf(record, push);
  const { standing, edited } = standingOf(push.fields, before);
  if (standing === 'edited') {
    throw new PermanentError(
      'superseded',
      `${edited[0]?.label ?? 'A field'} was edited in HoneyBook since the preview`,
      {
        hint: 'Nothing was written. Choose per field what stays.',
      },
    );
  }
  if (standing === 'written') return { readBack: true, fields: before };
  const own = Object.fromEntries(push.fields.map(({ key, value }) => [key, value]));
  const note = push.note === '' ? {} : { note: push.note };
  const reply = await ctx.http.send({
    method: 'PUT',
    url: addressOf(ctx, ctx.settings.recordPath, push),
    json: { ...record, ...own, ...note, push_id: push.reference },
    untrustedHost: true,
    signal: ctx.signal,
  });
  if (reply.status < 200 || reply.status > 299) throw failureOf(reply);
  return { readBack: true, fields: valuesOf(await look(ctx, push), push) };
}

/** One look that changes nothing. @throws IntegrationError as the answer means */
export async function probe(ctx: HoneyBookContext): Promise<void> {
  ready(ctx);
  const url = `${ctx.settings.apiUrl.replace(/\/+$/, '')}${ctx.settings.probePath}`;
  const reply = await ctx.http.send({ method: 'GET', url, untrustedHost: true, signal: ctx.signal });
  if (reply.status !== 200) throw failureOf(reply);
}
