import type { Big } from '../money/index.ts';

/** Everything a formula may read, each with its words for the screen. Amounts and counts alike travel as decimal text. */
export const inputLabels = {
  weddings: 'confirmed weddings',
  assisted_weddings: 'confirmed weddings with a successful AI request',
  requests: 'AI requests',
  successful_requests: 'successful AI requests',
  hours: 'hours of the interval',
  busiest_hour_requests: 'AI requests in the busiest hour',
  capacity_per_hour: 'AI requests an hour the platform is provisioned for',
  latency_ms: 'reported AI latency, 95th percentile',
  minutes_saved: 'minutes saved',
  working_minutes: 'working minutes of the vendors who used AI',
  time_value_gbp: 'worth of the time saved',
  ai_cost_gbp: 'AI and cloud cost lines, net, not excluded',
  readiness_met: 'readiness checks met',
  readiness_of: 'readiness checks',
  vendors_before: 'vendors active in the period before',
  vendors_kept: 'of these active again',
  satisfaction_points: 'sum of survey answers',
  satisfaction_answers: 'survey answers',
  features_ours: 'features we have',
  features_market: 'features anybody has',
} as const;
export type InputName = keyof typeof inputLabels;

/** Decimal text by name; an input left out is not known. */
export type Inputs = Readonly<Partial<Record<InputName, string>>>;

/** What a formula gives: a value, or why there is none. Never NaN, never a zero that stands for "unknown". */
export type Outcome =
  | { readonly known: true; readonly value: Big }
  | { readonly known: false; readonly reason: string };

export type Grain = 'hour' | 'day' | 'month';
export type Unit = 'count' | 'requests/h' | 'GBP' | 'ratio' | 'of 5' | 'multiple' | 'ms';
/** Dimensions beyond `season`, `context` and `org`, which every point carries (K5). */
export type Split = 'venue' | 'region';

export interface Benchmark {
  /** Decimal text in the KPI's own unit; null: nobody has found one. */
  readonly value: string | null;
  readonly source: string;
  readonly asOf: string | null;
}

export interface KpiDefinition {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly unit: Unit;
  /** `counter`: a point holds what the interval added, and points add up. `gauge`: a point holds a level. */
  readonly type: 'gauge' | 'counter';
  /** Intervals it is kept for; the first is the one exported to the warehouse. */
  readonly grains: readonly Grain[];
  readonly formula: string;
  readonly inputs: readonly InputName[];
  /** Over the inputs, all present. */
  readonly compute: (inputs: Readonly<Record<InputName, Big>>) => Outcome;
  readonly splits: readonly Split[];
  /** Decimal places on screen. */
  readonly places: number;
  readonly better: 'higher' | 'lower' | 'neither';
  /** Decimal text in the KPI's unit. */
  readonly target: string | null;
  readonly owner: 'operations' | 'finance' | 'vendor success' | 'product';
  /** Built on a multiplier rather than on a count. */
  readonly estimate: boolean;
  /** What the quality gate holds its points to. */
  readonly quality: {
    /** Inclusive, decimal text; null: open. */
    readonly min: string | null;
    readonly max: string | null;
    /** The newest point may be this old. */
    readonly freshHours: number;
    /** Its sum equals the cost lines of the ledger to the penny. */
    readonly reconciles: boolean;
  };
  readonly benchmark: Benchmark | null;
}

export const known = (value: Big): Outcome => ({ known: true, value });
export const unknown = (reason: string): Outcome => ({ known: false, reason });

/** `above ÷ below`; a zero below is unknown with its reason. */
export function ratio(above: Big, below: Big, whenZero: string): Outcome {
  return below.eq(0) ? unknown(whenZero) : known(above.div(below));
}
