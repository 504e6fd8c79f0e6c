import { createHash } from 'node:crypto';
import type { Fault } from '../../sandbox/faults.ts';
import {
  matchRoute,
  type Route,
  type SandboxReply,
  type SandboxRequest,
  type SandboxSystem,
  type SandboxWorld,
} from '../../sandbox/kit.ts';
import { type Books, booksOf, saveBooks, tenants, xeroDay } from './sandbox/books.ts';
import { archiveContact, createContacts, getContact, listContacts, updateContact } from './sandbox/contacts.ts';
import {
  createDocuments,
  creditNotes,
  getDocument,
  invoices,
  type Kind,
  listDocuments,
  updateDocuments,
} from './sandbox/documents.ts';
import { getFile, listFiles, listHistory, putFile, putHistory } from './sandbox/files.ts';
import {
  accessOf,
  disconnectTenant,
  dropScope,
  identityRoutes,
  listConnections,
  mayReach,
  removeConnection,
  revokeAll,
} from './sandbox/identity.ts';
import { meter, type OtherLimits } from './sandbox/limits.ts';
import { badQuery, ok, problem } from './sandbox/replies.ts';
import { parseWhere } from './sandbox/where.ts';

/**
 * Plays Xero UK from the vendor's own description: sign-in, connections, and the part of the Accounting API a client of
 * bills meets, with its validation, rounding, scopes, limits and idempotency keys. Faults of its own:
 * `penny` (the next document comes back a penny dearer), `lag` (value: ms lists stay behind), `revoke`, `drop-scope`
 * (value: scope), `disconnect`, `lock-date` (value: day, empty lifts it), `archive-account` and `retire-tax` (value: code),
 * `archive-contact` (value: name). `limits` (value: calls a minute, a day) is no fault but a hurry.
 */
interface Inside {
  readonly books: Books;
  readonly world: SandboxWorld;
}
type ApiRoute = Route<Inside> & { readonly scope: string };

const settingsScope = 'accounting.settings';
const contactScope = 'accounting.contacts';
const documentScope = 'accounting.invoices';
const fileScope = 'accounting.attachments';

function list(name: 'TaxRates' | 'Accounts' | 'Currencies', items: (books: Books) => readonly object[]): ApiRoute {
  return {
    method: 'GET',
    path: `/${name}`,
    scope: settingsScope,
    handle: (request, _params, { books, world }) => {
      const test = request.query.has('where') ? parseWhere(request.query.get('where') ?? '') : () => true;
      if (!test) return badQuery();
      const found = items(books).filter((item) => test(item as Record<string, unknown>));
      return ok(books, world.now(), { [name]: found });
    },
  };
}

function ledger(kind: Kind): ApiRoute[] {
  const path = `/${kind.collection}`;
  const one = `${path}/:id`;
  const of = (
    method: string,
    at: string,
    scope: string,
    handle: (request: SandboxRequest, params: Readonly<Record<string, string>>, inside: Inside) => SandboxReply,
  ): ApiRoute => ({ method, path: at, scope, handle });
  return [
    of('GET', path, documentScope, (request, _p, { books, world }) => listDocuments(request, kind, books, world)),
    of('PUT', path, documentScope, (request, _p, { books, world }) => createDocuments(request, kind, books, world)),
    of('POST', path, documentScope, (request, p, { books, world }) => updateDocuments(request, p, kind, books, world)),
    of('GET', one, documentScope, (_request, p, { books, world }) => getDocument(p, kind, books, world)),
    of('POST', one, documentScope, (request, p, { books, world }) => updateDocuments(request, p, kind, books, world)),
    of('GET', `${one}/Attachments`, fileScope, (_r, p, { books, world }) => listFiles(p, kind, books, world)),
    of('GET', `${one}/Attachments/:file`, fileScope, (_r, p, { books, world }) => getFile(p, books, world)),
    of('PUT', `${one}/Attachments/:file`, fileScope, (r, p, { books, world }) => putFile(r, p, kind, books, world)),
    of('POST', `${one}/Attachments/:file`, fileScope, (r, p, { books, world }) => putFile(r, p, kind, books, world)),
    of('GET', `${one}/History`, documentScope, (_r, p, { books, world }) => listHistory(p, kind, books, world)),
    of('PUT', `${one}/History`, documentScope, (r, p, { books, world }) => putHistory(r, p, kind, books, world)),
  ];
}

const apiRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/Organisation',
    scope: settingsScope,
    handle: (_request, _params, { books, world }) => ok(books, world.now(), { Organisations: [books.organisation] }),
  },
  list('TaxRates', (books) => books.taxRates),
  list('Accounts', (books) => books.accounts),
  list('Currencies', (books) => books.currencies),
  {
    method: 'GET',
    path: '/Contacts',
    scope: contactScope,
    handle: (request, _params, { books, world }) => listContacts(request, books, world),
  },
  {
    method: 'PUT',
    path: '/Contacts',
    scope: contactScope,
    handle: (request, _params, { books, world }) => createContacts(request, books, world),
  },
  {
    method: 'GET',
    path: '/Contacts/:id',
    scope: contactScope,
    handle: (_request, params, { books, world }) => getContact(params, books, world),
  },
  {
    method: 'POST',
    path: '/Contacts/:id',
    scope: contactScope,
    handle: (request, params, { books, world }) => updateContact(request, params, books, world),
  },
  ...ledger(invoices),
  ...ledger(creditNotes),
];

const apiBase = '/api.xro/2.0';
/** How long a key is remembered is not written down; minutes are what may be relied upon. */
const keyLife = 6 * 60_000;

