import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import type { DeliveryFilter, InboundFilter } from '../../../src-shared/contract/deliveries.ts';
import { api } from '../../data/client.ts';

const AHEAD = 50;

/** What a paged list gives the grid: rows read so far, the exact total where known, and reading on while scrolling. */
function paged<Row>(query: {
  data: { pages: readonly { rows: readonly Row[]; total: number; more: boolean }[] } | undefined;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
}) {
  const rows = query.data?.pages.flatMap((page) => page.rows) ?? [];
  const first = query.data?.pages[0];
  return { rows, total: first?.total ?? 0, more: first?.more ?? false };
}

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

/** Deliveries of a filter, newest first. */
export function useDeliveries(organisationId: string, filter: DeliveryFilter) {
  const query = useInfiniteQuery(
    api.deliveries.list.infiniteOptions({
      input: (after: string | null) => ({ organisationId, ...filter, after }),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next,
      placeholderData: keepPreviousData,
    }),
  );
  return usePaged(query);
}

/** Webhooks that came in, newest first. */
export function useInbound(organisationId: string, filter: InboundFilter) {
  const query = useInfiniteQuery(
    api.deliveries.inbound.infiniteOptions({
      input: (after: string | null) => ({ organisationId, ...filter, after }),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next,
      placeholderData: keepPreviousData,
    }),
  );
  return usePaged(query);
}

function usePaged<Row>(
  query: Parameters<typeof paged<Row>>[0] & { error: unknown; isPending: boolean; refetch: () => Promise<unknown> },
) {
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const list = useMemo(
    () => paged({ data, hasNextPage, isFetchingNextPage, fetchNextPage }),
    [data, hasNextPage, isFetchingNextPage, fetchNextPage],
  );
  const loaded = list.rows.length;
  const onRange = useCallback(
    (_first: number, last: number) => {
      if (hasNextPage && !isFetchingNextPage && last + AHEAD > loaded) void fetchNextPage();
    },
    [loaded, hasNextPage, isFetchingNextPage, fetchNextPage],
  );
  return { ...list, onRange, error: query.error, pending: query.isPending, refetch: query.refetch };
}
