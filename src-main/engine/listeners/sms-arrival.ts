import { z } from 'zod';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { later } from '../../../src-shared/domain/time-and-ids.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Tx } from '../../ports/store.ts';
import { getJob } from '../../store/repositories/outbox.ts';
import { insertAttempt, runStatement } from '../../store/repositories/outbox-statements.ts';
import type { Alerts } from '../alerts/index.ts';
import { deliveryKey, type Enqueue } from '../outbox/enqueue.ts';

const firstLookMs = 3_000;
/** Twilio keeps a text for ten minutes, and is asked as long; a little more for a machine that slept. */
const lifeMs = 20 * 60_000;

/** As the action `poll-status` reports it. */
const Arrival = z.object({ jobId: z.string(), arrived: z.boolean().nullable(), detail: z.string() });

/**
 * Accepted is not arrived (R1): for every text Twilio took, it is asked what became of it, and the answer becomes a receipt
 * on the attempt and a line of the alert's timeline. A desktop cannot be called back (W0).
 */
export function createSmsArrival(deps: {
  readonly runtime: Runtime;
  readonly enqueue: (tx: Tx, job: Enqueue) => Promise<unknown>;
  readonly alerts: Pick<Alerts, 'onReceipt'>;
}) {
  const { runtime, enqueue, alerts } = deps;
  return {
    /** Register for `sms/send-alert`. */
    async sent(tx: Tx, job: OutboxJob): Promise<void> {
      const sid = job.state === 'delivered' ? job.receipt?.vendorId : null;
      if (!sid) return;
      const now = runtime.clock.now();
      await enqueue(tx, {
        organisationId: job.organisationId,
        system: 'sms',
        action: 'poll-status',
        deliveryClass: 'keyed-upsert',
        priority: 3,
        payload: { sid, jobId: job.id, sentAt: now },
        payloadVersion: 1,
        idempotencyKey: deliveryKey(job.organisationId, 'sms', 'arrival', sid, 'r1'),
        runAt: later(now, firstLookMs),
        expiresAt: later(now, lifeMs),
      });
    },

    /** Register for `sms/poll-status`. */
    async asked(tx: Tx, job: OutboxJob): Promise<void> {
      const told = Arrival.safeParse(job.receipt?.document);
      if (job.state !== 'delivered' || !told.success || told.data.arrived === null) return;
      const { jobId, arrived, detail } = told.data;
      const sent = await getJob(tx, job.organisationId, jobId);
      if (!sent) return;
      const at = runtime.clock.now();
      const receipt = arrived ? 'arrived' : 'bounced';
      await runStatement(
        tx,
        insertAttempt({
          job: sent,
          stage: 'look-up',
          startedAt: at,
          endedAt: at,
          failure: null,
          receipt,
          note: detail,
        }),
      );
      await alerts.onReceipt(tx, jobId, receipt, arrived ? '' : detail);
    },
  };
}
