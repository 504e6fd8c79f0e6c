import { z } from 'zod';
import type { Store } from '../../ports/store.ts';
import { getConnection } from '../../store/repositories/connections.ts';
import type { Organisations } from '../organisations/organisations.ts';

const Settings = z.object({ people: z.string().catch('') }).catch({ people: '' });

/** Who in Slack is which person, as the Slack connection's settings say (`U0ALEX = alex`, one a line); null: a stranger. */
export function slackPersonOf(store: Pick<Store, 'read'>, organisations: Pick<Organisations, 'people'>) {
  return async (
    organisationId: string,
    user: string,
  ): Promise<{ readonly id: string; readonly name: string } | null> => {
    const row = await getConnection(store.read, organisationId, 'slack');
    const { people } = Settings.parse(row === null ? {} : JSON.parse(row.settings));
    const line = people.split('\n').find((each) => each.split('=')[0]?.trim() === user);
    const personId = line?.split('=')[1]?.trim();
    return (await organisations.people(organisationId)).find(({ id }) => id === personId) ?? null;
  };
}
