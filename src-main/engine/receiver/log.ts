import { z } from 'zod';
import type { InboundFilter, InboundView } from '../../../src-shared/contract/deliveries.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Redactor } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import { countedAtMost } from '../../store/repositories/deliveries.ts';
import * as rows from '../../store/repositories/inbound.ts';
import * as listed from '../../store/repositories/inbound-list.ts';
import type { AppendAudit } from '../audit/audit.ts';
import { instants } from '../deliveries/bulk.ts';
import { maskedText } from '../deliveries/masked.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import { notFound } from '../problem.ts';

const pageSize = 200;
const longestBody = 65_536;
const iso = (at: number) => isoOf(Instant.parse(at));

function inboundView(row: Omit<listed.InboundListRow, 'bytes'> & { readonly bytes: number }): InboundView {
  return {
    id: row.id,
    source: row.source,
    eventKey: row.dedupe_key,
    receivedAt: iso(row.received_at),
    state: row.state,
    outcome: row.outcome,
    workedAt: row.worked_at === null ? null : iso(row.worked_at),
    attempts: row.attempts,
    duplicates: row.duplicates,
    bytes: row.bytes,
    signature: row.key_used === 1 ? 'old key' : 'present key',
    replayOf: row.replay_of,
  };
}

/** What came in, what became of it, and once more from the stored bytes (W8). */
export function createInboundLog(deps: {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly redactor: Pick<Redactor, 'redact'>;
  readonly organisations: Pick<Organisations, 'requireRole' | 'get'>;
  readonly audit: AppendAudit;
  readonly workDue: () => Promise<number>;
}) {
  const { store, runtime, redactor, organisations, audit } = deps;

  async function needed(organisationId: string, id: string): Promise<rows.InboundEventRow> {
    const row = await rows.getInbound(store.read, organisationId, id);
    if (!row) throw notFound({ happened: 'There is no such event.' });
    return row;
  }

  return {
    async list(organisationId: string, filter: InboundFilter, after: string | null) {
      await organisations.get(organisationId);
      const wanted = { ...filter, ...instants(filter) };
      const before = after === null ? null : z.coerce.number().int().catch(0).parse(after);
      const [page, total] = await Promise.all([
        listed.pageOfInbound(store.read, organisationId, wanted, before, pageSize),
        listed.countOfInbound(store.read, organisationId, wanted),
      ]);
      const last = page.at(-1);
      return {
        rows: page.map(inboundView),
        next: page.length === pageSize && last ? String(last.seq) : null,
        total: Math.min(total, countedAtMost),
        more: total > countedAtMost,
      };
    },

    async detail(organisationId: string, id: string) {
      const row = await needed(organisationId, id);
      const effects = await rows.effectsOf(store.read, organisationId, id);
      const body = redactor.redact(maskedText(Buffer.from(row.body).toString('utf8')));
      return {
        ...inboundView({ ...row, bytes: row.body.length }),
        body: body.slice(0, longestBody),
        headers: z.record(z.string(), z.string()).parse(JSON.parse(redactor.redact(row.headers))),
        effects: effects.map(({ event_id, at, effect }) => ({ eventId: event_id, at: iso(at), effect })),
      };
    },

    async replay(organisationId: string, id: string, force: boolean, by: Asker): Promise<InboundView> {
      const person = await organisations.requireRole(organisationId, by.personId, ['ops', 'admin']);
      const row = await needed(organisationId, id);
      const made = runtime.ids.next();
      await store.transaction(async (tx) => {
        await rows.insertReplay(tx, row, { id: made, at: runtime.clock.now(), forced: force });
        await audit(tx, {
          organisationId,
          actor: `person:${person.id}`,
          channel: by.channel,
          action: 'inbound.replayed',
          object: `inbound:${id}`,
          after: { force, as: made },
          correlationId: by.correlationId,
        });
      });
      await deps.workDue();
      const replayed = await needed(organisationId, made);
      return inboundView({ ...replayed, bytes: replayed.body.length });
    },
  };
}
