import { insight as insightContract } from '../../../src-shared/contract/insight.ts';
import { schedules as schedulesContract } from '../../../src-shared/contract/schedules.ts';
import type { Role } from '../../../src-shared/contract/settings.ts';
import { money } from '../../../src-shared/contract/who-may.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatInstant } from '../../../src-shared/format/time.ts';
import type { Print } from '../alerts/print.ts';
import type { Insight } from '../insight/index.ts';
import { insightSheet } from '../insight/sheet.ts';
import type { Organisations } from '../organisations/organisations.ts';
import type { Schedules } from '../schedules/index.ts';
import type { Weekend } from '../weekend/weekend.ts';
import { type CallContext, implementGuarded } from './base.ts';

const os = implementGuarded({ insight: insightContract, schedules: schedulesContract });

interface Deps {
  readonly insight: Insight;
  readonly schedules: Schedules;
  readonly organisations: Pick<Organisations, 'requireRole'>;
  readonly weekend: Pick<Weekend, 'calendar'>;
  readonly print: Print;
  readonly now: () => Instant;
}

function actorOf(organisations: Deps['organisations']) {
  return async (organisationId: string, { caller, correlationId }: CallContext, roles = money) => {
    const person = await organisations.requireRole(organisationId, caller.personId, roles);
    return { personId: person.id, name: person.name, channel: caller.via, correlationId };
  };
}

/** `contract/insight.ts`. */
export function insightHandlers({ insight, organisations, weekend, print, now }: Omit<Deps, 'schedules'>) {
  const actor = actorOf(organisations);
  return {
    costs: os.insight.costs.handler(({ input }) => insight.costs(input.organisationId, input.period)),
    sheet: os.insight.sheet.handler(async ({ input: { organisationId, period } }) => {
      const [costs, vat, { organisation, zone }] = await Promise.all([
        insight.costs(organisationId, period),
        insight.vatReturn(organisationId, period),
        weekend.calendar(organisationId),
      ]);
      const page = {
        title: 'Costs and VAT',
        organisation: organisation.name,
        practice: organisation.practice,
        asOf: formatInstant(isoOf(now()), zone),
        blocks: insightSheet(costs, vat),
      };
      return print(page, `costs-${costs.period}.pdf`);
    }),
    vatReturn: os.insight.vatReturn.handler(({ input }) => insight.vatReturn(input.organisationId, input.period)),
    threshold: os.insight.threshold.handler(({ input }) => insight.threshold(input.organisationId)),
    setSales: os.insight.setSales.handler(async ({ input: { organisationId, ...sales }, context }) =>
      insight.setSales(organisationId, sales, await actor(organisationId, context)),
    ),
    locks: os.insight.locks.handler(({ input }) => insight.locks(input.organisationId)),
    lock: os.insight.lock.handler(async ({ input: { organisationId, ...request }, context }) => {
      const roles: readonly Role[] = request.locked ? money : ['finance_approver', 'admin'];
      await insight.lock(organisationId, request, await actor(organisationId, context, roles));
      return {};
    }),
  };
}

/** `contract/schedules.ts`. */
export function scheduleHandlers({ schedules, organisations }: Pick<Deps, 'schedules' | 'organisations'>) {
  const actor = actorOf(organisations);
  return {
    list: os.schedules.list.handler(({ input }) => schedules.list(input.organisationId)),
    history: os.schedules.history.handler(({ input }) => schedules.history(input.organisationId)),
    save: os.schedules.save.handler(async ({ input, context }) =>
      schedules.save(input.organisationId, input.schedule, await actor(input.organisationId, context)),
    ),
    remove: os.schedules.remove.handler(async ({ input, context }) => {
      await schedules.remove(input.organisationId, input.scheduleId, await actor(input.organisationId, context));
      return {};
    }),
    run: os.schedules.run.handler(async ({ input, context }) =>
      schedules.runNow(input.organisationId, input.scheduleId, input.dry, await actor(input.organisationId, context)),
    ),
  };
}
