import { Tooltip, UnstyledButton } from '@mantine/core';
import { Link } from 'wouter';
import { formatCount } from '../../src-shared/format/number.ts';
import type { ContractOutputs } from '../data/client.ts';
import { useAddress } from '../state/address.ts';
import { useSession } from '../state/session.ts';
import { screens } from './screens.tsx';
import css from './shell.module.css';
import { words } from './strings.ts';
import { TaskCard } from './task-card.tsx';

/** Word, number key and how many things need a person now; collapses to its first letters. */
export function Navigation({
  counts,
  practice,
}: {
  counts: ContractOutputs['app']['counts'] | undefined;
  practice: boolean;
}) {
  const { path } = useAddress();
  const { navigationCollapsed: collapsed, set } = useSession();
  return (
    <nav className={css.navigation} data-collapsed={collapsed || undefined} aria-label={words.navigation}>
      <ul>
        {screens.map((screen) => {
          const count = screen.need === null ? 0 : (counts?.needs[screen.need] ?? 0);
          const name = count > 0 ? words.needYou(screen.word, count) : screen.word;
          return (
            <li key={screen.path}>
              <Tooltip label={name} position="right" disabled={!collapsed}>
                <Link
                  href={screen.path}
                  className={css.place}
                  aria-label={name}
                  aria-current={path.startsWith(screen.path) ? 'page' : undefined}
                >
                  <span className={css.number}>{screen.number}</span>
                  <span className={css.word}>{screen.word}</span>
                  {count > 0 && <span className={css.count}>{formatCount(count)}</span>}
                </Link>
              </Tooltip>
            </li>
          );
        })}
      </ul>
      {practice && !collapsed && <TaskCard />}
      <UnstyledButton
        className={css.collapse}
        aria-expanded={!collapsed}
        aria-label={collapsed ? 'Widen the navigation' : 'Narrow the navigation'}
        onClick={() => set({ navigationCollapsed: !collapsed })}
      >
        <span aria-hidden="true">{collapsed ? '»' : '«'}</span>
      </UnstyledButton>
    </nav>
  );
}
