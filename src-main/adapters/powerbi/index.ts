import { SYNC_KPIS } from '../kit/bi.ts';
import { syncKpis } from './actions/sync-kpis.ts';
import { checkHealth } from './health.ts';
import { kit } from './kit.ts';
import { refreshesADay } from './refresh.ts';
import { secrets, settings } from './settings.ts';

const minuteMs = 60_000;

/** Power BI (S4): a model that reads the warehouse is told to read it again; an existing push model is filled. */
export const powerbi = kit.adapter({
  manifest: {
    id: 'powerbi',
    name: 'Power BI',
    category: 'bi',
    auth: 'api-key',
    hosts: ['api.powerbi.com', 'login.microsoftonline.com'],
    helpPage: 'powerbi.md',
  },
  limits: { concurrency: 1 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { [SYNC_KPIS]: syncKpis },
  receivers: {},
  bi: {
    source: ({ mode }) => (mode === 'push' ? 'files' : 'warehouse'),
    // In shared capacity the day's refreshes are spread over it.
    everyMs: ({ mode, capacity }) =>
      mode === 'refresh' && capacity === 'shared' ? (24 * 60 * minuteMs) / refreshesADay : 15 * minuteMs,
  },
  checkHealth,
});
