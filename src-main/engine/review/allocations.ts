import { splitByWeights } from '../../../src-shared/domain/cost/shares.ts';
import type { Tx } from '../../ports/store.ts';
import { type LineShareRow, putShares, sharesOf } from '../../store/repositories/desk.ts';
import { linesById } from '../../store/repositories/review.ts';
import { weddingsBetween } from '../../store/repositories/weddings.ts';
import { notFound, refused } from '../problem.ts';
import type { Reviewer, ReviewParts } from './step.ts';
import { pounds } from './stored-line.ts';

export interface WantedShare {
  readonly target: LineShareRow['target'];
  /** Wedding key or vendor id; empty for `general`. */
  readonly targetId: string;
  readonly weight: number;
}

/** Says who a line was for. No shares: nobody in particular. @throws ProblemError on an unknown wedding or vendor */
export async function allocate(
  { store, audit, publish }: ReviewParts,
  organisationId: string,
  request: { readonly lineId: string; readonly shares: readonly WantedShare[] | 'weddings' },
  who: Reviewer,
) {
  return store.transaction(async (tx, after) => {
    const [line] = await linesById(tx, organisationId, [request.lineId]);
    if (!line) throw notFound({ happened: 'There is no such line.' });
    const wanted =
      request.shares === 'weddings'
        ? await acrossWeddings(tx, organisationId, line.period_start ?? line.tax_date, line.period_end ?? line.tax_date)
        : request.shares;
    await checkTargets(tx, organisationId, wanted);
    if (line.net_gbp_minor === null) {
      throw refused({
        happened: 'The line has no amount in pounds yet.',
        remedy: 'Bring in the exchange rate first, then allocate it.',
      });
    }
    const before = await sharesOf(tx, organisationId, [line.id]);
    const shares = shareRows(line.net_gbp_minor, wanted);
    await putShares(tx, organisationId, line.id, shares);
    await audit(tx, {
      organisationId,
      actor: who.name,
      channel: who.channel,
      action: 'lines.allocated',
      object: `line:${line.id}`,
      before: before.map(shareView),
      after: shares.map(shareView),
      correlationId: who.correlationId,
    });
    after(() => publish({ topic: 'lines', organisationId, ids: [line.id] }));
    return shares.map(shareView);
  });
}

/** Shares of a net in pence. */
export function shareRows(net: number, wanted: readonly WantedShare[]) {
  const weights = wanted.map(({ weight }) => weight);
  const amounts = weights.length === 0 ? [] : splitByWeights(net, weights);
  return wanted.map(({ target, targetId, weight }, i) => ({
    target,
    target_id: targetId,
    weight,
    net_gbp_minor: amounts[i] ?? 0,
  }));
}

export const shareView = ({
  target,
  target_id,
  weight,
  net_gbp_minor,
}: Omit<LineShareRow, 'organisation_id' | 'line_id' | 'position'>) => ({
  target,
  targetId: target_id,
  weight,
  net: pounds(net_gbp_minor) ?? '0.00',
});

/** Every confirmed wedding of the service period alike. */
async function acrossWeddings(tx: Tx, organisationId: string, from: string, to: string): Promise<WantedShare[]> {
  const weddings = (await weddingsBetween(tx, organisationId, from, to)).filter(({ status }) => status === 'confirmed');
  if (weddings.length === 0) {
    throw refused({
      happened: `There is no confirmed wedding from ${from} to ${to}.`,
      remedy: 'Give the line its service period, or import the wedding calendar.',
    });
  }
  return weddings.map(({ key }) => ({ target: 'wedding', targetId: key, weight: 1 }));
}

/** @throws ProblemError on an unknown wedding or vendor */
export async function checkTargets(tx: Tx, organisationId: string, shares: readonly WantedShare[]): Promise<void> {
  for (const { target, targetId } of shares) {
    if (target === 'general') continue;
    const found =
      target === 'wedding'
        ? await tx
            .selectFrom('wedding')
            .select('key')
            .where('organisation_id', '=', organisationId)
            .where('key', '=', targetId)
            .executeTakeFirst()
        : await tx
            .selectFrom('vendor')
            .select('id')
            .where('organisation_id', '=', organisationId)
            .where('id', '=', targetId)
            .executeTakeFirst();
    if (!found) throw notFound({ happened: `There is no ${target} "${targetId}".` });
  }
}

/** After lines changed their net: their shares follow by the same weights. */
export async function reshare(
  tx: Tx,
  organisationId: string,
  lines: readonly { readonly id: string; readonly net: number | null }[],
): Promise<void> {
  if (lines.length === 0) return;
  const all = await sharesOf(
    tx,
    organisationId,
    lines.map(({ id }) => id),
  );
  for (const { id, net } of lines) {
    const shares = all.filter(({ line_id }) => line_id === id);
    if (shares.length === 0) continue;
    const amounts = splitByWeights(
      net ?? 0,
      shares.map(({ weight }) => weight),
    );
    await putShares(
      tx,
      organisationId,
      id,
      shares.map(({ target, target_id, weight }, i) => ({ target, target_id, weight, net_gbp_minor: amounts[i] ?? 0 })),
    );
  }
}
