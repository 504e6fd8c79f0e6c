import { reversing } from '../kit/reversing.ts';
import { postBill } from './actions/post-bill.ts';
import { readBack } from './actions/read-back.ts';
import { accounts, reference } from './business.ts';
import { entries } from './entries.ts';
import { checkHealth } from './health.ts';
import { kit } from './kit.ts';
import { secrets, settings } from './settings.ts';

/** FreshBooks: supplier bills and expenses, looked up before each is made, read back to the penny. */
export const freshbooks = kit.adapter({
  manifest: {
    id: 'freshbooks',
    name: 'FreshBooks',
    category: 'accounting',
    auth: 'oauth2',
    hosts: ['api.freshbooks.com', 'auth.freshbooks.com'],
    helpPage: 'freshbooks.md',
  },
  // One writer per business: where nothing takes a key, two at once could both see that nothing is there yet.
  limits: { concurrency: 1, perMinute: 240 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  oauth: {
    authorizeUrl: 'https://auth.freshbooks.com/oauth/authorize',
    tokenUrl: 'https://api.freshbooks.com/auth/oauth/token',
    scopes: [
      'user:profile:read',
      'user:expenses:read',
      'user:expenses:write',
      'user:bills:read',
      'user:bills:write',
      'user:bill_vendors:read',
      'user:bill_vendors:write',
      'user:taxes:read',
    ],
    pkce: false,
    redirect: 'page',
    redirectPorts: [],
    clientAuth: 'body',
    tokenBody: 'json-with-redirect',
  },
  actions: { 'post-bill': postBill, 'reverse-bill': reversing(postBill), 'read-back': readBack },
  receivers: {},
  checkHealth,
  accounts,
  reference,
  entries,
});
