import { oc } from '@orpc/contract';
import { z } from 'zod';

/** Coarse gate per call; role and organisation are decided inside the engine. */
export type Access = 'read' | 'operate' | 'admin';

/** A refusal in the four parts a person reads: what happened, what it means, what the console does, what to do. */
export const Problem = z.object({
  happened: z.string(),
  means: z.string().optional(),
  doing: z.string().optional(),
  remedy: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;

const base = oc.$meta<{ access: Access }>({ access: 'read' }).errors({
  /** Understood and refused by a rule: four eyes, a frozen batch, a stale version. */
  REFUSED: { status: 422, data: Problem },
  NOT_FOUND: { status: 404, data: Problem },
  /** The role or the access level does not allow it. */
  NOT_ALLOWED: { status: 403, data: Problem },
  /** Keychain or data folder cannot be used now. */
  UNAVAILABLE: { status: 503, data: Problem },
});

export const query = base;
export const command = base.meta({ access: 'operate' });
export const adminCommand = base.meta({ access: 'admin' });

/** Scope of every call: which organisation is meant. The engine checks that the caller may see it. */
export const InOrganisation = z.strictObject({ organisationId: z.string().min(1) });

/** Decimal text, e.g. `"1234.50"`; money never crosses the contract as a number. */
export const DecimalText = z.string().regex(/^-?\d+(\.\d+)?$/);

/** Opaque cursor of a paged list. */
export const Cursor = z.string().nullable();

export function page<T extends z.ZodType>(row: T) {
  return z.object({ rows: z.array(row), next: Cursor, total: z.number().int() });
}
