import type { SandboxReply, SandboxSystem } from '../../../sandbox/kit.ts';
import { costOf, daysBetween, pageOf, startOf } from './days.ts';

const workspaces = [null, 'wrkspc_gallery'];
const items = ['Claude Sonnet Usage - Input Tokens', 'Claude Sonnet Usage - Output Tokens'];

const error = (status: number, type: string, message: string): SandboxReply => ({
  status,
  json: { type: 'error', error: { type, message } },
});
const invalid = (message: string) => error(400, 'invalid_request_error', message);
const stamp = (day: number) => new Date(startOf(day)).toISOString().replace('.000Z', 'Z');

/** Plays Anthropic's cost report: admin keys only, a version header, a bucket a day, amounts as text in cents. */
export const anthropicSandbox: SandboxSystem = {
  id: 'anthropic',
  hosts: ['api.anthropic.com'],
  handle({ method, path, query, headers }, world) {
    if (path !== '/v1/organizations/cost_report') return error(404, 'not_found_error', 'Not Found');
    if (method !== 'GET') return error(405, 'invalid_request_error', 'Method Not Allowed');
    if (!/^sk-ant-admin[A-Za-z0-9_-]{4,}$/.test(headers['x-api-key'] ?? ''))
      return error(401, 'authentication_error', 'invalid x-api-key');
    if (!headers['anthropic-version']) return invalid('anthropic-version: header is required');
    const from = Date.parse(query.get('starting_at') ?? '');
    if (Number.isNaN(from)) return invalid('starting_at: a timestamp is required');
    const to = query.has('ending_at') ? Date.parse(query.get('ending_at') ?? '') : world.now();
    if (Number.isNaN(to) || to <= from) return invalid('ending_at: must be after starting_at');
    const limit = Number(query.get('limit') ?? 7);
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= 31)) return invalid('limit: must be between 1 and 31');
    const groups = query.getAll('group_by[]');
    if (groups.some((group) => group !== 'workspace_id' && group !== 'description'))
      return invalid('group_by: unknown');
    const page = pageOf(daysBetween(from, to, world.now()), query.get('page'), limit);
    if (!page) return invalid('page: not a page of this report');
    const data = page.days.map((day) => ({
      starting_at: stamp(day),
      ending_at: stamp(day + 1),
      results: workspaces.flatMap((workspace) =>
        items.map((item) => ({
          currency: 'USD',
          // Millionths of a dollar are ten-thousandths of a cent.
          amount: (costOf(world, day, workspace ?? 'default', item) / 10_000).toFixed(4),
          workspace_id: groups.includes('workspace_id') ? workspace : null,
          description: groups.includes('description') ? item : null,
          cost_type: groups.includes('description') ? 'tokens' : null,
        })),
      ),
    }));
    return { status: 200, json: { data, has_more: page.next !== null, next_page: page.next } };
  },
};
