import { z } from 'zod';
import type { Fault } from '../../sandbox/faults.ts';
import {
  jsonOf,
  matchRoute,
  type Route,
  type SandboxReply,
  type SandboxRequest,
  type SandboxSystem,
  type SandboxWorld,
} from '../../sandbox/kit.ts';

/**
 * Plays VSCO Workspace's REST API v2 as far as a client of contacts and custom fields meets it: a studio behind every key,
 * PUT replaces the whole document, fields are checked by kind, 429 with Retry-After. Keys begin with `practice-tave-`; one
 * with `readonly` in it opens a studio that refuses writes, one with `usd` a studio in dollars. Faults of its own, with
 * `value` "key|field name|…": `edit` (…value) somebody edits a field, `rename-field` (…new name), `retype-field` (…kind),
 * `expose-field` makes it visible to clients, `forget-contact` deletes ours. `/_press` adds a contact and calls the hooks.
 */
interface Doc {
  id: string;
  studio: string;
  [name: string]: unknown;
}
interface Inside {
  readonly studio: string;
  readonly world: SandboxWorld;
}

const host = 'workspace.vsco.co';
const base = '/api/v2';
const allowed = { calls: 40, ms: 10_000 };
const kinds = ['TextField', 'TextBox', 'DropDown', 'Number', 'Decimal', 'Money', 'Date', 'Time', 'Checkbox'];

const reply = (status: number, json: unknown): SandboxReply => ({ status, json });
const problem = (status: number, title: string, detail: unknown, type = 'unknown') =>
  reply(status, { type, title, detail, status });
const invalid = (detail: Record<string, string>) => problem(400, 'Validation Error', detail, 'validation-error');

/** 26 characters of Crockford's alphabet; hexadecimal digits are among them. */
const newId = (world: SandboxWorld) => `01${world.uuid().replaceAll('-', '').slice(0, 24)}`;
const stamp = (world: SandboxWorld) => new Date(world.now()).toISOString();

const of = (world: SandboxWorld, collection: string, studio: string) =>
  world
    .documents<Doc>(collection)
    .all()
    .filter((one) => one.studio === studio);
function shown({ studio: _studio, ...rest }: Doc, path: string) {
  return { links: { self: { href: `https://${host}${base}${path}/${rest.id}` } }, ...rest };
}

function page(request: SandboxRequest, type: string, items: readonly unknown[]): SandboxReply {
  const size = Number(request.query.get('pageSize') ?? 100);
  const number = Number(request.query.get('page') ?? 1);
  if (!(size >= 10 && size <= 100 && number >= 1)) return invalid({ pageSize: 'must be between 10 and 100' });
  const rows = items.slice((number - 1) * size, number * size);
  const meta = {
    currentPage: number,
    totalPages: Math.max(1, Math.ceil(items.length / size)),
    totalItems: items.length,
    rows: rows.length,
  };
  return reply(200, { type, meta, items: rows });
}

const NewField = z.strictObject({
  name: z.string().min(1).max(255),
  kind: z.enum(kinds),
  canApplyTo: z.enum(['Job', 'Contact']).default('Job'),
  clientAccess: z.enum(['None', 'Visible', 'Editable']).default('None'),
  clientLabel: z.string().max(255).nullable().optional(),
  choices: z.array(z.string()).nullable().optional(),
  token: z.string().max(128).nullable().optional(),
});
const Value = z.strictObject({
  id: z.string().optional(),
  fieldId: z.string(),
  value: z.string().nullable().default(null),
});
const NewContact = z.strictObject({
  kind: z.enum(['person', 'company', 'location']),
  name: z.string().max(255).optional(),
  firstName: z.string().max(48).optional(),
  lastName: z.string().max(48).optional(),
  email: z.email().max(255).nullable().optional(),
  secondaryEmail: z.email().max(64).nullable().optional(),
  phone: z.string().nullable().optional(),
  url: z.url().nullable().optional(),
  pinned: z.boolean().nullable().optional(),
  customFields: z.array(Value).nullable().optional(),
  externalMappings: z
    .array(z.object({ id: z.string().max(64), url: z.string().min(12).max(255) }))
    .nullable()
    .optional(),
});
const NewNote = z.strictObject({
  contactId: z.string().nullable().optional(),
  jobId: z.string().nullable().optional(),
  date: z.iso.date().nullable().optional(),
  contentHtml: z.string().min(1),
});

