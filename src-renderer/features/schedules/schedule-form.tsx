import { Button, Modal, Select, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { z } from 'zod';
import type { LedgerTarget } from '../../../src-shared/contract/exports.ts';
import type { Schedule, ScheduledWork } from '../../../src-shared/contract/schedules.ts';
import { nextOccurrence, type ScheduleRule } from '../../../src-shared/domain/schedule/schedule.ts';
import { Instant as InstantValue, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { bankHolidaysKnown } from '../../../src-shared/domain/wedding-time/bank-holidays.ts';
import { client } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Instant, useZone } from '../../ui/text.tsx';
import { ledgers } from '../exports/strings.ts';
import css from './schedules.module.css';

const days = [
  { value: '1', label: '1st of the month' },
  { value: 'first-working-day', label: 'First working day' },
  { value: 'last-working-day', label: 'Last working day' },
  { value: 'last-day', label: 'Last day of the month' },
  ...Array.from({ length: 30 }, (_, i) => ({ value: String(i + 2), label: `Day ${i + 2}` })),
];
const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const holidays = bankHolidaysKnown('england-and-wales');

/** When, what, for which ledger; the next three runs stand beside it before it is saved. */
export function ScheduleForm({
  organisationId,
  schedule,
  onClose,
}: {
  organisationId: string;
  schedule: Schedule | null;
  onClose: () => void;
}) {
  const zone = useZone();
  const now = useEngineNow(60_000);
  const [name, setName] = useState(schedule?.name ?? 'Month end');
  const [every, setEvery] = useState<ScheduleRule['every']>(schedule?.rule.every ?? 'month');
  const [on, setOn] = useState(schedule && schedule.rule.every !== 'day' ? String(schedule.rule.on) : '1');
  const [time, setTime] = useState(schedule?.rule.time ?? '07:00');
  const [what, setWhat] = useState<ScheduledWork['do']>(schedule?.work.do ?? 'prepare');
  const [target, setTarget] = useState<z.infer<typeof LedgerTarget>>(
    schedule?.work.do === 'prepare' ? schedule.work.target : 'xero',
  );
  const [period, setPeriod] = useState<'month' | 'quarter'>(
    schedule?.work.do === 'prepare' ? schedule.work.period : 'month',
  );
  const [enabled, setEnabled] = useState(schedule?.enabled ?? true);
  const [problem, setProblem] = useState<ShownProblem | null>(null);

  const rule = ruleOf(every, on, time);
  const save = async () => {
    if (!rule) return;
    setProblem(null);
    const work: ScheduledWork = what === 'threshold' ? { do: 'threshold' } : { do: 'prepare', target, period };
    try {
      await client.schedules.save({
        organisationId,
        schedule: { ...(schedule ? { id: schedule.id } : {}), name: name.trim(), rule, work, enabled },
      });
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <Modal opened onClose={onClose} title={schedule ? `Change ${schedule.name}` : 'New schedule'}>
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {problem && <ProblemNote problem={problem} />}
        <TextInput label="Name" data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <div className={css.when}>
          <Select
            label="Every"
            data={[
              { value: 'month', label: 'Month' },
              { value: 'week', label: 'Week' },
              { value: 'day', label: 'Day' },
            ]}
            value={every}
            onChange={(value) => {
              setEvery((value ?? 'month') as typeof every);
              setOn('1');
            }}
          />
          {every === 'month' && (
            <Select label="On" searchable data={days} value={on} onChange={(value) => setOn(value ?? '1')} />
          )}
          {every === 'week' && (
            <Select
              label="On"
              data={weekdays.map((label, i) => ({ value: String(i + 1), label }))}
              value={on}
              onChange={(value) => setOn(value ?? '1')}
            />
          )}
          <TextInput
            label={`At, ${zone}`}
            inputMode="numeric"
            maxLength={5}
            error={rule ? undefined : 'Like 07:00'}
            value={time}
            onChange={(event) => setTime(event.currentTarget.value)}
          />
        </div>
        <Select
          label="Do"
          data={[
            { value: 'prepare', label: 'Check and prepare a batch; an approver decides' },
            { value: 'threshold', label: 'Watch the registration threshold' },
          ]}
          value={what}
          onChange={(value) => setWhat((value ?? 'prepare') as typeof what)}
        />
        {what === 'prepare' && (
          <div className={css.when}>
            <Select
              label="Of"
              data={[
                { value: 'month', label: 'The month before' },
                { value: 'quarter', label: 'The quarter before' },
              ]}
              value={period}
              onChange={(value) => setPeriod((value ?? 'month') as typeof period)}
            />
            <Select
              label="For"
              data={Object.entries(ledgers).map(([value, label]) => ({
                value,
                label: value === 'file' ? 'A file pack' : label,
              }))}
              value={target}
              onChange={(value) => setTarget((value ?? 'xero') as typeof target)}
            />
          </div>
        )}
        <Switch label="Switched on" checked={enabled} onChange={(event) => setEnabled(event.currentTarget.checked)} />
        {rule && (
          <p className={css.muted} role="status">
            Next three:{' '}
            {nextThree(rule, now, zone).map((at, index) => (
              <span key={at}>
                {index > 0 && ' · '}
                <Instant at={at} />
              </span>
            ))}
            . Missed in sleep, the latest is caught up once.
          </p>
        )}
        <div className={css.actions}>
          <Button type="submit" disabled={!rule || name.trim() === ''}>
            Save the schedule
          </Button>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function ruleOf(every: ScheduleRule['every'], on: string, time: string): ScheduleRule | null {
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) return null;
  if (every === 'day') return { every, time };
  if (every === 'week') return { every, on: Number(on), time };
  const named = ['first-working-day', 'last-working-day', 'last-day'] as const;
  const day = named.find((one) => one === on) ?? Number(on);
  return { every, on: day, time };
}

function nextThree(rule: ScheduleRule, now: number, zone: string): string[] {
  const found: string[] = [];
  let after = InstantValue.parse(Math.floor(now));
  while (found.length < 3) {
    after = nextOccurrence(rule, after, zone, holidays).at;
    found.push(isoOf(after));
  }
  return found;
}
