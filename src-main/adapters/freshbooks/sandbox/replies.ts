import type { SandboxReply, SandboxRequest } from '../../../sandbox/kit.ts';

export const result = (content: object): SandboxReply => ({ status: 200, json: { response: { result: content } } });

export interface Flaw {
  errno: number;
  field: string;
  message: string;
}

/** The older shape: accounting objects. */
export const refused = (flaws: readonly Flaw[], object: string, status = 422): SandboxReply => ({
  status,
  json: { response: { errors: flaws.map((flaw) => ({ ...flaw, object, value: '' })) } },
});

/** The newer shape: bills and their vendors. */
export const refusedNewly = (flaws: readonly Flaw[], status = 400): SandboxReply => ({
  status,
  json: {
    code: 3,
    message: 'Request failed with status_code: 400',
    details: flaws.map(({ errno, field, message }) => ({
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: String(errno),
      domain: 'accounting.api.freshbooks.com',
      metadata: { field, message, object: 'bill' },
    })),
  },
});

export const missing = (field: string): Flaw => ({ errno: 1_001, field, message: `${field} is required` });
export const unknown = (field: string, what: string): Flaw => ({ errno: 1_012, field, message: `${what} not found.` });
export const wrong = (field: string, message: string): Flaw => ({ errno: 1_003, field, message });
export const notFound = (what: string): SandboxReply => refused([unknown('id', what)], what.toLowerCase(), 404);

/** `page` and `per_page`; the service gives 15 when nothing is asked for and never more than 100. */
export function paged<T>(name: string, all: readonly T[], { query }: SandboxRequest): SandboxReply {
  const size = Math.min(100, Math.max(1, Number(query.get('per_page') ?? 15) || 15));
  const page = Math.max(1, Number(query.get('page') ?? 1) || 1);
  return result({
    [name]: all.slice((page - 1) * size, page * size),
    page,
    pages: Math.max(1, Math.ceil(all.length / size)),
    per_page: size,
    total: all.length,
  });
}