function issuesOf(error: z.ZodError): SandboxReply {
  return invalid(Object.fromEntries(error.issues.map(({ path, message }) => [path.join('.') || 'body', message])));
}

/** Fields are given by id, and their text must be of the field's kind. */
function valueProblem(values: readonly z.infer<typeof Value>[], { studio, world }: Inside): SandboxReply | null {
  const fields = of(world, 'fields', studio);
  for (const { fieldId, value } of values) {
    const field = fields.find(({ id }) => id === fieldId);
    if (field?.canApplyTo !== 'Contact') return invalid({ customFields: `${fieldId} is not a contact field` });
    if (value === null || value === '') continue;
    if (field.kind === 'Number' && !/^-?\d+$/.test(value))
      return invalid({ customFields: `${field.name} must be a whole number` });
    if (field.kind === 'Decimal' && !/^-?\d+(\.\d+)?$/.test(value))
      return invalid({ customFields: `${field.name} must be a number` });
    if (field.kind === 'Money' && !/^-?\d+$/.test(value))
      return invalid({ customFields: `${field.name} must be minor units` });
  }
  return null;
}

const numbered = (values: readonly z.infer<typeof Value>[], world: SandboxWorld) =>
  values.map(({ id, fieldId, value }) => ({ id: id ?? newId(world), fieldId, value }));

function contactView(contact: Doc, { studio, world }: Inside, withNotes: boolean) {
  const notes = of(world, 'notes', studio).filter((note) => note.contactId === contact.id);
  return {
    ...shown(contact, '/address-book'),
    ...(withNotes ? { notes: notes.map((note) => shown(note, '/note')) } : {}),
  };
}

