import { createHash } from 'node:crypto';
import { z } from 'zod';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import type { HttpReply, HttpRequest } from '../../ports/http.ts';
import type { Stamp } from '../kit/adapter.ts';
import { afterRead, parsed } from '../kit/ledger-calls.ts';
import { createPace } from '../kit/pace.ts';
import type { QuickBooksContext } from './kit.ts';
import { failureIn, hosts, minorVersion, pace, pageSize, requestIdChars } from './quirks.ts';

type Ctx = Pick<QuickBooksContext, 'account' | 'http' | 'clock' | 'log' | 'signal' | 'organisationId' | 'settings'>;

export interface Write {
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
  readonly contentType?: string;
  /** `requestid`; see {@link keyFor}. A repeat gets the first answer again. */
  readonly key: string;
  readonly operation?: 'delete';
}

/** One delivery's calls to one company. */
export interface QuickBooks {
  read<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>>;
  /** Every row of a `select`, page after page; `entity` names its list in the answer. */
  rows<S extends z.ZodType>(entity: string, statement: string, schema: S): Promise<z.output<S>[]>;
  write<S extends z.ZodType>(path: string, schema: S, write: Write): Promise<z.output<S>>;
}

const calls = createPace('QuickBooks', pace);

export function openQuickBooks(ctx: Ctx): QuickBooks {
  const { account } = ctx;
  if (!account) {
    throw new NeedsAttentionError('misconfigured', 'No QuickBooks company is connected', {
      scope: 'connection',
      hint: 'Sign in under Settings, QuickBooks; Intuit asks which company.',
    });
  }
  const base = `${hosts[ctx.settings.companies]}/v3/company/${encodeURIComponent(account.id)}`;
  const who = `${ctx.organisationId} ${account.id}`;
  let written = false;

  async function send(request: HttpRequest): Promise<HttpReply> {
    await calls.takeTurn(ctx.clock, who, ctx.signal);
    const reply = await ctx.http.send({
      ...request,
      headers: { accept: 'application/json', ...request.headers },
      signal: ctx.signal,
    });
    const failure = failureIn(reply);
    // What Intuit's support asks for.
    const tid = reply.headers.intuit_tid;
    if (tid !== undefined && (failure || request.method !== 'GET')) {
      ctx.log.info('quickbooks.answered', { tid, status: reply.status });
    }
    if (failure) throw failure;
    return reply;
  }

  function urlOf(path: string, query: Readonly<Record<string, string>> = {}): string {
    const url = new URL(`${base}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    url.searchParams.set('minorversion', minorVersion);
    return url.href;
  }

  async function get<S extends z.ZodType>(url: string, schema: S): Promise<z.output<S>> {
    try {
      return parsed(await send({ method: 'GET', url }), schema, 'QuickBooks');
    } catch (error) {
      throw afterRead(error, written);
    }
  }

  return {
    read: (path, schema) => get(urlOf(path), schema),
    async rows<S extends z.ZodType>(entity: string, statement: string, schema: S) {
      const Page = z.object({ QueryResponse: z.object({ [entity]: z.array(schema).default([]) }) });
      const found: z.output<S>[] = [];
      for (;;) {
        const query = `${statement} startposition ${found.length + 1} maxresults ${pageSize}`;
        const page = (await get(urlOf('/query', { query }), Page)).QueryResponse[entity] as z.output<S>[];
        found.push(...page);
        if (page.length < pageSize) return found;
      }
    },
    async write(path, schema, { json, bytes, contentType, key, operation }) {
      written = true;
      const reply = await send({
        method: 'POST',
        url: urlOf(path, { requestid: key, ...(operation === undefined ? {} : { operation }) }),
        ...(contentType === undefined ? {} : { headers: { 'content-type': contentType } }),
        ...(bytes === undefined ? { json } : { bytes }),
      });
      return parsed(reply, schema, 'QuickBooks');
    },
  };
}

/** A key per step: the same on every repeat of that step, within what a `requestid` takes. */
export function keyFor(stamp: Pick<Stamp, 'idempotencyKey'>, step: string): string {
  return hashed(`${stamp.idempotencyKey}|${step}`);
}

export function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, requestIdChars);
}

/** Text inside a statement; quotes and backslashes are escaped (2.3). */
export const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
