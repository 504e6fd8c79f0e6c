import type { Tx } from '../../ports/store.ts';
import { addPushHistory, getPush, type PushRecord } from '../../store/repositories/crm.ts';
import type { Actor, CrmParts } from './parts.ts';

export interface Answered {
  readonly done: string[];
  readonly refused: { id: string; reason: string }[];
}

/** One thing decided about a push, as its history and the record name it. */
export interface Step {
  readonly what: string;
  readonly decide: (tx: Tx, row: PushRecord) => Promise<{ refuse: string } | { detail: string }>;
}

/**
 * The same steps for many pushes, in short transactions; each refusal names its push and the rest goes on. A push goes
 * through all its steps in one transaction, so that nothing ends between an approval and its sending.
 */
export async function each(
  parts: CrmParts,
  organisationId: string,
  ids: readonly string[],
  actor: Actor,
  steps: readonly Step[],
  reason?: string,
): Promise<Answered> {
  const answer: Answered = { done: [], refused: [] };
  const { store, runtime } = parts;
  for (let from = 0; from < ids.length; from += 200) {
    const some = ids.slice(from, from + 200);
    await store.transaction(async (tx, after) => {
      let going = some;
      const refused: Answered['refused'] = [];
      for (const { what, decide } of steps) {
        const done: string[] = [];
        for (const id of going) {
          const row = await getPush(tx, organisationId, id);
          const result = row ? await decide(tx, row) : { refuse: 'There is no such push.' };
          if ('refuse' in result) {
            refused.push({ id, reason: result.refuse });
            continue;
          }
          done.push(id);
          await addPushHistory(tx, {
            organisation_id: organisationId,
            push_id: id,
            at: runtime.clock.now(),
            who: actor.name,
            what,
            detail: result.detail,
          });
        }
        going = done;
        if (done.length === 0) break;
        await parts.audit(tx, {
          organisationId,
          actor: actor.actor,
          channel: actor.channel,
          correlationId: actor.correlationId,
          action: `push.${what}`,
          object: done.length === 1 ? `push:${done[0]}` : `pushes:${done.length}`,
          after: { pushes: done },
          ...(reason === undefined ? {} : { reason }),
        });
      }
      after(() => {
        answer.done.push(...going);
        answer.refused.push(...refused);
        parts.publish({ topic: 'crm', organisationId, ids: some });
      });
    });
  }
  return answer;
}

/** Why a push in this state is not for a person to decide. */
export const explain: Readonly<Record<string, string>> = {
  conflict: 'Somebody edited it in the CRM: choose per field first.',
  sending: 'It is on its way already.',
  in_doubt: 'Its answer was lost; it is looked up before anything else.',
  approved: 'It is approved already.',
  verified: 'The CRM holds these values already; there is nothing to write.',
  sent: 'It was sent with these values already; there is nothing to write.',
};
