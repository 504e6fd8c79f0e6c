import { PermanentError } from '../../../src-shared/domain/failure.ts';
import { Big } from '../../../src-shared/domain/money/index.ts';
import type { HttpClient } from '../../ports/http.ts';
import { failureOf } from './classify.ts';

/** What one account (a project, a workspace) was charged for one item on one day; exact decimal text in `currency`. */
export interface DayCost {
  /** `YYYY-MM-DD`, UTC: vendors reckon in UTC days. */
  readonly day: string;
  readonly account: string;
  readonly item: string;
  readonly amount: string;
  readonly currency: string;
}

export interface CostPage {
  readonly costs: readonly DayCost[];
  /** Cursor of the next page; null: that was the last. */
  readonly next: string | null;
}

/** A vendor's organisation cost API. */
export interface CostSource {
  readonly id: 'openai' | 'anthropic';
  readonly name: string;
  /** The supplier its lines name. */
  readonly issuer: string;
  readonly keyHelp: string;
  /** The question for one page; instants are UTC, `to` is the first day after. */
  request(ask: {
    readonly key: string;
    readonly from: string;
    readonly to: string;
    readonly page: string | null;
    /** Buckets (days) on a page. */
    readonly days: number;
  }): { readonly url: string; readonly headers: Readonly<Record<string, string>> };
  /** @throws ZodError when the answer has another shape than documented */
  read(body: unknown): CostPage;
}

export interface UsageAsk {
  /** Base address, without a slash at its end. */
  readonly address: string;
  readonly key: string;
  /** Cursor of the page before; null: from the beginning. */
  readonly after: string | null;
  readonly limit: number;
}

/** AI usage as it was recorded; `next`: cursor of the next page, null when that was all for now. */
export interface UsagePage {
  readonly records: readonly unknown[];
  readonly next: string | null;
}

/** Everything that is fetched. `rates`: HMRC's file of a month (`YYYY-MM`). */
export interface WireSources {
  readonly costs: readonly CostSource[];
  readonly usage: (http: HttpClient, ask: UsageAsk) => Promise<UsagePage>;
  readonly rates: (http: HttpClient, month: string) => Promise<string>;
}

// The typed reviver does not know its third argument yet.
const parse = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;

/** JSON with every number as the decimal text it was written with: money must not pass through binary floats (F9). */
export const exactJson = (text: string) =>
  parse(text, (_key, value, { source }) => (typeof value === 'number' && source !== undefined ? source : value));

/** Plain decimal text, whatever notation it came in. @throws PermanentError when it is no number */
export function plainDecimal(text: string): string {
  try {
    return new Big(text).toFixed();
  } catch {
    throw new PermanentError('rejected', `"${text.slice(0, 40)}" is no amount`);
  }
}

/** Asks for one page. @throws IntegrationError as the answer means */
export async function fetchPage(
  source: CostSource,
  http: HttpClient,
  ask: Parameters<CostSource['request']>[0],
): Promise<CostPage> {
  const { url, headers } = source.request(ask);
  const reply = await http.send({ method: 'GET', url, headers });
  if (reply.status !== 200) throw failureOf(reply);
  try {
    return source.read(exactJson(reply.text));
  } catch (thrown) {
    if (thrown instanceof PermanentError) throw thrown;
    throw new PermanentError('unsupported', `${source.name} answered in a form this version does not know`, {
      cause: thrown,
    });
  }
}
