# Made from the KPI catalogue of the WedSync Ops Console; a change here is lost with the next version.
view: kpi_point {
  sql_table_name: ops_metrics.kpi_point ;;
  dimension: pk {
    primary_key: yes
    hidden: yes
    sql: ${TABLE}.org || '|' || ${TABLE}.metric || '|' || ${TABLE}.ts || '|' || ${TABLE}.season || '|' || ${TABLE}.context || '|' || ${TABLE}.venue || '|' || ${TABLE}.region ;;
  }
  dimension: metric {
    type: string
    label: "KPI"
    suggestions: ["weddings_ai_assisted", "weddings_today", "vendor_efficiency_gain", "client_satisfaction_score", "peak_season_readiness", "capacity_utilization", "wedding_requests_per_hour", "ai_requests_total", "ai_error_rate", "ai_request_latency_ms", "ai_cost_gbp", "cost_per_wedding_gbp", "ai_roi", "vendor_retention", "feature_parity"]
    sql: ${TABLE}.metric ;;
  }
  dimension: org { type: string label: "Organisation" sql: ${TABLE}.org ;; }
  dimension: season { type: string label: "Season" description: "peak is May to September, shoulder April and October." sql: ${TABLE}.season ;; }
  dimension: context { type: string hidden: yes sql: ${TABLE}.context ;; }
  dimension: venue { type: string label: "Venue" description: "Empty: all venues together. Never add the two up." sql: ${TABLE}.venue ;; }
  dimension: region { type: string label: "Region" description: "Empty: all regions together. Never add the two up." sql: ${TABLE}.region ;; }
  dimension: level { type: string label: "Level" description: "all, region or venue: filter on one of them." sql: CASE WHEN ${TABLE}.venue <> '' THEN 'venue' WHEN ${TABLE}.region <> '' THEN 'region' ELSE 'all' END ;; }
  dimension_group: at {
    type: time
    label: "Period"
    timeframes: [raw, hour, date, week, month, quarter, year]
    sql: ${TABLE}.ts ;;
  }
  dimension: batch_id { type: string hidden: yes sql: ${TABLE}.batch_id ;; }
  dimension_group: loaded { type: time timeframes: [raw, time, date] sql: ${TABLE}.loaded_at ;; }
  measure: latest_value { type: number sql: (ARRAY_AGG(${TABLE}.exact ORDER BY ${TABLE}.ts DESC))[1] ;; }
  measure: avg_value { type: average sql: ${TABLE}.value ;; }
}
