import { kpis as kpisContract } from '../../../src-shared/contract/kpis.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatInstant } from '../../../src-shared/format/time.ts';
import type { Print } from '../alerts/print.ts';
import type { Bi } from '../bi/index.ts';
import type { Kpis } from '../kpis/index.ts';
import { monitoringSystems } from '../kpis/index.ts';
import { kpiSheet } from '../kpis/sheet.ts';
import type { Organisations } from '../organisations/organisations.ts';
import type { Weekend } from '../weekend/weekend.ts';
import { type CallContext, implementGuarded } from './base.ts';

const os = implementGuarded({ kpis: kpisContract });

export interface KpiHandlersDeps {
  readonly kpis: Kpis;
  readonly bi: Bi;
  readonly organisations: Pick<Organisations, 'requireRole'>;
  readonly weekend: Pick<Weekend, 'calendar'>;
  readonly print: Print;
  readonly now: () => Instant;
}

/** `contract/kpis.ts`: thin, the rules are in the capability. */
export function kpiHandlers({ kpis, bi, organisations, weekend, print, now }: KpiHandlersDeps) {
  async function acting(organisationId: string, { caller, correlationId }: CallContext) {
    const person = await organisations.requireRole(organisationId, caller.personId, ['ops', 'admin']);
    return { id: `person:${person.id}`, channel: caller.via, correlationId };
  }
  return {
    view: os.kpis.view.handler(({ input }) => kpis.view(input.organisationId, input.period)),
    sheet: os.kpis.sheet.handler(async ({ input: { organisationId, period } }) => {
      const [view, { organisation, zone }] = await Promise.all([
        kpis.view(organisationId, period),
        weekend.calendar(organisationId),
      ]);
      const page = {
        title: 'Executive KPIs',
        organisation: organisation.name,
        practice: organisation.practice,
        asOf: formatInstant(isoOf(now()), zone),
        blocks: kpiSheet(view, zone),
      };
      return print(page, `kpis-${period}.pdf`);
    }),
    push: os.kpis.push.handler(async ({ input, context }) => {
      await acting(input.organisationId, context);
      return kpis.push(input.organisationId, input.systems ?? monitoringSystems);
    }),
    syncBi: os.kpis.syncBi.handler(async ({ input, context }) => {
      await acting(input.organisationId, context);
      return bi.sync(input.organisationId, input.systems);
    }),
    checkGates: os.kpis.checkGates.handler(async ({ input, context }) => {
      await acting(input.organisationId, context);
      const gates = await bi.gate(input.organisationId);
      return gates.map(({ findings, ...gate }) => ({ ...gate, findings: [...findings] }));
    }),
    biRun: os.kpis.biRun.handler(({ input }) => bi.run(input.organisationId)),
    handIn: os.kpis.handIn.handler(async ({ input: { organisationId, at, ...figure }, context }) => {
      await kpis.handIn(organisationId, { ...figure, at: Date.parse(at) }, await acting(organisationId, context));
      return {};
    }),
  };
}