const unauthorised = (detail = 'AuthenticationUnsuccessful') => problem(401, 'Unauthorized', detail);

function api(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const access = accessOf(request, world);
  if (!access) return unauthorised();
  if (request.path === '/connections' && request.method === 'GET') return listConnections(request, access, world);
  const connection = /^\/connections\/([^/]+)$/.exec(request.path)?.[1];
  if (connection !== undefined && request.method === 'DELETE') return removeConnection(connection, access, world);
  if (!request.path.startsWith(`${apiBase}/`)) return problem(404, 'Not Found', 'The resource cannot be found');

  const tenantId = request.headers['xero-tenant-id'] ?? '';
  const books = mayReach(access, tenantId, world) ? booksOf(world, tenantId) : null;
  if (!books || tenants.find((one) => one.tenantId === tenantId)?.tenantType !== 'ORGANISATION') {
    return problem(403, 'Forbidden', 'AuthenticationUnsuccessful');
  }
  const { refused, headers } = meter(request, tenantId, world);
  if (refused) return { ...refused, headers: { ...headers, ...refused.headers } };
  const reply = keyed(request, access.clientId, tenantId, world, () => {
    const match = matchRoute(apiRoutes, { method: request.method, path: request.path.slice(apiBase.length) });
    if (match === 'no-path') return problem(404, 'Not Found', 'The resource cannot be found');
    if (match === 'no-method') return problem(405, 'Method Not Allowed', 'The method is not allowed here');
    const { scope } = match.route as ApiRoute;
    const enough =
      access.scopes.includes(scope) || (request.method === 'GET' && access.scopes.includes(`${scope}.read`));
    if (!enough) return unauthorised('AuthorizationUnsuccessful');
    return match.route.handle(request, match.params, { books, world });
  });
  return { ...reply, headers: { 'xero-correlation-id': world.uuid(), ...headers, ...reply.headers } };
}

interface KeyDoc {
  hash: string;
  reply: SandboxReply;
  at: number;
}

/** Same key and same request: the first answer again. Same key, another request: refused. */
function keyed(
  request: SandboxRequest,
  client: string,
  tenant: string,
  world: SandboxWorld,
  run: () => SandboxReply,
): SandboxReply {
  const key = request.headers['idempotency-key'];
  if (key === undefined || request.method === 'GET') return run();
  if (key === '' || key.length > 128)
    return problem(400, 'Bad Request', 'The Idempotency-Key must be 1 to 128 characters');
  const store = world.documents<KeyDoc>('keys');
  for (const [id, held] of store.entries()) if (held.at < world.now() - keyLife) store.remove(id);
  const id = `${client} ${tenant} ${key}`;
  const hash = createHash('sha256').update(`${request.method} ${request.path} `).update(request.bytes).digest('hex');
  const held = store.get(id);
  if (held && held.hash !== hash) {
    return problem(400, 'Bad Request', 'The Idempotency-Key was used before with a different request');
  }
  if (held) return held.reply;
  const reply = run();
  if (reply.status === 200) store.put(id, { hash, reply, at: world.now() });
  return reply;
}

function misbehave(fault: Fault, world: SandboxWorld): boolean {
  const tenantId = tenants[0].tenantId;
  const books = booksOf(world, tenantId);
  const value = fault.value ?? '';
  if (!books) return false;
  switch (fault.fault) {
    case 'lag':
      world.documents<{ ms: number }>('switches').put('lag', { ms: Number(value) || 0 });
      return true;
    case 'limits': {
      const [perMinute = 60, perDay = 5_000] = value.split(',').map(Number);
      world.documents<OtherLimits>('switches').put('limits', { perMinute, perDay });
      return true;
    }
    case 'revoke':
      revokeAll(world);
      return true;
    case 'drop-scope':
      dropScope(world, value);
      return true;
    case 'disconnect':
      disconnectTenant(world, tenantId);
      return true;
    case 'lock-date': {
      const { PeriodLockDate: _before, ...organisation } = books.organisation;
      saveBooks(world, {
        ...books,
        organisation: value === '' ? organisation : { ...organisation, PeriodLockDate: xeroDay(value) },
      });
      return true;
    }
    case 'archive-account':
      saveBooks(world, {
        ...books,
        accounts: books.accounts.map((one) => (one.Code === value ? { ...one, Status: 'ARCHIVED' } : one)),
      });
      return true;
    case 'retire-tax':
      saveBooks(world, {
        ...books,
        taxRates: books.taxRates.map((one) => (one.TaxType === value ? { ...one, Status: 'ARCHIVED' } : one)),
      });
      return true;
    case 'archive-contact':
      archiveContact(value, books, world);
      return true;
    default:
      return false;
  }
}

export const xeroSandbox: SandboxSystem = {
  id: 'xero',
  hosts: ['login.xero.com', 'identity.xero.com', 'api.xero.com'],
  faults: [
    'penny',
    'lag',
    'limits',
    'revoke',
    'drop-scope',
    'disconnect',
    'lock-date',
    'archive-account',
    'retire-tax',
    'archive-contact',
  ],
  misbehave,
  handle(request, world) {
    if (request.host === 'api.xero.com') return api(request, world);
    const match = matchRoute(identityRoutes, request);
    if (typeof match === 'string') return { status: match === 'no-path' ? 404 : 405 };
    const isLogin = match.route.path.startsWith('/identity/');
    // The sign-in page and the token endpoint live on two hosts.
    if (isLogin !== (request.host === 'login.xero.com')) return { status: 404 };
    return match.route.handle(request, match.params, world);
  },
};
