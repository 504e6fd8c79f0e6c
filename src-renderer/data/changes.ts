import { useEffect, useState } from 'react';
import type { Change } from '../../src-shared/contract/app.ts';
import { client, queryClient } from './client.ts';
import { invalidations } from './invalidations.ts';
import { followAlone, followTogether, type Heard } from './shared-stream.ts';
import { takeToken } from './transport.ts';

const GATHER_MS = 150;

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
    const hear = (heard: Heard) => {
      if (heard.kind === 'change') {
        topics.add(heard.topic);
        gather();
      } else if (heard.kind === 'lost') setLostAt((lost) => lost ?? new Date(heard.at));
      else
        setLostAt((lost) => {
          if (lost || heard.missed) void queryClient.invalidateQueries();
          return null;
        });
    };
    const { signal } = stop;
    const open = (until: AbortSignal) => client.app.changes({}, { signal: until });
    void (async () => {
      if (window.wedsync) await followAlone({ open, hear, signal });
      else await followTogether({ name: await streamName(), open, hear, signal });
    })();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, []);
  return lostAt;
}

/** Tabs of an earlier start hold a token that opens nothing any more: they must not lead those of this one. */
async function streamName(): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(takeToken()));
  return `changes-${[...new Uint8Array(digest).subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
