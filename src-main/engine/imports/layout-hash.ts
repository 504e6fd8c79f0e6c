import { hash } from 'node:crypto';
import { layoutKey, repeatedHeader } from '../../../src-shared/domain/cost/columns.ts';

/** What a CSV layout is remembered by: its headers in order, however they are spelt. */
export function layoutHash(headers: readonly string[]): string {
  return hash('sha256', layoutKey(headers)).slice(0, 32);
}

/** Why a file cannot be read when a column in use stands twice: taking the first would be a guess. */
export function repeatedColumn(headers: readonly string[], read?: readonly string[]): string | null {
  const header = repeatedHeader(headers, read);
  return header === null
    ? null
    : `Two columns are called "${header}", and nothing says which one is meant. Rename or delete one of them and import the file again.`;
}
