import { AlertReport, tidyReport } from '../../../src-shared/domain/alert/alert.ts';
import { flapping, groupKeyOf } from '../../../src-shared/domain/alert/damping.ts';
import { escalationDue, routeStep } from '../../../src-shared/domain/alert/route.ts';
import { raised, rankOf } from '../../../src-shared/domain/alert/severity.ts';
import { type Silence, silencedBy } from '../../../src-shared/domain/alert/silence.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { seasonWords } from '../../adapters/kit/alert-words.ts';
import type { Tx } from '../../ports/store.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { refused } from '../problem.ts';
import { contextOf, enrich, factsOf, isLocal, templateFor } from './facts.ts';
import type { Scene } from './message-of.ts';
import type { Actor } from './parts.ts';
import { nextRound } from './rounds.ts';
import { silencesOf } from './routing.ts';
import { entry } from './send.ts';
import type { Stage } from './stage.ts';
import { tellTrouble } from './tell.ts';

const REOPEN_MS = 10 * 60_000;
const WRONG_CLOCK_MS = 5 * 60_000;

/** How far a source's clock is from ours, e.g. `12 min behind`. */
const offBy = (ms: number) => `${Math.abs(Math.round(ms / 60_000))} min ${ms > 0 ? 'behind' : 'ahead'}`;

export interface Raised {
  readonly alertId: string;
  /** `repeated`: one open alert had this key already; `reopened`: it was resolved within the last ten minutes. */
  readonly outcome: 'raised' | 'repeated' | 'reopened';
}

/**
 * Takes an alert in: checked, tidied, enriched, routed and recorded, and its messages queued, in one transaction. Refused
 * only without a source, a severity or a title. The same key while open counts up; it never makes a second alert.
 */
export async function raise(
  stage: Stage,
  organisationId: string,
  input: unknown,
  actor: Actor,
  /** Runs first in the same transaction; what it throws undoes everything. */
  beside?: (tx: Tx) => Promise<void>,
): Promise<Raised> {
  const { parts } = stage;
  const parsed = AlertReport.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refused({
      happened: `The alert was refused: ${issue?.path.join('.') || 'its shape'} ${issue?.message.toLowerCase() ?? 'is not valid'}.`,
      means: 'Nobody was told.',
      remedy: 'An alert needs a source, a severity (info, warning, critical, emergency) and a title.',
    });
  }
  const report = tidyReport(parsed.data);
  const scene = await stage.scene(organisationId);
  const at = scene.moment.at;
  const { venues, context } = await enrich(parts.weekend, organisationId, report.venues, scene.moment);
  const template = templateFor(report);

  return parts.store.transaction(async (tx, after) => {
    await beside?.(tx);
    const known = await rows.alertOfKey(tx, organisationId, report.key, at - REOPEN_MS);
    if (known) {
      await rows.countOccurrence(tx, organisationId, report.key, at);
      const outcome = await again(stage, tx, known, report, scene, actor);
      after(() => parts.publish({ topic: 'alerts', organisationId, ids: [known.id] }));
      return { alertId: known.id, outcome };
    }
    const id = parts.runtime.ids.next();
    const row: rows.AlertRow = {
      organisation_id: organisationId,
      id,
      number: await rows.nextAlertNumber(tx, organisationId),
      dedup_key: report.key,
      source: report.source,
      reported_severity: report.severity,
      severity: raised(report.severity, scene.moment.weddingDay.active),
      title: report.title,
      detail: report.detail,
      venues: JSON.stringify(venues),
      links: JSON.stringify(report.links),
      template: template?.id ?? null,
      group_key: groupKeyOf({ source: report.source, template: template?.id ?? null, title: report.title }),
      state: 'firing',
      step: 0,
      version: 0,
      owner: null,
      owner_name: null,
      owner_note: '',
      raised_at: at,
      observed_at: report.observedAt,
      last_seen_at: at,
      count: 1,
      resolved_at: null,
      step_at: at,
      next_step_at: null,
      until: null,
      silence_id: null,
      silenced_until: null,
      flapping: 0,
      flap_last: null,
      told_ms: null,
      reasons: '[]',
      context: JSON.stringify(context),
      from_backup: null,
      round_at: null,
      until_chosen: 0,
    };
    const lines = [
      entry(tx, row, at, 'raised', `Raised by ${report.source} (key ${report.key}).`, actor),
      ...(report.observedAt !== null && Math.abs(report.observedAt - at) > WRONG_CLOCK_MS
        ? [
            entry(
              tx,
              row,
              at,
              'note',
              `The source's clock is ${offBy(at - report.observedAt)}; this console's time is used.`,
            ),
          ]
        : []),
      entry(
        tx,
        row,
        at,
        'enriched',
        `${context.weddingsToday} weddings today, ${context.weddingsAffected} at the venues affected; ${seasonWords[context.season]}${context.peakHours ? ', peak hours' : ''}.`,
      ),
    ];
    await Promise.all([
      rows.insertAlert(tx, row),
      rows.countOccurrence(tx, organisationId, report.key, at),
      ...lines,
      stage.record(tx, row, 'alert.raised', actor, { after: { severity: report.severity, title: report.title } }),
    ]);
    await begin(stage, tx, row, scene, 'firing');
    const mono = parts.runtime.clock.monotonicMs();
    after(() => {
      stage.committedAt.set(id, mono);
      parts.publish({ topic: 'alerts', organisationId, ids: [id] });
    });
    return { alertId: id, outcome: 'raised' };
  });
}

