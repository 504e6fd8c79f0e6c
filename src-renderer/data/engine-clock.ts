import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api } from './client.ts';

/** The engine's present moment (ms UTC), moving on every `everyMs`: countdowns follow its clock, not the browser's. */
export function useEngineNow(everyMs = 1_000): number {
  const status = useQuery(api.app.status.queryOptions({ input: {} }));
  const offset = status.data ? Date.parse(status.data.now) - status.dataUpdatedAt : 0;
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now + offset;
}
