import { kpis } from './catalogue.ts';
import type { KpiDefinition } from './kpi.ts';

/**
 * What a BI sync loads as one: the KPIs of one owner. Each is judged by itself (K3), so that a cost that does not
 * reconcile holds back money and nothing else.
 */
export const datasets = ['operations', 'finance', 'vendor_success', 'product'] as const;
export type Dataset = (typeof datasets)[number];

export function kpisOf(dataset: Dataset): readonly KpiDefinition[] {
  return kpis.filter(({ owner }) => owner.replace(' ', '_') === dataset);
}
