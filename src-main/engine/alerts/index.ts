import { Channel } from '../../../src-shared/domain/alert/alert.ts';
import { SEND_ALERT } from '../../../src-shared/domain/alert/message.ts';
import { route } from '../../../src-shared/domain/alert/route.ts';
import { raised, type Severity } from '../../../src-shared/domain/alert/severity.ts';
import { silencedBy } from '../../../src-shared/domain/alert/silence.ts';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Tx } from '../../ports/store.ts';
import { alertOfKey, alertsById } from '../../store/repositories/alerts.ts';
import { createActions } from './actions.ts';
import { createChannelTests } from './channel-test.ts';
import { createDeadChannels } from './dead-channels.ts';
import { createDesk } from './desk.ts';
import { enrich } from './facts.ts';
import { alertFigures } from './figures.ts';
import { createHeartbeat } from './heartbeat.ts';
import { raise, silencedWords } from './ingest.ts';
import { createLessTold } from './less-told.ts';
import type { Actor, AlertParts, InnerParts, OwnAlerts } from './parts.ts';
import { createQuiet, isQuiet } from './quiet.ts';
import { createResting } from './resting.ts';
import { createRouting, silencesOf } from './routing.ts';
import { createSettling } from './settle.ts';
import { createSilences } from './silences.ts';
import { createStage } from './stage.ts';
import { createTakingBundles } from './take-bundle.ts';
import { createTimers, type Duty } from './timers.ts';
import { createViews } from './view.ts';
import { weekendView } from './weekend-view.ts';

export type { Actor, AlertParts, PreflightCheck, PreflightProbe } from './parts.ts';

type Beside = (tx: Tx) => Promise<void>;

export type Alerts = ReturnType<typeof createAlerts>;

