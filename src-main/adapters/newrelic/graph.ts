import { z } from 'zod';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import { failureOf } from '../kit/classify.ts';
import { metricTimes, notItsOwn } from '../kit/metric-send.ts';
import { addressesOf, type NewRelicContext } from './kit.ts';
import { quirks } from './quirks.ts';

const Reply = z.object({
  data: z.unknown().optional(),
  errors: z.array(z.object({ message: z.string() })).default([]),
});
const Rows = z.object({
  actor: z.object({ account: z.object({ nrql: z.object({ results: z.array(z.record(z.string(), z.unknown())) }) }) }),
});

/** One NerdGraph question with the user key. Errors come inside a 200; a reply may repeat the key, so none is ever logged. */
export async function ask(
  ctx: NewRelicContext,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const { userKey } = ctx.secrets;
  if (userKey === undefined) throw new NeedsAttentionError('misconfigured', 'No user key is entered');
  const reply = await ctx.http.send({
    method: 'POST',
    url: addressesOf(ctx).graph,
    headers: { 'api-key': userKey },
    json: { query, variables },
    ...metricTimes,
    signal: ctx.signal,
  });
  if (reply.status !== 200) throw failureOf(reply, quirks);
  const parsed = Reply.safeParse(reply.json);
  if (!parsed.success) throw notItsOwn('New Relic', reply);
  const [error] = parsed.data.errors;
  if (error) throw new NeedsAttentionError('forbidden', `New Relic: ${error.message.replaceAll(userKey, '[secret]')}`);
  return parsed.data.data;
}

/** Rows of one NRQL query. Only texts of our own go into it. */
export async function nrql(ctx: NewRelicContext, query: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const data = await ask(
    ctx,
    'query ($id: Int!, $nrql: Nrql!) { actor { account(id: $id) { nrql(query: $nrql) { results } } } }',
    { id: Number(ctx.settings.accountId), nrql: query },
  );
  const rows = Rows.safeParse(data);
  if (!rows.success) throw new NeedsAttentionError('forbidden', 'New Relic gave no rows: is the account number right?');
  return rows.data.actor.account.nrql.results;
}

export const canRead = ({ settings, secrets }: Pick<NewRelicContext, 'settings' | 'secrets'>) =>
  secrets.userKey !== undefined && settings.accountId !== '';
