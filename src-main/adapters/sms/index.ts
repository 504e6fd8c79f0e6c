import { pollStatus } from './actions/poll-status.ts';
import { sendAlert } from './actions/send-alert.ts';
import { checkHealth } from './health.ts';
import { kit } from './kit.ts';
import { secrets, settings } from './settings.ts';

/** SMS by Twilio (S12): emergency texts, short and in the phone's own alphabet; whether they arrived is asked for. */
export const sms = kit.adapter({
  manifest: {
    id: 'sms',
    name: 'SMS (Twilio)',
    category: 'channel',
    auth: 'basic',
    hosts: ['api.twilio.com'],
    helpPage: 'sms.md',
  },
  // Account limits are unpublished: a few at once is safe.
  limits: { concurrency: 4 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { 'send-alert': sendAlert, 'poll-status': pollStatus },
  receivers: {},
  checkHealth,
});
