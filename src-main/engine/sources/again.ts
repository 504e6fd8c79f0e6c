import type { CostSource as SourceId } from '../../../src-shared/contract/sources.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { type CostFetchTable, listFetches } from '../../store/repositories/cost-fetches.ts';
import { listLocks } from '../../store/repositories/desk.ts';
import { getImport } from '../../store/repositories/imports.ts';
import { listOrganisations } from '../../store/repositories/organisations.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Events } from '../events.ts';
import type { ImportActor } from '../imports/run-import.ts';
import { ProblemError } from '../problem.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** After one that did not work. */
const retryMs = 6 * hourMs;
/** A fetch may wait for a vendor for minutes: it has a loop of its own, beside the schedules. */
const lookMs = 15 * 60_000;

export interface AgainDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly audit: AppendAudit;
  readonly events: Pick<Events, 'publish'>;
  readonly connected: (organisationId: string, source: SourceId) => Promise<boolean>;
  /** From when on a month is fetched as final. */
  readonly settledAt: (month: string) => number;
  readonly fetch: (organisationId: string, source: SourceId, month: string, who: ImportActor) => Promise<unknown>;
  readonly ended: AbortController;
}

/**
 * Fetches provisional months again by itself: once a day, and at once when the vendor has settled them. A closed month and
 * one whose last import a person took back are left to a person. What is in a batch or posted stays as it is: the import
 * puts the difference beside it (F10).
 */
export function createAgain({ store, runtime, audit, events, connected, settledAt, fetch, ended }: AgainDeps) {
  const { clock, ids, log } = runtime;
  /** Gone with the process: a new start simply tries again. */
  const failures = new Map<string, { readonly at: number; readonly problem: string }>();
  let running: Promise<unknown> = Promise.resolve();
  const nameOf = ({ organisation_id, source, month }: CostFetchTable) =>
    JSON.stringify([organisation_id, source, month]);

  /** When it is fetched by itself; null: never, or not while its import runs. */
  async function dueAt(row: CostFetchTable): Promise<number | null> {
    const state = (await getImport(store.read, row.organisation_id, row.import_id))?.state;
    if (state !== 'failed' && (state !== 'done' || row.state === 'final')) return null;
    if ((await listLocks(store.read, row.organisation_id)).some(({ month }) => month === row.month)) return null;
    const usual =
      state === 'failed' ? row.fetched_at + retryMs : Math.min(row.fetched_at + dayMs, settledAt(row.month));
    const failure = failures.get(nameOf(row));
    return failure ? Math.max(usual, failure.at + retryMs) : usual;
  }

  async function note(row: CostFetchTable, thrown: unknown): Promise<void> {
    const { organisation_id: organisationId, source, month } = row;
    const problem =
      thrown instanceof ProblemError
        ? [thrown.problem.happened, thrown.problem.remedy].filter(Boolean).join(' ')
        : 'It stopped because of a fault in the console; the log has the cause.';
    const before = failures.get(nameOf(row))?.problem;
    failures.set(nameOf(row), { at: clock.now(), problem });
    events.publish({ topic: 'imports', organisationId, ids: [] });
    log.warn('sources.not-fetched-again', { source, month, error: String(thrown) });
    if (problem === before) return;
    await store.transaction((tx) =>
      audit(tx, {
        ...whoOf(ids.next()),
        organisationId,
        action: 'source.not-fetched-again',
        object: `source:${source}`,
        after: { month },
        reason: problem,
      }),
    );
  }

  /** Everything that is due now, one after the other. */
  async function tick(): Promise<void> {
    for (const { id } of await listOrganisations(store.read)) {
      for (const row of await listFetches(store.read, id)) {
        if (ended.signal.aborted) return;
        const source = row.source as SourceId;
        const due = await dueAt(row);
        if (due === null || clock.now() < due || !(await connected(id, source))) continue;
        try {
          await fetch(id, source, row.month, whoOf(ids.next()));
          failures.delete(nameOf(row));
        } catch (thrown) {
          await note(row, thrown);
        }
      }
    }
  }

  return {
    tick,
    /** `at`: when it is fetched by itself, null where a person has to; `problem`: why the last try did not work. */
    async outlook(row: CostFetchTable): Promise<{ readonly at: number | null; readonly problem: string | null }> {
      return { at: await dueAt(row), problem: failures.get(nameOf(row))?.problem ?? null };
    },
    start(): void {
      running = (async () => {
        while (!ended.signal.aborted) {
          await tick().catch((thrown: unknown) => log.error('sources.look-failed', { error: String(thrown) }));
          await clock.sleep(lookMs, ended.signal);
        }
      })();
    },
    async stop(): Promise<void> {
      ended.abort();
      await running;
    },
  };
}

const whoOf = (correlationId: string): ImportActor => ({
  actor: 'schedule:provisional-months',
  channel: 'schedule',
  correlationId,
});
