import type { BatchView } from '../../src-shared/contract/exports.ts';
import type { OutboxJob } from '../../src-shared/domain/delivery/job.ts';
import { formatPeriod } from '../../src-shared/format/time.ts';
import type { Clock, Logger } from '../ports/runtime.ts';
import type { NoticePort } from './engine.ts';
import type { Events } from './events.ts';

/** A system that fails a thousand times in a minute is said once in this time (U36). */
const AGAIN_MS = 15 * 60_000;
/** Of a bulk change the first few tell enough. */
const LOOKED_AT = 20;

/**
 * Native notifications of what is not an alert (alerts show their own): an export that waits for its approver or is in
 * doubt, and deliveries that ended badly. No amounts, no names (U37).
 */
export function noticeChanges(deps: {
  readonly events: Pick<Events, 'subscribe'>;
  readonly notices: NoticePort;
  readonly clock: Clock;
  readonly log: Logger;
  readonly nameOf: (system: string) => string;
  readonly batch: (organisationId: string, batchId: string) => Promise<Pick<BatchView, 'batchId' | 'period' | 'state'>>;
  readonly job: (
    organisationId: string,
    jobId: string,
  ) => Promise<Pick<OutboxJob, 'system' | 'state' | 'inDoubt'> | null>;
}): () => void {
  const { events, notices, clock, log, nameOf } = deps;
  const said = new Map<string, number>();

  async function batchChanged(organisationId: string, batchId: string): Promise<void> {
    const { state, period } = await deps.batch(organisationId, batchId);
    const key = `batch:${batchId}`;
    if (state !== 'checked' && state !== 'in_doubt') return notices.remove(key);
    const title =
      state === 'checked'
        ? `The export for ${formatPeriod(period)} waits for approval`
        : `The export for ${formatPeriod(period)} is in doubt`;
    const body =
      state === 'checked'
        ? 'A second person approves it with their PIN.'
        : 'It is not known whether every document arrived. Nothing is sent twice.';
    notices.show({ key, title, body, urgent: false, address: `/exports/batches/${batchId}` });
  }

  async function jobChanged(organisationId: string, jobId: string): Promise<void> {
    const job = await deps.job(organisationId, jobId);
    if (job === null || (job.state !== 'failed' && job.state !== 'held')) return;
    const key = `deliveries:${organisationId}/${job.system}`;
    const last = said.get(key);
    const now = clock.monotonicMs();
    if (last !== undefined && now - last < AGAIN_MS) return;
    said.set(key, now);
    const name = nameOf(job.system);
    const what = job.inDoubt
      ? 'its outcome is unknown'
      : job.state === 'held'
        ? 'it waits for a person'
        : 'it was refused';
    notices.show({
      key,
      title: `A delivery to ${name} needs you`,
      body: `${what.charAt(0).toUpperCase()}${what.slice(1)}. Open Deliveries to see why and what may be done.`,
      urgent: false,
      address: '/deliveries',
    });
  }

  return events.subscribe(({ topic, organisationId, ids }) => {
    const look = topic === 'batches' ? batchChanged : topic === 'deliveries' ? jobChanged : null;
    if (look === null) return;
    for (const id of ids.slice(0, LOOKED_AT)) {
      // A batch that was taken apart is no longer there, and tells nobody anything.
      look(organisationId, id).catch((thrown: unknown) =>
        log.debug('notice.skipped', { topic, error: String(thrown) }),
      );
    }
  });
}
