import { later } from '../../../src-shared/domain/time-and-ids.ts';
import type { Heard } from '../../adapters/kit/adapter.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Alerts } from '../alerts/index.ts';
import type { Organisations } from '../organisations/organisations.ts';
import { ProblemError } from '../problem.ts';
import type { Seats } from '../seats/seats.ts';
import type { Actor } from '../weekend/weekend.ts';

export interface HearDeps {
  readonly runtime: Pick<Runtime, 'clock' | 'log'>;
  readonly alerts: Pick<
    Alerts,
    'acknowledge' | 'snooze' | 'resolve' | 'refuseStranger' | 'takeBundle' | 'snoozeBundle' | 'refuseStrangerAtBundle'
  >;
  readonly organisations: Pick<Organisations, 'people'>;
  readonly seats: Pick<Seats, 'heard'>;
}

const snoozeMs = 15 * 60_000;
const remembered = 1_000;

/**
 * What a press in Slack or a person's act in PagerDuty does here: the same as the same act in the console, once, whoever
 * delivers it twice (A6). A stranger changes nothing, is told so, and is on the timeline (FT-63).
 */
export function createHear({ runtime, alerts, organisations, seats }: HearDeps) {
  const known = new Set<string>();

  /** Envelopes come twice over a line that broke; the alert itself also takes an act only once. */
  function fresh(id: string): boolean {
    if (known.has(id)) return false;
    known.add(id);
    const [oldest] = known;
    if (known.size > remembered && oldest !== undefined) known.delete(oldest);
    return true;
  }

  async function done(organisationId: string, system: string, heard: Heard): Promise<string | null> {
    if (heard.kind === 'mark') {
      await seats.heard(organisationId, heard);
      return null;
    }
    const { alertId } = heard;
    const actor: Actor = { personId: null, name: system, channel: system, correlationId: `${system}:${heard.id}` };
    if (heard.kind === 'state') {
      const by = { ...actor, name: heard.by ?? system };
      if (heard.about === 'bundle') await alerts.takeBundle(organisationId, alertId, heard.state, by);
      else if (heard.state === 'resolved') await alerts.resolve(organisationId, alertId, '', by);
      else await alerts.acknowledge(organisationId, alertId, { note: '', forMs: null, key: heard.key }, by);
      return null;
    }
    const person = (await organisations.people(organisationId)).find(({ id }) => id === heard.personId);
    if (!person) {
      const words = `Somebody in ${system} (${heard.user}) pressed ${heard.action}, but is nobody of this organisation.`;
      const refuse = heard.about === 'bundle' ? alerts.refuseStrangerAtBundle : alerts.refuseStranger;
      await refuse(organisationId, alertId, words, { ...actor, name: heard.user });
      return 'The console does not know you, so nothing was changed. An administrator can add you under Settings, Slack.';
    }
    const by = { ...actor, personId: person.id, name: person.name };
    const until = later(runtime.clock.now(), snoozeMs);
    if (heard.about === 'bundle') {
      const taken = await (heard.action === 'snooze'
        ? alerts.snoozeBundle(organisationId, alertId, until, by)
        : alerts.takeBundle(organisationId, alertId, 'acknowledged', by));
      return taken === 0 ? 'Nothing was changed: somebody has each of these already, or it is over.' : null;
    }
    if (heard.action === 'snooze') await alerts.snooze(organisationId, alertId, until, '', by);
    else await alerts.acknowledge(organisationId, alertId, { note: '', forMs: null }, by);
    return null;
  }

  return async (organisationId: string, system: string, heard: Heard): Promise<{ readonly say: string | null }> => {
    const id = `${organisationId}:${system}:${heard.id}`;
    if (!fresh(id)) return { say: null };
    try {
      return { say: await done(organisationId, system, heard) };
    } catch (thrown) {
      if (thrown instanceof ProblemError)
        return { say: [thrown.problem.happened, thrown.problem.remedy].filter((each) => each !== undefined).join(' ') };
      known.delete(id);
      runtime.log.error('listener.hear-failed', {
        system,
        error: thrown instanceof Error ? thrown.message : String(thrown),
      });
      return { say: 'This could not be stored just now. Please use the console.' };
    }
  };
}
