import { sql } from 'kysely';
import type { CostInsight } from '../../../src-shared/contract/insight.ts';
import { splitByWeights } from '../../../src-shared/domain/cost/shares.ts';
import { Big, fromMinor } from '../../../src-shared/domain/money/index.ts';
import type { Period } from '../../../src-shared/domain/period.ts';
import type { Reader } from '../../ports/store.ts';
import { type MonthSum, noCosts } from '../../store/repositories/month-sums.ts';
import { weddingsBetween } from '../../store/repositories/weddings.ts';
import { monthsOf } from '../review/locks.ts';
import type { MonthSums } from './month-sums.ts';

type Cell = MonthSum;

/** May to September, April and October, the rest (T5). */
export function seasonOf(month: string): 'peak' | 'shoulder' | 'off_season' {
  const number = Number(month.slice(5, 7));
  if (number >= 5 && number <= 9) return 'peak';
  return number === 4 || number === 10 ? 'shoulder' : 'off_season';
}

const isCost = ({ state }: Cell) => state !== 'excluded' && state !== 'no_cost';
const yearBefore = (day: string) => `${Number(day.slice(0, 4)) - 1}${day.slice(4)}`;
const pounds = (minor: number) => fromMinor(minor, 'GBP');

/** What a period of whole months cost, for whom and by what, beside the year before. */
export async function costInsight(
  db: Reader,
  sums: MonthSums,
  organisationId: string,
  period: Period,
): Promise<CostInsight> {
  const [cells, before, weddings, vendors, usage] = await Promise.all([
    sums.of(organisationId, monthsOf(period)),
    sums.of(organisationId, monthsOf(period).map(yearBefore)),
    weddingsBetween(db, organisationId, period.from, period.to),
    byVendor(db, organisationId, period),
    requestsOf(db, organisationId, monthsOf(period)),
  ]);
  const counted = cells.filter(isCost);
  const net = total(counted);
  const earlier = new Map<string, number>();
  for (const { month, net: one } of before.filter(isCost)) earlier.set(month, (earlier.get(month) ?? 0) + one);
  const confirmed = weddings.filter(({ status }) => status === 'confirmed');
  const weddingsIn = (month: string) => confirmed.filter(({ date }) => date.startsWith(month)).length;
  const weddingCount = confirmed.filter(({ date }) => date >= period.from && date <= period.to).length;
  const each = (minor: number, count: number) =>
    count === 0 ? null : new Big(minor).div(count).div(100).round(2, Big.roundHalfUp).toFixed(2);
  const months = monthsOf(period).map((month) => {
    const sum = total(counted.filter((cell) => cell.month === month));
    const last = earlier.get(yearBefore(month));
    const count = weddingsIn(month);
    return {
      month,
      season: seasonOf(month),
      net: pounds(sum),
      yearBefore: last === undefined ? null : pounds(last),
      weddings: count,
      perWedding: each(sum, count),
    };
  });
  return {
    period: period.label,
    net: pounds(net),
    yearBefore: earlier.size === 0 ? null : pounds([...earlier.values()].reduce((sum, one) => sum + one, 0)),
    weddings: weddingCount,
    perWedding: each(net, weddingCount),
    months,
    bySupplier: grouped(counted, ({ supplier }) => supplier, 20),
    byCategory: grouped(counted, ({ category }) => category || 'No category', 20),
    byTreatment: grouped(counted, ({ treatment }) => treatment, 20),
    bySeason: grouped(counted, ({ month }) => seasonOf(month), 3),
    byVendor: vendors,
    byFeature: byFeature(counted, usage),
    bridge: bridgeOf(cells),
  };
}

