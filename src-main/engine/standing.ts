import { z } from 'zod';
import { bySeverity } from '../../src-shared/domain/alert/severity.ts';
import type { Clock } from '../ports/runtime.ts';
import type { Store } from '../ports/store.ts';
import { alertsNeedingSomebody, lastPreflight, worstAlerts } from '../store/repositories/alerts.ts';
import { listConnections } from '../store/repositories/connections.ts';
import { pushesNeedingPerson } from '../store/repositories/crm.ts';
import { listOrganisations } from '../store/repositories/organisations.ts';
import { countJobs } from '../store/repositories/outbox.ts';
import { sumsByState } from '../store/repositories/review.ts';
import { referenceOf } from './alerts/facts.ts';
import type { Counts, TraySummary } from './engine.ts';

/** Alerts the tray names. */
const SHOWN = 5;
const Checks = z.array(z.object({ ok: z.boolean() }));

/** How things stand, in the numbers of the status bar and the tray. */
export interface Standing {
  counts(organisationId: string): Promise<Counts>;
  /** Over all organisations of the folder. */
  tray(): Promise<TraySummary>;
}

/** Counts mean "needs a person now", never "exists" (U9). */
export function createStanding({
  store,
  clock,
  safeMode,
  sendsHere,
  keychainReady,
  weddingDay,
}: {
  readonly store: Store;
  readonly clock: Clock;
  readonly safeMode: boolean;
  readonly sendsHere: (organisationId: string) => boolean;
  readonly keychainReady: () => Promise<boolean>;
  readonly weddingDay: (organisationId: string) => Promise<boolean>;
}): Standing {
  /** A pause of one system among several is that system's own business; here all of them stand still. */
  async function notSending(
    organisations: readonly { id: string; practice: number }[],
  ): Promise<TraySummary['notSending']> {
    if (safeMode) return 'safe mode';
    if (organisations.some(({ practice }) => practice === 0) && !(await keychainReady())) return 'keychain';
    if (organisations.some(({ id }) => !sendsHere(id))) return 'other computer';
    const all = (await Promise.all(organisations.map(({ id }) => listConnections(store.read, id)))).flat();
    return all.length > 0 && all.every(({ mode }) => mode !== 'on') ? 'paused' : null;
  }

  async function counts(organisationId: string): Promise<Counts> {
    const [jobs, sums, connections, alerts, crm, sheet] = await Promise.all([
      countJobs(store.read, organisationId),
      sumsByState(store.read, organisationId, undefined),
      listConnections(store.read, organisationId),
      alertsNeedingSomebody(store.read, organisationId),
      pushesNeedingPerson(store.read, organisationId),
      lastPreflight(store.read, organisationId),
    ]);
    return {
      waiting: jobs.waiting,
      oldestWaitingMs: jobs.oldestWaitingAt === null ? null : Math.max(0, clock.now() - jobs.oldestWaitingAt),
      inDoubt: jobs.inDoubt,
      dead: jobs.dead,
      held: jobs.held,
      needs: {
        // Red lines of the last pre-flight, until another one is run.
        weekend: sheet === null ? 0 : Checks.parse(JSON.parse(sheet.checks)).filter(({ ok }) => !ok).length,
        alerts,
        exports: sums.find(({ state }) => state === 'review')?.lines ?? 0,
        crm,
        systems: connections.filter(({ parked_code }) => parked_code !== null).length,
        deliveries: jobs.dead + jobs.held + jobs.inDoubt,
        kpis: 0,
      },
    };
  }

  return {
    counts,
    async tray() {
      const organisations = await listOrganisations(store.read);
      const all = await Promise.all(organisations.map(({ id }) => counts(id)));
      const why = await notSending(organisations);
      const open = (await Promise.all(organisations.map(({ id }) => worstAlerts(store.read, id, SHOWN)))).flat();
      const total = (pick: (one: Counts) => number) => all.reduce((sum, one) => sum + pick(one), 0);
      return {
        practice: organisations.length > 0 && organisations.every(({ practice }) => practice === 1),
        waiting: total(({ waiting }) => waiting),
        inDoubt: total(({ inDoubt }) => inDoubt),
        needsPerson: total(({ needs }) => Object.values(needs).reduce((sum, count) => sum + count, 0)),
        alerts: total(({ needs }) => needs.alerts),
        worst: open
          .sort(bySeverity)
          .slice(0, SHOWN)
          .map((row) => ({
            organisationId: row.organisation_id,
            id: row.id,
            reference: referenceOf(row),
            severity: row.severity,
            title: row.title,
          })),
        sending: why === null,
        weddingDay: (
          await Promise.all(organisations.map(async ({ id }) => sendsHere(id) && (await weddingDay(id))))
        ).includes(true),
        notSending: why,
      };
    },
  };
}
