import { z } from 'zod';
import { PermanentError } from '../../../src-shared/domain/failure.ts';
import type { HttpClient } from '../../ports/http.ts';
import { failureOf } from '../kit/classify.ts';
import type { UsageAsk, UsagePage } from '../kit/cost-source.ts';

/** Rows are read by the importer, one by one: a bad one is refused with its place, and the page stands. */
const Page = z.object({ records: z.array(z.unknown()).max(5_000), next: z.string().max(200).nullable() });

/** One page of the API described in `resources/wedsync-usage-api.json`. @throws IntegrationError as the answer means */
export async function fetchUsagePage(http: HttpClient, { address, key, after, limit }: UsageAsk): Promise<UsagePage> {
  const url = new URL(`${address}/ai-usage`);
  url.searchParams.set('limit', String(limit));
  if (after !== null) url.searchParams.set('after', after);
  const reply = await http.send({
    method: 'GET',
    url: url.href,
    headers: { accept: 'application/json', authorization: `Bearer ${key}` },
    untrustedHost: true,
  });
  if (reply.status !== 200) throw failureOf(reply);
  const page = Page.safeParse(reply.json);
  if (page.success) return page.data;
  throw new PermanentError('unsupported', 'WedSync answered in a form this version does not know', {
    cause: page.error,
  });
}
