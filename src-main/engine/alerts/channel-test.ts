import type { Channel } from '../../../src-shared/domain/alert/alert.ts';
import type { AlertFactsMessage } from '../../../src-shared/domain/alert/message.ts';
import { usualPlaces } from '../../../src-shared/domain/alert/route.ts';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { seasonOf } from '../../../src-shared/domain/wedding-time/weekend-at.ts';
import type { Tx } from '../../ports/store.ts';
import { actorName } from '../weekend/weekend.ts';
import { consoleLink } from './message-of.ts';
import type { Actor } from './parts.ts';
import { send } from './send.ts';
import type { Stage } from './stage.ts';

const PATIENCE_MS = 20_000;

export interface ChannelTest {
  readonly delivered: boolean;
  readonly ms: number;
  readonly error: string | null;
}

/** The *send test* of every channel (A8): through the same outbox, adapter and limits as an alert. */
export function createChannelTests(stage: Stage) {
  const { parts } = stage;
  const { store, runtime } = parts;
  const waiting = new Map<string, (job: OutboxJob) => void>();

  return {
    /** Register beside `onSettled`. */
    async onSettled(tx: Tx, job: OutboxJob): Promise<void> {
      const waiter = waiting.get(job.id);
      // A first failure answers the person; the outbox may still go on trying.
      if (waiter && (job.state !== 'queued' || job.lastFailure !== null)) store.after(tx, () => waiter(job));
    },

    /** Sends to the first usual destination of the channel and waits for what the provider says, at most 20 s. */
    async test(organisationId: string, channel: Channel, actor: Actor): Promise<ChannelTest> {
      if (parts.sendsHere?.(organisationId) === false)
        return { delivered: false, ms: 0, error: 'Another computer sends for this organisation. Send the test there.' };
      const scene = await stage.scene(organisationId);
      const { config, calendar, moment } = scene;
      const [destination] = usualPlaces(channel, moment, config);
      if (!destination)
        return { delivered: false, ms: 0, error: `Nobody is named for ${channel}. Add a destination in Settings.` };
      const id = runtime.ids.next();
      const reference = `T-${id.slice(-4).toUpperCase()}`;
      const message: AlertFactsMessage = {
        kind: 'test',
        alertId: id,
        reference,
        dedupKey: `wedsync:test:${id}`,
        closes: [],
        organisation: calendar.organisation,
        zone: calendar.zone,
        severity: 'info',
        reportedSeverity: 'info',
        state: 'firing',
        title: 'Test: alerts reach this place. No action needed.',
        detail: '',
        source: 'console',
        startedAt: moment.at,
        dueAt: moment.at,
        step: 0,
        weddingDay: moment.weddingDay.active,
        saturday: moment.saturdayProtection,
        peakHours: moment.peakHours,
        season: seasonOf(moment.local.month),
        weddingsToday: 0,
        venues: [],
        nextCeremonies: [],
        reasons: [`Test asked for by ${actor.name}`],
        nextStep: null,
        links: [],
        consoleLink: consoleLink(id),
        owner: null,
      };
      const from = runtime.clock.monotonicMs();
      const patience = new AbortController();
      let answered: OutboxJob | null = null;
      const jobId = await store.transaction(async (tx) => {
        const job = await send(parts, tx, scene, destination, message, {
          object: `test:${id}`,
          revision: 'r1',
          priority: 1,
          supersedes: false,
        });
        await parts.audit(tx, {
          organisationId,
          actor: actorName(actor),
          channel: actor.channel,
          action: 'channel.tested',
          object: `channel:${channel}`,
          after: { destination: destination.name },
          correlationId: actor.correlationId,
        });
        // Listening begins before the commit: the answer may come before this call goes on.
        if (job.id !== null) {
          waiting.set(job.id, (settled) => {
            answered = settled;
            patience.abort();
          });
        }
        return job;
      });
      if (jobId.id === null) return { delivered: false, ms: 0, error: `${destination.name}: ${jobId.problem}` };
      await runtime.clock.sleep(PATIENCE_MS, patience.signal);
      waiting.delete(jobId.id);
      const ms = Math.round(runtime.clock.monotonicMs() - from);
      const job = answered as OutboxJob | null;
      if (job === null)
        return { delivered: false, ms, error: 'No answer within 20 seconds; the test is still waiting.' };
      const delivered = job.state === 'delivered';
      return { delivered, ms, error: delivered ? null : (job.lastFailure?.message ?? 'It was not sent.') };
    },
  };
}
export type ChannelTests = ReturnType<typeof createChannelTests>;
