import { z } from 'zod';
import { adminCommand } from './base.ts';

export const maintenance = {
  /** Online copy of the database, checked before it answers; the result is a one-use download handle. */
  backup: adminCommand
    .input(z.strictObject({}))
    .output(z.object({ bytes: z.number(), ok: z.boolean(), handle: z.string() })),
};
