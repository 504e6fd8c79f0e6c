import { Button, FileButton, Modal, Select, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import type { WeekendView } from '../../../src-shared/contract/weekend.ts';
import { Nation } from '../../../src-shared/domain/wedding-time/bank-holidays.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { client } from '../../data/client.ts';
import { useOrganisationId } from '../../state/session.ts';
import { Section } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Instant } from '../../ui/text.tsx';
import { ActButton, ActFields } from '../people/role-controls.tsx';
import { nations, words } from './strings.ts';
import css from './weekend.module.css';

/** The calls whose end is an alert elsewhere: the console's own silence must not go unnoticed (A10). */
export function Heartbeat({ heartbeat }: { heartbeat: WeekendView['heartbeat'] }) {
  const [asking, setAsking] = useState(false);
  const { host, everySeconds, answeredAt, problem } = heartbeat;
  return (
    <Section
      title="Heartbeat"
      aside={
        <ActButton call="weekend.setHeartbeat" variant="default" size="compact-sm" onClick={() => setAsking(true)}>
          {host === null ? 'Set…' : 'Change…'}
        </ActButton>
      }
    >
      {host === null ? (
        <Status shape="diamond" tone="warning">
          {words.noHeartbeat}
        </Status>
      ) : (
        <>
          <Status shape={problem === null ? 'disc' : 'crossSquare'} tone={problem === null ? 'ok' : 'critical'}>
            {problem ?? `${host}, every ${everySeconds} s`}
          </Status>
          <p className={css.muted}>
            {answeredAt === null ? (
              'Not answered yet.'
            ) : (
              <>
                Last answered <Instant at={answeredAt} />
              </>
            )}
          </p>
        </>
      )}
      {asking && <HeartbeatDialog host={host} onClose={() => setAsking(false)} />}
    </Section>
  );
}

function HeartbeatDialog({ host, onClose }: { host: string | null; onClose: () => void }) {
  const organisationId = useOrganisationId();
  const [url, setUrl] = useState('');
  const [busy, setBusy] = useState(false);
  const save = async (wanted: string | null) => {
    setBusy(true);
    const state = await attempt(() => client.weekend.setHeartbeat({ organisationId, url: wanted }));
    setBusy(false);
    if (!state) return;
    onClose();
    if (state.host !== null)
      notifications.show({
        message:
          state.problem === null
            ? `${state.host} answered.`
            : `Saved, but ${state.host} did not answer: ${state.problem}`,
        color: state.problem === null ? 'green' : 'orange',
      });
  };
  return (
    <Modal opened onClose={onClose} title="Heartbeat address">
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void save(url);
        }}
      >
        <p className={css.muted}>{words.heartbeatHelp}</p>
        <TextInput
          label="Address"
          placeholder="https://…"
          data-autofocus
          required
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <div className={css.row}>
          <Button type="submit" loading={busy} disabled={url.trim() === ''}>
            Save and call it once
          </Button>
          {host !== null && (
            <Button variant="default" disabled={busy} onClick={() => void save(null)}>
              Call nobody
            </Button>
          )}
        </div>
      </form>
    </Modal>
  );
}

/** Which bank holidays make a weekend longer, and the official list when a year is missing. */
export function WeddingCalendar({ view }: { view: Pick<WeekendView, 'nation' | 'calendarImportedAt'> }) {
  const organisationId = useOrganisationId();
  const read = async (file: File | null) => {
    if (!file) return;
    const text = await file.text();
    const done = await attempt(() => client.weekend.importBankHolidays({ organisationId, text }));
    if (!done) return;
    const refused =
      done.rejected === 0 ? '' : ` ${formatCounted(done.rejected, 'entry', 'entries')} could not be read.`;
    notifications.show({ message: `${formatCounted(done.imported, 'bank holiday', 'bank holidays')} read.${refused}` });
  };
  return (
    <Section
      title="Calendar"
      aside={
        <FileButton accept=".ics,text/calendar" onChange={(file) => void read(file)}>
          {(button) => (
            <ActButton call="weekend.importBankHolidays" variant="default" size="compact-sm" {...button}>
              Bank holidays from a file…
            </ActButton>
          )}
        </FileButton>
      }
    >
      <ActFields call="weekend.setNation">
        {' '}
        <Select
          label="Bank holidays of"
          size="xs"
          allowDeselect={false}
          value={view.nation}
          data={Nation.options.map((value) => ({ value, label: nations[value] }))}
          onChange={(value) => {
            const nation = Nation.safeParse(value);
            if (nation.success && nation.data !== view.nation)
              void attempt(() => client.weekend.setNation({ organisationId, nation: nation.data }));
          }}
        />
      </ActFields>
      <p className={css.muted}>
        {view.calendarImportedAt === null ? (
          'No wedding calendar was imported yet.'
        ) : (
          <>
            Weddings imported <Instant at={view.calendarImportedAt} />
          </>
        )}
      </p>
    </Section>
  );
}
