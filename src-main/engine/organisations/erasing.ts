import { z } from 'zod';
import type { Erasure } from '../../../src-shared/contract/settings.ts';
import { defaultRouting, RoutingConfig } from '../../../src-shared/domain/alert/routing-config.ts';
import { withoutPerson } from '../../../src-shared/domain/alert/without-person.ts';
import type { Runtime } from '../../ports/runtime.ts';
import { SecretsNotReady } from '../../ports/secrets.ts';
import type { Reader, Store, Tx } from '../../ports/store.ts';
import { listAudit } from '../../store/repositories/audit.ts';
import * as rows from '../../store/repositories/organisations.ts';
import { emptyPerson, type PersonTraces, peopleOfRecord, tracesOf } from '../../store/repositories/personal.ts';
import { getOpsSetting, putOpsSetting } from '../../store/repositories/weddings.ts';
import type { AppendAudit, Audit } from '../audit/audit.ts';
import type { PersonKeys } from '../audit/person-keys.ts';
import type { Events } from '../events.ts';
import { notFound, refused } from '../problem.ts';
import type { Asker, Organisations } from './organisations.ts';
import { personOf } from './shapes.ts';

export interface ErasingDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly audit: AppendAudit;
  readonly record: Audit['read'];
  readonly keys: PersonKeys;
  readonly organisations: Pick<Organisations, 'requireRole'>;
  readonly events: Pick<Events, 'publish' | 'subscribe'>;
}

export type Erasing = ReturnType<typeof createErasing>;

const instead = 'erased person';
const quietSetting = 'person-quiet';

