import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Dataset, datasets, kpisOf } from '../../../src-shared/domain/kpi/datasets.ts';
import { type GateResult, openGate } from '../../../src-shared/domain/kpi/quality.ts';
import { Big, fromMinor } from '../../../src-shared/domain/money/index.ts';
import { type BiRow, DatasetFile, packed, rowsPerBlock } from '../../adapters/kit/bi.ts';
import type { DatasetStore } from '../../ports/evidence.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import {
  type BiRunRow,
  coupleNames,
  type ExportPoint,
  exportPage,
  firstMonth,
  listRuns,
} from '../../store/repositories/bi.ts';
import { costsByDay } from '../../store/repositories/kpi-sources.ts';
import { putGate } from '../../store/repositories/kpis.ts';
import { localCalendar, monthsBetween } from '../kpis/local-calendar.ts';
import { couplesIn } from './couples.ts';

export interface PrepareParts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly datasets: DatasetStore;
  readonly zoneOf: (organisationId: string) => Promise<string>;
}

/** One data set, judged: its file, or how many rows hold it back. */
export const Prepared = z.object({
  dataset: z.enum(datasets),
  /** Points looked at, unknown ones included. */
  points: z.number().int(),
  /** Rows that do not fit; 0: it may leave. */
  findings: z.number().int(),
  /** The first of them, in words. */
  reason: z.string(),
  /** null: held back, or there is nothing in it. */
  file: DatasetFile.nullable(),
});
export type Prepared = z.infer<typeof Prepared>;

/**
 * Reads one data set page by page, judges it (K3), and with `keep` puts what passed into a file. Each KPI is exported at
 * its own grain, so that one name is one level. The verdict is kept for the screen.
 */
export async function prepareDataset(
  parts: PrepareParts,
  organisationId: string,
  dataset: Dataset,
  keep: boolean,
): Promise<Prepared & { readonly gate: GateResult }> {
  const { store, runtime } = parts;
  const now = runtime.clock.now();
  const calendar = localCalendar(await parts.zoneOf(organisationId));
  const own = kpisOf(dataset);
  const first = await firstMonth(
    store.read,
    organisationId,
    own.map(({ id }) => id),
  );
  const gate = openGate({
    now,
    ...(own.some(({ quality }) => quality.reconciles)
      ? await ledgerOf(store, organisationId, calendar.dayOf(now))
      : { ledger: new Map() }),
    expected:
      first === null
        ? {}
        : { month: monthsBetween(calendar.monthOf(first), calendar.monthOf(now)).map(calendar.startOfMonth) },
    monthOf: calendar.monthOf,
    reconciling: own.filter(({ quality }) => quality.reconciles).map(({ id }) => id),
    couplesIn: couplesIn(await coupleNames(store.read, organisationId)),
  });
  const members: Uint8Array[] = [];
  const metrics = new Set<string>();
  const reach = { from: Number.POSITIVE_INFINITY, to: 0 };
  let points = 0;
  let rows = 0;
  let sum = new Big(0);
  let block: BiRow[] = [];
  const flush = async () => {
    if (block.length > 0) members.push(await packed(block));
    block = [];
  };
  for (const kpi of own) {
    const grain = kpi.grains[0] ?? 'month';
    let after: ExportPoint | null = null;
    for (;;) {
      const page: readonly ExportPoint[] = await exportPage(store.read, organisationId, {
        kpi: kpi.id,
        grain,
        to: now + 1,
        after,
        limit: rowsPerBlock,
      });
      for (const point of page) {
        points++;
        gate.add({ kpi: kpi.id, grain, ...point });
        // What was known once and is not any more has to go where it was told.
        metrics.add(kpi.id);
        reach.from = Math.min(reach.from, point.at);
        reach.to = Math.max(reach.to, point.at);
        if (point.value === null || !keep) continue;
        rows++;
        // What is no number is a finding of the gate, and the set does not leave.
        sum = sum.plus(/^-?\d+(\.\d+)?$/.test(point.value) ? point.value : '0');
        block.push([kpi.id, point.at, point.season, point.venue, point.region, point.value]);
        if (block.length === rowsPerBlock) await flush();
      }
      after = page.at(-1) ?? null;
      if (page.length < rowsPerBlock) break;
      // Judging is work for the processor: everything else gets its turn between two pages.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  const result = gate.result();
  await store.transaction((tx) =>
    putGate(tx, {
      organisation_id: organisationId,
      dataset,
      checked_at: now,
      passed: result.passed ? 1 : 0,
      findings: JSON.stringify({ findings: result.findings, total: result.total, unknown: result.unknown }),
    }),
  );
  let file: DatasetFile | null = null;
  if (keep && result.passed && points > 0 && (rows > 0 || (await wasTold(store, organisationId, dataset)))) {
    await flush();
    if (rows === 0) members.push(await packed([]));
    const id = await parts.datasets.put(Buffer.concat(members));
    file = {
      dataset,
      batchId: uuidOf(`${organisationId} ${dataset} ${id}`),
      file: id,
      rows,
      sum: sum.toFixed(),
      metrics: [...metrics],
      ...reach,
    };
  }
  return { dataset, points, findings: result.total, reason: reasonOf(result), file, gate: result };
}

/** A run of those kept handed this data set out: where it is empty now, that is news. */
async function wasTold(store: Store, organisationId: string, dataset: Dataset): Promise<boolean> {
  const runs = await listRuns(store.read, organisationId);
  return runs.flatMap(preparedOf).some((one) => one.dataset === dataset && one.file !== null);
}

/** What a run judged. */
export const preparedOf = (run: Pick<BiRunRow, 'datasets'>) => z.array(Prepared).parse(JSON.parse(run.datasets));

/** Net cost by month as the ledger of cost lines adds up, decimal pounds, and how many lines nobody knows the pounds of. */
async function ledgerOf(store: Store, organisationId: string, to: string) {
  const pence = new Map<string, number>();
  const unpriced = new Map<string, number>();
  for (const one of await costsByDay(store.read, organisationId, [{ from: '0000-00-00', to }])) {
    const month = one.day.slice(0, 7);
    pence.set(month, (pence.get(month) ?? 0) + Number(one.net));
    if (one.unpriced > 0) unpriced.set(month, (unpriced.get(month) ?? 0) + one.unpriced);
  }
  return { ledger: new Map([...pence].map(([month, net]) => [month, fromMinor(net, 'GBP')])), unpriced };
}

function reasonOf({ findings: [first], total }: GateResult): string {
  if (!first) return '';
  const more = total > 1 ? ` and ${total - 1} more` : '';
  return `${first.check}: ${first.kpi} ${first.where}, ${first.found} instead of ${first.expected}${more}`;
}

/** The same rows have the same batch id, however often they are loaded. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
