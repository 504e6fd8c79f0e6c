import { z } from 'zod';
import {
  bodyOf,
  formOf,
  matchRoute,
  type Route,
  type SandboxReply,
  type SandboxSystem,
  type SandboxWorld,
} from '../../sandbox/kit.ts';

/**
 * Plays the part of Looker's API 4.0 the console uses, with the console's model deployed. As there: a token lives an hour, a
 * wrong key is "not found", a moment in the future is refused, and a month has only so many calls. The fault
 * `trigger-error` lets Looker's own question to the warehouse fail, `quota` uses the month up.
 */
export const practiceLooker = { clientId: 'wedsyncpracticekey01', clientSecret: 'practicesecretoflooker01' } as const;

interface Token {
  readonly endsAt: number;
}
export interface StoredDatagroup {
  readonly id: string;
  readonly model_name: string;
  readonly name: string;
  readonly stale_before: number | null;
  readonly triggered_at: number | null;
  readonly trigger_check_at: number;
  readonly trigger_error: string | null;
  readonly trigger_value: string | null;
}

const documentation = 'https://cloud.google.com/looker/docs/reference/looker-api/latest';
const problem = (status: number, message: string): SandboxReply => ({
  status,
  json: { message, documentation_url: documentation },
});
const invalid = (field: string, message: string): SandboxReply => ({
  status: 422,
  json: {
    message: 'Validation Failed',
    errors: [{ field, code: 'invalid', message, documentation_url: documentation }],
    documentation_url: documentation,
  },
});

const Change = z.looseObject({ stale_before: z.number().int().optional(), triggered_at: z.number().int().optional() });
const tokenSeconds = 3_600;
/** The smallest edition's. */
const callsAMonth = 1_000;

function datagroupsOf(world: SandboxWorld) {
  const all = world.documents<StoredDatagroup>('datagroups');
  if (all.get('42') === null) {
    all.put('42', {
      id: '42',
      model_name: 'wedsync_ops',
      name: 'ops_metrics_dg',
      stale_before: null,
      triggered_at: null,
      trigger_check_at: Math.floor(world.now() / 1_000),
      trigger_error: null,
      trigger_value: null,
    });
  }
  return all;
}

/** False: the month's calls are used up. */
function counted(world: SandboxWorld): boolean {
  const months = world.documents<{ calls: number }>('calls');
  const month = new Date(world.now()).toISOString().slice(0, 7);
  const calls = (months.get(month)?.calls ?? 0) + 1;
  if (world.fault('quota')) {
    months.put(month, { calls: callsAMonth + 1 });
    return false;
  }
  months.put(month, { calls });
  return calls <= callsAMonth;
}

const routes: readonly Route<SandboxWorld>[] = [
  {
    method: 'GET',
    path: '/api/4.0/user',
    handle: () => ({ status: 200, json: { id: '7', display_name: 'WedSync Console' } }),
  },
  {
    method: 'GET',
    path: '/api/4.0/datagroups',
    handle(_request, _params, world) {
      const fault = world.fault('trigger-error');
      const all = datagroupsOf(world);
      if (fault)
        for (const one of all.all()) all.put(one.id, { ...one, trigger_error: fault.value ?? 'connection refused' });
      return { status: 200, json: all.all() };
    },
  },
  {
    method: 'PATCH',
    path: '/api/4.0/datagroups/:id',
    handle(request, { id = '' }, world) {
      const all = datagroupsOf(world);
      const known = all.get(id);
      if (!known) return problem(404, 'Not found');
      const change = bodyOf(request, Change);
      if (!change) return problem(400, 'Bad request');
      for (const field of ['stale_before', 'triggered_at'] as const) {
        const at = change[field];
        if (at !== undefined && at > Math.floor(world.now() / 1_000)) return invalid(field, 'cannot be in the future');
      }
      const fault = world.fault('trigger-error');
      const next = {
        ...known,
        ...(change.stale_before === undefined ? {} : { stale_before: change.stale_before }),
        ...(change.triggered_at === undefined ? {} : { triggered_at: change.triggered_at }),
        ...(fault ? { trigger_error: fault.value ?? 'connection refused' } : {}),
      };
      all.put(id, next);
      return { status: 200, json: next };
    },
  },
];

export const lookerSandbox: SandboxSystem = {
  id: 'looker',
  hosts: ['wedsync.cloud.looker.com'],
  faults: ['trigger-error', 'quota'],
  handle(request, world) {
    if (!request.path.startsWith('/api/4.0/')) return problem(404, 'Not found');
    if (!counted(world)) return problem(429, 'Too Many Requests: the monthly number of API calls is reached');
    const tokens = world.documents<Token>('tokens');
    if (request.path === '/api/4.0/login') {
      if (request.method !== 'POST') return problem(404, 'Not found');
      const form = formOf(request);
      const right =
        form.get('client_id') === practiceLooker.clientId && form.get('client_secret') === practiceLooker.clientSecret;
      if (!right) return problem(404, 'Not found');
      const token = world.text();
      tokens.put(token, { endsAt: world.now() + tokenSeconds * 1_000 });
      return {
        status: 200,
        json: { access_token: token, token_type: 'Bearer', expires_in: tokenSeconds, refresh_token: null },
      };
    }
    const [, token = ''] = /^(?:token|Bearer) (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    const session = tokens.get(token);
    if (!session || session.endsAt <= world.now()) return problem(401, 'Requires authentication.');
    const match = matchRoute(routes, request);
    if (match === 'no-path' || match === 'no-method') return problem(404, 'Not found');
    return match.route.handle(request, match.params, world);
  },
};
