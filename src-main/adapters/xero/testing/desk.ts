import type { Bench } from '../../testing/bench.ts';
import { ledgerDesk } from '../../testing/ledger.ts';
import { xero } from '../index.ts';
import { xeroBench } from './samples.ts';

export const desk = ledgerDesk(xero, xeroBench);

type Stored = { number: string; status: string; lines: unknown[] };
export const stored = (opened: Bench, kind = 'Invoices') => desk.documents<Stored>(opened, kind).all();
export const calls = (opened: Bench) =>
  opened.sandbox
    .received('xero')
    .filter((one) => one.path.includes('/api.xro/'))
    .map(
      (one) =>
        `${one.method} ${one.path
          .replace(/^.*2\.0/, '')
          .replace(/\?.*$/, '')
          .replace(/[0-9a-f-]{36}/g, ':id')}`,
    );