const routes: readonly Route<Inside>[] = [
  {
    method: 'GET',
    path: '/studio/me',
    handle: (_request, _params, { studio, world }) =>
      reply(200, {
        id: `01${Buffer.from(studio).toString('hex').padEnd(24, '0').slice(-24)}`,
        created: stamp(world),
        modified: stamp(world),
        name: studio.replace(/^practice-tave-/, ''),
        currencyCode: studio.includes('usd') ? 'USD' : 'GBP',
        readonlyEnabled: studio.includes('readonly'),
      }),
  },
  {
    method: 'GET',
    path: '/custom-field',
    handle(request, _params, { studio, world }) {
      const to = request.query.get('canApplyTo');
      if (to !== null && !['contact', 'job'].includes(to)) return invalid({ canApplyTo: 'must be contact or job' });
      const items = of(world, 'fields', studio).filter(
        ({ canApplyTo }) => to === null || String(canApplyTo).toLowerCase() === to,
      );
      return page(
        request,
        'customfield-collection',
        items.map((field) => shown(field, '/custom-field')).map(({ links: _l, ...rest }) => rest),
      );
    },
  },
  {
    method: 'POST',
    path: '/custom-field',
    handle(request, _params, { studio, world }) {
      const parsed = NewField.safeParse(jsonOf(request));
      if (!parsed.success) return issuesOf(parsed.error);
      const at = stamp(world);
      const field = { id: newId(world), studio, created: at, modified: at, hidden: false, ...parsed.data };
      world.documents<Doc>('fields').put(field.id, field);
      const { studio: _studio, ...rest } = field;
      return reply(201, rest);
    },
  },
  {
    method: 'GET',
    path: '/address-book',
    handle(request, _params, inside) {
      const email = request.query.get('email');
      const items = of(inside.world, 'contacts', inside.studio).filter((one) => email === null || one.email === email);
      return page(
        request,
        'addressbook-collection',
        items.map((one) => contactView(one, inside, false)),
      );
    },
  },
  {
    method: 'POST',
    path: '/address-book',
    handle(request, _params, inside) {
      const { world, studio } = inside;
      const parsed = NewContact.safeParse(jsonOf(request));
      if (!parsed.success) return issuesOf(parsed.error);
      const bad = valueProblem(parsed.data.customFields ?? [], inside);
      if (bad) return bad;
      const at = stamp(world);
      const contact = {
        ...parsed.data,
        id: newId(world),
        studio,
        created: at,
        modified: at,
        hidden: false,
        customFields: numbered(parsed.data.customFields ?? [], world),
      };
      world.documents<Doc>('contacts').put(contact.id, contact);
      return reply(201, contactView(contact, inside, true));
    },
  },
  {
    method: 'GET',
    path: '/address-book/:id',
    handle(_request, { id = '' }, inside) {
      const contact = inside.world.documents<Doc>('contacts').get(id);
      if (!contact || contact.studio !== inside.studio) return problem(404, 'Not Found', 'No such contact');
      return reply(200, contactView(contact, inside, true));
    },
  },
  {
    method: 'PUT',
    path: '/address-book/:id',
    handle(request, { id = '' }, inside) {
      const { world, studio } = inside;
      const contact = world.documents<Doc>('contacts').get(id);
      if (!contact || contact.studio !== studio) return problem(404, 'Not Found', 'No such contact');
      const parsed = NewContact.safeParse(jsonOf(request));
      if (!parsed.success) return issuesOf(parsed.error);
      if (parsed.data.kind !== contact.kind) return invalid({ kind: 'cannot be changed' });
      const bad = valueProblem(parsed.data.customFields ?? [], inside);
      if (bad) return bad;
      // The whole document: what is not in it is gone.
      const next = {
        ...parsed.data,
        id,
        studio,
        created: contact.created,
        modified: stamp(world),
        hidden: contact.hidden,
        customFields: numbered(parsed.data.customFields ?? [], world),
      };
      world.documents<Doc>('contacts').put(id, next);
      return reply(200, contactView(next, inside, true));
    },
  },
  {
    method: 'POST',
    path: '/note',
    handle(request, _params, { studio, world }) {
      const parsed = NewNote.safeParse(jsonOf(request));
      if (!parsed.success) return issuesOf(parsed.error);
      const { contactId = null, jobId = null } = parsed.data;
      const contact = contactId === null ? null : world.documents<Doc>('contacts').get(contactId);
      if (contact?.studio !== studio) return invalid({ contactId: 'no such contact' });
      const at = stamp(world);
      const note = {
        id: newId(world),
        studio,
        created: at,
        modified: at,
        hidden: false,
        contactId,
        jobId,
        authorId: null,
        date: parsed.data.date ?? null,
        contentHtml: parsed.data.contentHtml,
      };
      world.documents<Doc>('notes').put(note.id, note);
      return reply(201, shown(note, '/note'));
    },
  },
  {
    method: 'GET',
    path: '/rest-hook',
    handle: (request, _params, { studio, world }) =>
      page(
        request,
        'resthook-collection',
        of(world, 'hooks', studio).map((hook) => shown(hook, '/rest-hook')),
      ),
  },
  {
    method: 'POST',
    path: '/rest-hook',
    handle(request, _params, { studio, world }) {
      const parsed = z
        .strictObject({
          event: z.enum(['contact.created', 'job.created', 'order.booked', 'payment.created']),
          url: z.url(),
          limitTo: z
            .strictObject({
              contactKinds: z.array(z.enum(['person', 'company', 'location'])).optional(),
              jobTypes: z.array(z.string()).optional(),
              brands: z.array(z.string()).optional(),
              webLead: z.boolean().optional(),
            })
            .nullish(),
        })
        .safeParse(jsonOf(request));
      if (!parsed.success) return issuesOf(parsed.error);
      const at = stamp(world);
      const hook = {
        id: newId(world),
        studio,
        created: at,
        modified: at,
        hidden: false,
        event: parsed.data.event,
        url: parsed.data.url,
        limitTo: parsed.data.limitTo ?? null,
      };
      world.documents<Doc>('hooks').put(hook.id, hook);
      return reply(201, shown(hook, '/rest-hook'));
    },
  },
  {
    method: 'DELETE',
    path: '/rest-hook/:id',
    handle(_request, { id = '' }, { studio, world }) {
      const hooks = world.documents<Doc>('hooks');
      if (hooks.get(id)?.studio !== studio) return problem(404, 'Not Found', 'No such resource');
      hooks.remove(id);
      return { status: 204 };
    },
  },
];

/** A foreign field and a contact of the studio's own: a careless write would lose them. */
function firstVisit(studio: string, world: SandboxWorld): void {
  const studios = world.documents<{ id: string }>('studios');
  if (studios.get(studio)) return;
  studios.put(studio, { id: studio });
  const at = stamp(world);
  const field = {
    id: newId(world),
    studio,
    created: at,
    modified: at,
    hidden: false,
    name: 'House style',
    kind: 'TextField',
    canApplyTo: 'Contact',
    clientAccess: 'Visible',
  };
  world.documents<Doc>('fields').put(field.id, field);
}