/** The alert capability of every organisation: from the first report to the last receipt. */
export function createAlerts(parts: AlertParts) {
  const routing = createRouting(parts);
  const inner: InnerParts = {
    ...parts,
    channelsDead: (organisationId) => dead.found(organisationId),
    channelAccepted: (organisationId) => dead.over(organisationId),
  };
  const quiet = createQuiet(parts);
  const stage = createStage(inner, routing, quiet);
  const actions = createActions(stage);
  const taking = createTakingBundles(stage, actions);
  const settling = createSettling(stage);
  const lessTold = createLessTold(stage);
  const silences = createSilences(stage, lessTold);
  const tests = createChannelTests(stage);
  const { rest, resting, release } = createResting(stage);
  const own: OwnAlerts = {
    raise: (...args) => raiseAlert(...args),
    resolveKey: (...args) => resolveKey(...args),
  };
  const dead = createDeadChannels(stage, own);
  const heartbeat = createHeartbeat(stage, own);
  const desk = createDesk(stage, tests, heartbeat);
  const quietEnds: Duty = async (organisationId, at) => {
    const scene = await stage.scene(organisationId, at);
    if (!isQuiet(scene.quiet, scene.moment))
      await quiet.ended(organisationId, async (ids) => {
        const those = await alertsById(parts.store.read, organisationId, ids);
        return those.filter(({ state }) => state !== 'resolved').length;
      });
    return null;
  };
  const duties: readonly Duty[] = parts.planned ? [silences.remind, ...desk.duties, quietEnds] : [];
  const timers = createTimers(stage, duties);
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();

  /** Anything that may have moved the next due moment. */
  async function waking<T>(work: Promise<T>): Promise<T> {
    const done = await work;
    timers.wake();
    return done;
  }

  /** `beside` of this and others: runs first in the same transaction; what it throws undoes everything. */
  const raiseAlert = (organisationId: string, report: unknown, actor: Actor, beside?: Beside) =>
    waking(raise(stage, organisationId, report, actor, beside));

  /** The source says it is over; unknown keys are nothing to do. */
  async function resolveKey(organisationId: string, key: string, actor: Actor, beside?: Beside): Promise<void> {
    const alert = await alertOfKey(parts.store.read, organisationId, key, parts.runtime.clock.now());
    if (alert && alert.state !== 'resolved') await waking(actions.resolve(organisationId, alert.id, '', actor, beside));
    else if (beside) await parts.store.transaction(beside);
  }

  return {
    raise: raiseAlert,
    resolveKey,

    acknowledge: (
      organisationId: string,
      alertId: string,
      more: { note: string; forMs: number | null; key?: string | null },
      actor: Actor,
      beside?: Beside,
    ) => waking(actions.acknowledge(organisationId, alertId, more, actor, beside)),
    takeBundle: (...args: Parameters<typeof taking.takeBundle>) => waking(taking.takeBundle(...args)),
    snoozeBundle: (...args: Parameters<typeof taking.snoozeBundle>) => waking(taking.snoozeBundle(...args)),
    refuseStrangerAtBundle: taking.refuseStrangerAtBundle,
    unacknowledge: (organisationId: string, alertId: string, actor: Actor) =>
      waking(actions.unacknowledge(organisationId, alertId, actor)),
    snooze: (organisationId: string, alertId: string, until: Instant, note: string, actor: Actor, beside?: Beside) =>
      waking(actions.snooze(organisationId, alertId, until, { note }, actor, beside)),
    resolve: (organisationId: string, alertId: string, note: string, actor: Actor, beside?: Beside) =>
      waking(actions.resolve(organisationId, alertId, note, actor, beside)),
    escalate: (organisationId: string, alertId: string, actor: Actor) =>
      waking(actions.escalate(organisationId, alertId, actor)),
    rest,
    resting,
    release: (...args: Parameters<typeof release>) => waking(release(...args)),
    note: actions.note,
    tickStep: actions.tickStep,
    refuseStranger: actions.refuseStranger,

    /** Who would be told, when, by what and why: the function that routes, asked about any moment (A13). */
    async preview(
      organisationId: string,
      wanted: {
        readonly severity: Severity;
        readonly venue: string | undefined;
        readonly source: string;
        readonly at: Instant | null;
      },
    ) {
      const at = wanted.at ?? parts.runtime.clock.now();
      const { calendar, config } = await stage.scene(organisationId, at);
      const names = wanted.venue === undefined ? [] : [wanted.venue];
      const { venues } = await enrich(parts.weekend, organisationId, names, calendar.at(at));
      const facts = { source: wanted.source, severity: wanted.severity, title: '', key: '', venues };
      const momentAt = (moment: Instant) => calendar.at(moment);
      const severity = raised(wanted.severity, momentAt(at).weddingDay.active);
      const hidden = silencedBy(
        await silencesOf(parts.store.read, organisationId, at),
        facts,
        severity,
        at,
        calendar.zone,
      );
      if (hidden === null) return route(facts, at, config, momentAt);
      // Nobody is told while it lasts; what is still there then begins at its end.
      const found = route(facts, hidden.until, config, momentAt);
      const waitSeconds = (hidden.until - at) / 1000;
      return {
        ...found,
        steps: found.steps.map((step) => ({ ...step, afterSeconds: step.afterSeconds + waitSeconds })),
        reasons: [silencedWords(hidden.silence), ...found.reasons],
      };
    },

    views: createViews(stage),
    figures: (organisationId: string) => alertFigures(stage, organisationId),
    weekendView: (organisationId: string, mayReadNames: boolean) =>
      weekendView(stage, desk, silences, organisationId, mayReadNames),
    silences: {
      ...silences,
      add: (...args: Parameters<typeof silences.add>) => waking(silences.add(...args)),
      end: (...args: Parameters<typeof silences.end>) => waking(silences.end(...args)),
    },
    switchMode: (...args: Parameters<typeof lessTold.switchMode>) => waking(lessTold.switchMode(...args)),
    routing,
    /** One look at whether quiet hours ended; the timers ask by themselves. */
    quietEnds,
    quiet: { of: quiet.of, set: quiet.set, forget: quiet.forget },
    desk,
    testChannel: tests.test,

    /** For the outbox: what became of `send-alert` jobs, in the transaction that settles them. */
    systems: Channel.options,
    action: SEND_ALERT,
    async onSettled(tx: Tx, job: OutboxJob): Promise<void> {
      await tests.onSettled(tx, job);
      await settling.onSettled(tx, job);
    },
    /** For whoever learns later whether a message reached the person (SMS states, bounces). */
    onReceipt: settling.onReceipt,

    tick: timers.tick,
    wake: timers.wake,
    start(): void {
      running = timers.run(stop.signal);
    },
    async stop(): Promise<void> {
      stop.abort();
      await running;
    },
  };
}
