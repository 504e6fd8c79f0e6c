import { Button, Group, Modal, NumberInput, Radio, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { AlertSummary } from '../../../src-shared/contract/alerts.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { addDays, instantOf, localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { formatInstant, formatTime } from '../../../src-shared/format/time.ts';
import { client } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { MomentInput, momentOf, wallTime } from '../../ui/moment-input.tsx';
import { useZone } from '../../ui/text.tsx';
import { acknowledge, change, resolve, snooze } from './actions.ts';
import css from './alerts.module.css';
import { words } from './strings.ts';

const MIN = 60_000;

export type Asking = 'acknowledge' | 'snooze' | 'resolve' | 'note';
type Refs = readonly Pick<AlertSummary, 'id' | 'reference' | 'title'>[];

/** What is asked before an action that needs an end, a note or a duration. */
export function AlertDialog({ asking, alerts, onClose }: { asking: Asking; alerts: Refs; onClose: () => void }) {
  const what = alerts.length === 1 ? (alerts[0]?.reference ?? '') : words.alerts(alerts.length);
  const title = {
    acknowledge: `Acknowledge ${what}`,
    snooze: `Snooze ${what}`,
    resolve: `Resolve ${what}`,
    note: `Note on ${what}`,
  }[asking];
  return (
    <Modal opened onClose={onClose} title={title}>
      {alerts.length === 1 && <p className={css.muted}>{alerts[0]?.title}</p>}
      {asking === 'snooze' ? (
        <SnoozeForm alerts={alerts} onClose={onClose} />
      ) : (
        <NoteForm asking={asking} alerts={alerts} title={title} onClose={onClose} />
      )}
    </Modal>
  );
}

/** 15 minutes, an hour, until 18:00 or a moment of one's own: an end is always there. */
function SnoozeForm({ alerts, onClose }: { alerts: Refs; onClose: () => void }) {
  const zone = useZone();
  const now = useEngineNow(10_000);
  const [choice, setChoice] = useState('15');
  const [wall, setWall] = useState(() => wallTime(now + 2 * 60 * MIN, zone));
  const [note, setNote] = useState('');
  const today = localAt(Instant.parse(Math.round(now)), zone);
  const evening = instantOf(today.hour < 18 ? today.date : addDays(today.date, 1), '18:00', zone);
  const end = { 15: now + 15 * MIN, 60: now + 60 * MIN, evening, own: momentOf(wall, zone) }[choice] ?? null;
  const iso = end === null ? null : new Date(end).toISOString();
  const shown =
    iso === null || end === null ? '' : end - now < 20 * 60 * MIN ? formatTime(iso, zone) : formatInstant(iso, zone);
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (iso !== null) void snooze(alerts, iso, shown, note).then((done) => done && onClose());
      }}
    >
      <Radio.Group label="How long" value={choice} onChange={setChoice}>
        <div className={css.choices}>
          <Radio value="15" label="15 minutes" data-autofocus />
          <Radio value="60" label="1 hour" />
          <Radio value="evening" label={`Until 18:00${today.hour < 18 ? '' : ' tomorrow'}`} />
          <Radio value="own" label="Until…" />
        </div>
      </Radio.Group>
      {choice === 'own' && <MomentInput label="End" value={wall} onChange={setWall} />}
      <Textarea label="Note (optional)" value={note} onChange={(event) => setNote(event.currentTarget.value)} />
      <p className={css.muted}>
        On a wedding day an emergency sleeps 15 minutes at most. Still there at the end: it fires again.
      </p>
      <Button type="submit" disabled={iso === null}>
        Snooze until {shown}
      </Button>
    </form>
  );
}

function NoteForm({
  asking,
  alerts,
  title,
  onClose,
}: {
  asking: Exclude<Asking, 'snooze'>;
  alerts: Refs;
  title: string;
  onClose: () => void;
}) {
  const [note, setNote] = useState('');
  const [minutes, setMinutes] = useState<number | null>(null);
  const [busy, setBusy] = useState(false);
  const act = () => {
    const [only] = alerts;
    if (asking === 'acknowledge')
      return acknowledge(alerts, { note, ...(minutes === null ? {} : { forMinutes: minutes }) });
    if (asking === 'resolve') return resolve(alerts, note);
    return only ? change(only.id, (one) => client.alerts.note({ ...one, text: note })) : Promise.resolve(false);
  };
  const submit = () => {
    setBusy(true);
    void act()
      .then((done) => done && onClose())
      .finally(() => setBusy(false));
  };
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Textarea
        label={asking === 'note' ? 'Note' : 'Note (optional)'}
        data-autofocus
        autosize
        minRows={2}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
        }}
      />
      {asking === 'acknowledge' && alerts.length === 1 && (
        <NumberInput
          label="For how many minutes (optional)"
          description="Otherwise 30 minutes on a wedding day, 4 hours on other days. Then it fires again."
          min={1}
          max={1440}
          value={minutes ?? ''}
          onChange={(value) => setMinutes(typeof value === 'number' ? value : null)}
        />
      )}
      <Group gap={8}>
        <Button type="submit" loading={busy} disabled={asking === 'note' && note.trim() === ''}>
          {asking === 'note' ? 'Add the note' : title}
        </Button>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
      </Group>
    </form>
  );
}
