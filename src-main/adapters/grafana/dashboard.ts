import { kpis } from '../../../src-shared/domain/kpi/catalogue.ts';
import type { KpiDefinition, Unit } from '../../../src-shared/domain/kpi/kpi.ts';
import { thresholds } from '../../../src-shared/domain/kpi/thresholds.ts';
import { prometheusName } from '../kit/metrics.ts';

export const dashboardUid = 'wedsync-kpis';

const units: Readonly<Record<Unit, string>> = {
  count: 'none',
  'requests/h': 'none',
  GBP: 'currencyGBP',
  ratio: 'percentunit',
  'of 5': 'none',
  multiple: 'none',
  ms: 's',
};
const width = 8;
const height = 7;

/** The KPI dashboard as Grafana provisions it: one panel a KPI of the catalogue, in its order (K2). */
export function kpiDashboard() {
  return {
    uid: dashboardUid,
    title: 'WedSync KPIs',
    tags: ['wedsync', 'context:wedding_industry'],
    timezone: 'Europe/London',
    schemaVersion: 39,
    editable: true,
    refresh: '1m',
    time: { from: 'now-7d', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' },
        {
          name: 'org',
          type: 'query',
          label: 'Organisation',
          datasource: { type: 'prometheus', uid: '$datasource' },
          query: 'label_values(wedsync_weddings_today, org)',
          refresh: 2,
        },
      ],
    },
    annotations: {
      list: [
        {
          name: 'WedSync',
          enable: true,
          iconColor: 'purple',
          datasource: { type: 'grafana', uid: '-- Grafana --' },
          target: { type: 'tags', tags: ['wedsync'], limit: 100, matchAny: false },
        },
      ],
    },
    panels: kpis.map(panelOf),
  };
}

function panelOf(kpi: KpiDefinition, index: number) {
  const { name, divisor } = prometheusName({ metric: kpi.id, type: kpi.type });
  const series = `${name}{org="$org",venue="",region=""}`;
  return {
    id: index + 1,
    type: 'timeseries',
    title: kpi.name,
    description: `${kpi.description} Formula: ${kpi.formula}.`,
    datasource: { type: 'prometheus', uid: '$datasource' },
    gridPos: { h: height, w: width, x: (index % 3) * width, y: Math.floor(index / 3) * height },
    targets: [
      {
        refId: 'A',
        datasource: { type: 'prometheus', uid: '$datasource' },
        // A counter is only worth what it grew by.
        expr: kpi.type === 'counter' ? `increase(${series}[1h])` : series,
        legendFormat: kpi.name,
      },
    ],
    fieldConfig: {
      defaults: {
        unit: units[kpi.unit],
        decimals: kpi.places,
        thresholds: { mode: 'absolute', steps: stepsOf(kpi, divisor) },
      },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
      tooltip: { mode: 'single', sort: 'none' },
    },
  };
}

/** Limits of the peak season where there are some, else the target, else one calm colour. */
function stepsOf(kpi: KpiDefinition, divisor: number): { color: string; value: number | null }[] {
  const limits = thresholds.peak.find((one) => one.kpi === kpi.id);
  if (limits) {
    return [
      { color: 'green', value: null },
      { color: 'orange', value: Number(limits.warning) / divisor },
      { color: 'red', value: Number(limits.critical) / divisor },
    ];
  }
  if (kpi.target === null || kpi.better === 'neither') return [{ color: 'blue', value: null }];
  const [below, above] = kpi.better === 'higher' ? ['orange', 'green'] : ['green', 'orange'];
  return [
    { color: below ?? 'green', value: null },
    { color: above ?? 'green', value: Number(kpi.target) / divisor },
  ];
}
