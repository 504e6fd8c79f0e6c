import { z } from 'zod';

export const settings = z.object({
  contactName: z.string().trim().min(1).max(200).default('WedSync (AI business value)').meta({
    label: 'Name of the contact that holds the figures',
    help: 'tave.md#where-the-figures-live',
    control: 'text',
  }),
  contactEmail: z
    .email()
    .max(200)
    .default('crm-metrics@wedsync.example')
    .meta({ label: 'E-mail of that contact', help: 'tave.md#where-the-figures-live', control: 'text' }),
  writeNotes: z
    .boolean()
    .default(true)
    .meta({ label: 'Add a note for every period', help: 'tave.md#notes', control: 'switch' }),
});

/** A key opens exactly one studio, so each vendor has one of their own; this one serves vendors without. */
export const secrets = z.object({
  apiKey: z.string().min(8).optional().meta({
    label: 'API key of one studio, for vendors without their own',
    help: 'tave.md#api-key',
    env: 'TAVE_API_KEY',
  }),
});
