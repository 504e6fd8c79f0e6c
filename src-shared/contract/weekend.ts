import { z } from 'zod';
import { Channel } from '../domain/alert/alert.ts';
import { Nation } from '../domain/wedding-time/bank-holidays.ts';
import { Season, WeddingDayReason } from '../domain/wedding-time/weekend-at.ts';
import { adminCommand, command, InOrganisation, query } from './base.ts';

const Iso = z.iso.datetime();

/** As the `weekend` command prints it. */
export const WeekendResult = z.object({
  at: z.string(),
  timezone: z.string(),
  weddingDay: z.object({
    active: z.boolean(),
    reason: WeddingDayReason.nullable(),
    /** The stretch in force, or the next one while inactive. */
    startsAt: z.string().nullable(),
    endsAt: z.string().nullable(),
  }),
  saturdayProtection: z.boolean(),
  peakHours: z.boolean(),
  season: Season,
  weddingsToday: z.number().int(),
  weddings: z.array(
    z.object({ date: z.string(), venue: z.string(), region: z.string(), startsAt: z.string().nullable() }),
  ),
});
export type WeekendResult = z.infer<typeof WeekendResult>;

export const PreflightCheck = z.object({ check: z.string(), ok: z.boolean(), detail: z.string(), fix: z.string() });
export const PreflightSheet = z.object({
  at: z.string(),
  by: z.string(),
  ok: z.boolean(),
  checks: z.array(PreflightCheck),
});

export const Ceremony = z.object({
  key: z.string(),
  date: z.string(),
  startsAt: z.string().nullable(),
  venue: z.string(),
  region: z.string(),
  reference: z.string(),
  status: z.enum(['confirmed', 'tentative']),
  /** Over, on now (within four hours of its start), still to come. */
  phase: z.enum(['done', 'now', 'next']),
  /** Open alerts that touch its venue, worst first. */
  alerts: z.array(z.object({ id: z.string(), reference: z.string(), severity: z.string(), title: z.string() })),
  /** Only for roles that may see names. */
  couple: z.string().nullable(),
});

/** The calls whose end is an alert elsewhere (A10). */
export const HeartbeatView = z.object({
  /** Where it goes; the rest of the address is as good as a password. null: nowhere. */
  host: z.string().nullable(),
  everySeconds: z.number().int(),
  sentAt: z.string().nullable(),
  answeredAt: z.string().nullable(),
  problem: z.string().nullable(),
});

export const WeekendView = WeekendResult.extend({
  nation: Nation,
  /** The answer of the screen, and the rule that gave it. */
  answer: z.object({ value: z.enum(['safe', 'watch', 'not_safe', 'unknown']), sentence: z.string(), rule: z.string() }),
  days: z.array(
    z.object({
      date: z.string(),
      weddings: z.number().int(),
      done: z.number().int(),
      now: z.number().int(),
      next: z.number().int(),
    }),
  ),
  /** Today by local hour: ceremonies that begin and alerts that were raised. */
  hours: z.array(
    z.object({ hour: z.number().int(), weddings: z.number().int(), alerts: z.number().int(), peak: z.boolean() }),
  ),
  ceremonies: z.array(Ceremony),
  silences: z.object({ count: z.number().int(), hides: z.number().int() }),
  handover: z.array(z.object({ id: z.string(), at: z.string(), author: z.string(), text: z.string() })),
  preflight: PreflightSheet.nullable(),
  heartbeat: HeartbeatView,
  /** Whether alerts can leave through each channel that somebody is named for. */
  channels: z.array(
    z.object({
      channel: Channel,
      state: z.enum(['ready', 'paused', 'off', 'stuck', 'not_connected']),
      detail: z.string(),
    }),
  ),
  /** The mode as a person switched it, while that lasts. */
  manual: z.object({ mode: z.enum(['on', 'off']), reason: z.string(), by: z.string(), endsAt: z.string() }).nullable(),
  calendarImportedAt: z.string().nullable(),
});
export type WeekendView = z.infer<typeof WeekendView>;

/** How a rehearsed Saturday went (A18), measured against A9. */
export const ScoreCard = z.object({
  /** The moment of the moved clock it began at. */
  startedAt: z.string(),
  /** Real time it took, ms. */
  took: z.number().int(),
  ok: z.boolean(),
  levels: z.array(
    z.object({
      name: z.string(),
      limitMs: z.number(),
      /** null: it never happened, so it is not proven. */
      worstMs: z.number().nullable(),
      count: z.number().int(),
      ok: z.boolean(),
    }),
  ),
  /** Steps that should have happened and did not. */
  missed: z.array(z.string()),
  /** What each person or place would have had. */
  received: z.array(
    z.object({
      channel: Channel,
      recipient: z.string(),
      messages: z.array(
        z.object({ at: z.string(), reference: z.string(), title: z.string(), kind: z.string(), state: z.string() }),
      ),
    }),
  ),
  alerts: z.array(
    z.object({ reference: z.string(), severity: z.string(), title: z.string(), told: z.number().nullable() }),
  ),
});
export type ScoreCard = z.infer<typeof ScoreCard>;

export const weekend = {
  /** What wedding time it is, and who marries; `at` left out: now. */
  at: query.input(InOrganisation.extend({ at: Iso.optional() })).output(WeekendResult),
  view: query.input(InOrganisation).output(WeekendView),
  switchMode: command
    .input(InOrganisation.extend({ mode: z.enum(['on', 'off']), reason: z.string().trim().min(1), endsAt: Iso }))
    .output(WeekendResult),
  setNation: adminCommand.input(InOrganisation.extend({ nation: Nation })).output(WeekendResult),
  /** Text of an official bank-holiday calendar (ICS). */
  importBankHolidays: adminCommand
    .input(InOrganisation.extend({ text: z.string().max(2_000_000) }))
    .output(z.object({ imported: z.number().int(), rejected: z.number().int() })),
  preflight: command.input(InOrganisation).output(PreflightSheet),
  heartbeat: query.input(InOrganisation).output(HeartbeatView),
  /** An https address, or null for none; one call is made at once and its answer is in what comes back. */
  setHeartbeat: adminCommand
    .input(InOrganisation.extend({ url: z.string().trim().min(1).max(2_000).nullable() }))
    .output(HeartbeatView),
  addHandover: command
    .input(InOrganisation.extend({ text: z.string().trim().min(1).max(2000) }))
    .output(z.object({ id: z.string() })),
  /** The weekend in words, as it is mailed on Monday. */
  report: query.input(InOrganisation).output(z.object({ subject: z.string(), text: z.string() })),
  /** A busy Saturday on the sandbox with a moved clock, in a folder of its own; takes some seconds and sends nothing. */
  rehearse: command.input(InOrganisation).output(ScoreCard),
  /** One printable page: window, weddings by day, readiness, handover; `download` is a one-use handle. */
  sheet: command
    .input(InOrganisation)
    .output(z.object({ name: z.string(), bytes: z.number().int(), download: z.string() })),
};
