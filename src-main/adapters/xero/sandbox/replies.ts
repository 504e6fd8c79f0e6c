import type { SandboxReply } from '../../../sandbox/kit.ts';
import type { Books } from './books.ts';

export interface Element {
  ValidationErrors: { Message: string }[];
  [name: string]: unknown;
}

export const zeroId = '00000000-0000-0000-0000-000000000000';

export function ok(books: Books, now: number, content: Record<string, unknown>): SandboxReply {
  return {
    status: 200,
    json: {
      Id: books.tenantId,
      Status: 'OK',
      ProviderName: 'WedSync Ops Console',
      DateTimeUTC: `/Date(${now})/`,
      ...content,
    },
  };
}

/** The 400 shape of the Accounting API: details sit in `Elements`. */
export function validation(elements: Element[]): SandboxReply {
  return {
    status: 400,
    json: {
      ErrorNumber: 10,
      Type: 'ValidationException',
      Message: 'A validation exception occurred',
      Elements: elements,
    },
  };
}

export const badPost = (): SandboxReply => ({
  status: 400,
  json: { ErrorNumber: 14, Type: 'PostDataInvalidException', Message: 'JSON for post data was invalid' },
});

export const badQuery = (): SandboxReply => ({
  status: 400,
  json: { ErrorNumber: 16, Type: 'QueryParseException', Message: 'Invalid where clause' },
});

export const notFound = (): SandboxReply => ({
  status: 404,
  json: { ErrorNumber: 404, Type: 'NotFoundException', Message: 'The resource you are looking for cannot be found' },
});

/** The API family's other error shape, used before the Accounting API is reached. */
export function problem(status: number, title: string, detail: string): SandboxReply {
  return {
    status,
    json: { Type: null, Title: title, Status: status, Detail: detail, Instance: zeroId, Extensions: {} },
  };
}

/** `page` and `pageSize` as Xero reads them: without a page there are no line items and no pagination. */
export function paged<T>(all: readonly T[], query: URLSearchParams, defaultSize = 100) {
  const given = query.get('page');
  if (given === null) return { items: all, page: null };
  const page = Math.max(1, Number(given) || 1);
  const pageSize = Math.min(1_000, Math.max(1, Number(query.get('pageSize') ?? defaultSize) || defaultSize));
  return {
    items: all.slice((page - 1) * pageSize, page * pageSize),
    page: { page, pageSize, pageCount: Math.ceil(all.length / pageSize), itemCount: all.length },
  };
}

/** A comma-separated filter; null: not asked for. An empty one matches nothing. */
export function listFilter(query: URLSearchParams, name: string): ReadonlySet<string> | null {
  const text = query.get(name);
  return text === null ? null : new Set(text.split(',').map((one) => one.toLowerCase()));
}
