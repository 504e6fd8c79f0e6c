import { toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { pushValue } from './actions/push-value.ts';
import { kit } from './kit.ts';
import { partnerSignIn, probe } from './partner.ts';
import { secrets, settings } from './settings.ts';

/** HoneyBook (S8). It has no public API: the road is the vendor's own Zap, which takes the figures and tells nothing back; partners with an agreement sign in to what that names. */
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
  oauthFor: partnerSignIn,
  checkHealth: async (ctx): Promise<HealthCheck[]> => [
    {
      id: 'hook',
      label: {
        off: 'Switched off',
        oauth2: 'Sign-in as a partner',
        zapier: 'Proven by the last push that was accepted',
      }[ctx.settings.mode],
      neededFor: ['push-value'],
      failure:
        ctx.settings.mode === 'oauth2'
          ? await probe(ctx).then(
              () => null,
              (thrown: unknown) => toFailure(thrown),
            )
          : null,
    },
  ],
});
