import { dayOf } from '../vat/calendar.ts';
import { supplierKey } from '../vat/history.ts';
import { limits } from '../vat/tables.ts';

/** F11. `same`: the same number too; `likely`: within days; `different`: only the supplier and the amount agree. */
export type DuplicateClass = 'same' | 'likely' | 'different';

/** What makes two documents alike, wherever they stand. */
export interface Likeness {
  readonly supplier: string;
  readonly currency: string;
  /** Minor units of the currency; null: not known, so it is like nothing. */
  readonly grossMinor: number | null;
  readonly number: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
}

/** How two documents of one supplier and amount stand to each other; null: they are not alike. */
export function duplicateClass(one: Likeness, other: Likeness): DuplicateClass | null {
  const alike =
    supplierKey(one.supplier) === supplierKey(other.supplier) &&
    one.currency === other.currency &&
    one.grossMinor !== null &&
    one.grossMinor === other.grossMinor;
  if (!alike) return null;
  if (one.number.trim().toLowerCase() === other.number.trim().toLowerCase()) return 'same';
  const [day, before] = [dayOf(one.date), dayOf(other.date)];
  const near = day !== null && before !== null && Math.abs(day - before) <= limits.nearDuplicateDays;
  return near ? 'likely' : 'different';
}
