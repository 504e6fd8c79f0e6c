import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { InOrganisation, query } from './base.ts';
import { Keychain } from './settings.ts';

/** What changed; the renderer turns it into the queries to read again (one table, `data/invalidations.ts`). */
export const Change = z.object({
  topic: z.enum([
    'organisations',
    'imports',
    'lines',
    'suppliers',
    'batches',
    'deliveries',
    'audit',
    'connections',
    'health',
    'people',
    'weddings',
    'alerts',
    'inbound',
    'crm',
    'kpis',
    'schedules',
    'status',
  ]),
  organisationId: z.string(),
  ids: z.array(z.string()),
});
export type Change = z.infer<typeof Change>;

export const OrganisationSummary = z.object({
  id: z.string(),
  name: z.string(),
  practice: z.boolean(),
  timeZone: z.string(),
});

export const app = {
  /** Frame, status bar and practice band. */
  status: query
    .route({ method: 'GET', path: '/status' })
    .input(z.strictObject({}))
    .output(
      z.object({
        version: z.string(),
        host: z.enum(['desktop', 'agent', 'cli']),
        dataFolder: z.string(),
        practice: z.boolean(),
        organisations: z.array(OrganisationSummary),
        keychain: Keychain.shape.state,
        safeMode: z.boolean(),
        /** `little`: imports, exports and webhooks in wait. `read-only`: nothing is written until the next start. */
        storage: z.object({ state: z.enum(['ok', 'low', 'little', 'read-only']), message: z.string() }),
        now: z.string(),
      }),
    ),
  /** Counts of the status bar and the navigation for one organisation. */
  counts: query.input(InOrganisation).output(
    z.object({
      waiting: z.number().int(),
      oldestWaitingMs: z.number().int().nullable(),
      inDoubt: z.number().int(),
      dead: z.number().int(),
      held: z.number().int(),
      /** Needs a person now, per screen. */
      needs: z.object({
        weekend: z.number().int(),
        alerts: z.number().int(),
        exports: z.number().int(),
        crm: z.number().int(),
        systems: z.number().int(),
        deliveries: z.number().int(),
        kpis: z.number().int(),
      }),
    }),
  ),
  changes: query.input(z.strictObject({})).output(eventIterator(Change)),
};
