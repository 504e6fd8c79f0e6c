import type { DeliveryView } from '../../../src-shared/contract/deliveries.ts';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { Store } from '../../ports/store.ts';
import { listJobs } from '../../store/repositories/outbox.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Organisations } from '../organisations/organisations.ts';
import { OutboxRefusal } from '../outbox/operator.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { os, ProblemError } from './base.ts';

const PAGE = 200;

/** What a list shows of a job; never its payload. */
export function deliveryView(job: OutboxJob): DeliveryView {
  return {
    id: job.id,
    system: job.system,
    action: job.action,
    state: job.state,
    inDoubt: job.inDoubt,
    attempts: job.attempts,
    createdAt: isoOf(job.createdAt),
    nextAttemptAt: job.state === 'queued' ? isoOf(job.runAt) : null,
    lastError: job.lastFailure?.message ?? null,
  };
}

/** `contract/deliveries.ts`. */
export function deliveryHandlers(deps: {
  readonly store: Store;
  readonly outbox: Pick<Outbox, 'tryAgain'>;
  readonly organisations: Pick<Organisations, 'requireRole' | 'get'>;
  readonly audit: AppendAudit;
}) {
  const { store, outbox, organisations, audit } = deps;
  return {
    list: os.deliveries.list.handler(async ({ input: { organisationId, after, ...filter } }) => {
      await organisations.get(organisationId);
      const before = after === null ? null : Number(after);
      const { rows, total } = await listJobs(store.read, organisationId, filter, before, PAGE);
      const last = rows.at(-1);
      return {
        rows: rows.map(deliveryView),
        next: rows.length === PAGE && last ? String(last.seq) : null,
        total,
      };
    }),
    retry: os.deliveries.retry.handler(async ({ input: { organisationId, id }, context }) => {
      const { caller, correlationId } = context;
      const person = await organisations.requireRole(organisationId, caller.personId, [
        'ops',
        'finance_preparer',
        'admin',
      ]);
      try {
        return await store.transaction(async (tx) => {
          const job = await outbox.tryAgain(tx, organisationId, id);
          await audit(tx, {
            organisationId,
            actor: `person:${person.id}`,
            channel: caller.via,
            action: 'delivery.retried',
            object: `delivery:${id}`,
            correlationId,
          });
          return deliveryView(job);
        });
      } catch (thrown) {
        if (thrown instanceof OutboxRefusal) throw new ProblemError(thrown.code, { happened: `${thrown.message}.` });
        throw thrown;
      }
    }),
  };
}
