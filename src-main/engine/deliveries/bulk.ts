import type { z } from 'zod';
import type { deliveries as contract } from '../../../src-shared/contract/deliveries.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { type DeliveryRow, getDelivery, pageOfJobs, type RowFilter } from '../../store/repositories/deliveries.ts';
import type { Asker } from '../organisations/organisations.ts';
import { OutboxRefusal } from '../outbox/operator.ts';
import { refused } from '../problem.ts';
import type { DeliveriesParts } from './index.ts';
import { mayChange, mayDo } from './view.ts';

export type BulkKind = 'retry' | 'replay_as_sent' | 'replay_present' | 'hold' | 'release' | 'discard' | 'check';
export type Chosen = { readonly ids: readonly string[] } | { readonly filter: RowFilter };
type Estimate = z.infer<NonNullable<(typeof contract.bulkEstimate)['~orpc']['outputSchema']>>;

/** More than this is asked for in parts: a person can look at so many, and a mistake is only so large. */
const most = 10_000;
const chunk = 100;
/** Used where a vendor names no rate: a call takes about so long. */
const usualCallMs = 300;

const needs = {
  retry: ['retry'],
  replay_as_sent: ['replay'],
  replay_present: ['replay'],
  hold: ['hold'],
  release: ['release', 'retry'],
  discard: ['discard'],
  check: ['check'],
} as const satisfies Record<BulkKind, readonly ReturnType<typeof mayDo>[number][]>;

const possible = (kind: BulkKind, row: DeliveryRow) =>
  mayDo(row).some((one) => needs[kind].some((need) => need === one));

/** Many deliveries at once, with what it will mean said first. */
export function createBulk(parts: DeliveriesParts, change: (kind: BulkKind) => Parameters<typeof apply>[2]) {
  const { store, registry } = parts;

  async function rowsOf(organisationId: string, chosen: Chosen): Promise<DeliveryRow[]> {
    if ('ids' in chosen) {
      const rows = await Promise.all(chosen.ids.map((id) => getDelivery(store.read, organisationId, id)));
      return rows.flatMap((row) => (row === null ? [] : [row]));
    }
    return pageOfJobs(store.read, organisationId, chosen.filter, null, most);
  }

  function limitsOf(system: string) {
    return registry.find(({ manifest }) => manifest.id === system)?.limits ?? { concurrency: 1 };
  }

  return {
    async estimate(organisationId: string, chosen: Chosen, kind: BulkKind): Promise<Estimate> {
      const rows = await rowsOf(organisationId, chosen);
      const able = rows.filter((row) => possible(kind, row));
      const bySystem = grouped(able);
      const systems = [...bySystem].map(([system, jobs]) => ({
        system,
        count: jobs.length,
        atPacePerMinute: limitsOf(system).perMinute ?? null,
      }));
      const sends = kind !== 'hold' && kind !== 'discard';
      const durations = systems.map(({ system, count, atPacePerMinute }) =>
        atPacePerMinute === null
          ? (count * usualCallMs) / limitsOf(system).concurrency
          : (count / atPacePerMinute) * 60_000,
      );
      const repeats = kind.startsWith('replay') || kind === 'retry';
      const seenTwice = [...bySystem].filter(([system, jobs]) => {
        const actions = registry.find(({ manifest }) => manifest.id === system)?.actions ?? {};
        return jobs.some(
          ({ action, state }) =>
            actions[action]?.idempotency === 'none' || (kind === 'replay_present' && state === 'delivered'),
        );
      });
      return {
        count: able.length,
        refused: rows.length - able.length,
        systems,
        durationMs: sends ? Math.round(Math.max(0, ...durations)) : 0,
        seenTwice: repeats ? seenTwice.map(([system]) => system) : [],
      };
    },

    async run(organisationId: string, chosen: Chosen, kind: BulkKind, reason: string, by: Asker) {
      if (kind === 'discard' && reason.trim() === '') {
        throw refused({ happened: 'Discarding needs a reason.', remedy: 'Say why; it is kept in the audit log.' });
      }
      const person = await parts.organisations.requireRole(organisationId, by.personId, mayChange);
      const rows = await rowsOf(organisationId, chosen);
      const one = change(kind);
      const left: { id: string; reason: string }[] = [];
      let changed = 0;
      for (let at = 0; at < rows.length; at += chunk) {
        const applied = await apply(parts, rows.slice(at, at + chunk), one, {
          organisationId,
          actor: `person:${person.id}`,
          channel: by.channel,
          action: `deliveries.${kind}`,
          object: 'deliveries:bulk',
          reason,
          correlationId: by.correlationId,
        });
        changed += applied.changed;
        left.push(...applied.left);
      }
      return { changed, refused: left };
    },
  };
}

async function apply(
  { store, audit }: DeliveriesParts,
  rows: readonly DeliveryRow[],
  one: (
    tx: Parameters<Parameters<DeliveriesParts['store']['transaction']>[0]>[0],
    row: DeliveryRow,
  ) => Promise<unknown>,
  entry: Parameters<DeliveriesParts['audit']>[1],
): Promise<{ changed: number; left: { id: string; reason: string }[] }> {
  return store.transaction(async (tx) => {
    const done: string[] = [];
    const left: { id: string; reason: string }[] = [];
    for (const row of rows) {
      try {
        await one(tx, row);
        done.push(row.id);
      } catch (thrown) {
        if (!(thrown instanceof OutboxRefusal)) throw thrown;
        left.push({ id: row.id, reason: thrown.message });
      }
    }
    if (done.length > 0) await audit(tx, { ...entry, after: { ids: done } });
    return { changed: done.length, left };
  });
}

/** ISO texts of a filter as milliseconds. */
export function instants(filter: { readonly from?: string | undefined; readonly to?: string | undefined }) {
  const ms = (text: string | undefined) => {
    if (text === undefined) return undefined;
    const parsed = Instant.safeParse(Date.parse(text));
    if (!parsed.success)
      throw refused({ happened: `"${text}" is no date.`, remedy: 'Write it as 2026-07-18T12:00:00Z.' });
    return parsed.data;
  };
  return { from: ms(filter.from), to: ms(filter.to) };
}

function grouped(rows: readonly DeliveryRow[]): Map<string, DeliveryRow[]> {
  const bySystem = new Map<string, DeliveryRow[]>();
  for (const row of rows) {
    const known = bySystem.get(row.system);
    if (known) known.push(row);
    else bySystem.set(row.system, [row]);
  }
  return bySystem;
}
