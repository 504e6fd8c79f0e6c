import { annotate } from './actions/annotate.ts';
import { pushMetrics } from './actions/push-metrics.ts';
import { saveDashboard } from './actions/save-dashboard.ts';
import { checkHealth } from './health.ts';
import { kit } from './kit.ts';
import { secrets, settings } from './settings.ts';

/** Grafana and Prometheus (S3): remote write or OTLP, annotations, and the KPI dashboard. */
export const grafana = kit.adapter({
  manifest: {
    id: 'grafana',
    name: 'Grafana / Prometheus',
    category: 'monitoring',
    auth: 'basic',
    hosts: ['*.grafana.net'],
    helpPage: 'grafana.md',
  },
  limits: { concurrency: 4 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { 'push-metrics': pushMetrics, annotate, 'save-dashboard': saveDashboard },
  receivers: {},
  checkHealth,
});
