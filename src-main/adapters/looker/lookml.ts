import { kpis } from '../../../src-shared/domain/kpi/catalogue.ts';
import type { KpiDefinition, Unit } from '../../../src-shared/domain/kpi/kpi.ts';

/** Names of the model and its datagroup, as the settings propose them. */
const datagroup = 'ops_metrics_dg';
const schema = 'ops_metrics';

const formats: Readonly<Record<Unit, (places: number) => string>> = {
  count: () => '#,##0',
  'requests/h': (places) => `#,##0${decimals(places)}`,
  GBP: (places) => `"£"#,##0${decimals(places)}`,
  ratio: (places) => `0${decimals(Math.max(0, places - 2))}%`,
  'of 5': (places) => `0${decimals(places)}`,
  multiple: (places) => `0${decimals(places)}"×"`,
  ms: () => '#,##0" ms"',
};
const decimals = (places: number) => (places === 0 ? '' : `.${'0'.repeat(places)}`);
const text = (words: string) => `"${words.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** The LookML of the console, file by file, from the catalogue (K2): what a Looker developer adds to a project once. */
export function lookml(): Readonly<Record<string, string>> {
  return {
    'wedsync_ops.model.lkml': model,
    'views/kpi_point.view.lkml': pointView,
    'views/kpi_wide.view.lkml': wideView(),
  };
}

const head = '# Made from the KPI catalogue of the WedSync Ops Console; a change here is lost with the next version.\n';

const model = `${head}connection: "wedsync_warehouse"
include: "/views/*.view.lkml"

# The newest change, and how many rows there are, since one that went leaves no time behind. Not the clock: a question that
# answers anew each time would keep no cache at all.
datagroup: ${datagroup} {
  label: "WedSync KPIs"
  sql_trigger: SELECT CONCAT(MAX(loaded_at), ' ', COUNT(*)) FROM ${schema}.kpi_point ;;
  max_cache_age: "1 hour"
}
persist_with: ${datagroup}

explore: kpi_wide {
  label: "KPIs"
  description: "A column for each KPI."
}
explore: kpi_point {
  label: "KPIs, one row a value"
}
`;

const dimensions = `  dimension: org { type: string label: "Organisation" sql: \${TABLE}.org ;; }
  dimension: season { type: string label: "Season" description: "peak is May to September, shoulder April and October." sql: \${TABLE}.season ;; }
  dimension: context { type: string hidden: yes sql: \${TABLE}.context ;; }
  dimension: venue { type: string label: "Venue" description: "Empty: all venues together. Never add the two up." sql: \${TABLE}.venue ;; }
  dimension: region { type: string label: "Region" description: "Empty: all regions together. Never add the two up." sql: \${TABLE}.region ;; }
  dimension: level { type: string label: "Level" description: "all, region or venue: filter on one of them." sql: CASE WHEN \${TABLE}.venue <> '' THEN 'venue' WHEN \${TABLE}.region <> '' THEN 'region' ELSE 'all' END ;; }
  dimension_group: at {
    type: time
    label: "Period"
    timeframes: [raw, hour, date, week, month, quarter, year]
    sql: \${TABLE}.ts ;;
  }
`;

const key = (columns: readonly string[]) => `  dimension: pk {
    primary_key: yes
    hidden: yes
    sql: ${columns.map((column) => `\${TABLE}.${column}`).join(" || '|' || ")} ;;
  }
`;

const pointView = `${head}view: kpi_point {
  sql_table_name: ${schema}.kpi_point ;;
${key(['org', 'metric', 'ts', 'season', 'context', 'venue', 'region'])}  dimension: metric {
    type: string
    label: "KPI"
    suggestions: [${kpis.map(({ id }) => text(id)).join(', ')}]
    sql: \${TABLE}.metric ;;
  }
${dimensions}  dimension: batch_id { type: string hidden: yes sql: \${TABLE}.batch_id ;; }
  dimension_group: loaded { type: time timeframes: [raw, time, date] sql: \${TABLE}.loaded_at ;; }
  measure: latest_value { type: number sql: (ARRAY_AGG(\${TABLE}.exact ORDER BY \${TABLE}.ts DESC))[1] ;; }
  measure: avg_value { type: average sql: \${TABLE}.value ;; }
}
`;

function wideView(): string {
  return `${head}view: kpi_wide {
  sql_table_name: ${schema}.kpi_wide ;;
${key(['org', 'ts', 'season', 'context', 'venue', 'region'])}${dimensions}${kpis.map(measureOf).join('')}}
`;
}

/** What an interval added may be added up; a level is worth its newest. */
function measureOf(kpi: KpiDefinition): string {
  const sql =
    kpi.type === 'counter'
      ? `    type: sum\n    sql: \${TABLE}.${kpi.id} ;;`
      : `    type: number\n    sql: (ARRAY_AGG(\${TABLE}.${kpi.id} ORDER BY \${TABLE}.ts DESC) FILTER (WHERE \${TABLE}.${kpi.id} IS NOT NULL))[1] ;;`;
  return `  measure: ${kpi.id} {
    label: ${text(kpi.name)}
    description: ${text(`${kpi.description} Formula: ${kpi.formula}.`)}
    value_format: ${text(formats[kpi.unit](kpi.places))}
${sql}
  }
`;
}
