import { TextInput, type TextInputProps } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import { Instant } from '../../src-shared/domain/time-and-ids.ts';
import { instantOf, localAt } from '../../src-shared/domain/wedding-time/local-time.ts';
import css from './text.module.css';
import { useZone } from './text.tsx';

const two = (value: number) => String(value).padStart(2, '0');

/** Wall time of the organisation's zone for an instant, as the input writes it. */
export function wallTime(at: number, zone: string): string {
  const { date, hour, minute } = localAt(Instant.parse(at), zone);
  return `${date}T${two(hour)}:${two(minute)}`;
}

/** The instant a wall time of the zone means (ms UTC); null while it is incomplete. */
export function momentOf(wall: string, zone: string): number | null {
  const [, date, time] = /^(\d{4}-\d{2}-\d{2})T((?:[01]\d|2[0-3]):[0-5]\d)$/.exec(wall) ?? [];
  return date === undefined || time === undefined ? null : instantOf(date, time, zone);
}

/** Whether a text is a time of day as the console writes it, such as `07:00`. */
export const isClockTime = (text: string) => /^([01]\d|2[0-3]):[0-5]\d$/.test(text);

/** A time of day from 00:00 to 23:59, whatever the language of this computer; the browser's own field follows that. */
export function ClockInput({
  value,
  onChange,
  ...others
}: Pick<TextInputProps, 'label' | 'aria-label' | 'onBlur'> & { value: string; onChange: (time: string) => void }) {
  return (
    <TextInput
      {...others}
      placeholder="14:00"
      inputMode="numeric"
      maxLength={5}
      error={value === '' || isClockTime(value) ? undefined : 'Like 14:00'}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** A date and time in the organisation's zone, whatever zone or language this computer is in. Value: wall time. */
export function MomentInput({
  label,
  value,
  onChange,
  optional = false,
}: {
  label: string;
  value: string;
  onChange: (wall: string) => void;
  optional?: boolean;
}) {
  const zone = useZone();
  const [date = '', time = ''] = value.split('T');
  return (
    <div className={css.moment}>
      <DateInput
        label={label}
        valueFormat="ddd DD MMM YYYY"
        placeholder="Day"
        clearable={optional}
        value={date === '' ? null : date}
        onChange={(next) => onChange(next === null ? '' : `${next}T${time || '12:00'}`)}
      />
      <ClockInput
        label={<span title={`Time in ${zone}`}>Time</span>}
        aria-label={`${label}, time`}
        value={time}
        onChange={(next) => onChange(`${date}T${next}`)}
      />
    </div>
  );
}
