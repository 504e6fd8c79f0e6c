import type { HealthCheck } from '../kit/adapter.ts';
import { pushValue } from './actions/push-value.ts';
import { kit } from './kit.ts';
import { secrets, settings } from './settings.ts';

/** HoneyBook (S8). It has no public API: the road is the vendor's own Zap, which takes the figures and tells nothing back. */
export const honeybook = kit.adapter({
  manifest: {
    id: 'honeybook',
    name: 'HoneyBook',
    category: 'crm',
    auth: 'none',
    hosts: ['hooks.zapier.com'],
    helpPage: 'honeybook.md',
  },
  limits: { concurrency: 4, perMinute: 600 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { 'push-value': pushValue },
  receivers: {},
  // A hook can only be tried by using it: "last accepted" is the only health there is.
  checkHealth: async (ctx): Promise<HealthCheck[]> => [
    {
      id: 'hook',
      label: ctx.settings.mode === 'off' ? 'Switched off' : 'Proven by the last push that was accepted',
      neededFor: ['push-value'],
      failure: null,
    },
  ],
});
