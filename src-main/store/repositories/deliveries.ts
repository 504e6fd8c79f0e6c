import { type SelectQueryBuilder, sql } from 'kysely';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import type { Bindable, Reader, Statement } from '../../ports/store.ts';
import type { Tables } from '../tables.ts';
import { jobOf, underWay } from './outbox.ts';

interface QueueSampleTable {
  organisation_id: string;
  at: number;
  waiting: number;
  oldest_ms: number;
  dead: number;
  held: number;
  in_doubt: number;
}

interface BreakerChangeTable {
  organisation_id: string;
  connection_id: string;
  at: number;
  state: 'closed' | 'open' | 'half-open';
}

export interface DeliveryTables {
  queue_sample: QueueSampleTable;
  breaker_change: BreakerChangeTable;
}

/** Rows beyond this are not counted one by one. */
export const countedAtMost = 10_000;
/** Words are looked for in the newest rows only. */
const searchedAtMost = 10_000;

export interface RowFilter {
  readonly tab?: 'waiting' | 'retrying' | 'in_doubt' | 'dead' | 'held' | 'done' | 'all' | undefined;
  readonly state?: OutboxJob['state'] | undefined;
  readonly system?: string | undefined;
  readonly action?: string | undefined;
  /** The actions of a delivery class, by system: a class is a property of the action. */
  readonly pairs?: readonly { readonly system: string; readonly action: string }[] | undefined;
  /** Milliseconds UTC; `[from, to)`. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly text?: string | undefined;
}

export interface DeliveryRow extends OutboxJob {
  readonly seq: number;
  readonly replayOf: string | null;
}

/** One walk: equalities that one index answers in the order of seq. */
interface Walk {
  readonly state: OutboxJob['state'] | null;
  readonly inDoubt: boolean | null;
  readonly retrying: boolean;
  readonly system: string | null;
  readonly action: string | null;
  /** Any of these, as a condition and not as a walk of each. */
  readonly pairs: RowFilter['pairs'];
}

type Jobs = SelectQueryBuilder<Tables, 'outbox_job', object>;

/** Every combination of state and action the filter names; each is walked on its own and the pages are merged. */
function walksOf({ tab = 'all', state, system, action, pairs }: RowFilter): Walk[] {
  const base = { inDoubt: null, retrying: false };
  const states: Omit<Walk, 'system' | 'action' | 'pairs'>[] = {
    waiting: (['queued', 'sending'] as const).map((each) => ({ ...base, state: each, inDoubt: false })),
    retrying: [{ state: 'queued' as const, inDoubt: false, retrying: true }],
    in_doubt: [{ ...base, state: null, inDoubt: true }],
    dead: [{ ...base, state: 'failed' as const }],
    held: [{ ...base, state: 'held' as const, inDoubt: false }],
    done: (['delivered', 'cancelled'] as const).map((each) => ({ ...base, state: each })),
    all: [{ ...base, state: null }],
  }[tab];
  const asked =
    state === undefined
      ? states
      : states.flatMap((each) => (each.state === null || each.state === state ? [{ ...each, state }] : []));
  const chosen = pairs?.filter(
    (pair) => (system === undefined || pair.system === system) && (action === undefined || pair.action === action),
  );
  return asked.flatMap((each): Walk[] => {
    if (chosen === undefined) return [{ ...each, system: system ?? null, action: action ?? null, pairs: undefined }];
    // Few rows in all: one look through them. Among millions each pair has an index of its own.
    if (isApart(each)) return chosen.length === 0 ? [] : [{ ...each, system: null, action: null, pairs: chosen }];
    return chosen.map((pair) => ({ ...each, ...pair, pairs: undefined }));
  });
}

const isOpen = ({ state }: Pick<Walk, 'state'>) => state !== null && state !== 'delivered' && state !== 'cancelled';
/** Answered by an index of the few rows in that state. */
const isApart = (walk: Pick<Walk, 'state' | 'inDoubt'>) =>
  isOpen(walk) || walk.inDoubt === true || walk.state === 'cancelled';

/** The plus sign keeps a column out of the choice of index: which one is right is known here and not to the planner. */
function walked(db: Reader, organisationId: string, walk: Walk, seqs: Seqs): Jobs {
  const { state, system, action, pairs, inDoubt, retrying } = walk;
  const all = db.selectFrom('outbox_job') as Jobs;
  let jobs =
    state === 'sending' && inDoubt !== true
      ? all.where(underWay(organisationId))
      : all.where('organisation_id', '=', organisationId);
  if (inDoubt === true) jobs = jobs.where(sql<boolean>`in_doubt = 1`);
  // Written out: the partial indexes are only chosen for a state the statement names.
  if (state !== null) {
    jobs = jobs.where(
      state === 'delivered' || inDoubt === true
        ? sql<boolean>`+state = ${sql.lit(state)}`
        : sql<boolean>`state = ${sql.lit(state)}`,
    );
  }
  const apart = isApart(walk);
  // The very words of the index: SQLite matches a partial index by them.
  if (state === 'held' || state === 'failed') jobs = jobs.where(sql<boolean>`state IN ('held', 'failed')`);
  if (system !== null) jobs = jobs.where(apart ? sql<boolean>`+system = ${system}` : sql<boolean>`system = ${system}`);
  if (action !== null) {
    jobs = jobs.where(apart || system === null ? sql<boolean>`+action = ${action}` : sql<boolean>`action = ${action}`);
  }
  if (pairs !== undefined) {
    const each = pairs.map((pair) => sql`(${pair.system}, ${pair.action})`);
    jobs = jobs.where(sql<boolean>`(+system, +action) IN (VALUES ${sql.join(each)})`);
  }
  if (inDoubt === false) jobs = jobs.where(sql<boolean>`+in_doubt = 0`);
  if (retrying) jobs = jobs.where(sql<boolean>`+attempts > 0`);
  if (seqs.from !== null) jobs = jobs.where('seq', '>=', seqs.from);
  if (seqs.below !== null) jobs = jobs.where('seq', '<', seqs.below);
  return jobs;
}

interface Seqs {
  readonly from: number | null;
  readonly below: number | null;
}

interface Numbered {
  readonly seq: number;
  readonly at: number;
}
type At = (asked: { readonly from: number } | 'first' | 'last') => Promise<Numbered | undefined>;

/** The first seq of `at` or later: rows are numbered as they come, so the time needs no index. */
export async function seqAt(rowAt: At, at: number): Promise<number> {
  let low = (await rowAt('first'))?.seq ?? 0;
  let high = ((await rowAt('last'))?.seq ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = await rowAt({ from: middle });
    if (row === undefined || row.at >= at) high = middle;
    else low = row.seq + 1;
  }
  return low;
}

const jobAt =
  (db: Reader): At =>
  (asked) => {
    const rows = db.selectFrom('outbox_job').select(['seq', 'created_at as at']).limit(1);
    if (asked === 'last') return rows.orderBy('seq', 'desc').executeTakeFirst();
    return (asked === 'first' ? rows : rows.where('seq', '>=', asked.from)).orderBy('seq').executeTakeFirst();
  };

async function seqsOf(db: Reader, { from, to }: RowFilter): Promise<Seqs> {
  return {
    from: from === undefined ? null : await seqAt(jobAt(db), from),
    below: to === undefined ? null : await seqAt(jobAt(db), to),
  };
}

/** By what a person knows it: an alert, an invoice and its supplier, a vendor. */
const names = ['message.reference', 'message.title', 'invoiceNumber', 'supplier.name', 'vendor.name'];
const named = sql.join(
  names.map((name) => sql`coalesce(payload ->> ${`$.${name}`}, '')`),
  sql` || ' ' || `,
);

function searched(db: Reader, jobs: Jobs, text: string | undefined): Jobs {
  if (text === undefined || text.trim() === '') return jobs;
  const words = `%${text.trim().replace(/[\\%_]/g, '\\$&')}%`;
  const newest = jobs.select('seq').orderBy('seq', 'desc').limit(searchedAtMost);
  return db
    .selectFrom('outbox_job')
    .where('seq', 'in', newest)
    .where(
      sql<boolean>`(idempotency_key LIKE ${words} ESCAPE '\\' OR last_failure LIKE ${words} ESCAPE '\\' OR ${named} LIKE ${words} ESCAPE '\\')`,
    ) as Jobs;
}

/** Whoever types an id means that one delivery, however old and in whatever state. */
async function byId(db: Reader, organisationId: string, text: string | undefined): Promise<DeliveryRow | null> {
  return text === undefined || text.trim() === '' ? null : getDelivery(db, organisationId, text.trim());
}

/** Newest first; `before` is the seq of the last row of the page before. */
export async function pageOfJobs(
  db: Reader,
  organisationId: string,
  filter: RowFilter,
  before: number | null,
  limit: number,
): Promise<DeliveryRow[]> {
  const named = before === null ? await byId(db, organisationId, filter.text) : null;
  if (named) return [named];
  const seqs = await seqsOf(db, filter);
  const below = before === null ? seqs.below : Math.min(before, seqs.below ?? before);
  const pages = await Promise.all(
    walksOf(filter).map((walk) =>
      searched(db, walked(db, organisationId, walk, { ...seqs, below }), filter.text)
        .selectAll()
        .orderBy('seq', 'desc')
        .limit(limit)
        .execute(),
    ),
  );
  return pages
    .flat()
    .sort((a, b) => b.seq - a.seq)
    .slice(0, limit)
    .map((row) => ({ ...jobOf(row), seq: row.seq, replayOf: row.replay_of }));
}

/** How many the filter holds, counted up to `countedAtMost`. */
export async function countOfJobs(db: Reader, organisationId: string, filter: RowFilter): Promise<number> {
  if (await byId(db, organisationId, filter.text)) return 1;
  const seqs = await seqsOf(db, filter);
  const counts = await Promise.all(
    walksOf(filter).map(async (walk) => {
      const some = searched(db, walked(db, organisationId, walk, seqs), filter.text)
        .select(sql<number>`1`.as('one'))
        .limit(countedAtMost + 1);
      const { count } = await db
        .selectFrom(some.as('some'))
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

export async function getDelivery(db: Reader, organisationId: string, id: string): Promise<DeliveryRow | null> {
  const row = await db
    .selectFrom('outbox_job')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ? { ...jobOf(row), seq: row.seq, replayOf: row.replay_of } : null;
}

/** What these jobs carry, by job. */
export async function payloadsOf(
  db: Reader,
  organisationId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, OutboxJob['payload']>> {
  if (ids.length === 0) return new Map();
  const found = await db
    .selectFrom('outbox_job')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', 'in', ids)
    .execute();
  return new Map(found.map((row) => [row.id, jobOf(row).payload]));
}

export interface AttemptFigures {
  readonly jobId: string;
  readonly startedAt: number;
  readonly ms: number;
  /** JSON of the failure; null: it went through. */
  readonly failure: string | null;
}

/** The newest attempts of a connection since `from`, newest first. */
export async function newestAttempts(
  db: Reader,
  connectionId: string,
  from: number,
  limit: number,
): Promise<AttemptFigures[]> {
  const rows = await db
    .selectFrom('outbox_attempt')
    .select(['job_id', 'started_at', 'ended_at', 'failure'])
    .where('connection_id', '=', connectionId)
    .where('started_at', '>=', from)
    // What a provider told later is no try of ours.
    .where(sql<boolean>`coalesce(receipt, 'accepted') = 'accepted'`)
    .orderBy('started_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    jobId: row.job_id,
    startedAt: row.started_at,
    ms: row.ended_at - row.started_at,
    failure: row.failure,
  }));
}

export async function attemptsSince(db: Reader, connectionId: string, from: number): Promise<number> {
  const { count } = await db
    .selectFrom('outbox_attempt')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('connection_id', '=', connectionId)
    .where('started_at', '>=', from)
    .executeTakeFirstOrThrow();
  return count;
}

/** Unfinished work of one connection. */
export async function waitingFor(db: Reader, organisationId: string, system: string): Promise<number> {
  const counts = await Promise.all(
    (['queued', 'sending', 'held'] as const).map((state) => countOfJobs(db, organisationId, { state, system })),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

export async function insertSample(db: Reader, sample: QueueSampleTable): Promise<void> {
  await db
    .insertInto('queue_sample')
    .values(sample)
    .onConflict((conflict) => conflict.columns(['organisation_id', 'at']).doNothing())
    .execute();
}

export async function pruneSamples(db: Reader, before: number): Promise<void> {
  await db.deleteFrom('queue_sample').where('at', '<', before).execute();
}

export function samplesSince(db: Reader, organisationId: string, from: number): Promise<QueueSampleTable[]> {
  return db
    .selectFrom('queue_sample')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('at', '>=', from)
    .orderBy('at')
    .execute();
}

/** Newest first. */
export function breakerChanges(db: Reader, connectionId: string, limit: number): Promise<BreakerChangeTable[]> {
  return db
    .selectFrom('breaker_change')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .orderBy('at', 'desc')
    .limit(limit)
    .execute();
}

const breakerText = `
INSERT INTO breaker_change (organisation_id, connection_id, at, state)
SELECT c.organisation_id, c.id, ?, ?
  FROM connection c
 WHERE c.id = ?
   AND ? IS NOT coalesce((SELECT b.state FROM breaker_change b WHERE b.connection_id = c.id ORDER BY b.at DESC LIMIT 1), 'closed')
ON CONFLICT DO NOTHING`;

/** Notes a change of the circuit; nothing when it is in that state already. */
export function noteBreaker(connectionId: string, state: BreakerChangeTable['state'], at: number): Statement {
  const params: Bindable[] = [at, state, connectionId, state];
  return { sql: breakerText, params };
}

/** Number of the newest delivery of all organisations; 0: there is none. */
export async function newestDelivery(db: Reader): Promise<number> {
  const row = await db
    .selectFrom('outbox_job')
    .select(sql<number>`coalesce(max(seq), 0)`.as('seq'))
    .executeTakeFirstOrThrow();
  return row.seq;
}
