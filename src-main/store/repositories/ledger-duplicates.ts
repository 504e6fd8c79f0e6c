import type { Selectable } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

interface LedgerDuplicateTable {
  organisation_id: string;
  id: string;
  target: string;
  period: string;
  kind: 'same' | 'likely';
  /** JSON: our document and its lines. */
  ours: string;
  /** JSON: the ledger's. */
  theirs: string;
  found_at: number;
  decision: 'link' | 'post' | 'leave-out' | null;
  reason: string;
  actor: string;
  decided_at: number | null;
  change_id: string | null;
}

export interface LedgerDuplicateTables {
  ledger_duplicate: LedgerDuplicateTable;
}
export type LedgerDuplicateRow = Selectable<LedgerDuplicateTable>;

/** Newest first, of one ledger or of all. */
export function listLedgerDuplicates(
  db: Reader,
  organisationId: string,
  target?: string,
): Promise<LedgerDuplicateRow[]> {
  return db
    .selectFrom('ledger_duplicate')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .$if(target !== undefined, (query) => query.where('target', '=', target ?? ''))
    .orderBy('found_at', 'desc')
    .orderBy('id')
    .execute();
}

/** What is to decide now takes the place of what was; one whose lines were left out and came back is to decide again. */
export async function replaceUndecided(
  tx: Tx,
  { organisationId, target, period }: { organisationId: string; target: string; period: string },
  rows: readonly LedgerDuplicateRow[],
): Promise<void> {
  await tx
    .deleteFrom('ledger_duplicate')
    .where('organisation_id', '=', organisationId)
    .where('target', '=', target)
    .where('period', '=', period)
    .where('decision', 'is', null)
    .execute();
  for (let at = 0; at < rows.length; at += 200) {
    await tx
      .insertInto('ledger_duplicate')
      .values(rows.slice(at, at + 200))
      .onConflict((conflict) =>
        conflict.columns(['organisation_id', 'id']).doUpdateSet((row) => ({
          period: row.ref('excluded.period'),
          found_at: row.ref('excluded.found_at'),
          ...{ decision: null, reason: '', actor: '', decided_at: null, change_id: null },
        })),
      )
      .execute();
  }
}

export async function decideLedgerDuplicate(
  tx: Tx,
  organisationId: string,
  id: string,
  decision: Pick<LedgerDuplicateRow, 'decision' | 'reason' | 'actor' | 'decided_at' | 'change_id'>,
): Promise<void> {
  await tx
    .updateTable('ledger_duplicate')
    .set(decision)
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute();
}

/** With the step that left the lines out the decision goes too. */
export async function reopenLedgerDuplicates(tx: Tx, organisationId: string, changeId: string): Promise<void> {
  await tx
    .updateTable('ledger_duplicate')
    .set({ decision: null, reason: '', actor: '', decided_at: null, change_id: null })
    .where('organisation_id', '=', organisationId)
    .where('change_id', '=', changeId)
    .execute();
}

/** Ids in that ledger of every document and reversal we posted or linked. */
export async function ownVendorIds(db: Reader, organisationId: string, target: string): Promise<Set<string>> {
  const posted = await db
    .selectFrom('export_document as document')
    .innerJoin('export_batch as batch', (join) =>
      join.onRef('batch.organisation_id', '=', 'document.organisation_id').onRef('batch.id', '=', 'document.batch_id'),
    )
    .leftJoin('export_reversal as reversal', (join) =>
      join
        .onRef('reversal.organisation_id', '=', 'document.organisation_id')
        .onRef('reversal.document_id', '=', 'document.id'),
    )
    .select(['document.vendor_id as own', 'reversal.vendor_id as back'])
    .where('document.organisation_id', '=', organisationId)
    .where('batch.target', '=', target as 'xero')
    .execute();
  return new Set(posted.flatMap(({ own, back }) => [own, back].filter((id) => id !== null)));
}
