import { z } from 'zod';
import type { Fault } from '../../sandbox/faults.ts';
import {
  jsonOf,
  matchRoute,
  type Params,
  type Route,
  type SandboxReply,
  type SandboxRequest,
  type SandboxSystem,
  type SandboxWorld,
} from '../../sandbox/kit.ts';

/** Keys of the practice account, in the US service region. */
export const practicePagerDuty = {
  routingKeys: 'practice0000000000000000routing1',
  apiToken: 'u+practice-rest-key',
} as const;

interface Incident {
  readonly id: string;
  readonly number: number;
  readonly key: string;
  summary: string;
  severity: string;
  status: 'triggered' | 'acknowledged' | 'resolved';
  readonly createdAt: number;
  changedAt: number;
  changedBy: { id: string; type: string; summary: string };
  /** Whether the key shows on the incident or only on its alert, as with real ones. */
  readonly keyOnAlert: boolean;
  readonly details: Readonly<Record<string, unknown>>;
  triggers: number;
  /** How often it began to call people: once. What is added to it calls nobody, least of all while somebody has it. */
  readonly calls: 1;
}

const perMinute = 120;
const integration = { id: 'PINTEGR', type: 'service_reference', summary: 'Wedding ops' };

const Event = z.strictObject({
  routing_key: z.string(),
  event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
  dedup_key: z.string().max(255).optional(),
  client: z.string().optional(),
  client_url: z.url().optional(),
  links: z.array(z.strictObject({ href: z.url(), text: z.string().optional() })).optional(),
  images: z.array(z.unknown()).optional(),
  payload: z
    .strictObject({
      summary: z.string().min(1).max(1_024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime().optional(),
      component: z.string().optional(),
      group: z.string().optional(),
      class: z.string().optional(),
      custom_details: z.record(z.string(), z.json()).optional(),
    })
    .optional(),
});

const invalid = (...errors: string[]): SandboxReply => ({
  status: 400,
  json: { status: 'invalid event', message: 'Event object is invalid', errors },
});

function tooFast(world: SandboxWorld, key: string): boolean {
  const store = world.documents<number[]>('pace');
  const now = world.now();
  const recent = (store.get(key) ?? []).filter((at) => at > now - 60_000 && at <= now);
  if (recent.length >= perMinute) return true;
  store.put(key, [...recent, now]);
  return false;
}

function enqueue(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  if (request.bytes.length > 512 * 1_024)
    return { status: 413, json: { status: 'invalid event', message: 'Event too large' } };
  if (jsonOf(request) === undefined)
    return { status: 400, json: { status: 'invalid event', message: 'Event object is invalid JSON', errors: [] } };
  const parsed = Event.safeParse(jsonOf(request));
  if (!parsed.success)
    return invalid(...parsed.error.issues.slice(0, 3).map(({ path, message }) => `'${path.join('.')}' ${message}`));
  const event = parsed.data;
  const known = event.routing_key === practicePagerDuty.routingKeys && !world.documents('switches').get('revoked');
  if (!known || request.host.includes('.eu.')) return invalid('Invalid routing key');
  if (event.event_action === 'trigger' && !event.payload) return invalid("'payload' is missing or blank");
  if (event.event_action !== 'trigger' && event.dedup_key === undefined)
    return invalid("'dedup_key' is missing or blank");
  if (tooFast(world, event.routing_key))
    return {
      status: 429,
      json: { status: 'throttle exceeded', message: 'Requests for this service are arriving too quickly' },
    };
  const key = event.dedup_key ?? world.uuid();
  // Taken, and then dropped by an event rule or a maintenance window: nobody is told.
  if (!world.fault('drop')) apply(world, key, event);
  return { status: 202, json: { status: 'success', message: 'Event processed', dedup_key: key } };
}

function apply(world: SandboxWorld, key: string, { event_action: action, payload }: z.output<typeof Event>): void {
  const store = world.documents<Incident>('incidents');
  const all = store.all();
  const open = all.find((one) => one.key === key && one.status !== 'resolved');
  const now = world.now();
  if (open && action === 'trigger') {
    store.put(open.id, { ...open, triggers: open.triggers + 1, summary: payload?.summary ?? open.summary });
  } else if (open) {
    const status = action === 'acknowledge' ? 'acknowledged' : 'resolved';
    if (open.status !== status) store.put(open.id, { ...open, status, changedAt: now, changedBy: integration });
  } else if (action === 'trigger') {
    const id = `Q${world.text().slice(0, 13).toUpperCase()}`;
    store.put(id, {
      id,
      number: all.length + 1,
      key,
      summary: payload?.summary ?? '',
      severity: payload?.severity ?? 'critical',
      status: 'triggered',
      createdAt: now,
      changedAt: now,
      changedBy: integration,
      keyOnAlert: all.length % 2 === 1,
      details: payload?.custom_details ?? {},
      triggers: 1,
      calls: 1,
    });
  }
}

const isoSeconds = (at: number) => new Date(Math.floor(at / 1_000) * 1_000).toISOString().replace('.000', '');

function shown(incident: Incident): Record<string, unknown> {
  const self = `https://api.pagerduty.com/incidents/${incident.id}`;
  return {
    id: incident.id,
    type: 'incident',
    summary: `[#${incident.number}] ${incident.summary}`,
    self,
    html_url: `https://bluebell.pagerduty.com/incidents/${incident.id}`,
    incident_number: incident.number,
    title: incident.summary,
    created_at: isoSeconds(incident.createdAt),
    updated_at: isoSeconds(incident.changedAt),
    status: incident.status,
    ...(incident.keyOnAlert ? {} : { incident_key: incident.key }),
    urgency: incident.severity === 'info' || incident.severity === 'warning' ? 'low' : 'high',
    last_status_change_at: isoSeconds(incident.changedAt),
    last_status_change_by: { ...incident.changedBy, self: null, html_url: null },
  };
}

function refused(request: SandboxRequest): SandboxReply | null {
  const { authorization, accept = '', 'content-type': type } = request.headers;
  if (authorization !== `Token token=${practicePagerDuty.apiToken}`)
    return { status: 401, json: { error: { code: 2006, message: 'Unauthorized', errors: [] } } };
  if (!accept.includes('version=2'))
    return {
      status: 400,
      json: {
        error: { code: 2001, message: 'Invalid Input Provided', errors: ['Accept header is missing a version'] },
      },
    };
  return request.method === 'GET' || type === 'application/json' ? null : { status: 415 };
}

function list(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const { query } = request;
  const statuses = query.getAll('statuses[]');
  // An empty key is ignored and every incident matches.
  const key = query.get('incident_key') ?? '';
  const since = Date.parse(query.get('since') ?? '1970-01-01T00:00:00Z');
  const limit = Math.min(100, Number(query.get('limit') ?? 25) || 25);
  const offset = Number(query.get('offset') ?? 0) || 0;
  const found = world
    .documents<Incident>('incidents')
    .all()
    .filter(
      (one) =>
        one.createdAt >= since &&
        (statuses.length === 0 || statuses.includes(one.status)) &&
        (key === '' || one.key === key),
    )
    .toReversed();
  const page = found.slice(offset, offset + limit);
  return {
    status: 200,
    json: { incidents: page.map(shown), limit, offset, more: offset + limit < found.length, total: null },
  };
}

function listAlerts(params: Params, world: SandboxWorld): SandboxReply {
  const incident = world.documents<Incident>('incidents').get(params.id ?? '');
  if (!incident) return { status: 404, json: { error: { code: 2100, message: 'Not Found', errors: [] } } };
  const alert = {
    id: `A${incident.id}`,
    type: 'alert',
    summary: incident.summary,
    self: null,
    html_url: null,
    created_at: isoSeconds(incident.createdAt),
    // An alert knows no acknowledgement; that is the incident's.
    status: incident.status === 'resolved' ? 'resolved' : 'triggered',
    alert_key: incident.key,
    body: { type: 'alert_body', contexts: [], details: incident.details },
  };
  return { status: 200, json: { alerts: [alert], limit: 25, offset: 0, more: false, total: null } };
}

const routes: readonly Route<SandboxWorld>[] = [
  {
    method: 'GET',
    path: '/abilities',
    handle: () => ({ status: 200, json: { abilities: ['teams', 'read_only_users', 'urgencies'] } }),
  },
  { method: 'GET', path: '/incidents', handle: (request, _params, world) => list(request, world) },
  { method: 'GET', path: '/incidents/:id/alerts', handle: (_request, params, world) => listAlerts(params, world) },
];

const Wish = z.object({
  action: z.enum(['acknowledge', 'resolve']).default('acknowledge'),
  user: z.string().default('Duty coordinator'),
  dedupKey: z.string().optional(),
});

/** `POST /_press?system=pagerduty {"action": "acknowledge"}`: somebody acts on the newest open incident, or on the one named. */
function press(input: unknown, world: SandboxWorld): SandboxReply {
  const wish = Wish.safeParse(input);
  if (!wish.success)
    return { status: 400, json: { error: 'Say {"action"?: "acknowledge" | "resolve", "user"?, "dedupKey"?}' } };
  const { action, user, dedupKey } = wish.data;
  const store = world.documents<Incident>('incidents');
  const incident = store
    .all()
    .filter((one) => one.status !== 'resolved' && (dedupKey === undefined || one.key === dedupKey))
    .at(-1);
  if (!incident) return { status: 404, json: { error: 'No such incident is open' } };
  const status = action === 'acknowledge' ? 'acknowledged' : 'resolved';
  store.put(incident.id, {
    ...incident,
    status,
    changedAt: world.now(),
    changedBy: { id: 'PUSER01', type: 'user_reference', summary: user },
  });
  return { status: 200, json: { id: incident.id, dedupKey: incident.key, status } };
}

function misbehave(fault: Fault, world: SandboxWorld): boolean {
  if (fault.fault !== 'revoke-key') return false;
  world.documents('switches').put('revoked', true);
  return true;
}

/** `drop`: the next event is taken and nothing comes of it. `revoke-key`: the integration key is gone. */
export const pagerdutySandbox: SandboxSystem = {
  id: 'pagerduty',
  hosts: ['events.pagerduty.com', 'events.eu.pagerduty.com', 'api.pagerduty.com', 'api.eu.pagerduty.com'],
  faults: ['drop', 'revoke-key'],
  misbehave,
  press,
  handle(request, world) {
    if (request.host.startsWith('events.')) {
      const right = request.method === 'POST' && request.path === '/v2/enqueue';
      return right ? enqueue(request, world) : { status: 404, json: { status: 'not found', message: 'Not Found' } };
    }
    const no = refused(request);
    if (no) return no;
    const match = matchRoute(routes, request);
    if (typeof match === 'string')
      return {
        status: match === 'no-path' ? 404 : 405,
        json: { error: { code: 2100, message: 'Not Found', errors: [] } },
      };
    return match.route.handle(request, match.params, world);
  },
};
