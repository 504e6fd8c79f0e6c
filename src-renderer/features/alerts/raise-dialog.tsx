import { Autocomplete, Modal, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { create } from 'zustand';
import { Severity } from '../../../src-shared/domain/alert/severity.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { go } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId } from '../../state/session.ts';
import { ActButton } from '../people/role-controls.tsx';
import css from './alerts.module.css';
import { RouteSteps } from './route-steps.tsx';
import { severities, severityOrder } from './strings.ts';

const useRaise = create<{ open: boolean }>(() => ({ open: false }));

/** Opens the form from anywhere. */
export const openRaise = () => useRaise.setState({ open: true });

/** An alert by hand, with who will be told shown before it goes (U4). */
export function RaiseAlert() {
  const { open } = useRaise();
  const close = () => useRaise.setState({ open: false });
  useCommands([
    {
      id: 'alert-raise',
      call: 'alerts.raise',
      title: 'Raise an alert…',
      group: 'Alerts',
      keys: ['mod+n', 'g n'],
      words: 'new alert by hand incident',
      run: openRaise,
    },
  ]);
  return (
    <Modal opened={open} onClose={close} title="Raise an alert" size="lg">
      <RaiseForm onClose={close} />
    </Modal>
  );
}

function RaiseForm({ onClose }: { onClose: () => void }) {
  const organisationId = useOrganisationId();
  const [severity, setSeverity] = useState<Severity>('warning');
  const [title, setTitle] = useState('');
  const [detail, setDetail] = useState('');
  const [venue, setVenue] = useState('');
  const [busy, setBusy] = useState(false);
  const [asked] = useDebouncedValue(venue, 250);
  const weekend = useQuery(api.weekend.view.queryOptions({ input: { organisationId } }));
  const preview = useQuery(
    api.alerts.preview.queryOptions({
      input: { organisationId, severity, ...(asked.trim() === '' ? {} : { venue: asked.trim() }) },
    }),
  );
  const now = preview.data?.steps.filter(({ step }) => step === 0).length ?? 0;
  const raise = async () => {
    setBusy(true);
    const alert = await attempt(() =>
      client.alerts.raise({
        organisationId,
        severity,
        title,
        detail,
        venues: venue.trim() === '' ? [] : [venue.trim()],
      }),
    );
    setBusy(false);
    if (!alert) return;
    onClose();
    go(`/alerts?alert=${alert.reference}`);
  };
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        void raise();
      }}
    >
      <TextInput
        label="What is wrong"
        data-autofocus
        required
        maxLength={200}
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <div>
        <p className={css.label} id="raise-severity">
          Severity
        </p>
        <SegmentedControl
          aria-labelledby="raise-severity"
          fullWidth
          size="xs"
          value={severity}
          onChange={(value) => setSeverity(Severity.parse(value))}
          data={[...severityOrder].reverse().map((value) => ({ value, label: severities[value].word }))}
        />
      </div>
      <Autocomplete
        label="Venue (optional)"
        size="xs"
        data={[...new Set((weekend.data?.ceremonies ?? []).map((each) => each.venue))].sort()}
        value={venue}
        onChange={setVenue}
      />
      <Textarea
        label="Detail (optional)"
        autosize
        minRows={2}
        value={detail}
        onChange={(event) => setDetail(event.currentTarget.value)}
      />
      <section aria-label="Who will be told" className={css.preview}>
        <h3>Who will be told</h3>
        {preview.data ? <RouteSteps preview={preview.data} /> : <p className={css.muted}>Looking it up.</p>}
      </section>
      <ActButton call="alerts.raise" type="submit" loading={busy} disabled={title.trim() === ''}>
        Raise and tell {now === 1 ? '1 place' : `${now} places`}
      </ActButton>
    </form>
  );
}
