import { TextInput } from '@mantine/core';
import { Instant } from '../../src-shared/domain/time-and-ids.ts';
import { instantOf, localAt } from '../../src-shared/domain/wedding-time/local-time.ts';
import { useZone } from './text.tsx';

const two = (value: number) => String(value).padStart(2, '0');

/** Wall time of the organisation's zone for an instant, as the input writes it. */
export function wallTime(at: number, zone: string): string {
  const { date, hour, minute } = localAt(Instant.parse(at), zone);
  return `${date}T${two(hour)}:${two(minute)}`;
}

/** The instant a wall time of the zone means (ms UTC); null while it is incomplete. */
export function momentOf(wall: string, zone: string): number | null {
  const [, date, time] = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})/.exec(wall) ?? [];
  return date === undefined || time === undefined ? null : instantOf(date, time, zone);
}

/** A date and time in the organisation's zone, whatever zone this computer is in. Value: wall time. */
export function MomentInput({
  label,
  value,
  onChange,
  description,
}: {
  label: string;
  value: string;
  onChange: (wall: string) => void;
  description?: string;
}) {
  const zone = useZone();
  return (
    <TextInput
      type="datetime-local"
      label={label}
      description={description ?? `Time in ${zone}`}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
