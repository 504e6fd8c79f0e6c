import { pushValue } from './actions/push-value.ts';
import { checkHealth } from './health.ts';
import { clientHooks } from './hooks.ts';
import { kit } from './kit.ts';
import { secrets, settings } from './settings.ts';

/** Táve, today VSCO Workspace (S7): a vendor's value report in custom fields of their own studio, read back field by field. */
export const tave = kit.adapter({
  manifest: {
    id: 'tave',
    name: 'Táve (VSCO Workspace)',
    category: 'crm',
    auth: 'api-key',
    hosts: ['workspace.vsco.co'],
    helpPage: 'tave.md',
  },
  // The pace is each key's own (client.ts); side by side go vendors, not one vendor's pushes.
  limits: { concurrency: 8 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { 'push-value': pushValue },
  receivers: {},
  oneVendorAKey: true,
  clientHooks,
  checkHealth,
});
