import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store, Tx } from '../../ports/store.ts';
import * as rows from '../../store/repositories/weddings.ts';
import type { Wedding, WeddingRejection, WeddingsRead } from './wedding.ts';

/** Weddings written in one transaction: short enough for alerts to pass between (R38). */
const CHUNK = 500;

export interface WeddingsApplied {
  /** Added or changed. */
  readonly imported: number;
  /** Known already, or older than what is known. */
  readonly duplicates: number;
  /** Occurrences that an updated series no longer has. */
  readonly removed: number;
  readonly rejected: readonly WeddingRejection[];
}

/** What a file would change; nothing is written yet. */
export interface WeddingsPlan {
  readonly writes: readonly (Wedding & { readonly replaces: boolean })[];
  readonly gone: readonly string[];
  readonly applied: WeddingsApplied;
  readonly venues: ReadonlyMap<string, { readonly region: string }>;
}

/** Compares a file with the calendar. An entry older than the stored one (SEQUENCE) is ignored, an equal one a duplicate. */
export async function planWeddings(store: Store, organisationId: string, read: WeddingsRead): Promise<WeddingsPlan> {
  const stored = new Map(
    (await rows.everyWedding(store.read, organisationId, '0000', '9999')).map((row) => [row.key, row]),
  );
  const venues = new Map((await rows.listVenues(store.read, organisationId)).map((row) => [row.name_key, row]));
  const couples = await allCouples(store, organisationId, read.weddings);
  const highest = new Map<string, number>();
  for (const row of stored.values()) highest.set(row.series, Math.max(highest.get(row.series) ?? 0, row.sequence));

  const writes: (Wedding & { replaces: boolean })[] = [];
  let duplicates = read.duplicates;
  for (const wedding of read.weddings) {
    const region = wedding.region || (venues.get(wedding.venue.toLowerCase())?.region ?? '');
    const known = stored.get(wedding.key);
    const stale = wedding.sequence < (known?.sequence ?? highest.get(wedding.series) ?? 0);
    const next = { ...wedding, region, replaces: known !== undefined };
    if (stale || (known && same(known, next) && (couples.get(wedding.key) ?? '') === wedding.couple)) duplicates++;
    else writes.push(next);
  }
  const gone = goneFrom(stored, read, highest);
  return {
    writes,
    gone,
    venues,
    applied: { imported: writes.length, duplicates, removed: gone.length, rejected: read.rejections },
  };
}

/** Writes a part of the plan; the last part also removes what is gone and notes when the calendar was brought in. */
export async function writeWeddings(
  tx: Tx,
  organisationId: string,
  plan: WeddingsPlan,
  part: { readonly from: number; readonly to: number },
  at: Instant,
  importId: string | null,
): Promise<void> {
  const chunk = plan.writes.slice(part.from, part.to);
  const written = chunk.map(({ lastDate, startsAt, replaces, ...rest }) => ({
    ...rest,
    last_date: lastDate,
    starts_at: startsAt,
    updated_at: at,
    import_id: importId,
    replaced: replaces ? 1 : 0,
  }));
  await rows.putWeddings(tx, organisationId, written);
  // Kept here and not in the plan: this may be undone and run again.
  const put = new Map<string, { readonly region: string }>();
  for (const wedding of chunk) {
    const name_key = wedding.venue.toLowerCase();
    const venue = put.get(name_key) ?? plan.venues.get(name_key);
    if (wedding.venue === '' || (venue && (wedding.region === '' || venue.region === wedding.region))) continue;
    await rows.putVenue(tx, organisationId, wedding.venue, wedding.region);
    put.set(name_key, { region: wedding.region });
  }
  if (part.to < plan.writes.length) return;
  for (const key of plan.gone) await rows.removeWedding(tx, organisationId, key);
  await rows.putOpsSetting(tx, organisationId, 'calendar-imported', JSON.stringify(at), at);
}

/** Stores what a file said, in short transactions. The same file twice changes nothing. */
export async function applyWeddings(
  store: Store,
  runtime: Runtime,
  organisationId: string,
  read: WeddingsRead,
): Promise<WeddingsApplied> {
  const at = runtime.clock.now();
  const plan = await planWeddings(store, organisationId, read);
  for (let from = 0; from === 0 || from < plan.writes.length; from += CHUNK) {
    await store.transaction((tx) => writeWeddings(tx, organisationId, plan, { from, to: from + CHUNK }, at, null));
  }
  return plan.applied;
}

function same(row: rows.WeddingRow, wedding: Wedding): boolean {
  return (
    row.series === wedding.series &&
    row.sequence === wedding.sequence &&
    row.status === wedding.status &&
    row.date === wedding.date &&
    row.last_date === wedding.lastDate &&
    row.starts_at === wedding.startsAt &&
    row.venue === wedding.venue &&
    row.region === wedding.region &&
    row.reference === wedding.reference
  );
}

/** Stored occurrences of a series the file describes anew, and no longer contains. One moved occurrence alone says nothing of the others. */
function goneFrom(
  stored: ReadonlyMap<string, rows.WeddingRow>,
  { weddings, series }: WeddingsRead,
  highest: ReadonlyMap<string, number>,
): readonly string[] {
  const keys = new Set(weddings.map((wedding) => wedding.key));
  return [...stored.values()]
    .filter((row) => {
      const sequence = series.get(row.series);
      return sequence !== undefined && sequence >= (highest.get(row.series) ?? 0) && !keys.has(row.key);
    })
    .map((row) => row.key);
}

async function allCouples(
  store: Store,
  organisationId: string,
  weddings: readonly Wedding[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (let from = 0; from < weddings.length; from += 500) {
    const keys = weddings.slice(from, from + 500).map((wedding) => wedding.key);
    for (const [key, names] of await rows.couplesOf(store.read, organisationId, keys)) found.set(key, names);
  }
  return found;
}
