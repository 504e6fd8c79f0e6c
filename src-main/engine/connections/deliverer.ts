import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { mayHaveArrived } from '../../../src-shared/domain/delivery/settle.ts';
import { IntegrationError, NeedsAttentionError, PermanentError } from '../../../src-shared/domain/failure.ts';
import type { AnyAdapter, SenderMark, Stamp } from '../../adapters/kit/adapter.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Redactor } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import { earlierReceipts } from '../../store/repositories/outbox.ts';
import type { Deliverer } from '../outbox/deliverer.ts';
import type { Contexts } from './contexts.ts';

/** The outbox's way to the adapters. What they throw leaves as an IntegrationError without a secret in it. */
export function createDeliverer(deps: {
  readonly store: Pick<Store, 'read'>;
  readonly contexts: Contexts;
  readonly registry: readonly AnyAdapter[];
  readonly runtime: Runtime;
  readonly redactor: Pick<Redactor, 'redact'>;
  readonly sentBy: SenderMark | undefined;
}): Deliverer {
  const { store, contexts, registry, runtime, redactor, sentBy } = deps;
  const systemOf = (connectionId: string) => connectionId.slice(connectionId.lastIndexOf('/') + 1);
  const actionOf = (job: OutboxJob) =>
    registry.find(({ manifest }) => manifest.id === job.system)?.actions[job.action] ?? null;

  async function prepared(job: OutboxJob, signal: AbortSignal) {
    const action = actionOf(job);
    if (!action || job.payloadVersion > action.payloadVersion) {
      throw new PermanentError('unsupported', `This version cannot do ${job.system}/${job.action}`);
    }
    const payload = action.payload.safeParse(job.payload);
    if (!payload.success) {
      throw new NeedsAttentionError('defect', `The stored work for ${job.system}/${job.action} cannot be read`);
    }
    const ctx = {
      ...(await contexts.contextOf(job.organisationId, job.system, signal)),
      earlier: () => earlierReceipts(store.read, job),
    };
    const repeat = job.attempts > 1 && job.lastFailure !== null && mayHaveArrived(job.lastFailure);
    const stamp: Stamp = {
      idempotencyKey: job.idempotencyKey,
      at: runtime.clock.now(),
      attempt: job.attempts,
      ...(repeat ? { repeat } : {}),
      ...(sentBy === undefined ? {} : { sentBy }),
    };
    return { action, ctx, stamp, plan: action.plan(payload.data, ctx.settings, stamp) };
  }

  async function cleaned<T>(job: OutboxJob, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      if (thrown instanceof IntegrationError) {
        thrown.message = redactor.redact(thrown.message);
        throw thrown;
      }
      runtime.log.error('adapter.defect', {
        job: job.id,
        system: job.system,
        action: job.action,
        error: redactor.redact(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)),
        at: thrown instanceof Error ? (thrown.stack ?? '').split('\n').slice(1, 4).join(' | ') : '',
      });
      throw new NeedsAttentionError('defect', 'Unexpected error inside the adapter', { cause: thrown });
    }
  }

  return {
    limits: (connectionId) =>
      registry.find(({ manifest }) => manifest.id === systemOf(connectionId))?.limits ?? { concurrency: 1 },
    idempotency: (job) => actionOf(job)?.idempotency ?? 'none',
    deliver: (job, signal) =>
      cleaned(job, async () => {
        const { action, ctx, stamp, plan } = await prepared(job, signal);
        return action.deliver(plan, stamp, ctx);
      }),
    find: (job, signal) =>
      cleaned(job, async () => {
        const { action, ctx, stamp, plan } = await prepared(job, signal);
        if (!action.find) throw new NeedsAttentionError('outcome-unknown', `${job.system} cannot be asked about this`);
        return action.find(plan, stamp, ctx);
      }),
  };
}
