import { alerts as alertsContract } from '../../../src-shared/contract/alerts.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { formatInstant } from '../../../src-shared/format/time.ts';
import { blocksOf } from '../alerts/print.ts';
import { ProblemError } from '../problem.ts';
import { implementGuarded } from './base.ts';
import { type DeskHandlersDeps, deskActor } from './weekend.ts';

const os = implementGuarded({ alerts: alertsContract });

const instantOf = (iso: string) => Instant.parse(Date.parse(iso));

/** `contract/alerts.ts`. */
export function alertHandlers({ alerts, weekend, organisations, now, print }: DeskHandlersDeps) {
  const actor = deskActor({ organisations });
  const view = (organisationId: string, alertId: string) => alerts.views.get(organisationId, alertId);

  async function register(organisationId: string) {
    return (await alerts.silences.register(organisationId)).map(({ silence, hides }) => ({
      ...silence,
      startsAt: isoOf(silence.startsAt),
      endsAt: isoOf(silence.endsAt),
      hides,
    }));
  }

  return {
    list: os.alerts.list.handler(({ input }) =>
      alerts.views.list(input.organisationId, input.filter, input.text, input.limit),
    ),
    figures: os.alerts.figures.handler(({ input }) => alerts.figures(input.organisationId)),
    get: os.alerts.get.handler(({ input }) => view(input.organisationId, input.alertId)),
    raise: os.alerts.raise.handler(async ({ input: { organisationId, ...report }, context }) => {
      const { alertId } = await alerts.raise(organisationId, report, await actor(organisationId, context));
      return view(organisationId, alertId);
    }),
    acknowledge: os.alerts.acknowledge.handler(
      async ({ input: { organisationId, alertId, note, forMinutes }, context }) => {
        const forMs = forMinutes === undefined ? null : forMinutes * 60_000;
        await alerts.acknowledge(organisationId, alertId, { note, forMs }, await actor(organisationId, context));
        return view(organisationId, alertId);
      },
    ),
    acknowledgeMany: os.alerts.acknowledgeMany.handler(
      async ({ input: { organisationId, alertIds, note }, context }) => {
        const who = await actor(organisationId, context);
        const refused: { id: string; reason: string }[] = [];
        for (const id of alertIds) {
          try {
            await alerts.acknowledge(organisationId, id, { note, forMs: null }, who);
          } catch (thrown) {
            if (!(thrown instanceof ProblemError)) throw thrown;
            refused.push({ id, reason: thrown.problem.happened });
          }
        }
        return { changed: alertIds.length - refused.length, refused };
      },
    ),
    unacknowledge: os.alerts.unacknowledge.handler(async ({ input: { organisationId, alertId }, context }) => {
      await alerts.unacknowledge(organisationId, alertId, await actor(organisationId, context));
      return view(organisationId, alertId);
    }),
    snooze: os.alerts.snooze.handler(async ({ input: { organisationId, alertId, until, note }, context }) => {
      await alerts.snooze(organisationId, alertId, instantOf(until), note, await actor(organisationId, context));
      return view(organisationId, alertId);
    }),
    resolve: os.alerts.resolve.handler(async ({ input: { organisationId, alertId, note }, context }) => {
      await alerts.resolve(organisationId, alertId, note, await actor(organisationId, context));
      return view(organisationId, alertId);
    }),
    escalate: os.alerts.escalate.handler(async ({ input: { organisationId, alertId }, context }) => {
      await alerts.escalate(organisationId, alertId, await actor(organisationId, context));
      return view(organisationId, alertId);
    }),
    release: os.alerts.release.handler(async ({ input: { organisationId, alertIds }, context }) => ({
      released: await alerts.release(organisationId, alertIds ?? 'all', await actor(organisationId, context)),
    })),
    note: os.alerts.note.handler(async ({ input: { organisationId, alertId, text }, context }) => {
      await alerts.note(organisationId, alertId, text, await actor(organisationId, context));
      return view(organisationId, alertId);
    }),
    tickStep: os.alerts.tickStep.handler(async ({ input: { organisationId, alertId, stepId }, context }) => {
      await alerts.tickStep(organisationId, alertId, stepId, await actor(organisationId, context));
      return view(organisationId, alertId);
    }),
    preview: os.alerts.preview.handler(async ({ input: { organisationId, severity, venue, source, at } }) => {
      const moment = at === undefined ? null : instantOf(at);
      const { steps, reasons, gaps, ...rest } = await alerts.preview(organisationId, {
        severity,
        venue,
        source,
        at: moment,
      });
      return { ...rest, steps: [...steps], reasons: [...reasons], gaps: [...gaps] };
    }),
    report: os.alerts.report.handler(({ input }) => alerts.views.report(input.organisationId, input.alertIds)),
    reportPdf: os.alerts.reportPdf.handler(async ({ input: { organisationId, title, text } }) => {
      const { organisation, zone } = await weekend.calendar(organisationId);
      const at = now();
      return print(
        {
          title,
          organisation: organisation.name,
          practice: organisation.practice,
          asOf: formatInstant(isoOf(at), zone),
          blocks: blocksOf(text),
        },
        `incident-report-${localAt(at, zone).date}.pdf`,
      );
    }),

    silences: os.alerts.silences.handler(({ input }) => register(input.organisationId)),
    silencePreview: os.alerts.silencePreview.handler(async ({ input }) => {
      const { open, lastSevenDays } = await alerts.silences.reach(
        input.organisationId,
        input.matcher,
        input.includeEmergencies,
      );
      return { hides: open.length, lastSevenDays };
    }),
    quietHours: os.alerts.quietHours.handler(async ({ input: { organisationId }, context }) => {
      const person = await organisations.acting(organisationId, context.caller.personId);
      return { hours: await alerts.quiet.of(organisationId, person?.id ?? null) };
    }),
    setQuietHours: os.alerts.setQuietHours.handler(async ({ input: { organisationId, hours }, context }) => ({
      hours: await alerts.quiet.set(organisationId, hours, await actor(organisationId, context)),
    })),
    addSilence: os.alerts.addSilence.handler(
      async ({ input: { organisationId, startsAt, endsAt, ...rest }, context }) => {
        const silence = {
          ...rest,
          startsAt: startsAt === undefined ? now() : instantOf(startsAt),
          endsAt: instantOf(endsAt),
        };
        await alerts.silences.add(organisationId, silence, await actor(organisationId, context));
        return register(organisationId);
      },
    ),
    endSilence: os.alerts.endSilence.handler(async ({ input: { organisationId, silenceId, reason }, context }) => {
      await alerts.silences.end(organisationId, silenceId, reason, await actor(organisationId, context));
      return register(organisationId);
    }),

    routing: os.alerts.routing.handler(({ input }) => alerts.routing.config(input.organisationId)),
    saveRouting: os.alerts.saveRouting.handler(async ({ input, context }) =>
      alerts.routing.save(input.organisationId, input.routing, await actor(input.organisationId, context)),
    ),
    testChannel: os.alerts.testChannel.handler(async ({ input, context }) =>
      alerts.testChannel(input.organisationId, input.channel, await actor(input.organisationId, context)),
    ),
  };
}
