import { splitByWeights, splitLineAmounts } from '../../../src-shared/domain/cost/shares.ts';
import { fromMinor, toMinor } from '../../../src-shared/domain/money/index.ts';
import type { Reader, Tx } from '../../ports/store.ts';
import { type CostLineRow, insertLines } from '../../store/repositories/costs.ts';
import { evidenceOf, insertEvidence, putShares } from '../../store/repositories/desk.ts';
import { insertSplit, partsOfStep, splitsOf } from '../../store/repositories/line-splits.ts';
import { linesById } from '../../store/repositories/review.ts';
import { refused } from '../problem.ts';
import { checkTargets, shareRows, type WantedShare } from './allocations.ts';
import { assessLines } from './assess-lines.ts';
import { excludeLines } from './change-lines.ts';
import { lineView } from './line-views.ts';
import type { Reviewer, ReviewParts, Step } from './step.ts';
import { storedChecks } from './stored-line.ts';

export interface WantedPart {
  /** How much of the whole, in any unit; pence that add up to the net give exactly those. */
  readonly weight: number;
  readonly description?: string | undefined;
  readonly category?: string | undefined;
  readonly treatmentHint?: string | undefined;
  readonly shares?: readonly WantedShare[] | undefined;
}

/**
 * Splits a line into lines of their own (F4), each with its category, treatment and shares. Net and VAT are split to the
 * penny, the VAT after the nets it belongs to, so that the parts sum to the whole. They keep number, supplier and day, so they
 * leave as lines of one document. The whole is left out; undoing the step brings it back and takes the parts away.
 * @throws ProblemError on a line whose duplicates are not decided, that is part of a split already, or has no whole pence
 */
export async function splitLine(
  parts: Omit<ReviewParts, 'rechecks'>,
  organisationId: string,
  request: {
    readonly lineId: string;
    readonly version: number;
    readonly parts: readonly WantedPart[];
    readonly why: string;
  },
  who: Reviewer,
): Promise<Step & { readonly partIds: readonly string[] }> {
  const { runtime } = parts;
  const ids = request.parts.map(() => runtime.ids.next());
  const reason = `Split into ${ids.length} parts${request.why && `: ${request.why}`}`;
  const step = await excludeLines(
    parts,
    organisationId,
    { lineIds: [request.lineId], reason },
    who,
    async (tx, changeId, at) => {
      const [whole] = await linesById(tx, organisationId, [request.lineId]);
      if (whole === undefined) return;
      await refuseUnfit(tx, whole, request.version);
      const rows = partRows(whole, request.parts, ids, at);
      await insertLines(tx, rows);
      const split = rows.map(({ id }) => ({
        ...{ organisation_id: organisationId, part_id: id, whole_id: whole.id, change_id: changeId },
      }));
      await insertSplit(tx, split);
      await assessLines(tx, organisationId, { lineIds: ids }, runtime.clock.now());
      await shareOut(tx, organisationId, request.parts, ids);
      // What proves the whole proves its document: it goes out with the first part.
      for (const file of await evidenceOf(tx, organisationId, [whole.id])) {
        await insertEvidence(tx, { ...file, id: runtime.ids.next(), line_id: ids[0] ?? '' });
      }
    },
  );
  return { ...step, partIds: ids };
}

async function refuseUnfit(tx: Tx, whole: CostLineRow, version: number): Promise<void> {
  const name = `${whole.supplier} ${whole.invoice_number}`.trim();
  if (whole.version !== version) {
    throw refused({ happened: `${name} was changed after you opened it.`, remedy: 'Look at it again, then split it.' });
  }
  if (whole.state === 'excluded') throw refused({ happened: `${name} is left out.`, remedy: 'Include it first.' });
  // Its parts are compared with nothing: what was not decided now would never be asked again.
  if (storedChecks(whole).some(({ id, acknowledged }) => id.startsWith('DUP') && acknowledged === null)) {
    throw refused({
      happened: `${name} may be a duplicate, and nobody decided it.`,
      remedy: 'Decide it under Duplicates, then split the line.',
    });
  }
  if ((await splitsOf(tx, whole.organisation_id, [whole.id])).length > 0) {
    throw refused({
      happened: `${name} is part of a split already.`,
      remedy: 'Undo that split, then split the whole anew.',
    });
  }
}

function partRows(
  whole: CostLineRow,
  wanted: readonly WantedPart[],
  ids: readonly string[],
  at: number,
): CostLineRow[] {
  const weights = wanted.map(({ weight }) => weight);
  const { currency } = whole;
  const amounts = splitLineAmounts(wholeMinor(whole, whole.net), wholeMinor(whole, whole.vat), weights);
  const text = (minor: number) => fromMinor(minor, currency);
  const vats = amounts.map(({ vat }) => Math.abs(vat));
  const printed =
    whole.printed_vat_gbp === null
      ? null
      : splitByWeights(
          wholeMinor({ ...whole, currency: 'GBP' }, whole.printed_vat_gbp),
          vats.every((one) => one > 0) ? vats : weights,
        );
  return wanted.map((part, i) => {
    const { net: partNet, vat: partVat } = amounts[i] ?? { net: 0, vat: 0 };
    return {
      ...whole,
      id: ids[i] ?? '',
      version: 1,
      document_key: `${whole.document_key}|part ${ids[i]}`,
      source_rows: i === 0 ? whole.source_rows : 0,
      description: part.description || `${whole.description} (${i + 1} of ${wanted.length})`,
      category: part.category || whole.category,
      treatment_hint: part.treatmentHint || whole.treatment_hint,
      net: text(partNet),
      vat: text(partVat),
      gross: text(partNet + partVat),
      gross_minor: partNet + partVat,
      exact_net: text(partNet),
      exact_vat: text(partVat),
      // What was printed is claimed, of the parts together as of the whole.
      printed_vat_gbp: printed === null ? null : fromMinor(printed[i] ?? 0, 'GBP'),
      breakdown: '[]',
      excluded_reason: null,
      state: 'review' as const,
      created_at: at,
      updated_at: at,
    };
  });
}

function wholeMinor({ supplier, invoice_number, currency }: CostLineRow, amount: string): number {
  try {
    return toMinor(amount, currency);
  } catch {
    throw refused({
      happened: `${supplier} ${invoice_number} has more decimals than ${currency}.`,
      remedy: 'Correct its amounts first.',
    });
  }
}

async function shareOut(tx: Tx, organisationId: string, wanted: readonly WantedPart[], ids: readonly string[]) {
  const rows = new Map((await linesById(tx, organisationId, ids)).map((row) => [row.id, row]));
  for (const [i, { shares = [] }] of wanted.entries()) {
    const row = rows.get(ids[i] ?? '');
    if (shares.length === 0 || row === undefined) continue;
    await checkTargets(tx, organisationId, shares);
    await putShares(tx, organisationId, row.id, shareRows(row.net_gbp_minor ?? 0, shares));
  }
}

/** The split a line is the whole or a part of, and the step that takes it together again; null: of none. */
export async function splitOf(db: Reader, organisationId: string, lineId: string) {
  const [own] = await splitsOf(db, organisationId, [lineId]);
  if (own === undefined) return null;
  const partIds = await partsOfStep(db, organisationId, own.change_id);
  const rows = await linesById(db, organisationId, [own.whole_id, ...partIds]);
  const whole = rows.find(({ id }) => id === own.whole_id);
  if (whole === undefined) return null;
  return {
    undoId: own.change_id,
    whole: lineView(whole),
    parts: rows.filter(({ id }) => id !== whole.id).map(lineView),
  };
}
