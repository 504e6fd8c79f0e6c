import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import type { DeliveryFilter, InboundFilter } from '../../../src-shared/contract/deliveries.ts';
import { api, queryClient } from '../../data/client.ts';

const AHEAD = 50;

/** Names of the systems, and which of them hold their due work back now. */
export function useSystems(organisationId: string) {
  const input = { organisationId };
  const connections = useQuery(api.settings.connections.queryOptions({ input }));
  const waits = useQuery(api.deliveries.waits.queryOptions({ input, refetchInterval: 5_000 }));
  return useMemo(() => {
    const names = new Map((connections.data ?? []).map(({ system, name }) => [system, name]));
    const nameOf = (system: string) => names.get(system) ?? system;
    const held = new Map((waits.data ?? []).map((wait) => [wait.system, { ...wait, name: nameOf(wait.system) }]));
    return { names, nameOf, waitOf: (system: string) => held.get(system) };
  }, [connections.data, waits.data]);
}

/** Beyond so many pages a change does not read all of them again: the list stays as it was read, and says so. */
const DEEP_PAGES = 10;
/** A list that is deep is read again only when a person asks. */
const staleTimeOf = (query: { state: { data?: { pages: readonly unknown[] } | undefined } }) =>
  (query.state.data?.pages.length ?? 0) > DEEP_PAGES ? 'static' : 60_000;

const paging = {
  initialPageParam: null as string | null,
  getNextPageParam: (page: { next: string | null }) => page.next,
  placeholderData: keepPreviousData,
} as const;

/** Deliveries of a filter, newest first. */
export function useDeliveries(organisationId: string, filter: DeliveryFilter) {
  const options = api.deliveries.list.infiniteOptions({
    ...paging,
    input: (after: string | null) => ({ organisationId, ...filter, after }),
  });
  return usePaged(useInfiniteQuery({ ...options, staleTime: staleTimeOf }), options.queryKey);
}

/** Webhooks that came in, newest first. */
export function useInbound(organisationId: string, filter: InboundFilter) {
  const options = api.deliveries.inbound.infiniteOptions({
    ...paging,
    input: (after: string | null) => ({ organisationId, ...filter, after }),
  });
  return usePaged(useInfiniteQuery({ ...options, staleTime: staleTimeOf }), options.queryKey);
}

interface Paged<Row> {
  readonly data: { readonly pages: readonly { rows: readonly Row[]; total: number; more: boolean }[] } | undefined;
  readonly dataUpdatedAt: number;
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly isFetchNextPageError: boolean;
  readonly fetchNextPage: () => Promise<unknown>;
  readonly error: unknown;
  readonly isPending: boolean;
}

/** What a paged list gives the grid: rows read so far, the total where it is known, and reading on while scrolling. */
function usePaged<Row>(query: Paged<Row>, queryKey: readonly unknown[]) {
  const { data, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  // One that failed is asked for again when a person says so, not with every row that scrolls by.
  const hasNextPage = query.hasNextPage && !isFetchNextPageError;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.rows) ?? [], [data]);
  const loaded = rows.length;
  const onRange = useCallback(
    (_first: number, last: number) => {
      if (hasNextPage && !isFetchingNextPage && last + AHEAD > loaded) void fetchNextPage();
    },
    [loaded, hasNextPage, isFetchingNextPage, fetchNextPage],
  );
  const first = data?.pages[0];
  const more = first?.more ?? false;
  return {
    rows,
    total: first?.total ?? 0,
    more,
    /** How many rows the grid has: all, or those read so far where nobody counted to the end. */
    shown: more ? loaded : (first?.total ?? 0),
    /** Set when the list is so deep that it is not read again by itself: to begin at the top once more. */
    again:
      (data?.pages.length ?? 0) > DEEP_PAGES ? () => void queryClient.resetQueries({ queryKey, exact: true }) : null,
    onRange,
    error: query.error,
    read: data !== undefined,
    pending: query.isPending,
  };
}
