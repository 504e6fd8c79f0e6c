import { Button } from '@mantine/core';
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { WeekendView } from '../../../src-shared/contract/weekend.ts';
import { Shape } from '../../ui/status.tsx';
import { Instant } from '../../ui/text.tsx';
import css from './weekend.module.css';

/** Notes this person has seen at this computer; the newest are enough. */
const useSeen = create<{ readonly ids: readonly string[] }>()(
  persist(() => ({ ids: [] as readonly string[] }), { name: 'wedsync-ops-handover' }),
);
const REMEMBERED = 50;

/** Read, or written here: nobody is greeted with their own words. */
export function seen(newer: readonly string[]): void {
  useSeen.setState(({ ids }) => ({ ids: [...newer, ...ids].slice(0, REMEMBERED) }));
}

/** Whoever opens the console next is greeted with what the one before wrote, once (A19). */
export function HandoverGreeting({ notes }: { notes: WeekendView['handover'] }) {
  const { ids } = useSeen();
  const fresh = notes.filter(({ id }) => !ids.includes(id));
  const [newest] = fresh;
  if (!newest) return null;
  return (
    <section className={css.greeting} aria-label="Handed over to you">
      <Shape name="pencil" tone="focus" />
      <div>
        {fresh.map((note) => (
          <p key={note.id}>
            “{note.text}”{' '}
            <span className={css.muted}>
              {note.author}, <Instant at={note.at} />
            </span>
          </p>
        ))}
      </div>
      <Button variant="default" size="compact-sm" onClick={() => seen(fresh.map(({ id }) => id))}>
        Got it
      </Button>
    </section>
  );
}
