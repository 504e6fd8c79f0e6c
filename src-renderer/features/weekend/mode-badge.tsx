import { Popover, UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { Shape } from '../../ui/status.tsx';
import { useZone } from '../../ui/text.tsx';
import { ActButton } from '../people/role-controls.tsx';
import { ModeDialog } from './mode-dialog.tsx';
import { reasons } from './strings.ts';
import css from './weekend.module.css';
import { shortMoment, windowText } from './window-text.ts';

/** Wedding-day mode with its end, on every screen while it is on; opens why (U10). */
export function ModeBadge({ organisationId }: { organisationId: string }) {
  const zone = useZone();
  const now = useEngineNow(60_000);
  const [open, setOpen] = useState(false);
  const [asking, setAsking] = useState(false);
  const moment = useQuery(
    api.weekend.at.queryOptions({ input: { organisationId }, refetchInterval: 30_000, staleTime: 20_000 }),
  );
  const view = useQuery({ ...api.weekend.view.queryOptions({ input: { organisationId } }), enabled: open });
  const mode = moment.data;
  if (!mode?.weddingDay.active) return null;
  const { reason, endsAt } = mode.weddingDay;
  const manual = view.data?.manual;
  return (
    <>
      <Popover opened={open} onChange={setOpen} position="bottom-end" shadow="md" width={320} trapFocus>
        <Popover.Target>
          <UnstyledButton aria-expanded={open} onClick={() => setOpen(!open)}>
            <span className={css.badge}>
              <Shape name="ring" tone="focus" />
              <span>
                <strong>Wedding day</strong>{' '}
                <span>
                  {endsAt === null ? '' : `until ${shortMoment(endsAt, zone)}`}
                  {mode.peakHours && ' · peak to 18:00'}
                </span>
              </span>
            </span>
          </UnstyledButton>
        </Popover.Target>
        <Popover.Dropdown>
          <div className={css.stack}>
            <p>{windowText(mode, zone, now)}</p>
            {reason && <p className={css.muted}>Why: {reasons[reason]}.</p>}
            {manual && (
              <p className={css.muted}>
                Switched {manual.mode} by {manual.by} until {shortMoment(manual.endsAt, zone)}: “{manual.reason}”
              </p>
            )}
            <ActButton
              call="weekend.switchMode"
              variant="default"
              onClick={() => {
                setOpen(false);
                setAsking(true);
              }}
            >
              Switch by hand…
            </ActButton>
          </div>
        </Popover.Dropdown>
      </Popover>
      {asking && <ModeDialog active onClose={() => setAsking(false)} />}
    </>
  );
}
