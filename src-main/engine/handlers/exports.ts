import { exports as exportsContract } from '../../../src-shared/contract/exports.ts';
import { money } from '../../../src-shared/contract/who-may.ts';
import type { Exports } from '../exports/index.ts';
import type { Organisations } from '../organisations/organisations.ts';
import { type CallContext, implementGuarded } from './base.ts';

const os = implementGuarded({ exports: exportsContract });

/** The batch half of `contract/exports.ts`; the lines half is `exports-lines.ts`. */
export function exportBatchHandlers({ exports, organisations }: { exports: Exports; organisations: Organisations }) {
  /** The person acting, with a role that may prepare and send. */
  async function preparer(organisationId: string, { caller, correlationId }: CallContext) {
    const person = await organisations.requireRole(organisationId, caller.personId, money);
    return { personId: person.id, name: person.name, channel: caller.via, correlationId };
  }

  return {
    prepare: os.exports.prepare.handler(async ({ input: { organisationId, ...request }, context }) =>
      exports.prepare(organisationId, request, await preparer(organisationId, context)),
    ),
    twins: os.exports.twins.handler(({ input }) => exports.twins(input.organisationId)),
    decideTwin: os.exports.decideTwin.handler(async ({ input: { organisationId, ...request }, context }) =>
      exports.decideTwin(organisationId, request, await preparer(organisationId, context)),
    ),
    batches: os.exports.batches.handler(({ input }) => exports.batches(input.organisationId)),
    batch: os.exports.batch.handler(({ input }) => exports.batch(input.organisationId, input.batchId)),
    documents: os.exports.documents.handler(({ input }) =>
      exports.documents(input.organisationId, input.batchId, input.after),
    ),
    // Who approves is proven by the PIN, so whoever sits at the machine may hand the keyboard over.
    approve: os.exports.approve.handler(async ({ input: { organisationId, ...request }, context }) =>
      exports.approve(organisationId, request, {
        personId: request.approver,
        name: request.approver,
        channel: context.caller.via,
        correlationId: context.correlationId,
      }),
    ),
    discard: os.exports.discard.handler(async ({ input, context }) => ({
      lines: await exports.discard(input.organisationId, input.batchId, await preparer(input.organisationId, context)),
    })),
    send: os.exports.send.handler(async ({ input, context }) =>
      exports.send(input.organisationId, input.batchId, await preparer(input.organisationId, context)),
    ),
    // Asked for by whoever sits here, approved by the PIN of another.
    reverse: os.exports.reverse.handler(async ({ input: { organisationId, ...request }, context }) =>
      exports.reverse(organisationId, request, await preparer(organisationId, context)),
    ),
    release: os.exports.release.handler(async ({ input: { organisationId, ...request }, context }) => ({
      lines: await exports.release(organisationId, request, await preparer(organisationId, context)),
    })),
    link: os.exports.link.handler(async ({ input: { organisationId, ...request }, context }) =>
      exports.link(organisationId, request, await preparer(organisationId, context)),
    ),
    check: os.exports.check.handler(async ({ input, context }) => {
      await preparer(input.organisationId, context);
      return exports.check(input.organisationId, input.documentId);
    }),
    pack: os.exports.pack.handler(async ({ input, context }) =>
      exports.pack(input.organisationId, input.batchId, await preparer(input.organisationId, context)),
    ),
  };
}
