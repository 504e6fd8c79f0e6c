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
import { type Books, booksOf, companies, ownRates, saveBooks } from './sandbox/books.ts';
import { documentsOf, type Entity, getDocument, saveDocument } from './sandbox/documents.ts';
import { files, upload } from './sandbox/files.ts';
import { accessOf, identityRoutes, revokeAll } from './sandbox/identity.ts';
import { setLimits, withinLimits } from './sandbox/limits.ts';
import { parseQuery } from './sandbox/query.ts';
import { fault as faulty, flaws, forbidden, ok, throttled, unauthorised } from './sandbox/replies.ts';
import { saveVendor, vendorReply, vendors } from './sandbox/vendors.ts';

/**
 * Plays QuickBooks Online UK from the vendor's own words: sign-in with a secret and an https page, company, tax codes and
 * rates, suppliers, bills and supplier credits with VAT, files, request ids, limits, faults inside a 200. Faults of its
 * own: `penny` (the next document comes back a penny dearer), `stubborn` (the next change keeps that penny), `lag` (value:
 * ms listings stay behind), `fault-200` (value: the code of a fault in a 200, without effect), `upload-refused`, `revoke`,
 * `lapsed`, `close-books` (value: day), `inactive-account` and `hide-tax` (value: id), `inactive-vendor` (value: name),
 * `touch` (value: id of a bill somebody opens and saves), `vat-off`, `one-currency`.
 * `limits` (value: calls a second, a minute) is no fault but a hurry.
 */
interface Inside {
  readonly books: Books;
  readonly world: SandboxWorld;
}

const apiHosts = ['quickbooks.api.intuit.com', 'sandbox-quickbooks.api.intuit.com'];

function route(
  method: string,
  path: string,
  handle: (request: SandboxRequest, inside: Inside, params: Params) => SandboxReply,
): Route<Inside> {
  return { method, path, handle: (request, params, inside) => handle(request, inside, params) };
}

const transactions = (entity: Entity): Route<Inside>[] => [
  route('POST', `/${entity.toLowerCase()}`, (request, { books, world }) => saveDocument(request, entity, books, world)),
  route('GET', `/${entity.toLowerCase()}/:id`, (_request, { books, world }, { id = '' }) =>
    getDocument(id, entity, books, world),
  ),
];

const routes: readonly Route<Inside>[] = [
  route('GET', '/companyinfo/:id', (_request, { books, world }) =>
    ok(world.now(), {
      CompanyInfo: { Id: '1', CompanyName: books.companyName, LegalName: books.companyName, Country: books.country },
    }),
  ),
  route('GET', '/preferences', (_request, { books, world }) =>
    ok(world.now(), {
      Preferences: {
        TaxPrefs: { UsingSalesTax: books.usingSalesTax },
        CurrencyPrefs: { MultiCurrencyEnabled: books.multiCurrency, HomeCurrency: { value: books.homeCurrency } },
        AccountingInfoPrefs: books.bookCloseDate === null ? {} : { BookCloseDate: books.bookCloseDate },
      },
    }),
  ),
  route('GET', '/query', query),
  route('GET', '/exchangerate', (request, { books, world }) => {
    const code = request.query.get('sourcecurrencycode') ?? '';
    const Rate = ownRates[code];
    if (Rate === undefined) return faulty(world.now(), [flaws.gone()]);
    return ok(world.now(), {
      ExchangeRate: { SourceCurrencyCode: code, TargetCurrencyCode: books.homeCurrency, Rate },
    });
  }),
  route('POST', '/vendor', (request, { books, world }) => saveVendor(request, books, world)),
  route('GET', '/vendor/:id', (_request, { books, world }, { id = '' }) => {
    const doc = vendors(world, books).get(id);
    return doc ? vendorReply(doc, world.now()) : faulty(world.now(), [flaws.gone()]);
  }),
  ...transactions('Bill'),
  ...transactions('VendorCredit'),
  route('POST', '/upload', (request, { books, world }) => upload(request, books, world)),
];

/** Rows of an entity; inactive ones of a list only when they are asked for. */
function rowsOf(entity: string, { books, world }: Inside): readonly object[] | null {
  const lag = Number(world.documents<{ ms: number }>('switches').get('lag')?.ms ?? 0);
  switch (entity.toLowerCase()) {
    case 'taxcode':
      return books.taxCodes;
    case 'taxrate':
      return books.taxRates;
    case 'account':
      return books.accounts;
    case 'vendor':
      return vendors(world, books).all();
    case 'purchase':
      return world.documents<object>(`Purchase ${books.realmId}`).all();
    case 'attachable':
      return files(world, books).all();
    case 'bill':
    case 'vendorcredit':
      return documentsOf(world, books, entity.toLowerCase() === 'bill' ? 'Bill' : 'VendorCredit')
        .all()
        .filter((doc) => doc.createdAt <= world.now() - lag)
        .map((doc) => doc.body);
    default:
      return null;
  }
}

const names = ['TaxCode', 'TaxRate', 'Account', 'Vendor', 'Purchase', 'Attachable', 'Bill', 'VendorCredit'];

