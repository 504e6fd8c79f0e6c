import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { Instant, later } from '../../../src-shared/domain/time-and-ids.ts';
import { SignedSource } from '../../adapters/kit/signature/signed-request.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store, Tx } from '../../ports/store.ts';
import { alertOfKey } from '../../store/repositories/alerts.ts';
import * as rows from '../../store/repositories/inbound.ts';
import { getJob } from '../../store/repositories/outbox.ts';
import { insertAttempt, runStatement } from '../../store/repositories/outbox-statements.ts';
import type { Alerts } from '../alerts/index.ts';
import type { Events } from '../events.ts';
import { ProblemError } from '../problem.ts';
import { setBackMender } from '../set-back.ts';
import type { Actor } from '../weekend/weekend.ts';
import type { Happening } from './happening.ts';
import { happeningsOf } from './happenings.ts';
import { readBody } from './read-body.ts';
import { type Headers, senders } from './senders.ts';

export interface WorkDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly events: Pick<Events, 'publish'>;
  readonly alerts: Pick<
    Alerts,
    | 'raise'
    | 'resolveKey'
    | 'acknowledge'
    | 'snooze'
    | 'resolve'
    | 'refuseStranger'
    | 'takeBundle'
    | 'snoozeBundle'
    | 'refuseStrangerAtBundle'
    | 'onReceipt'
  >;
  /** A CRM told of a new client (V7); doing it twice must be as good as once. */
  readonly newClient: (organisationId: string, vendorRef: string) => Promise<unknown>;
  /** The console's person behind a Slack user; null: a stranger. */
  readonly slackPerson: (
    organisationId: string,
    user: string,
  ) => Promise<{ readonly id: string; readonly name: string } | null>;
}

const page = 50;
const longestWaitMs = 30_000;
/** Then a person has to look. */
const waitsMs = [1_000, 5_000, 30_000, 120_000, 600_000];
const snoozeMs = 15 * 60_000;
/** Our own steps (evidence, approval) change a document shortly after it was posted. */
const ownChangesMs = 120_000;

/** The event had its effect before, or a newer state is known: the transaction is undone and nothing more is due. */
class NoEffect extends Error {}
/** Not yet: what it is about may be known in a moment. */
class NotYet extends Error {}

