import type { ScoreCard } from '../../../src-shared/contract/weekend.ts';
import { weekend as weekendContract } from '../../../src-shared/contract/weekend.ts';
import type { RoutingConfig } from '../../../src-shared/domain/alert/routing-config.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatInstant } from '../../../src-shared/format/time.ts';
import type { Actor, Alerts } from '../alerts/index.ts';
import type { Print } from '../alerts/print.ts';
import { weekendSheet } from '../alerts/weekend-sheet.ts';
import type { Organisations } from '../organisations/organisations.ts';
import type { Weekend } from '../weekend/weekend.ts';
import { type CallContext, implementGuarded, refused } from './base.ts';

const os = implementGuarded({ weekend: weekendContract });

/** Plays a busy Saturday by an organisation's routing, away from everything real. */
export type Rehearse = (organisation: { readonly routing: RoutingConfig; readonly zone: string }) => Promise<ScoreCard>;

export interface DeskHandlersDeps {
  readonly alerts: Alerts;
  readonly weekend: Weekend;
  readonly organisations: Pick<Organisations, 'requireRole' | 'acting'>;
  readonly now: () => Instant;
  readonly print: Print;
  readonly rehearse: Rehearse | null;
}

/** Who acts on alerts and the weekend, checked once for both screens. */
export function deskActor({ organisations }: Pick<DeskHandlersDeps, 'organisations'>) {
  return async (organisationId: string, { caller, correlationId }: CallContext): Promise<Actor> => {
    const person = await organisations.requireRole(organisationId, caller.personId, ['ops', 'admin']);
    return { personId: person.id, name: person.name, channel: caller.via, correlationId };
  };
}

const instantOf = (iso: string) => Instant.parse(Date.parse(iso));

/** `contract/weekend.ts`. */
export function weekendHandlers({ alerts, weekend, organisations, now, print, rehearse }: DeskHandlersDeps) {
  const actor = deskActor({ organisations });
  let busy = false;
  return {
    at: os.weekend.at.handler(({ input }) =>
      weekend.result(input.organisationId, input.at === undefined ? now() : instantOf(input.at)),
    ),
    view: os.weekend.view.handler(async ({ input, context }) => {
      const person = await organisations.acting(input.organisationId, context.caller.personId);
      const mayReadNames = person?.roles.some((role) => role === 'ops' || role === 'admin') ?? false;
      return alerts.weekendView(input.organisationId, mayReadNames);
    }),
    switchMode: os.weekend.switchMode.handler(async ({ input, context }) => {
      const wanted = { mode: input.mode, reason: input.reason, endsAt: instantOf(input.endsAt) };
      return alerts.switchMode(input.organisationId, wanted, await actor(input.organisationId, context));
    }),
    setNation: os.weekend.setNation.handler(async ({ input, context }) => {
      await weekend.setNation(input.organisationId, input.nation, await actor(input.organisationId, context));
      return weekend.result(input.organisationId, now());
    }),
    importBankHolidays: os.weekend.importBankHolidays.handler(async ({ input, context }) => {
      const who = await actor(input.organisationId, context);
      const { imported, rejected } = await weekend.importBankHolidays(input.organisationId, input.text, who);
      return { imported, rejected: rejected.length };
    }),
    preflight: os.weekend.preflight.handler(async ({ input, context }) => {
      const sheet = await alerts.desk.preflight(input.organisationId, await actor(input.organisationId, context));
      return { ...sheet, at: isoOf(sheet.at), checks: [...sheet.checks] };
    }),
    heartbeat: os.weekend.heartbeat.handler(({ input }) => alerts.desk.heartbeat.state(input.organisationId)),
    setHeartbeat: os.weekend.setHeartbeat.handler(async ({ input: { organisationId, url }, context }) =>
      alerts.desk.heartbeat.set(organisationId, url, await actor(organisationId, context)),
    ),
    addHandover: os.weekend.addHandover.handler(async ({ input, context }) => ({
      id: await alerts.desk.addHandover(input.organisationId, input.text, await actor(input.organisationId, context)),
    })),
    rehearse: os.weekend.rehearse.handler(async ({ input: { organisationId }, context }) => {
      await actor(organisationId, context);
      if (rehearse === null || busy) {
        throw refused({
          happened: 'A rehearsal is running already.',
          means: 'Nothing was started.',
          remedy: 'Wait until it ends; it takes less than a minute.',
        });
      }
      busy = true;
      try {
        const [routing, { zone }] = await Promise.all([
          alerts.routing.config(organisationId),
          weekend.calendar(organisationId),
        ]);
        return await rehearse({ routing, zone });
      } finally {
        busy = false;
      }
    }),
    sheet: os.weekend.sheet.handler(async ({ input: { organisationId } }) => {
      const [view, { organisation, zone }] = await Promise.all([
        alerts.weekendView(organisationId, false),
        weekend.calendar(organisationId),
      ]);
      const page = {
        title: 'This weekend',
        organisation: organisation.name,
        practice: organisation.practice,
        asOf: formatInstant(view.at, zone),
        blocks: weekendSheet(view),
      };
      return print(page, `weekend-${view.days[0]?.date ?? 'sheet'}.pdf`);
    }),
    report: os.weekend.report.handler(({ input }) => alerts.desk.weekendReport(input.organisationId)),
  };
}
