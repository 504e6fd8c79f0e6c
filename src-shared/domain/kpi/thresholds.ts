import { Big, decimal } from '../money/index.ts';
import type { Season } from '../wedding-time/weekend-at.ts';

export interface Threshold {
  readonly kpi: string;
  readonly warning: string;
  readonly critical: string;
}

/** What counts as too much, by season (T5): the peak tolerates less delay and fewer errors, and expects more requests. */
export const thresholds: Readonly<Record<Season, readonly Threshold[]>> = {
  peak: [
    { kpi: 'ai_request_latency_ms', warning: '1500', critical: '3000' },
    { kpi: 'ai_error_rate', warning: '0.01', critical: '0.03' },
    { kpi: 'wedding_requests_per_hour', warning: '5000', critical: '8000' },
  ],
  shoulder: [
    { kpi: 'ai_request_latency_ms', warning: '2000', critical: '4000' },
    { kpi: 'ai_error_rate', warning: '0.02', critical: '0.05' },
    { kpi: 'wedding_requests_per_hour', warning: '2500', critical: '4000' },
  ],
  off_season: [
    { kpi: 'ai_request_latency_ms', warning: '3000', critical: '6000' },
    { kpi: 'ai_error_rate', warning: '0.05', critical: '0.10' },
    { kpi: 'wedding_requests_per_hour', warning: '1000', critical: '2000' },
  ],
};

/** A rate over fewer requests than this says nothing. */
export const fewestRequests = 20;

export interface Crossing {
  readonly severity: 'warning' | 'critical';
  readonly limit: string;
}

/** The line a value crossed in a season; null: within bounds, or nothing is said about this KPI. */
export function crossing(kpi: string, value: string, season: Season): Crossing | null {
  const threshold = thresholds[season].find((one) => one.kpi === kpi);
  if (!threshold) return null;
  const amount: Big = decimal(value);
  if (amount.gte(new Big(threshold.critical))) return { severity: 'critical', limit: threshold.critical };
  if (amount.gte(new Big(threshold.warning))) return { severity: 'warning', limit: threshold.warning };
  return null;
}
