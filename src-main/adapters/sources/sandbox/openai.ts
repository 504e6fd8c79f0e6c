import { z } from 'zod';
import type { SandboxReply, SandboxSystem } from '../../../sandbox/kit.ts';
import { costOf, daysBetween, pageOf, revise, startOf } from './days.ts';

const projects = ['proj_gallery', 'proj_chat'];
const items = ['Image models', 'Text models, input', 'Text models, output'];

const error = (status: number, message: string, code: string | null = null): SandboxReply => ({
  status,
  json: { error: { message, type: 'invalid_request_error', param: null, code } },
});

const Revision = z.strictObject({ day: z.iso.date(), project: z.string(), item: z.string(), micros: z.number().int() });

/**
 * Plays OpenAI's organisation costs: admin keys only, a bucket a day, amounts as JSON numbers in dollars. A person there
 * revises a day with `POST /_press?system=openai`.
 */
export const openaiSandbox: SandboxSystem = {
  id: 'openai',
  hosts: ['api.openai.com'],
  press(input, world) {
    const { day, project, item, micros } = Revision.parse(input);
    revise(world, Date.parse(day) / 86_400_000, project, item, micros);
    return { status: 200, json: {} };
  },
  handle({ method, path, query, headers }, world) {
    if (path !== '/v1/organization/costs') return error(404, `Invalid URL (${method} ${path})`);
    if (method !== 'GET') return error(405, `Not allowed to ${method} on ${path}`);
    const key = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
    if (key === undefined) return error(401, "You didn't provide an API key.");
    if (!/^sk-[A-Za-z0-9_-]{8,}$/.test(key)) return error(401, 'Incorrect API key provided.', 'invalid_api_key');
    if (!key.startsWith('sk-admin-')) return error(403, 'You have insufficient permissions for this operation.');
    const start = Number(query.get('start_time') ?? Number.NaN);
    if (!Number.isInteger(start)) return error(400, "Missing or invalid 'start_time'.");
    const end = Number(query.get('end_time') ?? Math.floor(world.now() / 1000));
    if (!Number.isInteger(end) || end <= start) return error(400, "'end_time' must be after 'start_time'.");
    if ((query.get('bucket_width') ?? '1d') !== '1d') return error(400, "'bucket_width' must be '1d'.");
    const limit = Number(query.get('limit') ?? 7);
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= 180)) return error(400, "'limit' must be 1 to 180.");
    const groups = query.getAll('group_by');
    if (groups.some((group) => group !== 'project_id' && group !== 'line_item'))
      return error(400, "'group_by' takes project_id and line_item.");
    const page = pageOf(daysBetween(start * 1000, end * 1000, world.now()), query.get('page'), limit);
    if (!page) return error(400, "Invalid 'page'.");
    const data = page.days.map((day) => {
      const costs = projects.flatMap((project) =>
        items.map((item) => ({ project, item, micros: costOf(world, day, project, item) })),
      );
      const rows = new Map<string, { project: string | null; item: string | null; micros: number }>();
      for (const cost of costs) {
        const project = groups.includes('project_id') ? cost.project : null;
        const item = groups.includes('line_item') ? cost.item : null;
        const known = rows.get(`${project} ${item}`)?.micros ?? 0;
        rows.set(`${project} ${item}`, { project, item, micros: known + cost.micros });
      }
      return {
        object: 'bucket',
        start_time: startOf(day) / 1000,
        end_time: startOf(day + 1) / 1000,
        results: [...rows.values()].map(({ project, item, micros }) => ({
          object: 'organization.costs.result',
          amount: { value: micros / 1_000_000, currency: 'usd' },
          line_item: item,
          project_id: project,
        })),
      };
    });
    return { status: 200, json: { object: 'page', data, has_more: page.next !== null, next_page: page.next } };
  },
};
