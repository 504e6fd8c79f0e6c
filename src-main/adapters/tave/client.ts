import { z } from 'zod';
import { NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import { failureOf } from '../kit/classify.ts';
import { vendorKeyName } from '../kit/crm.ts';
import { createPace } from '../kit/pace.ts';
import type { TaveContext } from './kit.ts';
import { apiUrl, quirks, pace as windows } from './quirks.ts';

const pace = createPace('Táve', windows);
const noContent = z.unknown();

/** One vendor's studio. A key is one studio; there is no other way to tell them apart. */
export interface Tave {
  get<S extends z.ZodType>(path: string, schema: S, query?: Readonly<Record<string, string>>): Promise<z.output<S>>;
  /** null where there is no such record (any more). */
  look<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S> | null>;
  write<S extends z.ZodType>(method: 'POST' | 'PUT', path: string, json: unknown, schema: S): Promise<z.output<S>>;
  /** Gone already is as good. Never used on contacts or jobs. */
  remove(path: `/rest-hook/${string}`): Promise<void>;
}

/** @throws NeedsAttentionError when the vendor has no key yet */
export async function openTave(ctx: TaveContext, vendorId: string | null): Promise<Tave> {
  const own = vendorId === null ? null : await ctx.secret?.(vendorKeyName(vendorId));
  const key = own ?? ctx.secrets.apiKey;
  if (!key) {
    throw new NeedsAttentionError('auth', 'This vendor has no Táve API key here yet', {
      hint: 'Enter the key of the vendor’s studio under CRM, Vendors.',
    });
  }
  const who = `${ctx.organisationId} ${own ? vendorId : ''}`;

  async function send(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, json?: unknown) {
    await pace.takeTurn(ctx.clock, who, ctx.signal);
    return ctx.http.send({
      method,
      url,
      headers: { accept: 'application/json', 'x-api-key': key ?? '' },
      ...(json === undefined ? {} : { json }),
      signal: ctx.signal,
    });
  }

  return {
    async get(path, schema, query = {}) {
      const url = new URL(`${apiUrl}${path}`);
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      const reply = await send('GET', url.href);
      if (reply.status !== 200) throw failureOf(reply, quirks);
      return parsed(reply, schema, 'network');
    },
    async look(path, schema) {
      const reply = await send('GET', `${apiUrl}${path}`);
      // A deleted or merged record answers either of these.
      if (reply.status === 404 || (reply.status === 400 && !path.includes('?'))) return null;
      if (reply.status !== 200) throw failureOf(reply, quirks);
      return parsed(reply, schema, 'network');
    },
    async write(method, path, json, schema) {
      const reply = await send(method, `${apiUrl}${path}`, json);
      if (reply.status !== 200 && reply.status !== 201) throw failureOf(reply, quirks);
      return parsed(reply, schema, 'timeout');
    },
    async remove(path) {
      const reply = await send('DELETE', `${apiUrl}${path}`);
      if (![200, 202, 204, 404].includes(reply.status)) throw failureOf(reply, quirks);
    },
  };
}

/** A success we cannot read says nothing about what happened (FT-52). */
function parsed<S extends z.ZodType>(
  reply: { readonly status: number; readonly json: unknown },
  schema: S,
  code: 'network' | 'timeout',
): z.output<S> {
  const result = schema.safeParse(reply.json);
  if (result.success) return result.data;
  throw new RetryableError(code, `Táve answered ${reply.status}, but not with what was asked for`);
}

export const Written = noContent;
