import { reversing } from '../kit/reversing.ts';
import { postBill } from './actions/post-bill.ts';
import { readBack } from './actions/read-back.ts';
import { accounts } from './company.ts';
import { entries } from './entries.ts';
import { checkHealth } from './health.ts';
import { kit } from './kit.ts';
import { reference } from './reference.ts';
import { secrets, settings } from './settings.ts';

/** QuickBooks Online UK: supplier bills and credits, posted once, read back to the penny. */
export const quickbooks = kit.adapter({
  manifest: {
    id: 'quickbooks',
    name: 'QuickBooks',
    category: 'accounting',
    auth: 'oauth2',
    hosts: [
      'quickbooks.api.intuit.com',
      'sandbox-quickbooks.api.intuit.com',
      'oauth.platform.intuit.com',
      'developer.api.intuit.com',
      'appcenter.intuit.com',
    ],
    helpPage: 'quickbooks.md',
  },
  // Intuit allows 500 calls a minute and 10 a second; one bill takes about seven, which client.ts counts.
  limits: { concurrency: 4, perMinute: 480 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  oauth: {
    authorizeUrl: 'https://appcenter.intuit.com/connect/oauth2',
    tokenUrl: 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
    revokeUrl: 'https://developer.api.intuit.com/v2/oauth2/tokens/revoke',
    scopes: ['com.intuit.quickbooks.accounting'],
    pkce: false,
    redirect: 'page',
    redirectPorts: [],
    clientAuth: 'basic',
    revokeBody: 'json',
    tokenHeaders: { 'x-include-refresh-token-hard-expires-in': 'true' },
    accountField: 'realmId',
  },
  actions: { 'post-bill': postBill, 'reverse-bill': reversing(postBill), 'read-back': readBack },
  receivers: {},
  checkHealth,
  accounts,
  reference,
  entries,
});
