import { z } from 'zod';
import { Channel } from '../../../src-shared/domain/alert/alert.ts';
import { onCallTurns } from '../../../src-shared/domain/alert/on-call.ts';
import { Instant, isoOf, later } from '../../../src-shared/domain/time-and-ids.ts';
import { formatInstant } from '../../../src-shared/format/time.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { actorName } from '../weekend/weekend.ts';
import type { ChannelTests } from './channel-test.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Actor, PreflightCheck } from './parts.ts';
import type { Stage } from './stage.ts';

const WEEK_MS = 7 * 86_400_000;
const Checks = z.array(z.object({ check: z.string(), ok: z.boolean(), detail: z.string(), fix: z.string() }));

export interface PreflightSheet {
  readonly at: Instant;
  readonly by: string;
  readonly ok: boolean;
  readonly checks: readonly PreflightCheck[];
}

/** Whether everything is ready for the weekend: one sheet, green or red line by line, audited (A17). */
export function createPreflight(stage: Stage, tests: ChannelTests, heartbeat: Heartbeat) {
  const { parts } = stage;
  const { store, runtime, audit, publish, weekend } = parts;

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
    // Whoever takes over before the weekend is through counts as much as whoever has it now.
    const turns = onCallTurns(config.rota, moment.at, until, calendar.zone).map(({ at, personId }) => ({
      ...{ at, personId },
      phone: config.destinations.find((each) => each.personId === personId && each.channel === 'sms'),
    }));
    const gap = turns.find(({ phone }) => phone === undefined);
    const from = gap === undefined || gap.at === moment.at ? '' : `${formatInstant(isoOf(gap.at), calendar.zone)}: `;
    return [
      ...channels,
      {
        check: 'Calendar imported within 7 days',
        ok: fresh,
        detail: imported === null ? 'Never imported' : `Imported ${formatInstant(isoOf(imported), calendar.zone)}`,
        fix: fresh ? '' : 'Import the wedding calendar (ICS or CSV).',
      },
      {
        check: 'Somebody is on call',
        ok: gap === undefined,
        detail:
          gap === undefined
            ? [...new Set(turns.map(({ phone }) => phone?.name))].join(', then ')
            : `${from}${gap.personId === null ? 'the rota names nobody' : `${gap.personId} has no phone for SMS`}`,
        fix: gap === undefined ? '' : 'Complete the rota and the phone numbers in Settings.',
      },
      await heartbeat.check(organisationId),
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

  return {
    preflight,

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
  };
}
