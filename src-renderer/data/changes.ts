import { useEffect, useState } from 'react';
import type { Change } from '../../src-shared/contract/app.ts';
import { client, queryClient } from './client.ts';
import { invalidations } from './invalidations.ts';

const GATHER_MS = 150;
const RETRY_MS = 2_000;

/**
 * Follows the engine's change stream for as long as the shell is on screen and reads again what changed. Bursts are
 * gathered, so a posting of 200 bills does not ask 200 times. Returns since when the engine has been out of reach.
 */
export function useChanges(): Date | null {
  const [lostAt, setLostAt] = useState<Date | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const topics = new Set<Change['topic']>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    // One round of reading at a time: a storm of changes must not cancel every answer before it arrives.
    let reading = false;
    const flush = async () => {
      const paths = [...topics].flatMap((topic) => invalidations[topic]);
      topics.clear();
      reading = true;
      await Promise.all(paths.map((path) => queryClient.invalidateQueries({ queryKey: [path] })));
      reading = false;
      timer = undefined;
      if (topics.size > 0) gather();
    };
    const gather = () => {
      if (!reading) timer ??= setTimeout(() => void flush(), GATHER_MS);
    };
    const follow = async () => {
      while (!stop.signal.aborted) {
        try {
          const stream = await client.app.changes({}, { signal: stop.signal });
          setLostAt((lost) => {
            if (lost) void queryClient.invalidateQueries();
            return null;
          });
          for await (const change of stream) {
            topics.add(change.topic);
            gather();
          }
        } catch {
          // Said on screen by the band; the loop tries again.
        }
        if (stop.signal.aborted) return;
        setLostAt((lost) => lost ?? new Date());
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    };
    void follow();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, []);
  return lostAt;
}
