import { keepPreviousData, useQueries } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { CostLine } from '../../../src-shared/contract/exports.ts';
import { api, client } from '../../data/client.ts';
import { pagesAround } from './pages-around.ts';

const PAGE = 200;
/** A list that is flung asks for no page it passes sooner than this: asking is what made its frames late. */
const DWELL_MS = 60;
/** As many as one press may select; a bulk edit of them takes less than a second. */
export const SELECTABLE = 10_000;

export const tabs = {
  review: ['review'],
  ready: ['ready'],
  excluded: ['excluded'],
  batched: ['batched'],
  posted: ['posted'],
  all: undefined,
} as const;
export type Tab = keyof typeof tabs;

export interface LineFilter {
  readonly tab: Tab;
  readonly text: string;
  readonly period: string;
  /** Only lines on which this check fired. */
  readonly check: string;
}

const inputOf = (organisationId: string, { tab, text, period, check }: LineFilter) => ({
  organisationId,
  filter: {
    ...(tabs[tab] ? { states: [...tabs[tab]] } : {}),
    ...(text === '' ? {} : { text }),
    ...(period === '' ? {} : { period }),
    ...(check === '' ? {} : { check }),
  },
});

/** A list of any length, read in pages around what is on screen. */
export function useLines(organisationId: string, filter: LineFilter) {
  const [{ from, to }, setPages] = useState({ from: 0, to: 0 });
  // The first page stays at hand: it tells the total while a list moved far waits for its lines.
  const pages = useMemo(
    () => [...new Set([0, ...Array.from({ length: to - from + 1 }, (_, index) => from + index)])],
    [from, to],
  );
  const results = useQueries({
    queries: pages.map((page) =>
      api.exports.lines.queryOptions({
        input: { ...inputOf(organisationId, filter), offset: page * PAGE, limit: PAGE },
        ...(page === 0 ? { placeholderData: keepPreviousData } : {}),
      }),
    ),
  });
  const total = results.find(({ data }) => data)?.data?.total ?? 0;
  const rowAt = (index: number): CostLine | undefined => {
    const at = pages.indexOf(Math.floor(index / PAGE));
    return results[at]?.data?.rows[index % PAGE];
  };
  const wanted = useRef({ from, to });
  const moving = useRef<ReturnType<typeof setTimeout>>(undefined);
  const onRange = useCallback(
    (first: number, last: number) => {
      const next = pagesAround(first, last, total, PAGE);
      if (wanted.current.from === next.from && wanted.current.to === next.to) return;
      wanted.current = next;
      if (moving.current === undefined) setPages(next);
      clearTimeout(moving.current);
      moving.current = setTimeout(() => {
        moving.current = undefined;
        setPages(wanted.current);
      }, DWELL_MS);
    },
    [total],
  );
  return {
    total,
    rowAt,
    onRange,
    pending: results.some(({ isPending }) => isPending),
    error: results.find(({ error }) => error)?.error ?? null,
  };
}

/** Everything in the filter, up to `most` lines; `total` says how many there are. */
export async function everyLine(organisationId: string, filter: LineFilter, most = Number.POSITIVE_INFINITY) {
  const lines: CostLine[] = [];
  let total = 0;
  do {
    const page = await client.exports.lines({ ...inputOf(organisationId, filter), offset: lines.length, limit: 1000 });
    total = page.total;
    if (page.rows.length === 0) break;
    lines.push(...page.rows);
  } while (lines.length < total && lines.length < most);
  return { lines, total };
}
