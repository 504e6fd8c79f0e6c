import { sql } from 'kysely';
import { categoryFrom } from '../../../src-shared/domain/cost/category-rule.ts';
import { supplierKey } from '../../../src-shared/domain/vat/history.ts';
import type { Reader } from '../../ports/store.ts';
import { type CategoryRuleRow, listRules, putRule, removeRule } from '../../store/repositories/desk.ts';
import { linesById, seen } from '../../store/repositories/review.ts';
import { notFound, refused } from '../problem.ts';
import { editLines } from './change-lines.ts';
import { lineView } from './line-views.ts';
import type { Reviewer, ReviewParts } from './step.ts';

export interface WantedRule {
  readonly supplier: string;
  /** Words of the description, in any case; empty: every line of the supplier. */
  readonly contains: string;
  readonly category: string;
}

const shownLines = 50;

/** Open lines a rule would change: another category, and no more particular rule that decides them. */
async function affected(db: Reader, organisationId: string, wanted: WantedRule) {
  const rule = { supplier_key: supplierKey(wanted.supplier), contains: wanted.contains.trim().toLowerCase() };
  const others = (await listRules(db, organisationId)).filter(
    (one) => one.supplier_key !== rule.supplier_key || one.contains !== rule.contains,
  );
  const rules = [...others, { ...rule, category: wanted.category }];
  // The supplier's spellings first, then its lines: from an index that holds all that is read.
  const names = await sql<{ supplier: string }>`SELECT DISTINCT supplier FROM cost_line INDEXED BY cost_line_sums
    WHERE organisation_id = ${organisationId}`.execute(db);
  const meant = names.rows.map(({ supplier }) => supplier).filter((name) => supplierKey(name) === rule.supplier_key);
  const found = await sql<{ id: string; supplier: string; description: string }>`
    SELECT id, supplier, description FROM cost_line INDEXED BY cost_line_sums
    WHERE organisation_id = ${organisationId} AND supplier COLLATE NOCASE IN (SELECT value FROM json_each(${JSON.stringify(meant)}))
      AND state IN ('review', 'ready') AND category <> ${wanted.category} AND ${seen}`.execute(db);
  return found.rows
    .filter(
      ({ supplier, description }) =>
        description.toLowerCase().includes(rule.contains) &&
        categoryFrom(rules, supplier, description) === wanted.category,
    )
    .map(({ id }) => id);
}

/** The rule a corrected line suggests, and what it would change: shown before anything is saved (F12). */
export async function suggestRule(db: Reader, organisationId: string, lineId: string) {
  const [line] = await linesById(db, organisationId, [lineId]);
  if (!line) throw notFound({ happened: 'There is no such line.' });
  return previewRule(db, organisationId, { supplier: line.supplier, contains: '', category: line.category });
}

export async function previewRule(db: Reader, organisationId: string, wanted: WantedRule) {
  const ids = await affected(db, organisationId, wanted);
  const rows = await linesById(db, organisationId, ids.slice(0, shownLines));
  return { rule: wanted, changes: ids.length, lines: rows.map(lineView) };
}

/** Saves a rule for later files; with `apply` the open lines it means are corrected now, as one step that can be undone. */
export async function saveRule(
  parts: ReviewParts,
  organisationId: string,
  request: WantedRule & { readonly apply: boolean },
  who: Reviewer,
) {
  const { store, runtime, audit } = parts;
  if (request.category.trim() === '' || request.supplier.trim() === '')
    throw refused({ happened: 'A rule needs a supplier and a category.' });
  const ids = request.apply ? await affected(store.read, organisationId, request) : [];
  const row: CategoryRuleRow = {
    organisation_id: organisationId,
    id: runtime.ids.next(),
    supplier_key: supplierKey(request.supplier),
    contains: request.contains.trim().toLowerCase(),
    category: request.category.trim(),
    actor: who.name,
    at: runtime.clock.now(),
  };
  await store.transaction(async (tx) => {
    await putRule(tx, row);
    await audit(tx, {
      organisationId,
      actor: who.name,
      channel: who.channel,
      action: 'category-rule.saved',
      object: `category-rule:${row.id}`,
      after: { supplier: row.supplier_key, contains: row.contains, category: row.category },
      correlationId: who.correlationId,
    });
  });
  if (ids.length === 0) return { ruleId: row.id, undoId: null, changed: 0 };
  const lines = (await linesById(store.read, organisationId, ids)).map(({ id, version }) => ({ id, version }));
  const step = await editLines(
    parts,
    organisationId,
    {
      lines,
      patch: { category: row.category },
      why: `Rule: ${request.supplier}${row.contains && `, ${row.contains}`}`,
    },
    who,
  );
  return { ruleId: row.id, ...step };
}

export async function rulesOf(db: Reader, organisationId: string) {
  return (await listRules(db, organisationId)).map(({ id, supplier_key, contains, category, actor }) => ({
    id,
    supplier: supplier_key,
    contains,
    category,
    by: actor,
  }));
}

/** Forgets a rule; lines keep what it gave them. */
export async function forgetRule(
  { store, audit }: ReviewParts,
  organisationId: string,
  ruleId: string,
  who: Reviewer,
): Promise<void> {
  await store.transaction(async (tx) => {
    const row = await removeRule(tx, organisationId, ruleId);
    if (!row) throw notFound({ happened: 'There is no such rule.' });
    await audit(tx, {
      organisationId,
      actor: who.name,
      channel: who.channel,
      action: 'category-rule.removed',
      object: `category-rule:${ruleId}`,
      before: { supplier: row.supplier_key, contains: row.contains, category: row.category },
      correlationId: who.correlationId,
    });
  });
}
