import { sendAlert } from './actions/send-alert.ts';
import { checkHealth } from './health.ts';
import { kit } from './kit.ts';
import { secrets, settings } from './settings.ts';

/** E-mail (S11): alerts and management mail over SMTP, one thread an alert, TLS always. */
export const email = kit.adapter({
  manifest: {
    id: 'email',
    name: 'Email',
    category: 'channel',
    auth: 'basic',
    // Speaks SMTP to the relay a person entered; the port checks that address at every attempt.
    hosts: [],
    helpPage: 'email.md',
  },
  limits: { concurrency: 3 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { 'send-alert': sendAlert },
  receivers: {},
  checkHealth,
});
