import type { Instant } from '../time-and-ids.ts';
import { onCallAt, shiftAt } from './on-call.ts';
import type { Rota, RoutingConfig } from './routing-config.ts';

interface Someone {
  readonly id: string;
  readonly name: string;
}

/**
 * The routing without one person: their phones and addresses, turns and stand-ins go. The shift that runs stays with who
 * has it, and the others follow in their order. `refused`: why that cannot be now, with the way out.
 */
export function withoutPerson(config: RoutingConfig, person: Someone, at: Instant, zone: string) {
  const theirs = config.destinations.filter(({ personId, name }) => personId === person.id || name === person.name);
  const told = new Set([
    ...config.management,
    ...Object.values(config.usual).flat(),
    ...config.regionRoutes.flatMap(({ destinations }) => destinations),
  ]);
  const refused = [
    ...(onCallAt(config.rota, at, zone)?.personId === person.id
      ? ['They are on call now. Name a stand-in in the rota, or wait for the handover.']
      : []),
    ...theirs
      .filter(({ id }) => told.has(id))
      .map(
        ({ channel }) => `Alerts are told to their ${channel} entry. Take it out of the routes and escalation first.`,
      ),
  ];
  const { rota } = config;
  const turns =
    rota === null
      ? 0
      : [...rota.people, ...rota.overrides.map(({ personId }) => personId)].filter((id) => id === person.id).length;
  const next: RoutingConfig = {
    ...config,
    destinations: config.destinations.filter((entry) => !theirs.includes(entry)),
    rota: rota === null || turns === 0 ? rota : turnsWithout(rota, person.id, at, zone),
  };
  return { config: next, refused, contacts: theirs.length, turns };
}

function turnsWithout(rota: Rota, personId: string, at: Instant, zone: string): Rota | null {
  const shift = shiftAt(rota, at, zone);
  const fromNow =
    shift === null ? rota.people : [...rota.people.slice(shift.place), ...rota.people.slice(0, shift.place)];
  const people = fromNow.filter((id) => id !== personId);
  if (people.length === 0) return null;
  return {
    ...rota,
    people,
    startsOn: shift?.beganOn ?? rota.startsOn,
    overrides: rota.overrides.filter((override) => override.personId !== personId),
  };
}