/** Erasing what the console knows of a person who works here (AUD-09): lawful, complete or not at all, and on record. */
export function createErasing({ store, runtime, audit, record, keys, organisations, events }: ErasingDeps) {
  /** What stands and falls with the person, as of now. */
  async function standing(db: Reader, organisationId: string, personId: string, selfId: string | null) {
    const [row, people, organisation, text] = await Promise.all([
      rows.getPerson(db, organisationId, personId),
      rows.listPeople(db, organisationId),
      rows.getOrganisation(db, organisationId),
      getOpsSetting(db, organisationId, 'routing'),
    ]);
    if (!row || !organisation) throw notFound({ happened: 'There is nobody of that name in this organisation.' });
    const routing = text === null ? defaultRouting : RoutingConfig.parse(JSON.parse(text));
    const told = withoutPerson(routing, row, runtime.clock.now(), organisation.time_zone);
    const traces = await tracesOf(db, organisationId, personId, row.name);
    const person = personOf(row);
    const others = people.filter(({ id }) => id !== personId).map(personOf);
    const last = (['admin', 'finance_approver'] as const).filter(
      (role) => person.roles.includes(role) && !others.some(({ roles }) => roles.includes(role)),
    );
    const reasons = [
      ...(personId === selfId ? ['Nobody erases themselves. Ask another administrator.'] : []),
      ...last.map((role) => `Nobody else is ${role.replace('_', ' ')}. Give somebody else that role first.`),
      ...told.refused,
      ...(traces.schedules > 0 ? ['Schedules work in their name. Save those as somebody else, or remove them.'] : []),
    ];
    return { row, told, traces, reasons };
  }

  /** Names the person had here, as the record tells. */
  async function formerNames(organisationId: string, personId: string): Promise<string[]> {
    const about = { object: [`person:${personId}`] };
    const entries = await record(organisationId, (await listAudit(store.read, organisationId, about, null, 500)).rows);
    return entries
      .flatMap(({ before, after }) => [before, after])
      .flatMap((part) => {
        const named = z.object({ name: z.string().min(1) }).safeParse(part);
        return named.success ? [named.data.name] : [];
      });
  }

  /** Rows, contacts and the entry, in one transaction. */
  async function empty(
    tx: Tx,
    organisationId: string,
    { row, told, traces }: Awaited<ReturnType<typeof standing>>,
    former: readonly string[],
    entry: Pick<Parameters<AppendAudit>[1], 'actor' | 'channel' | 'reason' | 'correlationId'>,
  ): Promise<void> {
    const at = runtime.clock.now();
    if (told.contacts + told.turns > 0)
      await putOpsSetting(tx, organisationId, 'routing', JSON.stringify(told.config), at);
    const quiet = await getOpsSetting(tx, organisationId, quietSetting);
    if (quiet !== null) {
      const { [row.id]: _theirs, ...rest } = JSON.parse(quiet) as Record<string, unknown>;
      await putOpsSetting(tx, organisationId, quietSetting, JSON.stringify(rest), at);
    }
    await emptyPerson(tx, organisationId, { id: row.id, names: [...new Set([...former, row.name])] }, instead, at);
    await audit(tx, {
      ...entry,
      organisationId,
      action: 'person.erased',
      object: `person:${row.id}`,
      after: { texts: traces.texts, contacts: told.contacts, turns: told.turns, kept: { finance: traces.finance } },
    });
  }

  /** Of a backup made from now on nobody reads what was erased. What fails is done at the next start. */
  async function overwrite(organisationId: string): Promise<void> {
    const done = await store.overwriteFreed().catch((thrown: unknown) => String(thrown));
    if (done !== true) runtime.log.warn('person.freed-space-waits', { organisationId, ...(done && { error: done }) });
  }

  /** The secret store's part, after the rows are gone. False: it could not; the next start tries again. */
  async function forgetKey(organisationId: string, personId: string, publicKey: string): Promise<boolean> {
    try {
      await keys.forget(organisationId, publicKey);
    } catch (thrown) {
      runtime.log.warn('person.key-not-forgotten', { organisationId, personId, error: String(thrown) });
      return false;
    }
    await store.transaction((tx) => rows.forgetPublicKey(tx, organisationId, personId));
    return true;
  }

  /**
   * At start: forgets keys that an erasure could not, erases again who came back with a restored backup, and makes the
   * keys that are missing. What the secret store refuses now is left for the next start.
   */
  async function settle(): Promise<void> {
    for (const { id: organisationId } of await rows.listOrganisations(store.read)) {
      for (const { id, public_key, erased_at } of await peopleOfRecord(store.read, organisationId)) {
        if (stopped) return;
        if (public_key !== null && erased_at !== null) await forgetKey(organisationId, id, public_key);
        if (erased_at !== null) continue;
        const state =
          public_key === null ? 'lost' : await keys.state(organisationId, public_key).catch(() => 'there' as const);
        if (state === 'lost') await giveKey(organisationId, id);
        if (state === 'forgotten') await eraseAgain(organisationId, id);
      }
    }
  }

  async function giveKey(organisationId: string, personId: string): Promise<void> {
    const made = await keys.make(organisationId);
    if (made === null || stopped) return;
    await store.transaction((tx) => rows.updatePerson(tx, organisationId, personId, { public_key: made }));
  }

  async function eraseAgain(organisationId: string, personId: string): Promise<void> {
    await store.transaction(async (tx, after) => {
      const now = await standing(tx, organisationId, personId, null);
      const reason = 'Erased before; came back with a restored backup';
      await empty(tx, organisationId, now, [], { actor: 'system', channel: 'engine', reason });
      await rows.forgetPublicKey(tx, organisationId, personId);
      after(() => events.publish({ topic: 'people', organisationId, ids: [] }));
    });
    await overwrite(organisationId);
  }

  let settling: Promise<void> = Promise.resolve();
  let stopped = false;
  const settleAgain = () => {
    settling = settling.then(settle).catch((thrown: unknown) => {
      runtime.log.warn('person.not-settled', { error: String(thrown) });
    });
  };

  return {
    /** Settles beside everything else, now and when an organisation is added. */
    start(): void {
      settleAgain();
      events.subscribe(({ topic }) => {
        if (topic === 'organisations' && !stopped) settleAgain();
      });
    },
    /** Waits for nothing: a secret store may take its time, and what is left is done at the next start. */
    stop(): void {
      stopped = true;
    },
    /** For tests: what `start` does, to its end. */
    settle,

    /** What would go, what stays and why, and whether anything stands in the way. Needs an administrator. */
    async preview(organisationId: string, personId: string, by: Asker): Promise<Erasure> {
      const self = await organisations.requireRole(organisationId, by.personId, ['admin']);
      const { row, told, traces, reasons } = await standing(store.read, organisationId, personId, self.id);
      return { person: { id: row.id, name: row.name }, refused: reasons, ...words(traces, told) };
    },

    /**
     * Erases. `confirm` is the person's name as it stands; `reason` must name nobody. Throws REFUSED with what stands in
     * the way, SecretsNotReady while the secret store cannot forget: nothing is erased then.
     */
    async erase(
      organisationId: string,
      wish: { readonly personId: string; readonly reason: string; readonly confirm: string },
      by: Asker,
    ): Promise<{ keyForgotten: boolean; texts: number }> {
      const self = await organisations.requireRole(organisationId, by.personId, ['admin']);
      const { row, reasons } = await standing(store.read, organisationId, wish.personId, self.id);
      assertAsked(row.name, wish);
      refuseFor(reasons);
      if (row.public_key !== null) {
        await keys.state(organisationId, row.public_key).catch((thrown: unknown) => {
          if (!(thrown instanceof SecretsNotReady)) throw thrown;
          throw new SecretsNotReady('auth', `Nothing was erased: ${thrown.message}`, {
            hint: thrown.toFailure().hint ?? 'Unlock it and try again',
            scope: 'connection',
          });
        });
      }
      const former = await formerNames(organisationId, row.id);
      const gone = await store.transaction(async (tx, after) => {
        const now = await standing(tx, organisationId, wish.personId, self.id);
        refuseFor(now.reasons);
        const { channel, correlationId } = by;
        await empty(tx, organisationId, now, former, {
          actor: `person:${self.id}`,
          channel,
          correlationId,
          reason: wish.reason,
        });
        after(() => events.publish({ topic: 'people', organisationId, ids: [] }));
        return { texts: now.traces.texts, key: now.row.public_key };
      });
      await overwrite(organisationId);
      const keyForgotten = gone.key === null || (await forgetKey(organisationId, row.id, gone.key));
      return { keyForgotten, texts: gone.texts };
    },
  };
}

