import { sql } from 'kysely';
import type { Reader } from '../../ports/store.ts';
import { countedAtMost, seqAt } from './deliveries.ts';
import { everySource, type InboundEventRow, type InboundState } from './inbound.ts';

/** Inbound events as the Deliveries and Systems screens read them: filtered pages and counts over any number of rows. */

export interface InboundRowFilter {
  readonly source?: string | undefined;
  readonly state?: InboundState | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly text?: string | undefined;
}

/** An index holds so many keys that begin alike; more are looked for in as many of the newest rows. */
const searchedAtMost = 10_000;

/** Replays keep the time of the first arrival; their place is the one where they were made. */
const arrivalAt = (db: Reader) => (asked: { readonly from: number } | 'first' | 'last') => {
  const rows = db
    .selectFrom('inbound_event')
    .select(['seq', 'received_at as at'])
    .where('replay_of', 'is', null)
    .limit(1);
  if (asked === 'last') return rows.orderBy('seq', 'desc').executeTakeFirst();
  return (asked === 'first' ? rows : rows.where('seq', '>=', asked.from)).orderBy('seq').executeTakeFirst();
};

/** A filter with its times and words already looked up, so that page and count walk by number alone. */
interface Looked extends Pick<InboundRowFilter, 'source' | 'state'> {
  readonly from: number | null;
  readonly below: number | null;
  readonly seqs: readonly number[] | null;
  readonly prefix: string | null;
}

async function lookedUp(db: Reader, organisationId: string, filter: InboundRowFilter): Promise<Looked> {
  const { source, state, from, to } = filter;
  const rowAt = arrivalAt(db);
  const text = filter.text?.trim() ?? '';
  const known = text === '' ? null : await seqsOfText(db, organisationId, source, text);
  return {
    source,
    state,
    from: from === undefined ? null : await seqAt(rowAt, from),
    below: to === undefined ? null : await seqAt(rowAt, to),
    seqs: known,
    prefix: text !== '' && known === null ? text : null,
  };
}

/** Rows with this id or a key that begins so, by the index of keys; null: too many begin so. */
async function seqsOfText(
  db: Reader,
  organisationId: string,
  source: string | undefined,
  text: string,
): Promise<readonly number[] | null> {
  const mine = db.selectFrom('inbound_event').select('seq').where('organisation_id', '=', organisationId);
  const sources =
    source === undefined
      ? (await everySource(db)).filter((each) => each.organisation_id === organisationId)
      : [{ source }];
  const found = await Promise.all([
    mine.where('id', '=', text).execute(),
    ...sources.map((each) =>
      mine
        .where('source', '=', each.source)
        .where('dedupe_key', '>=', text)
        .where('dedupe_key', '<', `${text}\u{10ffff}`)
        .limit(searchedAtMost + 1)
        .execute(),
    ),
  ]);
  const seqs = found.flat().map(({ seq }) => seq);
  return seqs.length > searchedAtMost ? null : seqs;
}

function filtered(db: Reader, organisationId: string, { source, state, from, below, seqs, prefix }: Looked) {
  let rows = db.selectFrom('inbound_event').where('organisation_id', '=', organisationId);
  const apart = state !== undefined && state !== 'worked';
  if (source !== undefined)
    rows = rows.where(apart ? sql<boolean>`+source = ${source}` : sql<boolean>`source = ${source}`);
  // Worked is nearly all of them: its index would help nobody. The others have a small one of their own.
  if (state !== undefined) {
    rows = rows.where(
      state === 'worked'
        ? sql<boolean>`+state = 'worked'`
        : sql<boolean>`state = ${sql.lit(state)} AND state <> 'worked'`,
    );
  }
  if (from !== null) rows = rows.where('seq', '>=', from);
  if (below !== null) rows = rows.where('seq', '<', below);
  if (seqs !== null) rows = rows.where(sql<boolean>`seq IN (SELECT value FROM json_each(${JSON.stringify(seqs)}))`);
  if (prefix !== null) {
    const newest = rows.select('seq').orderBy('seq', 'desc').limit(searchedAtMost);
    rows = db
      .selectFrom('inbound_event')
      .where('seq', 'in', newest)
      .where('dedupe_key', '>=', prefix)
      .where('dedupe_key', '<', `${prefix}\u{10ffff}`);
  }
  return rows;
}

export interface InboundListRow extends Omit<InboundEventRow, 'body' | 'headers'> {
  readonly bytes: number;
}

/** Newest first, without the bodies. */
export async function pageOfInbound(
  db: Reader,
  organisationId: string,
  filter: InboundRowFilter,
  before: number | null,
  limit: number,
): Promise<InboundListRow[]> {
  let rows = filtered(db, organisationId, await lookedUp(db, organisationId, filter));
  if (before !== null) rows = rows.where('seq', '<', before);
  return rows
    .select(['seq', 'id', 'organisation_id', 'source', 'dedupe_key', 'priority', 'received_at', 'key_used', 'state'])
    .select(['attempts', 'due_at', 'worked_at', 'outcome', 'duplicates', 'replay_of', 'forced'])
    .select(sql<number>`length(body)`.as('bytes'))
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
}

/** Counted up to `countedAtMost`. */
export async function countOfInbound(db: Reader, organisationId: string, filter: InboundRowFilter): Promise<number> {
  const some = filtered(db, organisationId, await lookedUp(db, organisationId, filter))
    .select(sql<number>`1`.as('one'))
    .limit(countedAtMost + 1);
  const { count } = await db
    .selectFrom(some.as('some'))
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

/** Arrivals of each source since `from`. */
export async function arrivals(
  db: Reader,
  organisationId: string,
  source: string,
  from: number,
): Promise<{ readonly count: number; readonly last: number | null }> {
  const newest = db
    .selectFrom('inbound_event')
    .select('received_at')
    .where('organisation_id', '=', organisationId)
    .where('source', '=', source)
    .orderBy('seq', 'desc')
    .limit(countedAtMost);
  const row = await db
    .selectFrom(newest.as('newest'))
    .select([
      sql<number>`coalesce(sum(received_at >= ${from}), 0)`.as('count'),
      sql<number | null>`max(received_at)`.as('last'),
    ])
    .executeTakeFirstOrThrow();
  return row;
}
