import { SYNC_KPIS } from '../kit/bi.ts';
import { syncKpis } from './actions/sync-kpis.ts';
import { spacingMs } from './datagroup.ts';
import { checkHealth } from './health.ts';
import { kit } from './kit.ts';
import { secrets, settings } from './settings.ts';

/** Looker (S6): reads the warehouse through the console's LookML; told when its cache is old. */
export const looker = kit.adapter({
  manifest: {
    id: 'looker',
    name: 'Looker',
    category: 'bi',
    auth: 'api-key',
    hosts: ['*.cloud.looker.com'],
    helpPage: 'looker.md',
  },
  limits: { concurrency: 1, perMinute: 20 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { [SYNC_KPIS]: syncKpis },
  receivers: {},
  bi: { source: () => 'warehouse', everyMs: ({ callsPerMonth }) => spacingMs(callsPerMonth) },
  checkHealth,
});
