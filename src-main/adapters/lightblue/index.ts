import { pushValue } from './actions/push-value.ts';
import { checkHealth } from './health.ts';
import { kit } from './kit.ts';
import { secrets, settings } from './settings.ts';
import { signIn } from './sign-in.ts';

/** Light Blue (S9): a vendor's value report to the Inbox of their Light Blue, by its contact-form API. */
export const lightblue = kit.adapter({
  manifest: {
    id: 'lightblue',
    name: 'Light Blue',
    category: 'crm',
    auth: 'api-key',
    hosts: ['online.lightbluesoftware.com'],
    helpPage: 'lightblue.md',
  },
  limits: { concurrency: 4 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { 'push-value': pushValue },
  receivers: {},
  vendorSignIn: signIn,
  checkHealth,
});
