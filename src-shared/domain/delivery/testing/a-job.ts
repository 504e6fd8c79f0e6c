import { Instant } from '../../time-and-ids.ts';
import type { OutboxJob } from '../job.ts';

const at = Instant.parse(1_784_376_000_000);

/** A bill on its way to Xero for the first time. */
export function aJob(change: Partial<OutboxJob> = {}): OutboxJob {
  return {
    id: 'j-1',
    organisationId: 'bluebell',
    connectionId: 'bluebell/xero',
    system: 'xero',
    action: 'post-bill',
    deliveryClass: 'never-twice',
    priority: 4,
    payload: {},
    payloadVersion: 1,
    idempotencyKey: 'key-1',
    orderKey: null,
    state: 'sending',
    attempts: 1,
    inDoubt: false,
    lookups: 0,
    doubtSince: null,
    runAt: at,
    expiresAt: null,
    leaseOwner: 'me',
    leaseUntil: at,
    lastFailure: null,
    receipt: null,
    createdAt: at,
    settledAt: null,
    ...change,
  };
}