function tooMany(studio: string, world: SandboxWorld): SandboxReply | null {
  const meters = world.documents<{ times: number[] }>('meters');
  const recent = (meters.get(studio)?.times ?? []).filter((at) => at > world.now() - allowed.ms);
  if (recent.length >= allowed.calls) {
    const seconds = Math.max(1, Math.ceil(((recent[0] ?? 0) + allowed.ms - world.now()) / 1_000));
    return {
      ...problem(429, 'Too Many Requests', 'Slow down', 'quota-limit'),
      headers: { 'retry-after': String(seconds) },
    };
  }
  meters.put(studio, { times: [...recent, world.now()] });
  return null;
}

function misbehave(fault: Fault, world: SandboxWorld): boolean {
  const [studio = '', name = '', value = ''] = (fault.value ?? '').split('|');
  const fields = world.documents<Doc>('fields');
  const field = fields.all().find((one) => one.studio === studio && one.name === name);
  const contacts = world.documents<Doc>('contacts');
  if (fault.fault === 'forget-contact') {
    for (const one of of(world, 'contacts', studio)) contacts.remove(one.id);
    return true;
  }
  if (!field) return false;
  switch (fault.fault) {
    case 'rename-field':
      fields.put(field.id, { ...field, name: value });
      return true;
    case 'retype-field':
      fields.put(field.id, { ...field, kind: value });
      return true;
    case 'expose-field':
      fields.put(field.id, { ...field, clientAccess: 'Visible' });
      return true;
    case 'edit':
      for (const one of of(world, 'contacts', studio)) {
        const kept = (one.customFields as { id: string; fieldId: string; value: string | null }[]).filter(
          ({ fieldId }) => fieldId !== field.id,
        );
        contacts.put(one.id, {
          ...one,
          modified: stamp(world),
          customFields: [...kept, { id: newId(world), fieldId: field.id, value }],
        });
      }
      return true;
    default:
      return false;
  }
}

const Pressed = z.strictObject({ key: z.string(), kind: z.enum(['person', 'company']), name: z.string() });

/** Somebody adds a contact; whoever subscribed to that is called, as the vendor does: unsigned, once, on loopback only. */
function press(input: unknown, world: SandboxWorld): SandboxReply {
  const { key: studio, kind, name } = Pressed.parse(input);
  firstVisit(studio, world);
  const at = stamp(world);
  const id = newId(world);
  world
    .documents<Doc>('contacts')
    .put(id, { id, studio, created: at, modified: at, hidden: false, kind, name, customFields: [] });
  const called = of(world, 'hooks', studio).filter(({ event, limitTo }) => {
    const limits = limitTo as { contactKinds?: string[] } | null;
    return event === 'contact.created' && (limits?.contactKinds ?? [kind]).includes(kind);
  });
  for (const { url } of called) {
    if (!['127.0.0.1', 'localhost'].includes(new URL(String(url)).hostname)) continue;
    const body = JSON.stringify({ id, type: 'contact' });
    void fetch(String(url), { method: 'POST', headers: { 'content-type': 'application/json' }, body }).catch(
      () => undefined,
    );
  }
  return reply(200, { id, called: called.length });
}

export const taveSandbox: SandboxSystem = {
  id: 'tave',
  hosts: [host],
  faults: ['edit', 'rename-field', 'retype-field', 'expose-field', 'forget-contact'],
  misbehave,
  press,
  handle(request, world) {
    const key = request.headers['x-api-key'] ?? /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const requestId = { 'x-request-id': world.uuid() };
    if (!key.startsWith('practice-tave-'))
      return { ...problem(401, 'Unauthorized', 'Unknown API key'), headers: requestId };
    firstVisit(key, world);
    const busy = tooMany(key, world);
    if (busy) return busy;
    if (!request.path.startsWith(`${base}/`)) return problem(404, 'Not Found', 'No such resource');
    const match = matchRoute(routes, { method: request.method, path: request.path.slice(base.length) });
    if (match === 'no-path') return problem(404, 'Not Found', 'No such resource');
    if (match === 'no-method') return problem(405, 'Method Not Allowed', 'Not here');
    if (request.method !== 'GET' && key.includes('readonly'))
      return problem(403, 'Forbidden', 'This key may only read');
    const answer = match.route.handle(request, match.params, { studio: key, world });
    return { ...answer, headers: { ...requestId, ...answer.headers } };
  },
};
