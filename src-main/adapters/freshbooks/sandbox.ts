import type { Fault } from '../../sandbox/faults.ts';
import {
  matchRoute,
  type Params,
  type Route,
  type SandboxReply,
  type SandboxRequest,
  type SandboxSystem,
  type SandboxWorld,
} from '../../sandbox/kit.ts';
import { type Books, booksOf, memberships, saveBooks } from './sandbox/books.ts';
import { getBill, getExpense, listBills, listExpenses, saveBill, saveExpense, upload } from './sandbox/documents.ts';
import { accessOf, authorizeRoutes, me, revokeAll, token } from './sandbox/identity.ts';
import { paged, refused, refusedNewly, wrong } from './sandbox/replies.ts';
import { getVendor, listVendors, saveVendor, vendors } from './sandbox/vendors.ts';

/**
 * Plays FreshBooks from the vendor's own words: sign-in with tokens that work once, businesses, taxes, categories, vendors,
 * bills that work their tax out themselves, expenses that keep it as said, files, and both shapes of errors. No keys: a
 * request sent twice is done twice. Faults of its own: `penny` (the next document comes back a penny dearer), `lag` (value:
 * ms listings stay behind), `error-200` and `rpc-200` (an error of the older or newer shape inside a 200, no effect),
 * `revoke`, `no-negative` (expenses below zero are refused), `hide-category` (value: id), `retire-tax` (value: name),
 * `delete-vendor` (value: name).
 */
interface Inside {
  readonly books: Books;
  readonly world: SandboxWorld;
}
type ApiRoute = Route<Inside> & { readonly scope: string };

function route(
  method: string,
  path: string,
  scope: string,
  handle: (request: SandboxRequest, inside: Inside, id: string) => SandboxReply,
): ApiRoute {
  const right = `user:${scope}:${method === 'GET' ? 'read' : 'write'}`;
  return {
    method,
    path,
    scope: right,
    handle: (request, params: Params, inside) => handle(request, inside, params.id ?? ''),
  };
}

const routes: readonly ApiRoute[] = [
  route('GET', '/taxes/taxes', 'taxes', (request, { books }) => paged('taxes', books.taxes, request)),
  route('GET', '/expenses/categories', 'expenses', (request, { books }) =>
    paged('categories', books.categories, request),
  ),
  route('GET', '/bill_vendors/bill_vendors', 'bill_vendors', (request, { books, world }) =>
    listVendors(request, books, world),
  ),
  route('POST', '/bill_vendors/bill_vendors', 'bill_vendors', (request, { books, world }) =>
    saveVendor(request, null, books, world),
  ),
  route('GET', '/bill_vendors/bill_vendors/:id', 'bill_vendors', (_request, { books, world }, id) =>
    getVendor(id, books, world),
  ),
  route('PUT', '/bill_vendors/bill_vendors/:id', 'bill_vendors', (request, { books, world }, id) =>
    saveVendor(request, id, books, world),
  ),
  route('GET', '/bills/bills', 'bills', (request, { books, world }) => listBills(request, books, world)),
  route('POST', '/bills/bills', 'bills', (request, { books, world }) => saveBill(request, null, books, world)),
  route('GET', '/bills/bills/:id', 'bills', (request, { books, world }, id) => getBill(request, id, books, world)),
  route('PUT', '/bills/bills/:id', 'bills', (request, { books, world }, id) => saveBill(request, id, books, world)),
  route('GET', '/expenses/expenses', 'expenses', (request, { books, world }) => listExpenses(request, books, world)),
  route('POST', '/expenses/expenses', 'expenses', (request, { books, world }) =>
    saveExpense(request, null, books, world),
  ),
  route('GET', '/expenses/expenses/:id', 'expenses', (request, { books, world }, id) =>
    getExpense(request, id, books, world),
  ),
  route('PUT', '/expenses/expenses/:id', 'expenses', (request, { books, world }, id) =>
    saveExpense(request, id, books, world),
  ),
];

const unauthenticated: SandboxReply = {
  status: 401,
  json: { error: 'unauthenticated', error_description: 'This action requires authentication to continue.' },
};
const forbidden: SandboxReply = {
  status: 403,
  json: { error: 'forbidden', error_description: 'The token lacks a permission for this.' },
};

function api(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  if (request.path === '/auth/oauth/token' && request.method === 'POST') return token(request, world);
  const access = accessOf(request, world);
  if (!access) return unauthenticated;
  if (request.path === '/auth/api/v1/users/me' && request.method === 'GET') return me();
  const [, service, accountId = '', rest = ''] =
    /^\/(accounting|uploads)\/account\/([^/]+)(\/.*)$/.exec(request.path) ?? [];
  const books = booksOf(world, accountId);
  if (!books) return { status: 404, json: { code: 5, message: 'Not found', details: [] } };
  if (world.fault('error-200')) return refused([wrong('', 'Told to fail')], 'object', 200);
  if (world.fault('rpc-200')) return refusedNewly([wrong('', 'Told to fail')], 200);
  if (service === 'uploads') {
    return rest === '/attachments' && request.method === 'POST' ? upload(request, world) : { status: 404 };
  }
  const match = matchRoute(routes, { method: request.method, path: rest });
  if (typeof match === 'string') return { status: match === 'no-path' ? 404 : 405 };
  if (!access.scopes.includes((match.route as ApiRoute).scope)) return forbidden;
  return match.route.handle(request, match.params, { books, world });
}

function misbehave(fault: Fault, world: SandboxWorld): boolean {
  const books = booksOf(world, memberships[0].accountId);
  const value = fault.value ?? '';
  if (!books) return false;
  switch (fault.fault) {
    case 'lag':
      world.documents<{ ms: number }>('switches').put('lag', { ms: Number(value) || 0 });
      return true;
    case 'no-negative':
      world.documents<{ on: boolean }>('switches').put('no-negative', { on: true });
      return true;
    case 'revoke':
      revokeAll(world);
      return true;
    case 'hide-category': {
      const categories = books.categories.map((one) =>
        String(one.categoryid) === value ? { ...one, vis_state: 1 } : one,
      );
      saveBooks(world, { ...books, categories });
      return true;
    }
    case 'retire-tax':
      saveBooks(world, { ...books, taxes: books.taxes.filter((one) => one.name !== value) });
      return true;
    case 'delete-vendor':
      for (const [id, one] of vendors(world, books).entries()) {
        if (one.vendor_name === value) vendors(world, books).put(id, { ...one, vis_state: 1 });
      }
      return true;
    default:
      return false;
  }
}

export const freshbooksSandbox: SandboxSystem = {
  id: 'freshbooks',
  hosts: ['api.freshbooks.com', 'auth.freshbooks.com'],
  faults: [
    'penny',
    'lag',
    'error-200',
    'rpc-200',
    'revoke',
    'no-negative',
    'hide-category',
    'retire-tax',
    'delete-vendor',
  ],
  misbehave,
  handle(request, world) {
    if (request.host === 'api.freshbooks.com') return api(request, world);
    const match = matchRoute(authorizeRoutes, request);
    if (typeof match === 'string') return { status: match === 'no-path' ? 404 : 405 };
    return match.route.handle(request, match.params, world);
  },
};
