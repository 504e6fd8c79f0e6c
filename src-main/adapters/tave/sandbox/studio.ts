import type { SandboxReply, SandboxRequest, SandboxWorld } from '../../../sandbox/kit.ts';

/** A document of one studio. */
export interface Doc {
  id: string;
  studio: string;
  [name: string]: unknown;
}
/** The studio behind a key, and the world it is played in. */
export interface Inside {
  readonly studio: string;
  readonly world: SandboxWorld;
}

export const host = 'workspace.vsco.co';
export const base = '/api/v2';

export const reply = (status: number, json: unknown): SandboxReply => ({ status, json });
export const problem = (status: number, title: string, detail: unknown, type = 'unknown') =>
  reply(status, { type, title, detail, status });
export const invalid = (detail: Record<string, string>) => problem(400, 'Validation Error', detail, 'validation-error');

/** 26 characters of Crockford's alphabet; hexadecimal digits are among them. */
export const newId = (world: SandboxWorld) => `01${world.uuid().replaceAll('-', '').slice(0, 24)}`;
export const stamp = (world: SandboxWorld) => new Date(world.now()).toISOString();

export const of = (world: SandboxWorld, collection: string, studio: string) =>
  world
    .documents<Doc>(collection)
    .all()
    .filter((one) => one.studio === studio);
export function shown({ studio: _studio, ...rest }: Doc, path: string) {
  return { links: { self: { href: `https://${host}${base}${path}/${rest.id}` } }, ...rest };
}

/** One page of a collection, in the order asked for. */
export function page(request: SandboxRequest, type: string, items: readonly unknown[]): SandboxReply {
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

/** A foreign field and a contact of the studio's own: a careless write would lose them. */
export function firstVisit(studio: string, world: SandboxWorld): void {
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
