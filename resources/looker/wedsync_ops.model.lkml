# Made from the KPI catalogue of the WedSync Ops Console; a change here is lost with the next version.
connection: "wedsync_warehouse"
include: "/views/*.view.lkml"

# The newest change, and how many rows there are, since one that went leaves no time behind. Not the clock: a question that
# answers anew each time would keep no cache at all.
datagroup: ops_metrics_dg {
  label: "WedSync KPIs"
  sql_trigger: SELECT CONCAT(MAX(loaded_at), ' ', COUNT(*)) FROM ops_metrics.kpi_point ;;
  max_cache_age: "1 hour"
}
persist_with: ops_metrics_dg

explore: kpi_wide {
  label: "KPIs"
  description: "A column for each KPI."
}
explore: kpi_point {
  label: "KPIs, one row a value"
}
