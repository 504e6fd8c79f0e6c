import { Spotlight, spotlight } from '@mantine/spotlight';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../data/client.ts';
import { goToSetting } from '../features/settings/go-to-setting.ts';
import { useSettingsIndex } from '../features/settings/settings-index.ts';
import { findSettings } from '../features/settings/settings-list.ts';
import { categoryWords } from '../features/systems/strings.ts';
import { go } from '../state/address.ts';
import { allCommands, type Command, useCommands } from '../state/commands.ts';
import { keyCaps } from '../state/keys.ts';
import { hasWords } from '../state/search.ts';
import { useOrganisationId } from '../state/session.ts';
import { Key } from '../ui/text.tsx';
import { words } from './strings.ts';

const mac = navigator.platform.startsWith('Mac');
const RECENT = 5;
/** As many as leave room for what else the words may mean. */
const SETTINGS = 8;
/** What scrolls can be scrolled without a pointer; the list hands this on to its scroll area. */
const scrolledByKeys = { viewportProps: { tabIndex: 0 } };

/** Longer than the palette takes to give the keyboard back (10 ms). */
const AFTER_CLOSING_MS = 60;

/** Everything the product can do now, by name or by another word for it; what was used last comes first. */
export function Palette() {
  const [query, setQuery] = useState('');
  const [commands, setCommands] = useState<Command[]>([]);
  const [opened, setOpened] = useState(false);
  const [recent, setRecent] = useState<readonly string[]>([]);
  const settings = useSettingsIndex(opened);
  const systems = useQuery(
    api.systems.list.queryOptions({ input: { organisationId: useOrganisationId() }, staleTime: 60_000 }),
  );
  useCommands([
    ...(systems.data ?? []).map(({ system, name, category }) => ({
      id: `system ${system}`,
      title: `Open ${name}`,
      group: 'Systems',
      words: `${system} ${categoryWords[category]} health connection`,
      run: () => go(`/systems?system=${system}`),
    })),
    {
      id: 'palette',
      title: 'Search or run a command',
      group: 'Everywhere',
      keys: ['mod+k', '.'],
      run: () => spotlight.open(),
    },
  ]);

  const found = commands
    .filter(({ id }) => id !== 'palette')
    .filter((command) => hasWords(`${command.title} ${command.group} ${command.words ?? ''}`, query))
    .sort((a, b) => rank(recent, a.id) - rank(recent, b.id));

  const run = (command: Command) => {
    setRecent([command.id, ...recent.filter((id) => id !== command.id)].slice(0, RECENT));
    // The palette gives the keyboard back to where it was a moment after it closed: what the command opens must come later.
    window.setTimeout(command.run, AFTER_CLOSING_MS);
  };

  return (
    <Spotlight.Root
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      lockScroll={false}
      attributes={{ content: { 'aria-label': words.search } }}
      onSpotlightOpen={() => {
        setOpened(true);
        setCommands(allCommands());
      }}
    >
      <Spotlight.Search placeholder={words.search} aria-label={words.search} />
      <Spotlight.ActionsList {...scrolledByKeys}>
        {found.map((command) => (
          <Spotlight.Action
            key={command.id}
            label={command.title}
            description={command.unavailable ?? command.group}
            disabled={Boolean(command.unavailable)}
            rightSection={command.keys?.[0] ? <Key>{keyCaps(command.keys[0], mac)}</Key> : undefined}
            onClick={() => run(command)}
          />
        ))}
        {findSettings(settings, query)
          .slice(0, SETTINGS)
          .map((setting) => (
            <Spotlight.Action
              key={`${setting.path} ${setting.label}`}
              label={setting.label}
              description={words.setting(setting.section)}
              onClick={() => window.setTimeout(() => goToSetting(setting), AFTER_CLOSING_MS)}
            />
          ))}
        {query.trim() !== '' &&
          searched(query.trim()).map(({ label, group, to }) => (
            <Spotlight.Action key={label} label={label} description={group} onClick={() => go(to)} />
          ))}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

/** What a text can mean that is no command: an alert by its number, a venue, a line, a vendor. */
function searched(text: string): readonly { label: string; group: string; to: string }[] {
  const alert = /^a-?(\d{3,})$/i.exec(text)?.[1];
  const asked = encodeURIComponent(text);
  return [
    ...(alert === undefined
      ? []
      : [{ label: words.openAlert(alert), group: 'Alerts', to: `/alerts?alert=A-${alert}` }]),
    { label: words.findAlerts(text), group: 'Alerts', to: `/alerts?tab=open&text=${asked}` },
    { label: words.findLines(text), group: 'Exports', to: `/exports?tab=all&text=${asked}` },
    { label: words.findVendors(text), group: 'CRM', to: `/crm?text=${asked}` },
  ];
}

function rank(recent: readonly string[], id: string): number {
  const at = recent.indexOf(id);
  return at === -1 ? RECENT : at;
}
