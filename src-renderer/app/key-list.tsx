import { Modal } from '@mantine/core';
import { useState } from 'react';
import { create } from 'zustand';
import { allCommands, type Command, useCommands } from '../state/commands.ts';
import { keyCaps } from '../state/keys.ts';
import { Key } from '../ui/text.tsx';
import css from './shell.module.css';
import { words } from './strings.ts';

const useKeyList = create<{ open: boolean }>(() => ({ open: false }));
const mac = navigator.platform.startsWith('Mac');

/** Opens the list of all keys. */
export const openKeyList = () => useKeyList.setState({ open: true });

/** Every key that does something now, from the same entries the keyboard uses. */
export function KeyList() {
  const { open } = useKeyList();
  const [commands, setCommands] = useState<Command[]>([]);
  useCommands([
    { id: 'keys', title: 'All keys', group: 'Everywhere', keys: ['?'], words: 'help shortcuts', run: openKeyList },
  ]);
  const groups = new Map<string, Command[]>();
  for (const command of commands) {
    if (command.keys?.length) groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  }
  return (
    <Modal
      opened={open}
      onClose={() => useKeyList.setState({ open: false })}
      onEnterTransitionEnd={() => setCommands(allCommands())}
      title={words.keyListTitle}
      size="lg"
    >
      <p className={css.hint}>{words.keyListHint}</p>
      <div className={css.keyGroups}>
        {[...groups].map(([group, list]) => (
          <section key={group} aria-label={group}>
            <h2>{group}</h2>
            <dl>
              {list.map((command) => (
                <div key={command.id}>
                  <dt>{command.title}</dt>
                  <dd>
                    {command.keys?.map((key) => (
                      <Key key={key}>{keyCaps(key, mac)}</Key>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
