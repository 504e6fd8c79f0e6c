import { hash } from 'node:crypto';
import { layoutKey } from '../../../src-shared/domain/cost/columns.ts';

/** What a CSV layout is remembered by: its headers in order, however they are spelt. */
export function layoutHash(headers: readonly string[]): string {
  return hash('sha256', layoutKey(headers)).slice(0, 32);
}
