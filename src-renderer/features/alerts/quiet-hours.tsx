import { Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { useOrganisationId } from '../../state/session.ts';
import { Section } from '../../ui/screen.tsx';
import css from './alerts.module.css';

const usual = { from: '22:00', to: '07:00' };

/** When this computer stays quiet for the person at it; nobody else is told less (U41). */
export function QuietHours() {
  const organisationId = useOrganisationId();
  const query = useQuery(api.alerts.quietHours.queryOptions({ input: { organisationId } }));
  const hours = query.data?.hours;
  if (hours === undefined) return null;
  const save = (wanted: typeof usual | null) =>
    void attempt(() => client.alerts.setQuietHours({ organisationId, hours: wanted })).then(() => query.refetch());
  return (
    <Section title="My quiet hours">
      <p className={css.muted}>
        Notifications and sounds of this computer wait; alerts are sent, escalated and recorded as always. Never in
        wedding-day mode.
      </p>
      <div className={css.pair}>
        <Switch
          label="Quiet at night"
          checked={hours !== null}
          onChange={(event) => save(event.currentTarget.checked ? usual : null)}
        />
        {hours !== null &&
          (['from', 'to'] as const).map((end) => (
            <TextInput
              key={`${end}${hours[end]}`}
              type="time"
              aria-label={end === 'from' ? 'Quiet from' : 'Quiet to'}
              defaultValue={hours[end]}
              onBlur={({ currentTarget: { value } }) => {
                if (value !== '' && value !== hours[end]) save({ ...hours, [end]: value });
              }}
            />
          ))}
      </div>
    </Section>
  );
}
