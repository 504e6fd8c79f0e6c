import type { Channel } from '../../../src-shared/domain/alert/alert.ts';
import { type Destination, ON_CALL, type RoutingConfig } from '../../../src-shared/domain/alert/routing-config.ts';
import type { Severity } from '../../../src-shared/domain/alert/severity.ts';

/** By channel: what an address of it is, and a text that is one. */
export const addresses: Readonly<Record<Channel, { hint: string; valid: RegExp }>> = {
  slack: { hint: 'Id of the channel in Slack, such as C0123ABCD.', valid: /^[CGDU][A-Z0-9]{5,}$/ },
  email: { hint: 'An e-mail address.', valid: /^[^\s@]+@[^\s@]+$/ },
  pagerduty: {
    hint: 'Name of the integration key, as it is called under PagerDuty; default for the one key.',
    valid: /^\S+$/,
  },
  webhook: { hint: 'Name of the target, as it is called under Webhooks; default for the one target.', valid: /^\S+$/ },
  sms: { hint: 'Number of a mobile phone with its country, such as +447700900123.', valid: /^\+\d{8,15}$/ },
};

/** Who is told at once of an alert of this severity on an ordinary day, by channel; `null`: nobody is named for it. */
export function toldAtOnce(
  config: RoutingConfig,
  severity: Severity,
): readonly { readonly channel: Channel; readonly names: readonly string[] | null }[] {
  return config.table[severity].map((channel) => {
    const names = config.usual[channel].flatMap((id) => {
      if (id === ON_CALL) return config.rota === null ? [] : ['whoever is on call'];
      return config.destinations.filter((one) => one.id === id).map(({ name }) => name);
    });
    return { channel, names: names.length === 0 ? null : names };
  });
}

/** A name of its own for a new place. */
export function idFor(place: Pick<Destination, 'channel' | 'name'>, taken: readonly { readonly id: string }[]): string {
  const base = `${place.channel}-${place.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')}`.slice(0, 70);
  let id = base;
  for (let next = 2; taken.some((one) => one.id === id); next += 1) id = `${base}-${next}`;
  return id;
}

/** In the list, or no longer. */
export const toggled = <T>(list: readonly T[], one: T, on: boolean): T[] =>
  on ? [...list.filter((each) => each !== one), one] : list.filter((each) => each !== one);

/** Without this place anywhere: what names it would be refused. */
export function withoutPlace(config: RoutingConfig, id: string): RoutingConfig {
  const less = (ids: readonly string[]) => ids.filter((each) => each !== id);
  return {
    ...config,
    destinations: config.destinations.filter((place) => place.id !== id),
    usual: Object.fromEntries(
      Object.entries(config.usual).map(([channel, ids]) => [channel, less(ids)]),
    ) as RoutingConfig['usual'],
    management: less(config.management),
    regionRoutes: config.regionRoutes
      .map((route) => ({ ...route, destinations: less(route.destinations) }))
      .filter(({ destinations }) => destinations.length > 0),
  };
}
