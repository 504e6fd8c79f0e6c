import type { Bench } from '../../testing/bench.ts';
import { ledgerDesk } from '../../testing/ledger.ts';
import { quickbooks } from '../index.ts';
import { quickbooksBench } from './samples.ts';

export const desk = ledgerDesk(quickbooks, quickbooksBench);

export type Stored = { body: Record<string, unknown> & { SyncToken: string; TotalAmt: number } };
export const stored = (opened: Bench, entity = 'Bill') =>
  desk
    .documents<Stored>(opened, entity)
    .all()
    .map((one) => one.body);
/** Method, place and, of a query, what it asks for. */
export const calls = (opened: Bench) =>
  opened.sandbox
    .received('quickbooks')
    .filter((one) => one.path.includes('/v3/'))
    .map((one) => {
      const url = new URL(`https://x${one.path}`);
      const statement = url.searchParams.get('query');
      return `${one.method} ${url.pathname.replace(/^.*\/company\/\d+/, '')}${statement === null ? '' : ` ${/from (\w+)/.exec(statement)?.[1]}`}`;
    });
