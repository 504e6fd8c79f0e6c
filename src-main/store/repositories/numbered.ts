import type { Bindable, Statement } from '../../ports/store.ts';

/**
 * SQL with `?1`, `?2`, ... as a function of its values. The numbers are for the reader: better-sqlite3 binds plain `?` marks
 * only (numbered ones crash it), so each mark gets its value by place.
 */
export function numbered(text: string): (values: readonly Bindable[]) => Statement {
  const places: number[] = [];
  const sql = text.replace(/\?(\d+)/g, (_, place: string) => {
    places.push(Number(place) - 1);
    return '?';
  });
  return (values) => ({ sql, params: places.map((place) => values[place] ?? null) });
}
