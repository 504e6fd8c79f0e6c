import { Button, Modal, SegmentedControl, Textarea } from '@mantine/core';
import { useState } from 'react';
import { formatInstant } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { client } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { useOrganisationId } from '../../state/session.ts';
import { MomentInput, momentOf, wallTime } from '../../ui/moment-input.tsx';
import { useZone } from '../../ui/text.tsx';
import css from './weekend.module.css';

const effects = {
  on: 'Severities count one step higher, e-mail also goes to management, unacknowledged alerts escalate fast in peak hours.',
  off: 'Severities count as reported and escalation waits its full time. Saturday protection stays.',
} as const;

/** Wedding-day mode by hand: which way, why, and until when. It is on the record. */
export function ModeDialog({ active, onClose }: { active: boolean; onClose: () => void }) {
  const organisationId = useOrganisationId();
  const zone = useZone();
  const now = useEngineNow(60_000);
  const [mode, setMode] = useState<'on' | 'off'>(active ? 'off' : 'on');
  const [reason, setReason] = useState('');
  const [wall, setWall] = useState(() => wallTime(now + 4 * 3_600_000, zone));
  const [busy, setBusy] = useState(false);
  const end = momentOf(wall, zone);
  const save = async () => {
    if (end === null) return;
    setBusy(true);
    const done = await attempt(() =>
      client.weekend.switchMode({ organisationId, mode, reason, endsAt: new Date(end).toISOString() }),
    );
    setBusy(false);
    if (done) onClose();
  };
  return (
    <Modal opened onClose={onClose} title="Switch wedding-day mode by hand">
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <SegmentedControl
          aria-label="Wedding-day mode"
          fullWidth
          size="xs"
          value={mode}
          onChange={(value) => setMode(value === 'on' ? 'on' : 'off')}
          data={[
            { value: 'on', label: 'On' },
            { value: 'off', label: 'Off' },
          ]}
        />
        <p className={css.muted}>{effects[mode]}</p>
        <Textarea
          label="Reason"
          required
          data-autofocus
          autosize
          minRows={2}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <MomentInput label="Until" value={wall} onChange={setWall} />
        <Button type="submit" loading={busy} disabled={reason.trim() === '' || end === null}>
          Switch {mode}
          {end === null ? '' : ` until ${formatInstant(new Date(end).toISOString(), zone)}`}
        </Button>
      </form>
    </Modal>
  );
}
