# Made from the KPI catalogue of the WedSync Ops Console; a change here is lost with the next version.
view: kpi_wide {
  sql_table_name: ops_metrics.kpi_wide ;;
  dimension: pk {
    primary_key: yes
    hidden: yes
    sql: ${TABLE}.org || '|' || ${TABLE}.ts || '|' || ${TABLE}.season || '|' || ${TABLE}.context || '|' || ${TABLE}.venue || '|' || ${TABLE}.region ;;
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
  measure: weddings_ai_assisted {
    label: "Weddings AI-assisted"
    description: "Confirmed weddings of the period for which at least one AI request succeeded. Formula: confirmed weddings with a successful AI request."
    value_format: "#,##0"
    type: number
    sql: (ARRAY_AGG(${TABLE}.weddings_ai_assisted ORDER BY ${TABLE}.ts DESC) FILTER (WHERE ${TABLE}.weddings_ai_assisted IS NOT NULL))[1] ;;
  }
  measure: weddings_today {
    label: "Weddings held"
    description: "Confirmed weddings on the day. Formula: confirmed weddings."
    value_format: "#,##0"
    type: number
    sql: (ARRAY_AGG(${TABLE}.weddings_today ORDER BY ${TABLE}.ts DESC) FILTER (WHERE ${TABLE}.weddings_today IS NOT NULL))[1] ;;
  }
  measure: vendor_efficiency_gain {
    label: "Vendor efficiency gain"
    description: "Time AI saved the vendors who used it, as a share of their working time. Formula: minutes saved ÷ working minutes of the vendors who used AI."
    value_format: "0.0%"
    type: number
    sql: (ARRAY_AGG(${TABLE}.vendor_efficiency_gain ORDER BY ${TABLE}.ts DESC) FILTER (WHERE ${TABLE}.vendor_efficiency_gain IS NOT NULL))[1] ;;
  }
  measure: client_satisfaction_score {
    label: "Client satisfaction"
    description: "Mean survey answer of vendors and their clients, 1 to 5. Formula: sum of survey answers ÷ survey answers."
    value_format: "0.0"
    type: number
    sql: (ARRAY_AGG(${TABLE}.client_satisfaction_score ORDER BY ${TABLE}.ts DESC) FILTER (WHERE ${TABLE}.client_satisfaction_score IS NOT NULL))[1] ;;
  }
  measure: peak_season_readiness {
    label: "Peak season readiness"
    description: "Share of readiness checks that active vendors meet before May. Formula: readiness checks met ÷ readiness checks."
    value_format: "0%"
    type: number
    sql: (ARRAY_AGG(${TABLE}.peak_season_readiness ORDER BY ${TABLE}.ts DESC) FILTER (WHERE ${TABLE}.peak_season_readiness IS NOT NULL))[1] ;;
  }
  measure: capacity_utilization {
    label: "Capacity used at the busiest hour"
    description: "AI requests of the busiest hour against what the platform is provisioned for. Formula: AI requests in the busiest hour ÷ requests an hour the platform is provisioned for."
    value_format: "0%"
    type: number
    sql: (ARRAY_AGG(${TABLE}.capacity_utilization ORDER BY ${TABLE}.ts DESC) FILTER (WHERE ${TABLE}.capacity_utilization IS NOT NULL))[1] ;;
  }
  measure: wedding_requests_per_hour {
    label: "Wedding requests per hour"
    description: "AI requests in the hour; over longer periods, the mean of its hours. Formula: AI requests ÷ hours of the interval."
    value_format: "#,##0.0"
    type: number
    sql: (ARRAY_AGG(${TABLE}.wedding_requests_per_hour ORDER BY ${TABLE}.ts DESC) FILTER (WHERE ${TABLE}.wedding_requests_per_hour IS NOT NULL))[1] ;;
  }
  measure: ai_requests_total {
    label: "AI requests"
    description: "AI requests counted. Formula: AI requests."
    value_format: "#,##0"
    type: sum
    sql: ${TABLE}.ai_requests_total ;;
  }
  measure: ai_error_rate {
    label: "AI requests that failed"
    description: "Share of AI requests that did not succeed. Formula: (AI requests − successful AI requests) ÷ AI requests."
    value_format: "0.0%"
    type: number
    sql: (ARRAY_AGG(${TABLE}.ai_error_rate ORDER BY ${TABLE}.ts DESC) FILTER (WHERE ${TABLE}.ai_error_rate IS NOT NULL))[1] ;;
  }
  measure: ai_request_latency_ms {
    label: "AI latency"
    description: "Time to the answer of an AI request, 95th percentile, as reported to the console. Formula: reported AI latency, 95th percentile."
    value_format: "#,##0\" ms\""
    type: number
    sql: (ARRAY_AGG(${TABLE}.ai_request_latency_ms ORDER BY ${TABLE}.ts DESC) FILTER (WHERE ${TABLE}.ai_request_latency_ms IS NOT NULL))[1] ;;
  }
  measure: ai_cost_gbp {
    label: "AI cost"
    description: "AI and cloud cost lines by tax point, net of VAT, credit notes taken off, excluded lines left out. Formula: sum of net amounts in pounds."
    value_format: "\"£\"#,##0.00"
    type: sum
    sql: ${TABLE}.ai_cost_gbp ;;
  }
  measure: cost_per_wedding_gbp {
    label: "Cost per wedding"
    description: "AI and cloud cost of the period for each wedding AI helped with. Formula: AI cost ÷ weddings AI-assisted."
    value_format: "\"£\"#,##0.00"
    type: number
    sql: (ARRAY_AGG(${TABLE}.cost_per_wedding_gbp ORDER BY ${TABLE}.ts DESC) FILTER (WHERE ${TABLE}.cost_per_wedding_gbp IS NOT NULL))[1] ;;
  }
  measure: ai_roi {
    label: "AI return"
    description: "Worth of the time AI saved for each pound it cost. Formula: worth of the time saved ÷ AI cost."
    value_format: "0.0\"×\""
    type: number
    sql: (ARRAY_AGG(${TABLE}.ai_roi ORDER BY ${TABLE}.ts DESC) FILTER (WHERE ${TABLE}.ai_roi IS NOT NULL))[1] ;;
  }
  measure: vendor_retention {
    label: "Vendor retention"
    description: "Vendors of the period before who used AI again. Formula: vendors active again ÷ vendors active in the period before."
    value_format: "0.0%"
    type: number
    sql: (ARRAY_AGG(${TABLE}.vendor_retention ORDER BY ${TABLE}.ts DESC) FILTER (WHERE ${TABLE}.vendor_retention IS NOT NULL))[1] ;;
  }
  measure: feature_parity {
    label: "Feature parity"
    description: "Features we have among those that we or a compared product have; the table names each with its source. Formula: features we have ÷ features anybody has."
    value_format: "0%"
    type: number
    sql: (ARRAY_AGG(${TABLE}.feature_parity ORDER BY ${TABLE}.ts DESC) FILTER (WHERE ${TABLE}.feature_parity IS NOT NULL))[1] ;;
  }
}
