import { Button, Menu } from '@mantine/core';
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import { words } from './strings.ts';

interface Filter {
  readonly tab: keyof typeof words.tabs;
  readonly text: string;
}

/** Kept per browser profile, as other view state is. */
const useSaved = create<{ readonly filters: readonly Filter[] }>()(
  persist(() => ({ filters: [] as readonly Filter[] }), { name: 'wedsync-ops-alert-filters' }),
);
const same = (a: Filter, b: Filter) => a.tab === b.tab && a.text === b.text;
const nameOf = ({ tab, text }: Filter) => `${words.tabs[tab]}: ${text}`;

/** Filters somebody comes back to: kept with one press, chosen with two. */
export function SavedFilters({ now, onChoose }: { now: Filter; onChoose: (filter: Filter) => void }) {
  const { filters } = useSaved();
  const known = filters.some((each) => same(each, now));
  const set = (next: readonly Filter[]) => useSaved.setState({ filters: next });
  if (filters.length === 0 && now.text === '') return null;
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button variant="default" size="compact-sm">
          Saved filters
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {filters.map((filter) => (
          <Menu.Item key={nameOf(filter)} onClick={() => onChoose(filter)}>
            {nameOf(filter)}
          </Menu.Item>
        ))}
        {filters.length > 0 && now.text !== '' && <Menu.Divider />}
        {now.text !== '' &&
          (known ? (
            <Menu.Item onClick={() => set(filters.filter((each) => !same(each, now)))}>Forget this filter</Menu.Item>
          ) : (
            <Menu.Item onClick={() => set([...filters, now])}>Keep this filter</Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
}
