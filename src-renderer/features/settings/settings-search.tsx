import { Combobox, TextInput, useCombobox } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { useCommands } from '../../state/commands.ts';
import { goToSetting } from './go-to-setting.ts';
import css from './settings.module.css';
import { useSettingsIndex } from './settings-index.ts';
import { findSettings } from './settings-list.ts';
import { searchWords } from './strings.ts';

/** As many as are seen without scrolling far; further words leave fewer. */
const SHOWN = 40;

/** Finds a setting by its words, wherever it is; Enter goes there and gives it the keyboard. */
export function SettingsSearch() {
  const index = useSettingsIndex(true);
  const [typed, setTyped] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const found = findSettings(index, typed);
  const list = useCombobox({ onDropdownClose: () => list.resetSelectedOption() });
  // The best find is marked as soon as it is drawn, so that Enter goes there.
  useEffect(() => {
    if (typed !== '') list.selectFirstOption();
  }, [typed, list.selectFirstOption]);
  useCommands([
    {
      id: 'find-setting',
      title: searchWords.label,
      group: 'Settings',
      keys: ['/'],
      words: 'search filter settings',
      run: () => field.current?.focus(),
    },
  ]);
  const open = typed.trim() !== '';
  return (
    <Combobox
      store={list}
      position="bottom-start"
      width={380}
      onOptionSubmit={(value) => {
        const setting = found[Number(value)];
        if (!setting) return;
        setTyped('');
        list.closeDropdown();
        goToSetting(setting);
      }}
    >
      <Combobox.Target>
        <TextInput
          ref={field}
          className={css.search}
          size="xs"
          aria-label={searchWords.label}
          placeholder={searchWords.label}
          value={typed}
          autoComplete="off"
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            list.openDropdown();
          }}
          onFocus={() => open && list.openDropdown()}
          onBlur={() => list.closeDropdown()}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setTyped('');
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={!open}>
        {found.length === 0 && <p className={css.noSetting}>{searchWords.nothing(typed.trim())}</p>}
        <Combobox.Options mah={360} className={css.found} aria-label={searchWords.found} hidden={found.length === 0}>
          {found.slice(0, SHOWN).map((setting, at) => (
            <Combobox.Option value={String(at)} key={`${setting.path} ${setting.label}`} active={at === 0}>
              <span className={css.foundLabel}>{setting.label}</span>
              <span className={css.foundIn}>{setting.section}</span>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
      <p className="visually-hidden" role="status">
        {open &&
          (found.length === 0 ? searchWords.nothing(typed.trim()) : formatCounted(found.length, 'setting', 'settings'))}
      </p>
    </Combobox>
  );
}
