import { sendAlert } from './actions/send-alert.ts';
import { checkHealth } from './health.ts';
import { kit } from './kit.ts';
import { secrets, settings } from './settings.ts';

/** Webhooks out (S14): signed events by Standard Webhooks to the targets a person entered. */
export const webhook = kit.adapter({
  manifest: {
    id: 'webhook',
    name: 'Webhooks',
    category: 'channel',
    auth: 'api-key',
    // Whatever a person entered; the port checks each address at every attempt.
    hosts: [],
    helpPage: 'webhook.md',
  },
  limits: { concurrency: 5 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { 'send-alert': sendAlert },
  receivers: {},
  checkHealth,
});
