import { z } from 'zod';
import { jsonOf, type Route, type SandboxReply, type SandboxWorld } from '../../../sandbox/kit.ts';
import { type Doc, type Inside, invalid, newId, of, page, problem, reply, shown, stamp } from './studio.ts';

const kinds = ['TextField', 'TextBox', 'DropDown', 'Number', 'Decimal', 'Money', 'Date', 'Time', 'Checkbox'];

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

/** What of the API is played. */
export const routes: readonly Route<Inside>[] = [
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
      // No pages can be asked for here: the first hundred in the order asked for is all there is to see.
      if (request.query.has('page') || request.query.has('pageSize')) return invalid({ page: 'unknown parameter' });
      const [by = 'id', way = 'asc'] = (request.query.get('sortBy') ?? 'id').split(' ');
      const textOf = (field: Doc) => String(field[by] ?? '').toLowerCase();
      const sorted = items.toSorted((a, b) => textOf(a).localeCompare(textOf(b)) * (way === 'desc' ? -1 : 1));
      return page(
        request,
        'customfield-collection',
        sorted.map((field) => shown(field, '/custom-field')).map(({ links: _l, ...rest }) => rest),
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