function assertAsked(name: string, { reason, confirm }: { readonly reason: string; readonly confirm: string }): void {
  if (confirm.trim() !== name) {
    throw refused({ happened: 'Type the name as it stands to erase this person.', means: 'Nothing was erased.' });
  }
  const said = reason.toLowerCase();
  const names = name
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word.length > 2);
  if (reason.trim() === '' || names.some((word) => said.includes(word))) {
    throw refused({
      happened: reason.trim() === '' ? 'Erasing somebody needs a reason.' : 'The reason names the person.',
      means: 'The record keeps the reason, so it must not hold what is to be erased.',
      doing: 'Nothing was erased.',
      remedy: 'For example: asked for by the person, case 12.',
    });
  }
}

function refuseFor(reasons: readonly string[]): void {
  if (reasons.length === 0) return;
  throw refused({
    happened: 'This person cannot be erased now.',
    means: 'Nothing was erased.',
    remedy: reasons.join(' '),
  });
}

const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

function words(traces: PersonTraces, { contacts, turns }: { readonly contacts: number; readonly turns: number }) {
  const openly = traces.readable > 0 ? `, but for ${traces.readable} written while no secret store was at hand` : '';
  return {
    goes: [
      'The name, roles and PIN.',
      ...(traces.texts > 0
        ? [`${counted(traces.texts, 'text', 'texts')} of the record, in backups too${openly}.`]
        : []),
      ...(contacts > 0 ? [`${counted(contacts, 'phone or address', 'phones or addresses')} alerts are told to.`] : []),
      ...(turns > 0 ? [`${counted(turns, 'place', 'places')} in the rota; the others follow in their order.`] : []),
      'The name in alerts and their messages, notes, silences, pre-flights and approvals of CRM pushes.',
    ],
    stays: [
      'Entries of the record, with an id that says nothing.',
      ...(traces.finance > 0
        ? [
            `The name in ${counted(traces.finance, 'finance record', 'finance records')}: the law asks for them for six years.`,
          ]
        : []),
      ...(traces.oldEntries > 0
        ? [`${counted(traces.oldEntries, 'entry', 'entries')} written before texts lay aside, as written.`]
        : []),
      'Words typed into alerts, notes and silences, without the name.',
      'Messages and documents where they were sent or saved.',
      'The name in backups made until now: remove those you keep.',
      'In a large database, what it held in space that is free now: until the next start.',
    ],
  };
}