/** Starts (or starts again) the course of a firing alert: silence first, else telling and the clock of escalation. */
export async function begin(
  stage: Stage,
  tx: Tx,
  alert: rows.AlertRow,
  scene: Scene,
  kind: 'firing' | 'fires_again',
): Promise<void> {
  const at = scene.moment.at;
  const facts = factsOf(alert);
  const { severity, reasons } = routeStep(facts, 0, scene.moment, scene.config);
  const silences = await silencesOf(tx, alert.organisation_id, at);
  const hidden = silencedBy(silences, facts, severity, at, scene.calendar.zone);
  const change = {
    state: 'firing' as const,
    severity,
    reasons: JSON.stringify(reasons),
    step: 0,
    step_at: at,
    until: null,
    silence_id: hidden?.silence.id ?? null,
    silenced_until: hidden?.until ?? null,
    next_step_at: hidden || isLocal(alert) ? null : escalationDue(facts, 1, at, scene.moment, scene.config),
    from_backup: null,
    ...(kind === 'fires_again' ? { round_at: nextRound(alert, at) } : {}),
  };
  await rows.updateAlert(tx, alert.organisation_id, alert.id, change);
  if (hidden) {
    await entry(tx, alert, at, 'silenced', silencedWords(hidden.silence));
    return;
  }
  const now = { ...alert, ...change };
  if (rankOf(severity) > 0) stage.parts.store.after(tx, () => stage.notify(now, scene, contextOf(now).weddingsToday));
  if (isLocal(alert)) {
    await entry(tx, alert, at, 'not_told', 'Shown at this computer only: it is about the channels themselves.');
    return;
  }
  await tellTrouble(stage.parts, tx, now, kind, scene, at);
}

export const silencedWords = ({ author, reason }: Silence) =>
  `Silenced by ${author}: ${reason}. Nobody is told while it lasts.`;

/** An alert from a backup that its source reports again is there now: nobody may miss it (BAK-07). */
async function reportedAgain(stage: Stage, tx: Tx, alert: rows.AlertRow, scene: Scene): Promise<void> {
  await entry(tx, alert, scene.moment.at, 'note', 'Reported again since the restore: it goes on as always.');
  const needsSomebody = alert.state === 'firing' || alert.state === 'escalated';
  if (needsSomebody && alert.silence_id === null && alert.flapping === 0)
    await begin(stage, tx, alert, scene, 'fires_again');
  else await rows.updateAlert(tx, alert.organisation_id, alert.id, { from_backup: null });
}

async function again(
  stage: Stage,
  tx: Tx,
  known: rows.AlertRow,
  report: AlertReport,
  scene: Scene,
  actor: Actor,
): Promise<'repeated' | 'reopened'> {
  const at = scene.moment.at;
  const organisationId = known.organisation_id;
  const seen = { count: known.count + 1, last_seen_at: at, detail: report.detail || known.detail };
  const worse = rankOf(report.severity) > rankOf(known.reported_severity);

  if (known.state !== 'resolved') {
    await rows.updateAlert(tx, organisationId, known.id, seen);
    if (known.flapping === 1 && known.flap_last === 'resolved') {
      await rows.updateAlert(tx, organisationId, known.id, { flap_last: 'raised' });
      await entry(tx, known, at, 'raised', 'Came back while flapping; recorded, not told.', actor);
    }
    if (worse) {
      const next = {
        ...known,
        ...seen,
        reported_severity: report.severity,
        owner: null,
        owner_name: null,
        owner_note: '',
      };
      await rows.updateAlert(tx, organisationId, known.id, {
        reported_severity: report.severity,
        owner: null,
        owner_name: null,
        owner_note: '',
      });
      await entry(tx, known, at, 'severity', `Worse: ${known.reported_severity} became ${report.severity}.`, actor);
      await begin(stage, tx, next, scene, 'fires_again');
    } else if (known.from_backup !== null) {
      await reportedAgain(stage, tx, { ...known, ...seen }, scene);
    }
    return 'repeated';
  }

  const changes = await rows.changesOf(tx, organisationId, known.id, at - REOPEN_MS);
  const flap = flapping([...changes.map((change) => Instant.parse(change)), at], at, known.flapping === 1);
  const reopened = {
    ...seen,
    state: 'firing' as const,
    resolved_at: null,
    owner: null,
    owner_name: null,
    owner_note: '',
    flapping: flap.now ? 1 : 0,
    flap_last: flap.now ? 'raised' : null,
    reported_severity: worse ? report.severity : known.reported_severity,
  };
  await rows.updateAlert(tx, organisationId, known.id, reopened);
  await entry(
    tx,
    known,
    at,
    'raised',
    `Fires again ${Math.round((at - (known.resolved_at ?? at)) / 1000)} s after it was resolved.`,
    actor,
  );
  const alert = { ...known, ...reopened };
  if (flap.now) {
    await entry(
      tx,
      alert,
      at,
      'flapping',
      `${flap.changes} changes in 10 min: further changes are recorded, not told.`,
    );
  }
  // It was told as over, so its return is told whatever comes after.
  await begin(stage, tx, alert, scene, 'fires_again');
  return 'reopened';
}
