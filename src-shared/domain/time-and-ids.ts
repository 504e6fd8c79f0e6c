import { z } from 'zod';

/** Milliseconds since the epoch, UTC. The only time type that is stored or crosses a boundary. */
export const Instant = z.number().int().nonnegative().brand<'Instant'>();
export type Instant = z.infer<typeof Instant>;

/** A calendar day without a zone, `YYYY-MM-DD`. */
export const IsoDate = z.iso.date();
export type IsoDate = z.infer<typeof IsoDate>;

export const OrganisationId = z.string().min(1).max(64);
export type OrganisationId = z.infer<typeof OrganisationId>;

/** A new instant `ms` milliseconds later (earlier when negative). */
export function later(at: Instant, ms: number): Instant {
  return Instant.parse(Math.max(0, Math.round(at + ms)));
}

/** ISO 8601 with `Z`, as every machine-readable output shows an instant. */
export function isoOf(at: Instant): string {
  return new Date(at).toISOString();
}
