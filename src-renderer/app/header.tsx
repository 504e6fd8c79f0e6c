import { ActionIcon, Menu, Tooltip, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import { useQuery } from '@tanstack/react-query';
import type { ContractOutputs } from '../data/client.ts';
import { api } from '../data/client.ts';
import { openOperatorSwitch } from '../features/people/role-controls.tsx';
import { ModeBadge } from '../features/weekend/mode-badge.tsx';
import { Key } from '../ui/text.tsx';
import { withoutStyleTag } from '../ui/theme.ts';
import { openKeyList } from './key-list.tsx';
import { NoticeButton } from './notice-list.tsx';
import { switchOrganisation } from './organisations.tsx';
import css from './shell.module.css';
import { words } from './strings.ts';

type Status = ContractOutputs['app']['status'];

const schemes = [
  { value: 'light', word: 'Light' },
  { value: 'dark', word: 'Dark' },
  { value: 'auto', word: 'As the system' },
] as const;

export function Header({ status, organisation }: { status: Status; organisation: Status['organisations'][number] }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme(withoutStyleTag);
  const people = useQuery(api.settings.people.queryOptions({ input: { organisationId: organisation.id } }));
  const person = people.data?.find(({ current }) => current);

  return (
    <div className={css.header}>
      <span className={css.brand}>
        <img src="./icon.svg" alt="" width={22} height={22} />
        <span>{words.product}</span>
      </span>
      <Menu position="bottom-start" width={280} shadow="md">
        <Menu.Target>
          <UnstyledButton className={css.organisation} aria-label={words.switched(organisation.name)}>
            {organisation.name} <span aria-hidden="true">▾</span>
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Organisations</Menu.Label>
          {status.organisations.map(({ id, name, practice }) => (
            <Menu.Item
              key={id}
              onClick={() => switchOrganisation(id)}
              rightSection={id === organisation.id ? <span>✓</span> : practice ? <span>Practice</span> : null}
            >
              {name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <UnstyledButton className={css.search} onClick={() => spotlight.open()}>
        <span>{words.search}</span>
        <Key>Ctrl K</Key>
      </UnstyledButton>
      <div className={css.headerEnd}>
        <ModeBadge organisationId={organisation.id} />
        {person && (
          <Tooltip label={`You act as ${person.name}. Switch person…`}>
            <UnstyledButton
              className={css.person}
              onClick={openOperatorSwitch}
              aria-label={`You act as ${person.name}. Switch person`}
            >
              {initials(person.name)}
            </UnstyledButton>
          </Tooltip>
        )}
        <Menu position="bottom-end" shadow="md">
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label="Appearance" className={css.icon}>
              <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
                <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.6" />
                <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
              </svg>
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {schemes.map(({ value, word }) => (
              <Menu.Item
                key={value}
                onClick={() => setColorScheme(value)}
                rightSection={colorScheme === value ? '✓' : null}
              >
                {word}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        <NoticeButton />
        <Tooltip label="All keys (?)">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label="Help: all keys"
            className={css.icon}
            onClick={openKeyList}
          >
            <b aria-hidden="true">?</b>
          </ActionIcon>
        </Tooltip>
      </div>
    </div>
  );
}

function initials(name: string): string {
  return name
    .split(/\s+/)
    .map((part) => part[0] ?? '')
    .join('')
    .slice(0, 2)
    .toUpperCase();
}
