import { z } from 'zod';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import type { HttpReply, HttpRequest } from '../../ports/http.ts';
import { afterRead, parsed } from '../kit/ledger-calls.ts';
import { multipart } from '../kit/multipart.ts';
import { createPace } from '../kit/pace.ts';
import type { FreshBooksContext } from './kit.ts';
import { failureIn, host, pace, pageSize } from './quirks.ts';

type Ctx = Pick<FreshBooksContext, 'account' | 'http' | 'clock' | 'signal' | 'organisationId'>;
type Query = Readonly<Record<string, string>>;

const Attachment = z.object({ jwt: z.string().min(1), media_type: z.string().min(1) });
export type Attachment = z.output<typeof Attachment>;

/** One delivery's calls to one business. Paths are those below `/accounting/account/<id>`. */
export interface FreshBooks {
  /** One thing by its path; `name` is its name in the answer. */
  one<S extends z.ZodType>(path: string, name: string, schema: S, query?: Query): Promise<z.output<S>>;
  /** Every thing of a list, page after page. */
  all<S extends z.ZodType>(path: string, name: string, schema: S, query?: Query): Promise<z.output<S>[]>;
  write<S extends z.ZodType>(
    method: 'POST' | 'PUT',
    path: string,
    name: string,
    schema: S,
    body: unknown,
  ): Promise<z.output<S>>;
  /** Stores a file; it belongs to nothing until its `jwt` stands on a document. */
  upload(file: {
    readonly fileName: string;
    readonly contentType: string;
    readonly bytes: Uint8Array;
  }): Promise<Attachment>;
}

/** The wrapper of every answer. */
function resultOf<S extends z.ZodRawShape>(shape: S) {
  return z.object({ response: z.object({ result: z.object(shape) }) });
}

const calls = createPace('FreshBooks', pace);

export function openFreshBooks(ctx: Ctx, attempt = 1): FreshBooks {
  const { account } = ctx;
  if (!account) {
    throw new NeedsAttentionError('misconfigured', 'No FreshBooks business is chosen', {
      scope: 'connection',
      hint: 'Choose the business under Settings, FreshBooks.',
    });
  }
  const id = encodeURIComponent(account.id);
  const base = `${host}/accounting/account/${id}`;
  const who = `${ctx.organisationId} ${account.id}`;
  let written = false;

  async function send(request: HttpRequest): Promise<HttpReply> {
    await calls.takeTurn(ctx.clock, who, ctx.signal);
    const reply = await ctx.http.send({
      ...request,
      headers: { accept: 'application/json', ...request.headers },
      signal: ctx.signal,
    });
    const failure = failureIn(reply, attempt);
    if (failure) throw failure;
    return reply;
  }

  async function get<S extends z.ZodType>(path: string, query: Query, schema: S): Promise<z.output<S>> {
    const url = new URL(`${base}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    try {
      return parsed(await send({ method: 'GET', url: url.href }), schema, 'FreshBooks');
    } catch (error) {
      throw afterRead(error, written);
    }
  }

  return {
    async one(path, name, schema, query = {}) {
      const { response } = await get(path, query, resultOf({ [name]: schema }));
      return response.result[name] as z.output<typeof schema>;
    },
    async all(path, name, schema, query = {}) {
      const Page = resultOf({ [name]: z.array(schema), pages: z.number().int().default(1) });
      const found: z.output<typeof schema>[] = [];
      for (let page = 1; ; page++) {
        const { response } = await get(path, { ...query, page: String(page), per_page: String(pageSize) }, Page);
        found.push(...(response.result[name] as z.output<typeof schema>[]));
        if (page >= Number(response.result.pages)) return found;
      }
    },
    async write(method, path, name, schema, body) {
      written = true;
      const reply = await send({ method, url: `${base}${path}`, json: { [name]: body } });
      return parsed(reply, resultOf({ [name]: schema }), 'FreshBooks').response.result[name] as z.output<typeof schema>;
    },
    async upload({ fileName, contentType, bytes }) {
      const body = multipart([{ name: 'content', fileName, contentType, bytes }]);
      try {
        const reply = await send({
          method: 'POST',
          url: `${host}/uploads/account/${id}/attachments`,
          headers: { 'content-type': body.contentType },
          bytes: body.bytes,
        });
        return parsed(reply, z.object({ attachment: Attachment }), 'FreshBooks').attachment;
      } catch (error) {
        // A file that belongs to nothing is no effect: it may be sent again.
        throw afterRead(error, written);
      }
    },
  };
}
