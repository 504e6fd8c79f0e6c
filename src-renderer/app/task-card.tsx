import { CloseButton } from '@mantine/core';
import { Link } from 'wouter';
import { useSession } from '../state/session.ts';
import { Shape } from '../ui/status.tsx';
import { screens } from './screens.tsx';
import css from './shell.module.css';
import { words } from './strings.ts';

/** Short tasks for the first visit, each done in the real screen; skippable and never in the way. */
export function TaskCard() {
  const { tasksDone, tasksHidden, set } = useSession();
  const tasks = screens.flatMap((screen) => screen.tasks ?? []);
  if (tasksHidden || tasks.length === 0) return null;
  return (
    <section className={css.tasks} aria-label={words.tasksTitle}>
      <div className={css.tasksHead}>
        <h2>{words.tasksTitle}</h2>
        <span>
          {tasks.filter(({ id }) => tasksDone.includes(id)).length} of {tasks.length}
        </span>
        <CloseButton size="xs" aria-label="Hide these tasks" onClick={() => set({ tasksHidden: true })} />
      </div>
      <ol>
        {tasks.map(({ id, title, to }) => {
          const done = tasksDone.includes(id);
          return (
            <li key={id} data-done={done || undefined}>
              <Shape name={done ? 'disc' : 'circle'} tone={done ? 'ok' : 'muted'} />
              <Link href={to}>
                {title}
                {done && <span className="visually-hidden"> (done)</span>}
              </Link>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
