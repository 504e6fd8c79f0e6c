import { Big, decimal } from '../money/index.ts';
import { type Readiness, readiness } from './readiness.ts';
import type { ValueSettings } from './settings.ts';

/** What one vendor's usage of one period adds up to; sums of these are sums of usage. */
export interface UsageTotals {
  readonly requests: number;
  readonly successful: number;
  /** Requests inside the preparation window, Friday 18:00 to Sunday 23:00 local (T6). */
  readonly inPreparationWindow: number;
  /** Distinct clients reached by AI-assisted communication. */
  readonly assistedClients: number;
  /** Days of the period the figures cover. */
  readonly days: number;
  /** Successful requests per feature. */
  readonly byFeature: Readonly<Record<string, number>>;
  /** Day of the latest request, `YYYY-MM-DD`; null when there is none. */
  readonly latestDay: string | null;
}

export const figureKeys = [
  'ai_requests',
  'minutes_saved',
  'cost_savings_gbp',
  'revenue_impact_gbp',
  'clients_retained',
  'efficiency_gain_pct',
  'peak_share',
  'peak_season_readiness',
] as const;
export type FigureKey = (typeof figureKeys)[number];

/** One figure with everything needed to work it out again: screens, pushes and reports show this same derivation. */
export interface Figure {
  readonly key: FigureKey;
  readonly label: string;
  readonly unit: 'count' | 'minutes' | 'GBP' | 'clients' | '%' | 'share';
  /** Exact decimal text; null when it cannot be known, with the reason in `formula`. */
  readonly value: string | null;
  /** As shown and pushed: rounded to the unit. */
  readonly shown: string;
  /** Built on a multiplier rather than on a count. */
  readonly estimate: boolean;
  readonly formula: string;
  readonly inputs: readonly { readonly name: string; readonly value: string }[];
}

export interface VendorValue {
  readonly figures: readonly Figure[];
  readonly readiness: Readiness;
}

/** All figures of V4 for one vendor and period. Pure; `lastDay` is the last day of the period. */
export function deriveValue(usage: UsageTotals, settings: ValueSettings, lastDay: string): VendorValue {
  const successful = new Big(usage.successful);
  const minutes = successful.times(decimal(settings.minutesPerRequest));
  const saving = successful.times(decimal(settings.poundsPerRequest));
  const revenue = saving.times(decimal(settings.revenueMultiple));
  const retained = new Big(usage.assistedClients).times(decimal(settings.retentionUplift));
  const working = decimal(settings.workingHoursPerWeek).times(60).times(usage.days).div(7);
  const gain = working.eq(0) ? null : minutes.div(working).times(100);
  const share = usage.requests === 0 ? null : new Big(usage.inPreparationWindow).div(usage.requests);
  const ready = readiness(usage, settings, lastDay);

  const figures: Figure[] = [
    figure('ai_requests', 'AI requests', 'count', new Big(usage.requests), 0, false, 'counted', [
      ['requests', usage.requests],
      ['of these successful', usage.successful],
    ]),
    figure(
      'minutes_saved',
      'Minutes saved',
      'minutes',
      minutes,
      0,
      true,
      `${usage.successful} × ${settings.minutesPerRequest}`,
      [
        ['successful requests', usage.successful],
        ['minutes per request', settings.minutesPerRequest],
      ],
    ),
    figure(
      'cost_savings_gbp',
      'Cost saving',
      'GBP',
      saving,
      2,
      true,
      `${usage.successful} × £${settings.poundsPerRequest}`,
      [
        ['successful requests', usage.successful],
        ['pounds per request', settings.poundsPerRequest],
      ],
    ),
    figure(
      'revenue_impact_gbp',
      'Revenue impact',
      'GBP',
      revenue,
      2,
      true,
      `${settings.revenueMultiple} × £${unrounded(saving)}`,
      [
        ['cost saving', unrounded(saving)],
        ['multiple', settings.revenueMultiple],
      ],
    ),
    figure(
      'clients_retained',
      'Clients kept',
      'clients',
      retained,
      0,
      true,
      `${decimal(settings.retentionUplift).times(100).toFixed()}% of ${usage.assistedClients} = ${retained.toFixed()}`,
      [
        ['AI-assisted clients', usage.assistedClients],
        ['share kept', settings.retentionUplift],
      ],
    ),
    figure(
      'efficiency_gain_pct',
      'Efficiency gain',
      '%',
      gain,
      1,
      true,
      gain === null
        ? 'no working hours set'
        : `${minutes.toFixed()} ÷ ${working.round(2).toFixed()} working minutes × 100`,
      [
        ['minutes saved', minutes.toFixed()],
        ['working hours per week', settings.workingHoursPerWeek],
        ['days', usage.days],
      ],
    ),
    figure(
      'peak_share',
      'Share at the weekend',
      'share',
      share,
      3,
      false,
      share === null ? 'no requests in this period' : `${usage.inPreparationWindow} ÷ ${usage.requests}`,
      [
        ['requests from Friday 18:00 to Sunday 23:00', usage.inPreparationWindow],
        ['requests', usage.requests],
      ],
    ),
    figure(
      'peak_season_readiness',
      'Peak season readiness',
      '%',
      new Big(ready.met).div(ready.of).times(100),
      0,
      false,
      `${ready.met} of ${ready.of} checks met`,
      ready.checks.map((check) => [check.label, check.met ? 'met' : check.gap] as const),
    ),
  ];
  return { figures, readiness: ready };
}

/** Pounds with their pence, and with whatever is beyond them: what is reckoned with goes on unrounded. */
const unrounded = (pounds: Big) => (pounds.eq(pounds.round(2)) ? pounds.toFixed(2) : pounds.toFixed());

/** Sums of usage, for totals over vendors or periods: their value is the value of the sum. */
export function addUsage(a: UsageTotals, b: UsageTotals): UsageTotals {
  const byFeature: Record<string, number> = { ...a.byFeature };
  for (const [feature, count] of Object.entries(b.byFeature)) byFeature[feature] = (byFeature[feature] ?? 0) + count;
  return {
    requests: a.requests + b.requests,
    successful: a.successful + b.successful,
    inPreparationWindow: a.inPreparationWindow + b.inPreparationWindow,
    assistedClients: a.assistedClients + b.assistedClients,
    days: Math.max(a.days, b.days),
    byFeature,
    latestDay:
      [a.latestDay, b.latestDay]
        .filter((day) => day !== null)
        .sort()
        .at(-1) ?? null,
  };
}

function figure(
  key: FigureKey,
  label: string,
  unit: Figure['unit'],
  value: Big | null,
  places: number,
  estimate: boolean,
  formula: string,
  inputs: readonly (readonly [string, string | number])[],
): Figure {
  return {
    key,
    label,
    unit,
    value: value === null ? null : value.round(12).toFixed(),
    shown: value === null ? '—' : value.round(places, Big.roundHalfUp).toFixed(places),
    estimate,
    formula,
    inputs: inputs.map(([name, input]) => ({ name, value: String(input) })),
  };
}
