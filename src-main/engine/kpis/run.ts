import type { InputName } from '../../../src-shared/domain/kpi/kpi.ts';
import type { ValueSettings } from '../../../src-shared/domain/value/settings.ts';
import type { HeldWedding } from '../../store/repositories/kpi-sources.ts';
import type { KpiInputRow } from '../../store/repositories/kpis.ts';
import type { LocalCalendar } from './local-calendar.ts';
import { type Cell, everywhere } from './points.ts';
import type { SlugBook } from './slugs.ts';

/** What one computation works with: read once, so that all its points stand on the same. */
export interface Run {
  readonly organisationId: string;
  readonly batchId: string;
  readonly now: number;
  readonly calendar: LocalCalendar;
  readonly slugs: SlugBook;
  readonly settings: ValueSettings;
  /** Figures handed in, oldest first. */
  readonly given: readonly KpiInputRow[];
  /** First and last record of usage, ms UTC; null: there is none. */
  readonly span: { readonly from: number; readonly to: number } | null;
}

export type Values = Partial<Record<InputName, string>>;
export interface Cellular {
  readonly cell: Cell;
  readonly values: Values;
}

/** What an interval without a wedding has of them. */
export const noWeddings: Values = { weddings: '0', assisted_weddings: '0' };

/** Usage of an interval is known when it lies between the first and the last record: before and after, silence says nothing. */
export function counted({ span }: Pick<Run, 'span'>, from: number, to: number): boolean {
  return span !== null && to > span.from && from <= span.to;
}

/** The cells a place is counted in, beside the total. */
export function cellsOf(
  { slugs }: Run,
  place: { readonly venue: string; readonly region: string } | undefined,
): Cell[] {
  if (!place) return [];
  const region = slugs.slug('region', place.region);
  const venue = slugs.slug('venue', place.venue);
  // Venues counted together lie in no one region.
  const own = { venue, region: venue === 'other' ? '' : region };
  return [...(venue === '' ? [] : [own]), ...(region === '' ? [] : [{ venue: '', region }])];
}

/** Weddings held and assisted, in total and by place. */
export function weddingCells(run: Run, weddings: readonly HeldWedding[]): Cellular[] {
  const counts = new Map<string, { cell: Cell; held: number; assisted: number }>([
    [' ', { cell: everywhere, held: 0, assisted: 0 }],
  ]);
  for (const wedding of weddings) {
    for (const cell of [everywhere, ...cellsOf(run, wedding)]) {
      const key = `${cell.venue} ${cell.region}`;
      const known = counts.get(key) ?? { cell, held: 0, assisted: 0 };
      known.held += 1;
      known.assisted += Number(wedding.assisted);
      counts.set(key, known);
    }
  }
  return [...counts.values()].map(({ cell, held, assisted }) => ({
    cell,
    values: { weddings: String(held), assisted_weddings: String(assisted) },
  }));
}

/** The newest figure of that name between two instants. */
export function latestInput({ given }: Run, name: InputName, from: number, to: number): Values {
  const found = given.findLast((row) => row.name === name && row.at >= from && row.at < to);
  return found === undefined ? {} : { [name]: found.value };
}
