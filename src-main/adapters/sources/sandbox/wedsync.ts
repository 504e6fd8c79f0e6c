import { z } from 'zod';
import type { SandboxReply, SandboxSystem, SandboxWorld } from '../../../sandbox/kit.ts';

const dayMs = 86_400_000;
const vendors = ['lens-and-light', 'petal-events', 'barn-photo'];
const features = ['gallery', 'email', 'planning', 'chat'];

interface Held {
  /** ms UTC; records come in this order. */
  readonly recorded: number;
  readonly record: Readonly<Record<string, unknown>>;
}
/** Whatever a careless client may post there. */
const Pressed = z.strictObject({ records: z.array(z.record(z.string(), z.unknown())).max(5_000) });

const problem = (status: number, title: string): SandboxReply => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  json: { type: 'about:blank', title, status },
});

/** Usage of the days before today, the same whenever it is asked for, from the day the sandbox was first asked. */
function daily(world: SandboxWorld): Held[] {
  const start = world.documents<{ day: number }>('start');
  const today = Math.floor(world.now() / dayMs);
  const first = start.get('first')?.day ?? today - 20;
  if (start.get('first') === null) start.put('first', { day: first });
  return Array.from({ length: Math.max(0, today - first) }, (_, index) => first + index).flatMap((day) =>
    vendors.flatMap((vendor, at) => {
      const feature = features[(day + at) % features.length];
      const time = new Date(day * dayMs + (9 + at) * 3_600_000).toISOString();
      const id = `wsu-${time.slice(0, 10)}-${vendor}`;
      const client = `client-${(day * 7 + at) % 40}`;
      const record = {
        id,
        vendor,
        client,
        feature,
        time,
        success: (day + at) % 9 !== 0,
        minutes: 12 + ((day + at) % 6),
      };
      return [{ recorded: (day + 1) * dayMs, record }];
    }),
  );
}

/**
 * Plays the usage API of `resources/wedsync-usage-api.json`: bearer keys, pages behind a cursor that stays good. Records
 * are added with `POST /_press?system=wedsync`.
 */
export const wedsyncSandbox: SandboxSystem = {
  id: 'wedsync',
  hosts: ['api.wedsync.example'],
  press(input, world) {
    const { records } = Pressed.parse(input);
    const held = world.documents<Held>('usage');
    for (const record of records) held.put(world.uuid(), { recorded: world.now(), record });
    return { status: 200, json: {} };
  },
  handle({ method, path, query, headers }, world) {
    if (path !== '/v1/ai-usage') return problem(404, 'Not found');
    if (method !== 'GET') return problem(405, 'Not allowed');
    if (!/^Bearer wsu_practice_[\w-]{4,}$/.test(headers.authorization ?? '')) return problem(401, 'Unknown key');
    const limit = Number(query.get('limit') ?? 1_000);
    if (!Number.isInteger(limit) || limit < 1 || limit > 5_000) return problem(400, 'limit must be 1 to 5000');
    const since = Date.parse(query.get('since') ?? '1970-01-01T00:00:00Z');
    if (Number.isNaN(since)) return problem(400, 'since must be a date and time');
    const after = query.get('after');
    const [, recorded, place] = /^at_([0-9]+)_([0-9]+)$/.exec(after ?? 'at_0_0') ?? [];
    if (recorded === undefined || place === undefined) return problem(400, 'Unknown cursor');
    // Array.sort keeps the order of records of one moment, so a cursor of moment and place stays good.
    const all = [...daily(world), ...world.documents<Held>('usage').all()].sort((a, b) => a.recorded - b.recorded);
    let moment = { recorded: -1, place: 0 };
    const placed = all.map((held) => {
      moment = { recorded: held.recorded, place: moment.recorded === held.recorded ? moment.place + 1 : 1 };
      return { ...held, place: moment.place };
    });
    const behind = placed.filter(
      (held) =>
        (after === null ? held.recorded >= since : held.recorded > Number(recorded)) ||
        (held.recorded === Number(recorded) && held.place > Number(place)),
    );
    const page = behind.slice(0, limit);
    const last = page.at(-1);
    return {
      status: 200,
      json: {
        records: page.map(({ record }) => record),
        next: last && behind.length > limit ? `at_${last.recorded}_${last.place}` : null,
      },
    };
  },
};
