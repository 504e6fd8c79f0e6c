import { sendAlert } from './actions/send-alert.ts';
import { checkHealth } from './health.ts';
import { kit } from './kit.ts';
import { listener } from './listener.ts';
import { secrets, settings } from './settings.ts';

/** PagerDuty (S13): incidents by Events API v2; what people do with them is asked for, or comes by webhook. */
export const pagerduty = kit.adapter({
  manifest: {
    id: 'pagerduty',
    name: 'PagerDuty',
    category: 'channel',
    auth: 'api-key',
    hosts: ['events.pagerduty.com', 'events.eu.pagerduty.com', 'api.pagerduty.com', 'api.eu.pagerduty.com'],
    helpPage: 'pagerduty.md',
  },
  // PagerDuty drops events beyond about 120 a minute and key (R14a keeps below 100).
  limits: { concurrency: 4, perMinute: 95 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { 'send-alert': sendAlert },
  receivers: {},
  listener,
  checkHealth,
});