/** From stored requests to their effects, each exactly once, wedding-day traffic first (W7). */
export function createWork(deps: WorkDeps) {
  const { store, runtime, alerts, events } = deps;
  const mendSetBack = setBackMender(runtime.clock, () => store.batch(rows.inboundAfterSetBack(runtime.clock.now())));
  let pulse = new AbortController();
  const stopped = new AbortController();
  let running: Promise<void> = Promise.resolve();

  async function happen(row: rows.InboundEventRow, source: SignedSource, it: Happening): Promise<string | null> {
    const organisationId = row.organisation_id;
    const at = runtime.clock.now();
    const forced = row.forced === 1;
    const actor: Actor = {
      personId: null,
      name: senderName(source),
      channel: channelOf(source),
      correlationId: row.id,
    };
    const claim = (effect: string) => async (tx: Tx) => {
      const record = { organisation_id: organisationId, source, event_id: it.eventId, inbound_id: row.id, at, effect };
      if (!(await rows.claimEffect(tx, record, forced)) && !(await newsAgain(tx, row, it)))
        throw new NoEffect('had its effect before');
      if (it.mark && !forced) {
        const mark = { organisation_id: organisationId, source, ...it.mark };
        if (!(await rows.advanceMark(tx, mark))) throw new NoEffect('a newer state was told before');
      }
    };
    switch (it.kind) {
      case 'nothing':
        return null;
      case 'alert':
        await alerts.raise(organisationId, it.report, actor, claim(`alert ${String(it.report.key)}`));
        return 'raised an alert';
      case 'alert-over':
        await alerts.resolveKey(organisationId, it.key, actor, claim(`over: ${it.key}`));
        return 'ended an alert';
      case 'state': {
        const by = { ...actor, name: it.by };
        if (it.about === 'bundle') {
          const taken = await alerts.takeBundle(organisationId, it.alertId, it.state, by, claim('bundle taken'));
          return `bundle ${it.state} by ${it.by}: ${taken} alerts acknowledged`;
        }
        if (it.state === 'resolved') await alerts.resolve(organisationId, it.alertId, '', by, claim('resolved'));
        else
          await alerts.acknowledge(
            organisationId,
            it.alertId,
            { note: '', forMs: null, key: it.key },
            by,
            claim('acknowledged'),
          );
        return `alert ${it.state} by ${it.by}`;
      }
      case 'press': {
        const person = await deps.slackPerson(organisationId, it.user);
        if (person === null) {
          const words = `Somebody in Slack (${it.user}) pressed ${it.action}, but is nobody of this organisation.`;
          const refuse = it.about === 'bundle' ? alerts.refuseStrangerAtBundle : alerts.refuseStranger;
          await refuse(organisationId, it.alertId, words, { ...actor, name: it.user }, claim('stranger refused'));
          return `refused: ${it.user} is nobody here`;
        }
        const by: Actor = { ...actor, personId: person.id, name: person.name };
        if (it.about === 'bundle') {
          const taken = await (it.action === 'snooze'
            ? alerts.snoozeBundle(organisationId, it.alertId, later(at, snoozeMs), by, claim('bundle snoozed'))
            : alerts.takeBundle(organisationId, it.alertId, 'acknowledged', by, claim('bundle taken')));
          return `${it.action} by ${person.name}: ${taken} alerts`;
        }
        if (it.action === 'snooze')
          await alerts.snooze(organisationId, it.alertId, later(at, snoozeMs), '', by, claim('snoozed'));
        else await alerts.acknowledge(organisationId, it.alertId, { note: '', forMs: null }, by, claim('acknowledged'));
        return `${it.action} by ${person.name}`;
      }
      case 'arrival':
        return arrival(row, it, claim(it.arrived ? 'arrived' : 'did not arrive'));
      case 'document':
        return changedDocument(row, source, it, claim('changed after posting'));
      case 'new-client':
        await deps.newClient(organisationId, it.vendorRef);
        await store.transaction(claim(`new client of ${it.vendorRef}`));
        return `figures of ${it.vendorRef} made anew`;
    }
  }

  /**
   * Told before, and the console has it as over, or rests it since a restore: its sender says that it goes on. Or it was over
   * before, and is again.
   */
  async function newsAgain(tx: Tx, row: rows.InboundEventRow, it: Happening): Promise<boolean> {
    if (row.replay_of !== null) return false;
    if (it.kind === 'alert-over') {
      const known = await alertOfKey(tx, row.organisation_id, it.key, runtime.clock.now());
      return known !== null && known.state !== 'resolved';
    }
    if (it.kind !== 'alert') return false;
    const alert = await alertOfKey(tx, row.organisation_id, String(it.report.key), 0);
    if (alert === null || alert.from_backup !== null) return true;
    // Later than now: the clock was set back since.
    const over = alert.resolved_at ?? row.received_at;
    return over < row.received_at || over > runtime.clock.now();
  }

  async function arrival(
    row: rows.InboundEventRow,
    it: Extract<Happening, { kind: 'arrival' }>,
    claim: (tx: Tx) => Promise<void>,
  ): Promise<string> {
    const organisationId = row.organisation_id;
    const jobId = await rows.jobOfMessage(store.read, organisationId, it.messageId);
    // The status can overtake the answer to our own request.
    if (jobId === null) {
      if (row.attempts < 3) throw new NotYet('its message is not known yet');
      throw new NoEffect('no message of this console');
    }
    await store.transaction(async (tx) => {
      await claim(tx);
      const job = await getJob(tx, organisationId, jobId);
      if (job) await runStatement(tx, receiptOf(job, it, runtime.clock.now()));
      await alerts.onReceipt(tx, jobId, it.arrived ? 'arrived' : 'bounced', it.detail);
    });
    events.publish({ topic: 'deliveries', organisationId, ids: [jobId] });
    return it.arrived ? 'the message arrived' : `the message did not arrive: ${it.detail}`;
  }

  async function changedDocument(
    row: rows.InboundEventRow,
    source: SignedSource,
    it: Extract<Happening, { kind: 'document' }>,
    claim: (tx: Tx) => Promise<void>,
  ): Promise<string> {
    const organisationId = row.organisation_id;
    const ledger = source === 'xero' ? { id: 'xero', name: 'Xero' } : { id: 'quickbooks', name: 'QuickBooks' };
    const document = await rows.documentOfVendorId(store.read, organisationId, it.vendorId);
    if (document === null || document.target !== ledger.id) throw new NoEffect('not a document this console posted');
    if (it.change === 'update' && it.at <= document.updated_at + ownChangesMs) throw new NoEffect('our own posting');
    await store.transaction(async (tx) => {
      await claim(tx);
      const what = it.change === 'delete' ? 'deleted or voided' : 'changed';
      const when = it.at > 0 ? ` on ${new Date(it.at).toISOString().slice(0, 16).replace('T', ' ')} UTC` : '';
      const words = `Somebody ${what} it in ${ledger.name}${when}, after it was posted. Read it back before the period is closed.`;
      await rows.flagDocument(tx, organisationId, document.id, it.at || row.received_at, words);
    });
    events.publish({ topic: 'batches', organisationId, ids: [document.batch_id] });
    return `${document.reference} was ${it.change === 'delete' ? 'deleted' : 'changed'} in ${ledger.name} after posting`;
  }

  async function workOne(row: rows.InboundEventRow): Promise<void> {
    const source = SignedSource.safeParse(row.source);
    const said: string[] = [];
    let effects = 0;
    let trouble: { readonly words: string; readonly again: boolean } | null = null;
    for (const it of source.success ? readHappenings(row, source.data) : []) {
      try {
        const effect = source.success ? await happen(row, source.data, it) : null;
        if (effect !== null) effects += 1;
        said.push(effect ?? (it.kind === 'nothing' ? it.why : ''));
      } catch (thrown) {
        const words = thrown instanceof Error ? thrown.message : String(thrown);
        if (thrown instanceof NoEffect || thrown instanceof ProblemError) said.push(words);
        else {
          trouble = { words, again: row.attempts < waitsMs.length };
          if (!(thrown instanceof NotYet))
            runtime.log.error('inbound.failed', { id: row.id, source: row.source, error: words });
        }
      }
    }
    const now = runtime.clock.now();
    const outcome = [...new Set(said)].slice(0, 5).join('; ') + (said.length > 5 ? `; ${said.length} events` : '');
    await store.transaction((tx) =>
      rows.settleInbound(tx, row.organisation_id, row.id, {
        state: trouble === null ? (effects > 0 ? 'worked' : 'ignored') : trouble.again ? 'stored' : 'failed',
        outcome: trouble?.words ?? outcome,
        attempts: row.attempts + 1,
        dueAt: trouble?.again ? now + (waitsMs[row.attempts] ?? 0) : row.due_at,
        workedAt: trouble === null ? now : null,
      }),
    );
    events.publish({ topic: 'inbound', organisationId: row.organisation_id, ids: [row.id] });
  }

  /** Everything due now; for the loop, and for whoever wants it done before going on. */
  async function workDue(): Promise<number> {
    await mendSetBack();
    let worked = 0;
    while (!stopped.signal.aborted) {
      const due = await rows.dueInbound(store.read, runtime.clock.now(), page);
      if (due.length === 0) break;
      for (const row of due) {
        if (stopped.signal.aborted) break;
        await workOne(row);
        worked += 1;
      }
    }
    return worked;
  }

  async function loop(): Promise<void> {
    while (!stopped.signal.aborted) {
      pulse = new AbortController();
      const { signal } = pulse;
      let waitMs = longestWaitMs;
      try {
        await workDue();
        const next = await rows.nextInboundDue(store.read);
        if (next !== null) waitMs = Math.min(waitMs, Math.max(0, next - runtime.clock.now()));
      } catch (thrown) {
        // The database is away: what is stored stays stored.
        runtime.log.error('inbound.loop-failed', { error: thrown instanceof Error ? thrown.message : String(thrown) });
        waitMs = 1_000;
      }
      await runtime.clock.sleep(waitMs, AbortSignal.any([signal, stopped.signal]));
    }
  }

  return {
    workDue,
    wake(): void {
      // With a reason of its own: making up an exception for each event is not free.
      if (!pulse.signal.aborted) pulse.abort('woken');
    },
    start(): void {
      running = loop();
    },
    async stop(): Promise<void> {
      stopped.abort();
      await running;
    },
  };
}

function readHappenings(row: rows.InboundEventRow, source: SignedSource): Happening[] {
  const headers = JSON.parse(row.headers) as Headers;
  const body = readBody(senders[source], headers, row.body, headers[':query'] ?? '') ?? { json: undefined, form: null };
  return happeningsOf(source, { dedupeKey: row.dedupe_key, body, headers, receivedAt: row.received_at });
}

function receiptOf(job: OutboxJob, it: Extract<Happening, { kind: 'arrival' }>, at: number) {
  const moment = Instant.parse(at);
  const receipt = it.arrived ? ('arrived' as const) : ('bounced' as const);
  return insertAttempt({
    job,
    stage: 'send',
    startedAt: moment,
    endedAt: moment,
    failure: null,
    receipt,
    note: it.detail || null,
  });
}

function senderName(source: SignedSource): string {
  return senders[source].name.replace(/ \(.*$/, '');
}

/** As actors name their channel: the engine does not tell a side what it just said. */
function channelOf(source: SignedSource): string {
  return source === 'slack' || source === 'pagerduty' ? source : 'webhook';
}
