import { useQuery } from '@tanstack/react-query';
import type { ConnectionView } from '../../../src-shared/contract/settings.ts';
import { api } from '../../data/client.ts';
import { useOrganisationId } from '../../state/session.ts';
import { elsewhere, ofDesktop, type Setting, sections } from './settings-list.ts';

function settingsOf({ system, name, fields, auth }: ConnectionView): Setting[] {
  const here = { path: `/settings/systems/${system}`, section: name };
  return [
    { ...here, label: name, words: `${system} connection connect${auth === 'oauth2' ? ' sign in account' : ''}` },
    ...fields.map((field) => ({
      ...here,
      label: field.label,
      words: `${system} ${field.secret ? 'secret key' : ''} ${field.help ?? ''}`,
    })),
  ];
}

/** Every setting there is, those of the systems as their schemas have them. `wanted` false: nothing is asked of the engine yet. */
export function useSettingsIndex(wanted: boolean): readonly Setting[] {
  const connections = useQuery(
    api.settings.connections.queryOptions({ input: { organisationId: useOrganisationId() }, enabled: wanted }),
  );
  return [
    ...sections.flatMap(({ path, word, settings }) =>
      Object.entries(settings)
        .filter(([label]) => window.wedsync !== undefined || !ofDesktop.includes(label))
        .map(([label, more]) => ({ path, section: word, label, words: more })),
    ),
    ...elsewhere,
    ...(connections.data ?? []).flatMap(settingsOf),
  ];
}
