import { exports as exportsContract } from '../../../src-shared/contract/exports.ts';
import { money } from '../../../src-shared/contract/who-may.ts';
import type { Exports } from '../exports/index.ts';
import type { Organisations } from '../organisations/organisations.ts';
import type { Review } from '../review/index.ts';
import { type CallContext, implementGuarded } from './base.ts';

const os = implementGuarded({ exports: exportsContract });

/** The lines half of `contract/exports.ts`; the batch half is `exports.ts`. */
export function exportLinesHandlers({
  review,
  exports,
  organisations,
}: {
  review: Review;
  exports: Pick<Exports, 'latest'>;
  organisations: Pick<Organisations, 'requireRole'>;
}) {
  /** The person acting, with a role that may review costs. */
  async function reviewer(organisationId: string, { caller, correlationId }: CallContext) {
    const person = await organisations.requireRole(organisationId, caller.personId, money);
    return { personId: person.id, name: person.name, channel: caller.via, correlationId };
  }

  return {
    summary: os.exports.summary.handler(async ({ input: { organisationId, period } }) => {
      const [summary, latestBatch] = await Promise.all([
        review.summary(organisationId, period),
        exports.latest(organisationId),
      ]);
      return { ...summary, latestBatch };
    }),
    lines: os.exports.lines.handler(({ input: { organisationId, ...query } }) => review.lines(organisationId, query)),
    line: os.exports.line.handler(({ input }) => review.line(input.organisationId, input.lineId)),
    edit: os.exports.edit.handler(async ({ input: { organisationId, ...request }, context }) =>
      review.edit(organisationId, request, await reviewer(organisationId, context)),
    ),
    exclude: os.exports.exclude.handler(async ({ input: { organisationId, ...request }, context }) =>
      review.exclude(organisationId, request, await reviewer(organisationId, context)),
    ),
    include: os.exports.include.handler(async ({ input, context }) =>
      review.include(input.organisationId, input.lineIds, await reviewer(input.organisationId, context)),
    ),
    acknowledge: os.exports.acknowledge.handler(async ({ input: { organisationId, ...request }, context }) =>
      review.acknowledge(organisationId, request, await reviewer(organisationId, context)),
    ),
    undo: os.exports.undo.handler(async ({ input, context }) =>
      review.undo(input.organisationId, input.undoId, await reviewer(input.organisationId, context)),
    ),
    suppliers: os.exports.suppliers.handler(({ input }) => review.suppliers(input.organisationId)),
    saveSupplier: os.exports.saveSupplier.handler(async ({ input: { organisationId, supplier }, context }) =>
      review.saveSupplier(organisationId, supplier, await reviewer(organisationId, context)),
    ),
  };
}
