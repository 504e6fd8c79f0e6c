import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api } from '../../data/client.ts';
import { Section } from '../../ui/screen.tsx';
import { Shape } from '../../ui/status.tsx';
import { healthOf, isChecking, workingOf } from '../systems/strings.ts';
import css from './weekend.module.css';

/** Every system as one shape, what is wrong first; the word is read out and stands on focus. */
export function SystemsRow({ organisationId }: { organisationId: string }) {
  const systems = useQuery(api.systems.list.queryOptions({ input: { organisationId }, refetchInterval: 60_000 }));
  const { connected } = workingOf(systems.data ?? []);
  const bad = connected.filter(({ state }) => state === 'down' || state === 'degraded');
  const rest = connected.filter((each) => !bad.includes(each));
  if (connected.length === 0) return null;
  const checking = connected.filter(isChecking).length;
  return (
    <Section
      title="Systems"
      aside={
        <span className={css.muted}>
          {bad.length > 0
            ? `${bad.length} of ${connected.length} failing`
            : checking > 0
              ? `Checking ${checking} of ${connected.length}`
              : `None of ${connected.length} is failing`}
        </span>
      }
    >
      <ul className={css.systems}>
        {[...bad, ...rest].map((one) => {
          const { system, name, state, problem, notAccepted } = one;
          const look = healthOf(one);
          return (
            <li key={system}>
              <Link
                href={notAccepted === null ? `/systems?system=${system}` : `/settings/systems/${system}`}
                title={problem ?? look.word}
                data-state={state}
              >
                <Shape name={look.shape} tone={look.tone} />
                {name}
                <span className={bad.some((each) => each.system === system) ? undefined : 'visually-hidden'}>
                  {' '}
                  {notAccepted === null ? look.word : `${look.word}: reconnect`}
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
