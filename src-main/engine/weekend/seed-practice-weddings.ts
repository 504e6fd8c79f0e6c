import { z } from 'zod';
import sample from '../../../resources/practice/weddings/weekend.json' with { type: 'json' };
import { ClockTime } from '../../../src-shared/domain/alert/routing-config.ts';
import { instantOf } from '../../../src-shared/domain/wedding-time/local-time.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Wedding } from './wedding.ts';
import type { Weekend } from './weekend.ts';

const Sample = z.array(
  z.strictObject({
    day: z.enum(['friday', 'saturday', 'sunday']),
    time: ClockTime,
    venue: z.string(),
    region: z.string(),
    reference: z.string(),
    couple: z.string(),
  }),
);
const offsets = { friday: 0, saturday: 1, sunday: 2 } as const;

/** Lays the sample weekend (36 weddings, 23 on Saturday) over the weekend in force or coming next; once. */
export async function seedPracticeWeddings(weekend: Weekend, runtime: Runtime, organisationId: string): Promise<void> {
  if ((await weekend.countWeddings(organisationId)) > 0) return;
  const calendar = await weekend.calendar(organisationId);
  const { weekendDates } = calendar.at(runtime.clock.now());
  const weddings = Sample.parse(sample).map(({ day, time, ...rest }): Wedding => {
    const date = weekendDates[offsets[day]] ?? '';
    const key = `reference:${rest.reference}`;
    return {
      ...rest,
      key,
      series: key,
      sequence: 0,
      status: 'confirmed',
      date,
      lastDate: date,
      startsAt: instantOf(date, time, calendar.zone),
    };
  });
  await weekend.importWeddings(organisationId, { weddings, rejections: [], duplicates: 0, series: new Map() });
}
