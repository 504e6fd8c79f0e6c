import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Tx } from '../../ports/store.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { giveWay } from '../outbox/enqueue.ts';
import { settleBundle } from './bundles.ts';
import { needsSomebody } from './facts.ts';
import { entry } from './send.ts';
import type { Stage } from './stage.ts';
import { coverStuck, isTrouble, withdraw } from './tell.ts';

/** What became of the messages; runs in the transaction that settles the job. */
export function createSettling(stage: Stage) {
  const { parts } = stage;

  function announce(tx: Tx, organisationId: string, alertId: string): void {
    parts.store.after(tx, () => parts.publish({ topic: 'alerts', organisationId, ids: [alertId] }));
  }

  /** Register for `send-alert` of the five channels. */
  async function onSettled(tx: Tx, job: OutboxJob): Promise<void> {
    // Back from a try; a person who has it tried anew knows why.
    const back = job.attempts > 0 && (job.state === 'queued' || job.state === 'held');
    if (back && (await giveWay(tx, job, parts.runtime.clock.now(), onSettled))) return;
    const delivery = await rows.deliveryOfJob(tx, job.id);
    if (!delivery) return bundleSettled(tx, job);
    const { organisation_id: organisationId } = delivery;
    const alert = await rows.getAlert(tx, organisationId, delivery.alert_id);
    if (!alert) return;
    if (back && isTrouble(delivery.kind) && !needsSomebody(alert.state))
      return withdraw(tx, alert, delivery, parts.runtime.clock.now());
    const at = parts.runtime.clock.now();
    const state = stateOf(job);
    if (state === null || state === delivery.state) return;
    await rows.updateDelivery(tx, organisationId, delivery.id, {
      state,
      settled_at: at,
      problem: job.lastFailure?.message ?? null,
    });
    const seconds = ((at - delivery.started_at) / 1000).toFixed(1);
    const where = `${delivery.channel} to ${delivery.destination_name}`;
    if (state === 'accepted') await entry(tx, alert, at, 'told', `${where}: accepted (${seconds} s).`);
    else if (state === 'superseded')
      await entry(tx, alert, at, 'superseded', `${where}: a newer state took its place.`);
    else await entry(tx, alert, at, 'not_told', `${where}: ${job.lastFailure?.message ?? state}.`);
    if (state === 'held' || state === 'failed')
      await coverStuck(parts, tx, alert, await stage.scene(organisationId, at));
    // What a newer state took the place of is told with that.
    else if (state !== 'superseded' || job.state === 'cancelled') await measure(tx, organisationId, [alert.id], at);
    if (state === 'accepted') parts.store.after(tx, () => parts.channelAccepted(organisationId));
    announce(tx, organisationId, alert.id);
  }

  /** The message of a bundle stands for every member of it. */
  async function bundleSettled(tx: Tx, job: OutboxJob): Promise<void> {
    const state = stateOf(job);
    const bundle = state === null ? null : await rows.bundleOfJob(tx, job.id);
    if (state === null || !bundle) return;
    const at = parts.runtime.clock.now();
    if (state === 'accepted') parts.store.after(tx, () => parts.channelAccepted(bundle.organisation_id));
    const members = await settleBundle(tx, bundle, { state, problem: job.lastFailure?.message ?? null }, at);
    const { organisation_id: organisationId, channel } = bundle;
    if (state === 'held' || state === 'failed') {
      await coverEach(tx, organisationId, members, at);
    } else if (channel !== 'sms' && channel !== 'pagerduty') {
      // A bundle a minute by SMS or PagerDuty counts as told when it was formed (R2), so there is nothing to measure.
      await measure(tx, organisationId, members, at);
    }
    parts.store.after(tx, () => parts.publish({ topic: 'alerts', organisationId, ids: [...members] }));
  }

  async function coverEach(tx: Tx, organisationId: string, alertIds: readonly string[], at: Instant): Promise<void> {
    const scene = await stage.scene(organisationId, at);
    for (const id of alertIds) {
      const alert = await rows.getAlert(tx, organisationId, id);
      if (alert) await coverStuck(parts, tx, alert, scene);
    }
  }

  /** The provider said later what became of it: it reached the person, or it did not (R1). */
  async function onReceipt(tx: Tx, jobId: string, receipt: 'arrived' | 'bounced', detail: string): Promise<void> {
    const delivery = await rows.deliveryOfJob(tx, jobId);
    if (!delivery) return bundleBounced(tx, jobId, receipt, detail);
    if (delivery.state === 'arrived') return;
    const alert = await rows.getAlert(tx, delivery.organisation_id, delivery.alert_id);
    if (!alert) return;
    const at = parts.runtime.clock.now();
    const where = `${delivery.channel} to ${delivery.destination_name}`;
    const arrived = receipt === 'arrived';
    await rows.updateDelivery(
      tx,
      delivery.organisation_id,
      delivery.id,
      arrived ? { state: 'arrived' } : { state: 'failed', problem: detail },
    );
    await entry(
      tx,
      alert,
      at,
      arrived ? 'arrived' : 'not_told',
      `${where}: ${arrived ? 'arrived' : 'did not arrive'}${detail === '' ? '' : `, ${detail}`}.`,
    );
    if (!arrived) await coverStuck(parts, tx, alert, await stage.scene(delivery.organisation_id, at));
    announce(tx, delivery.organisation_id, alert.id);
  }

  /** A bundle that never arrived was told to nobody: each member stands so, and another channel starts for it. */
  async function bundleBounced(tx: Tx, jobId: string, receipt: 'arrived' | 'bounced', detail: string): Promise<void> {
    const bundle = receipt === 'bounced' ? await rows.bundleOfJob(tx, jobId) : null;
    if (!bundle) return;
    const { organisation_id: organisationId } = bundle;
    const at = parts.runtime.clock.now();
    const members = await settleBundle(tx, bundle, { state: 'failed', problem: detail }, at, ['accepted']);
    await coverEach(tx, organisationId, members, at);
    parts.store.after(tx, () => parts.publish({ topic: 'alerts', organisationId, ids: [...members] }));
  }

  /**
   * Commit of an alert to the last channel accepted, once all of its first messages are settled (R2, A9); for a whole
   * bundle in two statements, since acknowledgements wait behind this transaction.
   */
  async function measure(tx: Tx, organisationId: string, alertIds: readonly string[], at: Instant): Promise<void> {
    const told = (await rows.alertsToldInFull(tx, organisationId, alertIds)).map(({ id, raised_at }) => {
      const from = stage.committedAt.get(id);
      stage.committedAt.delete(id);
      const ms = from === undefined ? at - raised_at : parts.runtime.clock.monotonicMs() - from;
      return { id, ms: Math.max(0, Math.round(ms)) };
    });
    if (told.length > 0) await rows.setToldMs(tx, organisationId, told);
  }

  return { onSettled, onReceipt };
}

function stateOf(job: OutboxJob): rows.AlertDeliveryRow['state'] | null {
  switch (job.state) {
    case 'delivered':
      return 'accepted';
    case 'held':
      return 'held';
    case 'failed':
      return job.lastFailure?.code === 'superseded' ? 'superseded' : 'failed';
    case 'cancelled':
      return 'superseded';
    default:
      // Back in the queue: it waits as before.
      return null;
  }
}
