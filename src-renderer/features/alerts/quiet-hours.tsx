import { Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { useOrganisationId } from '../../state/session.ts';
import { ClockInput, isClockTime } from '../../ui/moment-input.tsx';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section } from '../../ui/screen.tsx';
import { ActFields } from '../people/role-controls.tsx';
import css from './alerts.module.css';

const usual = { from: '22:00', to: '07:00' };

/** When this computer stays quiet for the person at it; nobody else is told less (U41). */
export function QuietHours() {
  const organisationId = useOrganisationId();
  const query = useQuery(api.alerts.quietHours.queryOptions({ input: { organisationId } }));
  const hours = query.data?.hours;
  if (query.error && !query.data)
    return <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />;
  if (hours === undefined) return null;
  const save = (wanted: typeof usual | null) =>
    void attempt(() => client.alerts.setQuietHours({ organisationId, hours: wanted })).then(() => query.refetch());
  return (
    <Section title="My quiet hours">
      <p className={css.muted}>
        Notifications and sounds of this computer wait; alerts are sent, escalated and recorded as always. Never in
        wedding-day mode.
      </p>
      <ActFields call="alerts.setQuietHours">
        <Switch
          label="Quiet at night"
          checked={hours !== null}
          onChange={(event) => save(event.currentTarget.checked ? usual : null)}
        />
        {hours !== null && (
          <div className={css.times}>
            {(['from', 'to'] as const).map((end) => (
              <QuietEnd
                key={`${end}${hours[end]}`}
                label={end === 'from' ? 'Quiet from' : 'Quiet to'}
                kept={hours[end]}
                onDone={(time) => save({ ...hours, [end]: time })}
              />
            ))}
          </div>
        )}
      </ActFields>
    </Section>
  );
}

function QuietEnd({ label, kept, onDone }: { label: string; kept: string; onDone: (time: string) => void }) {
  const [time, setTime] = useState(kept);
  return (
    <ClockInput
      label={label}
      value={time}
      onChange={setTime}
      onBlur={() => {
        if (isClockTime(time) && time !== kept) onDone(time);
      }}
    />
  );
}
