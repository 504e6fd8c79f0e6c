import { z } from 'zod';
import type { Change } from '../../../src-shared/contract/app.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store, Tx } from '../../ports/store.ts';
import { openForeignLineIds } from '../../store/repositories/costs.ts';
import { duplicateLineIds, lineIds } from '../../store/repositories/review.ts';
import { assessInPieces, assessLines } from './assess-lines.ts';
import { outsideClosed } from './locks.ts';
import { prepareSupplierLines, SupplierChange, supplierLineIds } from './supplier-lines.ts';

/** Why lines have to be judged again: what they were judged by has changed. */
const What = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all') }),
  z.object({ kind: z.literal('import'), importId: z.string() }),
  /** New exchange rates. */
  z.object({ kind: z.literal('foreign') }),
  /** Lines went away that others may have been duplicates of. */
  z.object({ kind: z.literal('alike') }),
  SupplierChange,
]);
type RecheckWhat = z.infer<typeof What>;

export type Rechecks = ReturnType<typeof createRechecks>;

/** Up to here it is done at once, in the transaction of the change: about 20 ms of the writer. */
const atOnce = 200;

/**
 * Judges lines again in small transactions. What is to be done stands in the store with the change that asks for it, so a
 * stop in the middle is taken up at the next start; until then a line may show what was so before.
 */
export function createRechecks({
  store,
  runtime,
  publish,
}: {
  readonly store: Store;
  readonly runtime: Pick<Runtime, 'clock' | 'ids' | 'log'>;
  readonly publish: (change: Change) => void;
}) {
  const running = new Map<string, Promise<void>>();
  const closing = new AbortController();

  const idsOf = async (db: Parameters<typeof lineIds>[0], organisationId: string, what: RecheckWhat) => {
    switch (what.kind) {
      case 'all':
        return lineIds(db, organisationId, null);
      case 'import':
        return lineIds(db, organisationId, what.importId);
      case 'foreign':
        return openForeignLineIds(db, organisationId);
      case 'alike':
        return duplicateLineIds(db, organisationId);
      case 'supplier':
        return supplierLineIds(db, organisationId, what);
    }
  };

  /** New lines are judged wherever they belong. */
  const openOf = (tx: Tx, organisationId: string, what: RecheckWhat, ids: readonly string[]) =>
    what.kind === 'import' ? Promise.resolve(ids) : outsideClosed(tx, organisationId, ids);

  /** In the transaction of the change. Few lines are done when it commits; many soon after. */
  async function request(tx: Tx, organisationId: string, what: RecheckWhat): Promise<void> {
    const ids = await idsOf(tx, organisationId, what);
    if (ids.length === 0) return;
    if (ids.length <= atOnce) {
      const at = runtime.clock.now();
      const open = await openOf(tx, organisationId, what, ids);
      if (what.kind === 'supplier') await prepareSupplierLines(tx, organisationId, what, open, at);
      await assessLines(tx, organisationId, { lineIds: open }, at);
      return;
    }
    await tx
      .insertInto('line_recheck')
      .values({
        organisation_id: organisationId,
        id: runtime.ids.next(),
        what: JSON.stringify(what),
        requested_at: runtime.clock.now(),
      })
      .execute();
    store.after(tx, () => void start(organisationId));
  }

  function start(organisationId: string): Promise<void> {
    const before = running.get(organisationId) ?? Promise.resolve();
    const next = before
      .then(() => workOff(organisationId))
      .catch((thrown: unknown) => {
        if (!closing.signal.aborted) runtime.log.error('recheck.failed', { organisationId, error: String(thrown) });
      })
      .finally(() => {
        if (running.get(organisationId) === next) running.delete(organisationId);
      });
    running.set(organisationId, next);
    return next;
  }

  async function workOff(organisationId: string): Promise<void> {
    for (;;) {
      closing.signal.throwIfAborted();
      const row = await store.read
        .selectFrom('line_recheck')
        .selectAll()
        .where('organisation_id', '=', organisationId)
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      if (!row) return;
      const what = What.parse(JSON.parse(row.what));
      const ids = await idsOf(store.read, organisationId, what);
      const at = runtime.clock.now();
      await assessInPieces(store, organisationId, ids, at, {
        signal: closing.signal,
        prepare: async (tx, rows) => {
          const open = await openOf(
            tx,
            organisationId,
            what,
            rows.map(({ id }) => id),
          );
          if (what.kind === 'supplier') return prepareSupplierLines(tx, organisationId, what, open, at);
          return rows.filter(({ id }) => open.includes(id));
        },
      });
      await store.transaction(async (tx) => {
        await tx
          .deleteFrom('line_recheck')
          .where('organisation_id', '=', organisationId)
          .where('id', '=', row.id)
          .execute();
      });
      publish({ topic: 'lines', organisationId, ids: [] });
    }
  }

  return {
    request,
    /** Resolves when no line of the organisation waits to be judged again. */
    async settled(organisationId: string): Promise<void> {
      await running.get(organisationId);
    },
    /** At program start: what a stop left over. */
    async resume(): Promise<void> {
      const waiting = await store.read.selectFrom('line_recheck').select('organisation_id').distinct().execute();
      for (const { organisation_id } of waiting) void start(organisation_id);
    },
    async close(): Promise<void> {
      closing.abort(new Error('The console is stopping'));
      await Promise.all(running.values());
    },
  };
}
