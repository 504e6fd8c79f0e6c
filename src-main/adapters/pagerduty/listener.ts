import { z } from 'zod';
import { incidentOf } from '../../../src-shared/domain/alert/incident-key.ts';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import { Instant, isoOf, later } from '../../../src-shared/domain/time-and-ids.ts';
import type { Heard } from '../kit/adapter.ts';
import { read } from './client.ts';
import { kit } from './kit.ts';

const everyMs = 20_000;
/** Incidents opened longer ago are nobody's alert any more. */
const lookBackMs = 24 * 3_600_000;
/** At the first look, what changed before this is old news: the alert may have gone on since. */
const freshMs = 300_000;
/** Looked at for who sent them, newest first, in one look. */
const marksAtOnce = 5;
/** PagerDuty's largest page, and so many of them in one look. */
const pageSize = 100;
const mostPages = 10;

const Incidents = z.object({
  more: z.boolean().catch(false),
  incidents: z.array(
    z.object({
      id: z.string(),
      status: z.enum(['triggered', 'acknowledged', 'resolved']),
      incident_key: z.string().nullable().optional(),
      created_at: z.string().catch(''),
      last_status_change_at: z.string(),
      last_status_change_by: z
        .object({ type: z.string().optional(), summary: z.string().nullable().optional() })
        .nullable()
        .optional(),
    }),
  ),
});
type Incidents = z.output<typeof Incidents>;
const Alerts = z.object({
  alerts: z.array(
    z.object({
      alert_key: z.string().nullable().optional(),
      body: z
        .object({ details: z.object({ sent_by: z.string(), sender: z.string() }).nullable().catch(null) })
        .nullish(),
    }),
  ),
});

/**
 * Asks every 20 seconds what people did with our incidents, for consoles PagerDuty's webhooks cannot reach. What we told
 * it ourselves comes back with the integration as its author and is not heard.
 */
export const listener = kit.listener({
  label: 'Incident states (asked every 20 s)',
  wanted: (_settings, { apiToken }) => apiToken !== undefined,
  async run(ctx, hear, stands) {
    const { apiToken } = ctx.secrets;
    if (apiToken === undefined) throw new NeedsAttentionError('auth', 'PagerDuty: the REST API key is missing');
    const seen = new Map<string, string>();
    const keys = new Map<string, string | null>();
    const marked = new Set<string>();
    let first = true;
    while (!ctx.signal.aborted) {
      const now = ctx.clock.now();
      const incidents = await incidentsSince(isoOf(later(now, -lookBackMs)));
      for (const incident of incidents) {
        const { id, status, last_status_change_at: at, last_status_change_by: by } = incident;
        const mark = `${status} ${at}`;
        const old = first && now - Date.parse(at) > freshMs;
        if (seen.get(id) === mark) continue;
        seen.set(id, mark);
        if (status === 'triggered' || old || by?.type?.startsWith('user') !== true) continue;
        if (!keys.has(id)) keys.set(id, incident.incident_key ?? (await keyOfAlert(id)));
        const key = keys.get(id) ?? '';
        const ours = incidentOf(key);
        if (ours)
          await hear({
            kind: 'state',
            id: `${id}:${mark}`,
            about: ours.about,
            alertId: ours.id,
            key,
            state: status,
            by: by.summary ?? null,
          } satisfies Heard);
      }
      for (const { id, created_at: at } of incidents.filter(({ id }) => !marked.has(id)).slice(0, marksAtOnce)) {
        marked.add(id);
        if (now - Date.parse(at) < freshMs) await markOf(id, Date.parse(at));
      }
      first = false;
      stands();
      await ctx.clock.sleep(everyMs, ctx.signal);
    }

    /** Newest first, page by page: of a busy Saturday one page is the last hour, and somebody may take an older one. */
    async function incidentsSince(since: string): Promise<Incidents['incidents']> {
      const found: Incidents['incidents'] = [];
      for (let page = 0; page < mostPages; page++) {
        const offset = String(page * pageSize);
        const query = new URLSearchParams({ limit: String(pageSize), offset, sort_by: 'created_at:desc', since });
        const { incidents, more } = await read(ctx, apiToken ?? '', `/incidents?${query}`, Incidents);
        found.push(...incidents);
        if (!more) break;
      }
      return found;
    }

    /** The key of an incident made by an event can sit on its alert instead. */
    async function keyOfAlert(incident: string): Promise<string | null> {
      const alerts = await alertsOf(incident);
      return alerts.map(({ alert_key: key }) => key).find((key) => key != null && incidentOf(key) !== null) ?? null;
    }

    async function alertsOf(incident: string) {
      return (await read(ctx, apiToken ?? '', `/incidents/${encodeURIComponent(incident)}/alerts`, Alerts)).alerts;
    }

    async function markOf(incident: string, at: number): Promise<void> {
      for (const { body } of await alertsOf(incident)) {
        const [seatId = '', startId = ''] = body?.details?.sender.split('/') ?? [];
        if (seatId === '' || startId === '') continue;
        const id = `${incident}:${startId}`;
        await hear({ kind: 'mark', id, at: Instant.parse(at), seatId, startId, name: body?.details?.sent_by ?? '' });
      }
    }
  },
});
