import { SYNC_KPIS } from '../kit/bi.ts';
import { syncKpis } from './actions/sync-kpis.ts';
import { checkHealth } from './health.ts';
import { kit } from './kit.ts';
import { secrets, settings } from './settings.ts';

/** Tableau (S5): each data set published as a file, in the place of the one before. */
export const tableau = kit.adapter({
  manifest: {
    id: 'tableau',
    name: 'Tableau',
    category: 'bi',
    auth: 'api-key',
    hosts: ['*.online.tableau.com'],
    helpPage: 'tableau.md',
  },
  // One session an access token: two at a time would end one another's.
  limits: { concurrency: 1 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { [SYNC_KPIS]: syncKpis },
  receivers: {},
  bi: { source: () => 'files', everyMs: () => 15 * 60_000 },
  checkHealth,
});
