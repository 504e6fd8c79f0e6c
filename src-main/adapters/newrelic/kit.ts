import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import { adapterKit, type Context } from '../kit/adapter.ts';
import { secrets, settings } from './settings.ts';

export const kit = adapterKit({ settings, secrets });
export type NewRelicContext = Context<ReturnType<typeof settings.parse>, ReturnType<typeof secrets.parse>>;

const addresses = {
  eu: {
    metrics: 'https://metric-api.eu.newrelic.com/metric/v1',
    otlp: 'https://otlp.eu01.nr-data.net/v1/metrics',
    graph: 'https://api.eu.newrelic.com/graphql',
  },
  us: {
    metrics: 'https://metric-api.newrelic.com/metric/v1',
    otlp: 'https://otlp.nr-data.net/v1/metrics',
    graph: 'https://api.newrelic.com/graphql',
  },
} as const;
export const hosts = Object.values(addresses).flatMap((region) =>
  Object.values(region).map((url) => new URL(url).host),
);

/**
 * Where this account's data lives. A key tells its region, and data cannot move between them, so a setting that says
 * otherwise stops everything.
 */
export function addressesOf({
  settings: { region },
  secrets: { licenceKey },
}: Pick<NewRelicContext, 'settings' | 'secrets'>) {
  const ofKey = /^eu/i.test(licenceKey) ? 'eu' : 'us';
  if (region !== 'from-key' && region !== ofKey) {
    throw new NeedsAttentionError('misconfigured', `The licence key belongs to the ${ofKey.toUpperCase()} region`, {
      scope: 'connection',
      hint: 'Choose that region, or enter the key of the other account.',
    });
  }
  return addresses[ofKey];
}