function query(request: SandboxRequest, inside: Inside): SandboxReply {
  const now = inside.world.now();
  const parsed = parseQuery(request.query.get('query') ?? '');
  if (typeof parsed === 'string') return faulty(now, [flaws.query(parsed)]);
  const rows = rowsOf(parsed.entity, inside);
  const name = names.find((one) => one.toLowerCase() === parsed.entity.toLowerCase());
  if (!rows || name === undefined) return faulty(now, [flaws.query(`Metadata not found for Entity: ${parsed.entity}`)]);
  const shown = rows.filter(
    (row) => parsed.test(row) && (parsed.fields.has('active') || !('Active' in row) || row.Active === true),
  );
  const page = shown.slice(parsed.start - 1, parsed.start - 1 + parsed.max);
  return ok(now, {
    QueryResponse: page.length === 0 ? {} : { [name]: page, startPosition: parsed.start, maxResults: page.length },
  });
}

function api(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const access = accessOf(request, world);
  if (!access) return unauthorised(world.now());
  const [, realmId = '', path = ''] = /^\/v3\/company\/([^/]+)(\/.*)$/.exec(request.path) ?? [];
  const books = booksOf(world, realmId);
  if (!books || access.realmId !== realmId) return forbidden(world.now());
  if (!withinLimits(realmId, world)) return throttled(world.now());
  if (books.lapsed) return faulty(world.now(), [flaws.lapsed()], 403);
  const told = world.fault('fault-200');
  if (told) {
    const error = { code: told.value ?? '6000', Message: 'Told to fail', Detail: `Told to fail with ${told.value}` };
    return faulty(world.now(), [error], 200);
  }
  const match = matchRoute(routes, { method: request.method, path });
  if (typeof match === 'string') return faulty(world.now(), [flaws.bad('', 'Unsupported Operation')], 400);
  return once(request, realmId, world, () => match.route.handle(request, match.params, { books, world }));
}

/** The first answer to a request id is given again, whatever is asked under it. */
function once(request: SandboxRequest, realmId: string, world: SandboxWorld, run: () => SandboxReply): SandboxReply {
  const id = request.query.get('requestid');
  if (id === null || request.method === 'GET') return run();
  if (id === '' || id.length > 50) return faulty(world.now(), [flaws.tooLong('requestid', 50)]);
  const store = world.documents<{ reply: SandboxReply }>('requests');
  const held = store.get(`${realmId} ${id}`);
  if (held) return held.reply;
  const reply = run();
  if (reply.status === 200) store.put(`${realmId} ${id}`, { reply });
  return reply;
}

/** Changes to the company that a person makes inside QuickBooks. */
function changed(books: Books, fault: Fault): Partial<Books> | null {
  const value = fault.value ?? '';
  switch (fault.fault) {
    case 'lapsed':
      return { lapsed: true };
    case 'vat-off':
      return { usingSalesTax: false };
    case 'one-currency':
      return { multiCurrency: false };
    case 'close-books':
      return { bookCloseDate: value === '' ? null : value };
    case 'inactive-account':
      return { accounts: books.accounts.map((one) => (one.Id === value ? { ...one, Active: false } : one)) };
    case 'hide-tax':
      return { taxCodes: books.taxCodes.map((one) => (one.Id === value ? { ...one, Hidden: true } : one)) };
    default:
      return null;
  }
}

function misbehave(fault: Fault, world: SandboxWorld): boolean {
  const books = booksOf(world, companies[0].realmId);
  if (!books) return false;
  const change = changed(books, fault);
  if (change) {
    saveBooks(world, { ...books, ...change });
    return true;
  }
  switch (fault.fault) {
    case 'lag':
      world.documents<{ ms: number }>('switches').put('lag', { ms: Number(fault.value) || 0 });
      return true;
    case 'limits': {
      const [perSecond = 10, perMinute = 500] = (fault.value ?? '').split(',').map(Number);
      setLimits(perSecond, perMinute, world);
      return true;
    }
    case 'revoke':
      revokeAll(world);
      return true;
    case 'inactive-vendor':
      for (const one of vendors(world, books).all()) {
        if (one.DisplayName === fault.value) vendors(world, books).put(one.Id, { ...one, Active: false });
      }
      return true;
    case 'touch': {
      const bill = documentsOf(world, books, 'Bill').get(fault.value ?? '');
      if (!bill) return false;
      const SyncToken = String(Number(bill.body.SyncToken) + 1);
      documentsOf(world, books, 'Bill').put(bill.body.Id, { ...bill, body: { ...bill.body, SyncToken } });
      return true;
    }
    default:
      return false;
  }
}

export const quickbooksSandbox: SandboxSystem = {
  id: 'quickbooks',
  hosts: [...apiHosts, ...Object.keys(identityRoutes)],
  faults: [
    'penny',
    'stubborn',
    'lag',
    'limits',
    'fault-200',
    'upload-refused',
    'revoke',
    'lapsed',
    'close-books',
    'inactive-account',
    'hide-tax',
    'inactive-vendor',
    'touch',
    'vat-off',
    'one-currency',
  ],
  misbehave,
  handle(request, world) {
    const tid = { intuit_tid: `1-${world.uuid()}` };
    if (apiHosts.includes(request.host)) {
      const reply = api(request, world);
      return { ...reply, headers: { ...tid, ...reply.headers } };
    }
    const match = matchRoute(identityRoutes[request.host] ?? [], request);
    if (typeof match === 'string') return { status: match === 'no-path' ? 404 : 405 };
    const reply = match.route.handle(request, match.params, world);
    return { ...reply, headers: { ...tid, ...reply.headers } };
  },
};
