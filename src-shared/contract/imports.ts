import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { command, InOrganisation, page, query } from './base.ts';

export const ImportKind = z.enum(['costs', 'weddings', 'usage', 'rates']);
export const ImportFormat = z.enum(['focus', 'csv', 'ics', 'json', 'hmrc', 'api']);

/** One refused row. `row` is the line of the file a person would look at: 1 is the header. */
export const Rejection = z.object({ row: z.number().int(), field: z.string(), reason: z.string() });
export type Rejection = z.infer<typeof Rejection>;

/** Which file column feeds which of our fields, and how ambiguous values are read. */
export const Mapping = z.object({
  name: z.string(),
  columns: z.record(z.string(), z.string()),
  dateOrder: z.enum(['iso', 'dmy', 'mdy']),
  decimal: z.enum(['.', ',']),
});
export type Mapping = z.infer<typeof Mapping>;

export const ImportResult = z.object({
  importId: z.string(),
  fileName: z.string(),
  kind: ImportKind,
  format: ImportFormat,
  state: z.enum(['running', 'done', 'failed', 'cancelled', 'undone']),
  /** Why it failed as a whole, with the remedy. */
  problem: z.string().nullable(),
  startedAt: z.string(),
  /** The console fetched it by itself. */
  byItself: z.boolean(),
  imported: z.number().int(),
  duplicates: z.number().int(),
  rejected: z.number().int(),
  /** Cost lines this import made or changed. */
  lines: z.number().int(),
});
export type ImportResult = z.infer<typeof ImportResult>;

export const ImportProgress = z.object({
  importId: z.string(),
  bytesRead: z.number(),
  bytesTotal: z.number(),
  rows: z.number().int(),
  result: ImportResult.nullable(),
});

export const imports = {
  /** What the file is, before anything is stored. The handle is one-use and comes from the host (upload or dialog). */
  preview: query
    .input(
      InOrganisation.extend({
        file: z.string(),
        /** Which file column feeds which of our fields, once a person has said so: what it asks depends on it. */
        columns: Mapping.shape.columns.optional(),
      }),
    )
    .output(
      z.object({
        fileName: z.string(),
        bytes: z.number(),
        kind: ImportKind,
        format: ImportFormat,
        headers: z.array(z.string()),
        firstRows: z.array(z.array(z.string())),
        mapping: Mapping.nullable(),
        /** Questions that must be answered first, e.g. which way round dates are written. */
        questions: z.array(z.object({ field: z.string(), question: z.string(), choices: z.array(z.string()) })),
        problem: z.string().nullable(),
      }),
    ),
  start: command
    .input(
      InOrganisation.extend({
        file: z.string(),
        kind: ImportKind,
        format: ImportFormat.optional(),
        mapping: Mapping.optional(),
        mappingName: z.string().optional(),
      }),
    )
    .output(z.object({ importId: z.string() })),
  progress: query.input(InOrganisation.extend({ importId: z.string() })).output(eventIterator(ImportProgress)),
  get: query.input(InOrganisation.extend({ importId: z.string() })).output(ImportResult),
  rejections: query
    .input(InOrganisation.extend({ importId: z.string(), after: z.string().nullable().default(null) }))
    .output(page(Rejection)),
  list: query.input(InOrganisation).output(z.array(ImportResult)),
  cancel: command.input(InOrganisation.extend({ importId: z.string() })).output(ImportResult),
  /** One step, until a line of it is in an approved batch (F10). */
  undo: command.input(InOrganisation.extend({ importId: z.string() })).output(ImportResult),
};