/** By the shares persons gave; what was given to nobody is told as such. */
async function byVendor(db: Reader, organisationId: string, { from, to }: Period): Promise<CostInsight['byVendor']> {
  const result = await sql<{ label: string; lines: number; net: number }>`
    SELECT coalesce(vendor.name, share.target) AS label, count(DISTINCT share.line_id) AS lines, sum(share.net_gbp_minor) AS net
    FROM line_share AS share
    JOIN cost_line_seen AS line ON line.organisation_id = share.organisation_id AND line.id = share.line_id
    LEFT JOIN vendor ON share.target = 'vendor' AND vendor.organisation_id = share.organisation_id
      AND vendor.id = share.target_id
    WHERE share.organisation_id = ${organisationId} AND line.tax_date BETWEEN ${from} AND ${to}
      AND line.state <> 'excluded' AND line.document_type NOT IN ${noCosts}
    GROUP BY 1 ORDER BY net DESC LIMIT 20`.execute(db);
  return result.rows.map(({ label, lines, net }) => ({ label, lines, net: pounds(net), vat: '0.00' }));
}

interface Usage {
  readonly month: string;
  readonly feature: string;
  readonly requests: number;
}

async function requestsOf(db: Reader, organisationId: string, months: readonly string[]): Promise<Usage[]> {
  const result = await sql<Usage>`SELECT month, feature, sum(requests) AS requests FROM usage_month
    WHERE organisation_id = ${organisationId} AND month IN (SELECT value FROM json_each(${JSON.stringify(months)}))
    GROUP BY 1, 2 HAVING sum(requests) > 0 ORDER BY 1, 2`.execute(db);
  return result.rows;
}

/** A month's cost spread over its requests, to the penny; months without usage say nothing about features. */
function byFeature(cells: readonly Cell[], usage: readonly Usage[]): CostInsight['byFeature'] {
  const features = new Map<string, { requests: number; net: number }>();
  for (const month of new Set(usage.map((one) => one.month))) {
    const used = usage.filter((one) => one.month === month);
    const shares = splitByWeights(
      total(cells.filter((cell) => cell.month === month)),
      used.map(({ requests }) => requests),
    );
    for (const [i, { feature, requests }] of used.entries()) {
      const known = features.get(feature) ?? { requests: 0, net: 0 };
      features.set(feature, { requests: known.requests + requests, net: known.net + (shares[i] ?? 0) });
    }
  }
  return [...features]
    .map(([label, { requests, net }]) => ({ label, requests, minor: net, net: pounds(net) }))
    .sort((a, b) => b.minor - a.minor)
    .map(({ label, requests, net }) => ({ label, requests, net }));
}

const total = (cells: readonly Cell[]) => cells.reduce((sum, { net }) => sum + net, 0);

/** Largest first; what is beyond `most` is one row. */
function grouped(cells: readonly Cell[], label: (cell: Cell) => string, most: number) {
  const groups = new Map<string, { lines: number; net: number; vat: number }>();
  for (const cell of cells) {
    const group = groups.get(label(cell)) ?? { lines: 0, net: 0, vat: 0 };
    groups.set(label(cell), { lines: group.lines + cell.lines, net: group.net + cell.net, vat: group.vat + cell.vat });
  }
  const sorted = [...groups].sort(([, a], [, b]) => b.net - a.net);
  const rest = sorted.slice(most).map(([, group]) => group);
  const shown = sorted.slice(0, most);
  if (rest.length > 0) {
    const sum = (of: 'lines' | 'net' | 'vat') => rest.reduce((all, one) => all + one[of], 0);
    shown.push([`${rest.length} others`, { lines: sum('lines'), net: sum('net'), vat: sum('vat') }]);
  }
  return shown.map(([name, { lines, net, vat }]) => ({ label: name, lines, net: pounds(net), vat: pounds(vat) }));
}

function bridgeOf(cells: readonly Cell[]): CostInsight['bridge'] {
  const of = (step: string, states: readonly string[], sign = 1) => {
    const some = cells.filter(({ state }) => states.includes(state));
    const lines = some.reduce((sum, one) => sum + one.lines, 0);
    return { step, lines, net: pounds(sign * total(some)) };
  };
  return [
    of('In the files', ['review', 'ready', 'excluded', 'batched', 'posted', 'no_cost']),
    of('Excluded', ['excluded'], -1),
    of('Still to review', ['review', 'no_cost'], -1),
    of('Ready, in no batch', ['ready'], -1),
    of('In a batch, not posted', ['batched'], -1),
    of('In the ledger', ['posted']),
  ];
}
