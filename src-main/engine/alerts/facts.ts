import { z } from 'zod';
import templates from '../../../resources/recovery-templates.json' with { type: 'json' };
import { type AlertFacts, type AlertReport, Link, Venue } from '../../../src-shared/domain/alert/alert.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { WeekendFacts } from '../../../src-shared/domain/wedding-time/weekend-at.ts';
import type { AlertRow } from '../../store/repositories/alerts.ts';
import type { Weekend } from '../weekend/weekend.ts';
import { DEAD_CHANNELS_KEY } from './dead-channels.ts';

/** What to do in a wedding-day incident (A7): steps, who, how long. */
const RecoveryTemplate = z.object({
  id: z.string(),
  title: z.string(),
  /** Words of a title or source that suggest this template. */
  matches: z.array(z.string()),
  steps: z.array(z.object({ id: z.string(), text: z.string(), who: z.string(), minutes: z.number() })),
});
export type RecoveryTemplate = z.infer<typeof RecoveryTemplate>;

export const recoveryTemplates: readonly RecoveryTemplate[] = z.array(RecoveryTemplate).parse(templates);

/** The template named, else the first whose words stand in the title or source. */
export function templateFor(report: Pick<AlertReport, 'template' | 'title' | 'source'>): RecoveryTemplate | null {
  const named = recoveryTemplates.find((template) => template.id === report.template);
  if (named) return named;
  const text = `${report.title} ${report.source}`.toLowerCase();
  return recoveryTemplates.find((template) => template.matches.some((word) => text.includes(word))) ?? null;
}

/** What enrichment found (A2); stored with the alert and sent with every message. No couple (X13). */
export const AlertContext = z.object({
  weddingsToday: z.number().int(),
  /** Weddings today at the venues affected. */
  weddingsAffected: z.number().int(),
  nextCeremonies: z.array(z.object({ at: Instant, venue: z.string(), region: z.string(), reference: z.string() })),
  season: z.enum(['peak', 'shoulder', 'off_season']),
  weddingDay: z.boolean(),
  saturday: z.boolean(),
  peakHours: z.boolean(),
});
export type AlertContext = z.infer<typeof AlertContext>;

const MOST_CEREMONIES = 5;

/** Looks up the day, the venues by name and their region, and what is still to come there (A2). */
export async function enrich(
  weekend: Weekend,
  organisationId: string,
  names: readonly string[],
  moment: WeekendFacts,
): Promise<{ venues: readonly Venue[]; context: AlertContext }> {
  const [today, known] = await Promise.all([
    weekend.weddingsOn(organisationId, moment.local.date),
    names.length === 0 ? [] : weekend.venues(organisationId),
  ]);
  const venues = names.map((name): Venue => {
    const found = known.find((venue) => venue.name_key === name.toLowerCase());
    return found ? { name: found.name, region: found.region } : { name, region: '' };
  });
  const affectedNames = new Set(venues.map((venue) => venue.name.toLowerCase()));
  const there = today.filter((row) => affectedNames.has(row.venue.toLowerCase()));
  const ceremonies = (venues.length === 0 ? today : there).flatMap((row) =>
    row.starts_at !== null && row.starts_at >= moment.at
      ? [{ at: Instant.parse(row.starts_at), venue: row.venue, region: row.region, reference: row.reference }]
      : [],
  );
  return {
    venues,
    context: {
      weddingsToday: today.length,
      weddingsAffected: there.length,
      nextCeremonies: ceremonies.sort((a, b) => a.at - b.at).slice(0, MOST_CEREMONIES),
      season: moment.season,
      weddingDay: moment.weddingDay.active,
      saturday: moment.saturdayProtection,
      peakHours: moment.peakHours,
    },
  };
}

export const venuesOf = (row: Pick<AlertRow, 'venues'>) => z.array(Venue).parse(JSON.parse(row.venues));
export const linksOf = (row: Pick<AlertRow, 'links'>) => z.array(Link).parse(JSON.parse(row.links));
export const contextOf = (row: Pick<AlertRow, 'context'>) => AlertContext.parse(JSON.parse(row.context));
export const reasonsOf = (row: Pick<AlertRow, 'reasons'>) => z.array(z.string()).parse(JSON.parse(row.reasons));
export const referenceOf = (row: Pick<AlertRow, 'number'>) => `A-${row.number}`;

/** About the channels themselves: it is shown at this computer, for no channel would take it (R19). */
export const isLocal = (row: Pick<AlertRow, 'source' | 'dedup_key'>) =>
  row.source === 'console' && row.dedup_key === DEAD_CHANNELS_KEY;

/** Nobody has it yet, or any more. */
export const needsSomebody = (state: AlertRow['state']) => state === 'firing' || state === 'escalated';

/** What routing and silences look at, from a stored alert. */
export function factsOf(row: AlertRow): AlertFacts {
  return {
    source: row.source,
    severity: row.reported_severity,
    title: row.title,
    key: row.dedup_key,
    venues: venuesOf(row),
  };
}
