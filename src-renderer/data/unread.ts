import { ORPCError } from '@orpc/client';
import type { Query } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { queryClient } from './client.ts';
import { isProblem, problemOf } from './problem.ts';

const isForbidden = (error: unknown) => error instanceof ORPCError && error.status === 403;

/**
 * A refusal says, where it is shown, why there is nothing; anything else means that nobody knows what there is. Who may not
 * read a part would not see that there is one.
 */
const isRefusal = (error: unknown) =>
  isProblem(error) && error instanceof ORPCError && error.status < 500 && !isForbidden(error);

/** On screen, and its last reading failed: what is shown of it is old, or missing. */
const unread = (query: Query) =>
  query.isActive() &&
  query.state.status === 'error' &&
  (query.state.data !== undefined || !isRefusal(query.state.error));

/** Since when (ms) the oldest part on screen is out of date; 0: parts are missing, none is old; null: all was read. */
function oldest(): number | null {
  const failed = queryClient.getQueryCache().findAll({ predicate: unread });
  if (failed.length === 0) return null;
  const times = failed.map(({ state }) => state.dataUpdatedAt).filter((at) => at > 0);
  return times.length === 0 ? 0 : Math.min(...times);
}

/** Why a part on screen may not be read; empty: nothing is forbidden. */
function forbidden(): string {
  const [query] = queryClient
    .getQueryCache()
    .findAll({ predicate: (one) => unread(one) && isForbidden(one.state.error) });
  if (!query) return '';
  const { happened, means = '', remedy = '' } = problemOf(query.state.error);
  return [happened, means, remedy].filter((part) => part !== '').join(' ');
}

export function useForbidden(): string {
  return useSyncExternalStore((changed) => queryClient.getQueryCache().subscribe(changed), forbidden);
}

/** What of the page could not be read, as `oldest` says it. */
export function useUnread(): number | null {
  return useSyncExternalStore((changed) => queryClient.getQueryCache().subscribe(changed), oldest);
}

/** Asks again for everything on screen that could not be read: the list, its counts and the sentence above it. */
export function readAgain(): void {
  void queryClient.refetchQueries({ predicate: (query) => query.isActive() && query.state.status === 'error' });
}

/** So long a person waits without being told. */
const SILENT_MS = 10_000;

/** Since when (ms) the engine has been asked without any answer: its stream is open still, so nothing else would say it. */
export function useSilence(): number | null {
  const [since, setSince] = useState<number | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(timer);
      timer = undefined;
      setSince(null);
    };
    const forget = queryClient.getQueryCache().subscribe((event) => {
      if (event.type !== 'updated') return;
      const asking = queryClient.isFetching() > 0;
      if (!asking || event.action.type === 'success' || event.action.type === 'error') heard();
      if (!asking || timer !== undefined) return;
      const asked = Date.now();
      timer = setTimeout(() => queryClient.isFetching() > 0 && setSince(asked), SILENT_MS);
    });
    return () => {
      clearTimeout(timer);
      forget();
    };
  }, []);
  return since;
}
