import { z } from 'zod';
import { ScheduleRule } from '../domain/schedule/schedule.ts';
import { command, InOrganisation, query } from './base.ts';
import { LedgerTarget } from './shapes.ts';

/** What a schedule does. A batch it prepares waits for an approver like any other. */
export const ScheduledWork = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('prepare'), target: LedgerTarget, period: z.enum(['month', 'quarter']) }),
  z.strictObject({ do: z.literal('threshold') }),
]);
export type ScheduledWork = z.infer<typeof ScheduledWork>;

export const ScheduleRun = z.object({
  id: z.string(),
  scheduleId: z.string(),
  name: z.string(),
  dueAt: z.string(),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  how: z.enum(['on time', 'caught up', 'by hand', 'dry run']),
  state: z.enum(['running', 'done', 'failed']),
  result: z.string(),
});
export type ScheduleRun = z.infer<typeof ScheduleRun>;

export const Schedule = z.object({
  id: z.string(),
  name: z.string(),
  rule: ScheduleRule,
  /** The rule in words. */
  when: z.string(),
  work: ScheduledWork,
  enabled: z.boolean(),
  by: z.string(),
  nextAt: z.string().nullable(),
  last: ScheduleRun.nullable(),
});
export type Schedule = z.infer<typeof Schedule>;

const One = InOrganisation.extend({ scheduleId: z.string() });

export const schedules = {
  list: query.input(InOrganisation).output(z.array(Schedule)),
  history: query.input(InOrganisation).output(z.array(ScheduleRun)),
  save: command
    .input(
      InOrganisation.extend({
        schedule: z.strictObject({
          id: z.string().optional(),
          name: z.string().trim().min(1),
          rule: ScheduleRule,
          work: ScheduledWork,
          enabled: z.boolean().default(true),
        }),
      }),
    )
    .output(Schedule),
  remove: command.input(One).output(z.object({})),
  /** `dry`: says what would be done now, and changes nothing. */
  run: command.input(One.extend({ dry: z.boolean().default(false) })).output(ScheduleRun),
};
