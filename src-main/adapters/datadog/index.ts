import { pushMetrics } from './actions/push-metrics.ts';
import { checkHealth } from './health.ts';
import { kit } from './kit.ts';
import { secrets, settings, sites } from './settings.ts';

/** Datadog (S1): KPI and operations metrics with wedding tags. Its alerts come in through the receiver. */
export const datadog = kit.adapter({
  manifest: {
    id: 'datadog',
    name: 'Datadog',
    category: 'monitoring',
    auth: 'api-key',
    hosts: sites.flatMap((site) => [`api.${site}`, `otlp.${site}`]),
    helpPage: 'datadog.md',
  },
  // Submission has no rate limit of its own.
  limits: { concurrency: 4 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { 'push-metrics': pushMetrics },
  receivers: {},
  checkHealth,
});
