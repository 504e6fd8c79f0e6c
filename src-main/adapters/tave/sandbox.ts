import { matchRoute, type SandboxReply, type SandboxSystem, type SandboxWorld } from '../../sandbox/kit.ts';
import { misbehave, press } from './sandbox/people.ts';
import { routes } from './sandbox/routes.ts';
import { base, firstVisit, host, problem } from './sandbox/studio.ts';

const allowed = { calls: 40, ms: 10_000 };

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

/**
 * Plays VSCO Workspace's REST API v2 as far as a client of contacts and custom fields meets it: a studio behind every key,
 * PUT replaces the whole document, fields are checked by kind, 429 with Retry-After. Keys begin with `practice-tave-`; one
 * with `readonly` in it opens a studio that refuses writes, one with `usd` a studio in dollars. Faults of its own, with
 * `value` "key|field name|…": `edit` (…value) somebody edits a field, `rename-field` (…new name), `retype-field` (…kind),
 * `expose-field` makes it visible to clients, `forget-contact` deletes ours. `/_press` adds a contact and calls the hooks.
 */
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
