import { sendAlert } from './actions/send-alert.ts';
import { checkHealth } from './health.ts';
import { kit } from './kit.ts';
import { listener } from './listener.ts';
import { secrets, settings } from './settings.ts';

/** Slack (S10): alerts as blocks with buttons, changed as the alert changes; clicks come back by Socket Mode. */
export const slack = kit.adapter({
  manifest: {
    id: 'slack',
    name: 'Slack',
    category: 'channel',
    auth: 'api-key',
    hosts: ['slack.com', 'hooks.slack.com'],
    helpPage: 'slack.md',
  },
  // The pace is Slack's per channel; client.ts keeps it.
  limits: { concurrency: 4 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { 'send-alert': sendAlert },
  receivers: {},
  listener,
  checkHealth,
});
