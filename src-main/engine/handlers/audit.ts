import { audit as auditContract } from '../../../src-shared/contract/audit.ts';
import { money } from '../../../src-shared/contract/who-may.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { Store } from '../../ports/store.ts';
import { type AuditRow, listAudit } from '../../store/repositories/audit.ts';
import { getPush } from '../../store/repositories/crm.ts';
import { getDocument } from '../../store/repositories/exports.ts';
import type { Audit } from '../audit/audit.ts';
import type { Organisations } from '../organisations/organisations.ts';
import { implementGuarded } from './base.ts';

const os = implementGuarded({ audit: auditContract });

const PAGE = 200;

/** `contract/audit.ts`. */
export function auditHandlers(deps: {
  readonly store: Store;
  readonly audit: Audit;
  readonly organisations: Pick<Organisations, 'people' | 'requireRole'>;
}) {
  const { store, audit, organisations } = deps;

  /** `within` of an entry, by its action and object as they are stored. */
  async function placeOf(organisationId: string, { action, object }: Pick<AuditRow, 'action' | 'object'>) {
    // A reversal is recorded under the document it takes back.
    if (/^(document|reversal)\./.test(action)) return (await getDocument(store.read, organisationId, object))?.batch_id;
    if (object.startsWith('push:')) return (await getPush(store.read, organisationId, object.slice(5)))?.period;
    return undefined;
  }
  return {
    list: os.audit.list.handler(async ({ input }) => {
      const { organisationId, after } = input;
      const people = await organisations.people(organisationId);
      // A person is meant by what the screen shows as well as by what the entry holds.
      const meant = (given: string | undefined) => {
        const text = given?.trim().toLowerCase();
        if (text === undefined || text === '') return undefined;
        const called = people.filter(({ name }) => name.toLowerCase().includes(text));
        return { part: text, whole: called.map(({ id }) => `person:${id}`) };
      };
      const at = (instant: string | undefined) => (instant === undefined ? undefined : Date.parse(instant));
      const filter = {
        actorLike: meant(input.actor),
        objectLike: meant(input.object),
        actionHas: input.action
          ?.toLowerCase()
          .split(/[\s.]+/)
          .filter((part) => part !== ''),
        from: at(input.from),
        to: at(input.to),
      };
      const before = after === null ? null : Number(after);
      const { rows, total } = await listAudit(store.read, organisationId, filter, before, PAGE);
      const last = rows.at(-1);
      const places = await Promise.all(rows.map((row) => placeOf(organisationId, row)));
      return {
        rows: (await audit.read(organisationId, rows)).map((row, index) => ({
          sequence: row.sequence,
          at: isoOf(row.at as Parameters<typeof isoOf>[0]),
          actor: row.actor,
          channel: row.channel,
          action: row.action,
          object: row.object,
          within: places[index] ?? null,
          before: row.before,
          after: row.after,
          reason: row.reason,
          aside: row.aside,
          hash: row.hash,
        })),
        next: rows.length === PAGE && last ? String(last.sequence) : null,
        total,
      };
    }),
    verify: os.audit.verify.handler(async () => {
      const verdict = await audit.verify();
      // Once per break: what is broken stays visible, and so does when it was found (AUD-07).
      if (!verdict.ok) await audit.recordBreak(verdict);
      return verdict;
    }),
    extract: os.audit.extract.handler(async ({ input, context }) => {
      await organisations.requireRole(input.organisationId, context.caller.personId, money);
      return audit.extract(input.organisationId);
    }),
  };
}
