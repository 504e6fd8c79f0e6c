import type { CrmPush } from '../../kit/crm.ts';
import type { BenchOptions } from '../../testing/bench.ts';
import { taveSandbox } from '../sandbox.ts';

export const studioKey = 'practice-tave-lens-and-light';

export const taveBench: BenchOptions = {
  systems: [taveSandbox],
  settings: {},
  secrets: { apiKey: studioKey },
};

/** October 2026 of one vendor, as approved when nothing was there. */
export function aPush(change: Partial<CrmPush> = {}): CrmPush {
  const field = (key: string, kind: 'whole' | 'decimal' | 'text', value: string) => ({
    key,
    label: key,
    kind,
    value,
    before: null,
  });
  return {
    pushId: 'id-000001',
    reference: 'psh_id000001_1',
    vendor: { id: 'lens-and-light', name: 'Lens & Light' },
    period: { label: '2026-10', title: 'October 2026', from: '2026-10-01', to: '2026-10-31' },
    fields: [
      field('ai_requests', 'whole', '25'),
      field('minutes_saved', 'whole', '375'),
      field('cost_savings_gbp', 'decimal', '62.50'),
      field('revenue_impact_gbp', 'decimal', '250.00'),
      field('clients_retained', 'whole', '2'),
      field('efficiency_gain_pct', 'decimal', '3.8'),
      field('peak_share', 'decimal', '0.400'),
      field('peak_season_readiness', 'whole', '75'),
      field('period', 'text', '2026-10'),
    ],
    note: '',
    target: {},
    ...change,
  };
}
