import { reversing } from '../kit/reversing.ts';
import { postBill } from './actions/post-bill.ts';
import { readBack } from './actions/read-back.ts';
import { entries } from './entries.ts';
import { checkHealth } from './health.ts';
import { kit } from './kit.ts';
import { accounts } from './organisation.ts';
import { reference } from './reference.ts';
import { secrets, settings } from './settings.ts';

/** Xero UK (S16): supplier bills and credits, posted once, read back to the penny. */
export const xero = kit.adapter({
  manifest: {
    id: 'xero',
    name: 'Xero',
    category: 'accounting',
    auth: 'oauth2',
    hosts: ['api.xero.com', 'identity.xero.com', 'login.xero.com'],
    helpPage: 'xero.md',
  },
  // Xero allows 5 at once, 60 a minute and 5,000 a day. The engine counts jobs and keeps a fifth of the day back (R21);
  // one bill takes about seven calls, so client.ts counts those, and begins no bill when the day's rest is small.
  limits: { concurrency: 3, perMinute: 60, perDay: 5_000 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  oauth: {
    authorizeUrl: 'https://login.xero.com/identity/connect/authorize',
    tokenUrl: 'https://identity.xero.com/connect/token',
    revokeUrl: 'https://identity.xero.com/connect/revocation',
    scopes: [
      'openid',
      'profile',
      'email',
      'offline_access',
      'accounting.invoices',
      'accounting.banktransactions',
      'accounting.contacts',
      'accounting.settings.read',
      'accounting.attachments',
    ],
    pkce: true,
    redirectPorts: [41_731, 41_732, 41_733],
  },
  actions: { 'post-bill': postBill, 'reverse-bill': reversing(postBill), 'read-back': readBack },
  receivers: {},
  checkHealth,
  accounts,
  reference,
  entries,
});
