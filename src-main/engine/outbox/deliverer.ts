import type { Idempotency, OutboxJob, Receipt } from '../../../src-shared/domain/delivery/job.ts';
import type { Found, Limits } from '../../adapters/kit/adapter.ts';

/**
 * What the outbox needs of the systems outside; the connections side implements it over the adapters. The job's payload
 * is parsed again there, with the action's own schema, since it comes from the database.
 */
export interface Deliverer {
  /** Concurrency and pace in force for this connection (R21). */
  limits(connectionId: string): Limits;
  idempotency(job: OutboxJob): Idempotency;
  /** Throws IntegrationError and nothing else; anything else counts as our own defect and holds the job. */
  deliver(job: OutboxJob, signal: AbortSignal): Promise<Receipt>;
  /** Search by our own reference. null: not there. Same errors as `deliver`. */
  find(job: OutboxJob, signal: AbortSignal): Promise<Found | null>;
}
