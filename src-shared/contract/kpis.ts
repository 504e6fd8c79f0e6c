import { z } from 'zod';
import { command, DecimalText, InOrganisation, query } from './base.ts';

const Month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/);
const Iso = z.iso.datetime();

/** One KPI of a month, with everything needed to work it out again (K2). */
export const KpiTile = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  unit: z.enum(['count', 'requests/h', 'GBP', 'ratio', 'of 5', 'multiple', 'ms']),
  places: z.number().int(),
  /** null: not known, see `reason`. */
  value: DecimalText.nullable(),
  reason: z.string().nullable(),
  estimate: z.boolean(),
  better: z.enum(['higher', 'lower', 'neither']),
  target: DecimalText.nullable(),
  met: z.boolean().nullable(),
  /** The month it is compared with. */
  before: DecimalText.nullable(),
  /** Oldest first, at most 13 months; null: not known. */
  trend: z.array(z.object({ month: Month, value: DecimalText.nullable() })),
  /** When it was last computed; null: never. */
  asOf: Iso.nullable(),
  /** Newer data ought to be there by now: shown, but grey. */
  stale: z.boolean(),
  benchmark: z.object({ value: DecimalText.nullable(), source: z.string(), asOf: z.string().nullable() }).nullable(),
  formula: z.string(),
  inputs: z.array(z.object({ name: z.string(), value: z.string() })),
  quality: z.array(z.string()),
  owner: z.string(),
});
export type KpiTile = z.infer<typeof KpiTile>;

export const SyncState = z.object({
  system: z.string(),
  name: z.string(),
  /** null: nothing was sent yet. */
  ok: z.boolean().nullable(),
  at: Iso.nullable(),
  ms: z.number().int().nullable(),
  points: z.number().int(),
  detail: z.string(),
  succeededAt: Iso.nullable(),
  /** It went well, longer ago than any plan allows: shown, but grey. */
  stale: z.boolean(),
  lostPoints: z.number().int(),
});
export type SyncState = z.infer<typeof SyncState>;

export const GateState = z.object({
  dataset: z.string(),
  checkedAt: Iso,
  passed: z.boolean(),
  total: z.number().int(),
  findings: z.array(
    z.object({ check: z.string(), kpi: z.string(), where: z.string(), expected: z.string(), found: z.string() }),
  ),
});

export const KpiView = z.object({
  period: Month,
  /** Months with points, newest first. */
  periods: z.array(Month),
  comparedWith: Month,
  season: z.enum(['peak', 'shoulder', 'off_season']),
  /** True: no usage and no costs at all yet. */
  empty: z.boolean(),
  tiles: z.array(KpiTile),
  /** Mean AI requests an hour by local weekday (1 Monday) and hour; null: no such hour in the month. */
  heat: z.array(
    z.object({
      weekday: z.number().int(),
      hour: z.number().int(),
      mean: z.number().nullable(),
      preparation: z.boolean(),
    }),
  ),
  seasons: z.array(
    z.object({
      season: z.enum(['peak', 'shoulder', 'off_season']),
      months: z.number().int(),
      costGbp: DecimalText.nullable(),
      timeValueGbp: DecimalText.nullable(),
      weddings: z.number().int(),
      costPerWeddingGbp: DecimalText.nullable(),
      returned: DecimalText.nullable(),
    }),
  ),
  parity: z.object({
    checkedOn: z.string(),
    products: z.array(z.string()),
    rows: z.array(
      z.object({
        feature: z.string(),
        ours: z.enum(['yes', 'no']),
        others: z.array(z.object({ has: z.enum(['yes', 'no', 'unknown']), source: z.string() })),
      }),
    ),
  }),
  sync: z.array(SyncState),
  gates: z.array(GateState),
});
export type KpiView = z.infer<typeof KpiView>;

export const PushResult = z.object({
  system: z.string(),
  ok: z.boolean(),
  ms: z.number().int(),
  points: z.number().int(),
  error: z.string().nullable(),
});

/** What one BI system came to. `rows`: what it was handed, or told of in the warehouse. */
export const BiResult = z.object({
  system: z.string(),
  ok: z.boolean(),
  ms: z.number().int(),
  rows: z.number().int(),
  error: z.string().nullable(),
});

const PartState = z.enum(['waiting', 'queued', 'delivered', 'failed']);
/** A BI sync as far as it has come. */
export const BiRun = z.object({
  id: z.string(),
  startedAt: Iso,
  datasets: z.array(
    z.object({
      dataset: z.string(),
      /** Rows that passed; 0 when it was held back. */
      rows: z.number().int(),
      findings: z.number().int(),
      reason: z.string(),
      /** null: no system of this run reads the warehouse. */
      warehouse: PartState.nullable(),
    }),
  ),
  systems: z.array(z.object({ system: z.string(), state: PartState, rows: z.number().int(), detail: z.string() })),
});
export type BiRun = z.infer<typeof BiRun>;

export const kpis = {
  /** The whole screen for one month; without one, the newest whose cost and usage are both known. */
  view: query.input(InOrganisation.extend({ period: Month.optional() })).output(KpiView),
  /** The month on paper (PDF). */
  sheet: command
    .input(InOrganisation.extend({ period: Month }))
    .output(z.object({ name: z.string(), bytes: z.number().int(), download: z.string() })),
  /** Tells monitoring now, all systems side by side (K4). */
  push: command
    .input(InOrganisation.extend({ systems: z.array(z.enum(['datadog', 'newrelic', 'grafana'])).optional() }))
    .output(z.array(PushResult)),
  /** Judges the data sets and sends what passed to the BI systems, side by side (K3, K4). A system late to answer is said so. */
  syncBi: command
    .input(
      InOrganisation.extend({ systems: z.array(z.enum(['powerbi', 'tableau', 'looker', 'warehouse'])).optional() }),
    )
    .output(z.array(BiResult)),
  /** Judges the data sets and sends nothing. */
  checkGates: command
    .input(InOrganisation)
    .output(
      z.array(GateState.omit({ checkedAt: true }).extend({ points: z.number().int(), unknown: z.number().int() })),
    ),
  /** The newest BI sync, while it runs and after it; null: none yet. */
  biRun: query.input(InOrganisation).output(BiRun.nullable()),
  /** A figure no table holds: survey answers, provisioned capacity, reported latency. */
  handIn: command
    .input(
      InOrganisation.extend({
        name: z.enum(['satisfaction_points', 'satisfaction_answers', 'capacity_per_hour', 'latency_ms']),
        at: Iso,
        value: DecimalText,
        source: z.string().trim().min(1).max(200),
      }),
    )
    .output(z.object({})),
};
