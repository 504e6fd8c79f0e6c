import { z } from 'zod';
import { Channel } from '../../../src-shared/domain/alert/alert.ts';
import { onCallAt } from '../../../src-shared/domain/alert/on-call.ts';
import { Instant, isoOf, later } from '../../../src-shared/domain/time-and-ids.ts';
import { addDays, instantOf, localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { getOpsSetting } from '../../store/repositories/weddings.ts';
import { actorName } from '../weekend/weekend.ts';
import type { ChannelTests } from './channel-test.ts';
import { contextOf, referenceOf } from './facts.ts';
import { type Actor, engineActor, type PreflightCheck } from './parts.ts';
import type { Stage } from './stage.ts';
import { send } from './tell.ts';
import type { Duty } from './timers.ts';

const WEEK_MS = 7 * 86_400_000;
const Checks = z.array(z.object({ check: z.string(), ok: z.boolean(), detail: z.string(), fix: z.string() }));
const Heartbeat = z.object({ url: z.string() });

export interface PreflightSheet {
  readonly at: Instant;
  readonly by: string;
  readonly ok: boolean;
  readonly checks: readonly PreflightCheck[];
}

/** The desk's own work around a weekend: pre-flight (A17), handover and reports (A19), heartbeat (A10). */
export function createDesk(stage: Stage, tests: ChannelTests) {
  const { parts } = stage;
  const { store, runtime, audit, publish, weekend } = parts;
  const beats = new Map<string, { at: Instant; failedSince: Instant | null; error: string }>();

  async function ownChecks(organisationId: string, until: Instant, actor: Actor): Promise<PreflightCheck[]> {
    const { config, calendar, moment } = await stage.scene(organisationId);
    const channels = await Promise.all(
      Channel.options.map(async (channel): Promise<PreflightCheck> => {
        const { delivered, ms, error } = await tests.test(organisationId, channel, actor);
        return {
          check: `Channel ${channel}`,
          ok: delivered,
          detail: delivered ? `Test accepted in ${ms} ms` : (error ?? 'No answer'),
          fix: delivered ? '' : `Open Systems, ${channel}, and send a test there.`,
        };
      }),
    );
    const imported = await weekend.importedAt(organisationId);
    const fresh = imported !== null && moment.at - imported < WEEK_MS;
    const onCall = onCallAt(config.rota, moment.at, calendar.zone);
    const reachable =
      onCall !== null &&
      config.destinations.some((each) => each.personId === onCall.personId && each.channel === 'sms');
    const beat = beats.get(organisationId);
    const heartbeat = await getOpsSetting(store.read, organisationId, 'heartbeat');
    return [
      ...channels,
      {
        check: 'Calendar imported within 7 days',
        ok: fresh,
        detail: imported === null ? 'Never imported' : `Imported ${isoOf(imported)}`,
        fix: fresh ? '' : 'Import the wedding calendar (ICS or CSV).',
      },
      {
        check: 'Somebody is on call',
        ok: reachable,
        detail:
          onCall === null
            ? 'The rota names nobody now'
            : reachable
              ? `On call: ${onCall.personId}`
              : `${onCall.personId} has no phone for SMS`,
        fix: reachable ? '' : 'Complete the rota and the phone numbers in Settings.',
      },
      {
        check: 'Heartbeat',
        ok: heartbeat !== null && beat !== undefined && beat.failedSince === null,
        detail:
          heartbeat === null
            ? 'No heartbeat address is set'
            : beat === undefined
              ? 'Not sent yet'
              : beat.failedSince === null
                ? `Last ${isoOf(beat.at)}`
                : beat.error,
        fix:
          heartbeat === null
            ? 'Set a heartbeat address, so that this console falling silent is an alert.'
            : 'Check the heartbeat address.',
      },
      ...(await Promise.all(parts.probes.map((probe) => probe(organisationId, until)))).flat(),
    ];
  }

  async function preflight(organisationId: string, actor: Actor): Promise<PreflightSheet> {
    const { moment } = await stage.scene(organisationId);
    const until = moment.weddingDay.endsAt ?? later(moment.at, WEEK_MS);
    const checks = await ownChecks(organisationId, until, actor);
    const ok = checks.every((check) => check.ok);
    await store.transaction(async (tx, after) => {
      await rows.insertPreflight(tx, {
        organisation_id: organisationId,
        id: runtime.ids.next(),
        at: moment.at,
        by_person: actor.name,
        ok: ok ? 1 : 0,
        checks: JSON.stringify(checks),
      });
      await audit(tx, {
        organisationId,
        actor: actorName(actor),
        channel: actor.channel,
        action: 'preflight.run',
        object: 'weekend:preflight',
        after: { ok, failed: checks.filter((check) => !check.ok).map((check) => check.check) },
        correlationId: actor.correlationId,
      });
      after(() => publish({ topic: 'weddings', organisationId, ids: [] }));
    });
    if (!ok) {
      const failed = checks.filter((check) => !check.ok).length;
      parts.notices?.show({
        key: `preflight:${organisationId}`,
        title: 'Pre-flight: not ready for the weekend',
        body: `${failed} of ${checks.length} checks failed.`,
        urgent: false,
        address: '/weekend',
      });
    }
    return { at: moment.at, by: actor.name, ok, checks };
  }

  /** The weekend in force, or the one before: Friday 00:00 to the day after its last. */
  async function reportSpan(organisationId: string): Promise<{ friday: string; from: Instant; to: Instant }> {
    const { calendar, moment } = await stage.scene(organisationId);
    const [shown = moment.local.date] = moment.weekendDates;
    const friday = shown > moment.local.date ? addDays(shown, -7) : shown;
    const from = instantOf(friday, '00:00', calendar.zone);
    return {
      friday,
      from,
      to: Instant.parse(Math.min(moment.at, instantOf(addDays(friday, 4), '00:00', calendar.zone))),
    };
  }

  async function weekendReport(organisationId: string): Promise<{ subject: string; text: string }> {
    const { friday, from, to } = await reportSpan(organisationId);
    const { calendar } = await stage.scene(organisationId);
    const [found, weddings, notes] = await Promise.all([
      rows.alertsBetween(store.read, organisationId, from, to),
      weekend.weddingsBetween(organisationId, friday, addDays(friday, 3)),
      rows.listHandovers(store.read, organisationId, from),
    ]);
    const confirmed = weddings.filter((wedding) => wedding.status === 'confirmed');
    const count = (severity: string) => found.filter((row) => row.severity === severity).length;
    const open = found.filter((row) => row.state !== 'resolved');
    const times = found.flatMap((row) => (row.told_ms === null ? [] : [row.told_ms])).sort((a, b) => a - b);
    const p95 = times[Math.min(times.length - 1, Math.floor(times.length * 0.95))];
    const lines = [
      `${calendar.organisation.name}: weekend of ${friday}`,
      '',
      `${confirmed.length} weddings; ${found.length} alerts (${count('emergency')} emergency, ${count('critical')} critical, ${count('warning')} warning, ${count('info')} info).`,
      p95 === undefined
        ? 'No alert was told through a channel.'
        : `Told within ${(p95 / 1000).toFixed(1)} s (95th percentile).`,
      open.length === 0 ? 'Everything is resolved.' : `${open.length} still open:`,
      ...open.map((row) => `- ${referenceOf(row)} ${row.severity}: ${row.title} (${row.state})`),
      '',
      ...found.map((row) => {
        const took =
          row.resolved_at === null
            ? 'open'
            : `resolved after ${Math.round((row.resolved_at - row.raised_at) / 60_000)} min`;
        return `${isoOf(Instant.parse(row.raised_at))} ${referenceOf(row)} ${row.severity}: ${row.title}; ${contextOf(row).weddingsAffected} weddings affected; ${took}`;
      }),
      ...(notes.length === 0 ? [] : ['', 'Handover notes:', ...notes.map((note) => `- ${note.text} (${note.author})`)]),
    ];
    return { subject: `Weekend report ${friday}: ${found.length} alerts, ${open.length} open`, text: lines.join('\n') };
  }

  /** Friday 12:00 and 17:30 the pre-flight, Monday 07:00 the report; each once a weekend, caught up the same day. */
  const planned: Duty = async (organisationId, at) => {
    const { calendar, config } = await stage.scene(organisationId, at);
    const today = localAt(at, calendar.zone);
    const friday = addDays(today.date, 5 - today.weekday);
    const report = addDays(friday, today.weekday === 1 ? -4 : 3);
    const jobs = [
      { name: 'preflight-noon', due: instantOf(friday, '12:00', calendar.zone), period: friday },
      { name: 'preflight-evening', due: instantOf(friday, '17:30', calendar.zone), period: friday },
      { name: 'weekend-report', due: instantOf(report, '07:00', calendar.zone), period: report },
    ];
    let next: number | null = null;
    for (const { name, due, period } of jobs) {
      if (due > at) {
        next = next === null ? due : Math.min(next, due);
        continue;
      }
      if (at - due > 12 * 3_600_000) continue;
      const claimed = await store.transaction((tx) =>
        rows.claimRun(tx, { organisation_id: organisationId, name, period, at }),
      );
      if (!claimed) continue;
      if (name !== 'weekend-report') {
        // Not waited for: it takes as long as the slowest channel, and alerts are due meanwhile.
        preflight(organisationId, engineActor).catch((thrown: unknown) =>
          runtime.log.error('preflight.failed', { organisation: organisationId, error: String(thrown) }),
        );
        continue;
      }
      const { subject, text } = await weekendReport(organisationId);
      const scene = await stage.scene(organisationId, at);
      await store.transaction(async (tx) => {
        const ids = [...config.usual.email, ...config.management];
        for (const destination of config.destinations.filter(
          (each) => each.channel === 'email' && ids.includes(each.id),
        )) {
          const noticeId = `report-${period}`;
          const message = {
            kind: 'notice' as const,
            noticeId,
            organisation: calendar.organisation,
            zone: calendar.zone,
            dueAt: due,
            subject,
            text: text.slice(0, 20_000),
            consoleLink: 'wedsync-ops://weekend',
          };
          await send(parts, tx, scene, destination, message, {
            object: `${noticeId}:${destination.id}`,
            revision: 'r1',
            priority: 3,
            supersedes: false,
          });
        }
      });
    }
    return next as Instant | null;
  };

  /** Calls the heartbeat address every 60 s, 30 s in wedding-day mode (R4); its silence is somebody else's alert. */
  const heartbeat: Duty = async (organisationId, at) => {
    const { ping } = parts;
    const text = ping === null ? null : await getOpsSetting(store.read, organisationId, 'heartbeat');
    if (ping === null || text === null) return null;
    const { moment } = await stage.scene(organisationId, at);
    const every = moment.weddingDay.active ? 30_000 : 60_000;
    const last = beats.get(organisationId);
    if (last && at - last.at < every && at >= last.at) return later(last.at, every);
    beats.set(organisationId, { at, failedSince: last?.failedSince ?? null, error: last?.error ?? '' });
    // Not waited for: a slow address must not hold up escalations.
    ping(organisationId, Heartbeat.parse(JSON.parse(text)).url).then(
      () => beats.set(organisationId, { at, failedSince: null, error: '' }),
      (thrown: unknown) => {
        const error = thrown instanceof Error ? thrown.message : String(thrown);
        beats.set(organisationId, { at, failedSince: last?.failedSince ?? at, error });
        runtime.log.warn('heartbeat.failed', { organisation: organisationId, error });
      },
    );
    return later(at, every);
  };

  return {
    preflight,
    weekendReport,
    duties: [planned, heartbeat] as const,

    async lastSheet(organisationId: string): Promise<PreflightSheet | null> {
      const row = await rows.lastPreflight(store.read, organisationId);
      if (!row) return null;
      return {
        at: Instant.parse(row.at),
        by: row.by_person,
        ok: row.ok === 1,
        checks: Checks.parse(JSON.parse(row.checks)),
      };
    },

    /** A note for whoever comes next; shown for a week and in Monday's report. */
    async addHandover(organisationId: string, text: string, actor: Actor): Promise<string> {
      const id = runtime.ids.next();
      await store.transaction(async (tx, after) => {
        await rows.insertHandover(tx, {
          organisation_id: organisationId,
          id,
          at: runtime.clock.now(),
          author: actor.name,
          text,
        });
        await audit(tx, {
          organisationId,
          actor: actorName(actor),
          channel: actor.channel,
          action: 'handover.noted',
          object: `handover:${id}`,
          correlationId: actor.correlationId,
        });
        after(() => publish({ topic: 'weddings', organisationId, ids: [] }));
      });
      return id;
    },
    handovers: (organisationId: string) =>
      rows.listHandovers(store.read, organisationId, runtime.clock.now() - WEEK_MS),
  };
}
export type Desk = ReturnType<typeof createDesk>;
