import { pushMetrics } from './actions/push-metrics.ts';
import { checkHealth } from './health.ts';
import { hosts, kit } from './kit.ts';
import { secrets, settings } from './settings.ts';

/** New Relic (S2): dimensional metrics, in the region the key belongs to. */
export const newrelic = kit.adapter({
  manifest: {
    id: 'newrelic',
    name: 'New Relic',
    category: 'monitoring',
    auth: 'api-key',
    hosts,
    helpPage: 'newrelic.md',
  },
  limits: { concurrency: 4, perMinute: 600 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { 'push-metrics': pushMetrics },
  receivers: {},
  checkHealth,
});
