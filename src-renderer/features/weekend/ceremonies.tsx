import { TextInput } from '@mantine/core';
import { type Ref, useState } from 'react';
import type { WeekendView } from '../../../src-shared/contract/weekend.ts';
import { formatTime, formatWeekday } from '../../../src-shared/format/time.ts';
import { fold } from '../../state/search.ts';
import { Section } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { useZone } from '../../ui/text.tsx';
import { severities } from '../alerts/strings.ts';
import { phases, words } from './strings.ts';
import css from './weekend.module.css';

type Ceremony = WeekendView['ceremonies'][number];

/** The ceremonies of one day by time: what is to come first, what touches each. */
export function Ceremonies({
  all,
  date,
  filter,
}: {
  all: readonly Ceremony[];
  date: string;
  filter: Ref<HTMLInputElement>;
}) {
  const zone = useZone();
  const [text, setText] = useState('');
  const [showOver, setShowOver] = useState(false);
  const wanted = fold(text.trim());
  const day = all.filter(
    (each) =>
      each.date === date && (wanted === '' || fold(`${each.venue} ${each.region} ${each.reference}`).includes(wanted)),
  );
  const over = day.filter(({ phase }) => phase === 'done');
  const shown =
    showOver || wanted !== '' || over.length === day.length ? day : day.filter(({ phase }) => phase !== 'done');
  return (
    <Section
      title={`Ceremonies, ${formatWeekday(date)}`}
      aside={
        <TextInput
          ref={filter}
          aria-label="Filter ceremonies by venue, region or reference"
          placeholder="Filter  /"
          w={150}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            setText('');
            event.currentTarget.blur();
          }}
        />
      }
    >
      {day.length === 0 ? (
        <p className={css.muted}>
          {wanted === '' ? 'No ceremony on this day.' : `No ceremony matches “${text}”. Clear the filter with Esc.`}
        </p>
      ) : (
        <table className={css.ceremonies}>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Venue</th>
              <th scope="col">State</th>
              <th scope="col">Alerts</th>
              <th scope="col">Reference</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((each) => (
              <tr key={each.key} data-phase={each.phase}>
                <td className={css.time}>{each.startsAt === null ? 'all day' : formatTime(each.startsAt, zone)}</td>
                <th scope="row">
                  {each.venue}
                  <span className={css.muted}>
                    {each.region === '' ? '' : ` ${each.region}`}
                    {each.status === 'tentative' && ' (tentative)'}
                  </span>
                </th>
                <td>
                  <Status shape={phases[each.phase].shape} tone={phases[each.phase].tone}>
                    {phases[each.phase].word}
                  </Status>
                </td>
                <td>
                  {each.alerts.map((alert) => {
                    const look = severities[alert.severity as keyof typeof severities];
                    return (
                      <a key={alert.id} href={`#/alerts?alert=${alert.reference}`} title={alert.title}>
                        <Status shape={look.shape} tone={look.tone}>
                          {alert.reference} {look.word}
                        </Status>
                      </a>
                    );
                  })}
                </td>
                <td className={css.muted} title={each.couple ?? undefined}>
                  {each.reference}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {over.length > 0 && over.length < day.length && wanted === '' && (
        <button type="button" className={css.linkButton} onClick={() => setShowOver(!showOver)}>
          {showOver ? 'Hide what is over' : `Show ${words.weddings(over.length)} that are over`}
        </button>
      )}
    </Section>
  );
}
