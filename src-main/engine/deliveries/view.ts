import type { z } from 'zod';
import type { DeliveryAction, DeliverySubject, DeliveryView } from '../../../src-shared/contract/deliveries.ts';
import { working } from '../../../src-shared/contract/who-may.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { DeliveryRow } from '../../store/repositories/deliveries.ts';

type May = z.infer<typeof DeliveryAction>;

/** Who may change what becomes of a delivery, one or many: whoever works with what it carries. */
export const mayChange = working;

/** What the class and the state of a delivery allow a person to do now. */
export function mayDo(job: Pick<DeliveryRow, 'state' | 'inDoubt' | 'deliveryClass'>): May[] {
  const { state, inDoubt, deliveryClass } = job;
  const may: May[] = [];
  if (inDoubt && state === 'held') may.push('check', 'decide');
  if (inDoubt) return may;
  if (state === 'held') may.push('release');
  if (state === 'failed') may.push('retry');
  const settled = state === 'held' || state === 'failed' || state === 'cancelled' || state === 'delivered';
  if (settled && !(deliveryClass === 'never-twice' && state === 'delivered')) may.push('replay');
  if (state === 'queued') may.push('hold');
  if (state === 'queued' || state === 'held') may.push('discard');
  return may;
}

/** What a list shows of a job; of its payload only what it is about. */
export function deliveryView(
  job: DeliveryRow,
  subject: DeliverySubject | null,
  redact: (text: string) => string,
): DeliveryView {
  return {
    id: job.id,
    system: job.system,
    action: job.action,
    deliveryClass: job.deliveryClass,
    priority: job.priority,
    state: job.state,
    inDoubt: job.inDoubt,
    attempts: job.attempts,
    createdAt: isoOf(job.createdAt),
    nextAttemptAt: job.state === 'queued' ? isoOf(job.runAt) : null,
    settledAt: job.settledAt === null ? null : isoOf(job.settledAt),
    lastError: job.lastFailure ? redact(job.lastFailure.message) : null,
    idempotencyKey: job.idempotencyKey,
    subject: subject && { ...subject, text: redact(subject.text) },
    replayOf: job.replayOf,
    may: mayDo(job),
  };
}
