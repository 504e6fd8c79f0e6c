import { useQuery } from '@tanstack/react-query';
import { type CallName, rolesFor } from '../../src-shared/contract/who-may.ts';
import { does, roles as roleWords } from '../features/people/strings.ts';
import { useOrganisationId } from '../state/session.ts';
import { api } from './client.ts';

/** Who acts here now; undefined until it is known. */
export function useOperator() {
  const organisationId = useOrganisationId();
  const people = useQuery(api.settings.people.queryOptions({ input: { organisationId } }));
  return people.data?.find(({ current }) => current);
}

/**
 * Says of any call why the person who acts here may not ask for it; null when they may, or nobody knows yet. The engine
 * decides, this only explains.
 */
export function useWhyNotOf(): (call: CallName) => string | null {
  const person = useOperator();
  return (call) => {
    const allowed = rolesFor(call);
    if (!person || !allowed || person.roles.some((role) => allowed.includes(role))) return null;
    const own = person.roles.map((role) => roleWords[role]).join(', ') || 'no role';
    const needed = allowed.map((role) => roleWords[role].toLowerCase());
    const last = needed.pop();
    return `${person.name} (${own}) may not ${does(call)}. It takes the role ${[needed.join(', '), last].filter(Boolean).join(' or ')}.`;
  };
}

/** Why the person who acts here may not ask for one call; null when they may, or nobody knows yet. */
export function useWhyNot(call: CallName): string | null {
  return useWhyNotOf()(call);
}
