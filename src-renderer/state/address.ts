import { useCallback, useMemo, useSyncExternalStore } from 'react';
import type { BaseLocationHook } from 'wouter';

/**
 * Every state has an address, kept in the fragment: the same page works from a file map (desktop) and from the agent,
 * and nothing of it reaches a server log.
 */
const read = () => window.location.hash.replace(/^#/, '') || '/';

function subscribe(changed: () => void): () => void {
  window.addEventListener('hashchange', changed);
  window.addEventListener('popstate', changed);
  return () => {
    window.removeEventListener('hashchange', changed);
    window.removeEventListener('popstate', changed);
  };
}

/** Goes to an address such as `/exports?tab=ready`; `replace` leaves no step for "back". */
export function go(to: string, options: { replace?: boolean } = {}): void {
  if (to === read()) return;
  if (!options.replace) {
    window.location.hash = to;
    return;
  }
  window.history.replaceState(window.history.state, '', `#${to}`);
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

/** The path part, in the shape the router wants. */
export const useFragmentPath: BaseLocationHook = Object.assign(
  (): [string, typeof go] => {
    const address = useSyncExternalStore(subscribe, read);
    return [address.split('?')[0] || '/', go];
  },
  { hrefs: (href: string) => `#${href}` },
);

type Patch = Record<string, string | null>;

/** Filters and the opened item of the present screen. A null removes a parameter; what is not named stays. */
export function useAddress(): {
  path: string;
  get: (name: string) => string | null;
  patch: (changes: Patch, options?: { replace?: boolean }) => void;
} {
  const address = useSyncExternalStore(subscribe, read);
  const [path = '/', search = ''] = address.split('?', 2);
  const params = useMemo(() => new URLSearchParams(search), [search]);
  const patch = useCallback(
    (changes: Patch, options?: { replace?: boolean }) => go(addressWith(read(), changes), options),
    [],
  );
  return { path, get: (name) => params.get(name), patch };
}

/** The address with some parameters changed. */
export function addressWith(address: string, changes: Patch): string {
  const [path = '/', search = ''] = address.split('?', 2);
  const params = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') params.delete(name);
    else params.set(name, value);
  }
  const query = params.toString();
  return query === '' ? path : `${path}?${query}`;
}
