import type { Change } from '../../src-shared/contract/app.ts';

/** What every tab hears, whichever of them holds the stream. */
export type Heard =
  | { readonly kind: 'change'; readonly topic: Change['topic'] }
  /** `missed`: there was a time in which nobody listened, so everything is to be read again. */
  | { readonly kind: 'live'; readonly missed: boolean }
  | { readonly kind: 'lost'; readonly at: number };

const retryMs = 2_000;

/**
 * Follows one change stream for all tabs of this console. A browser allows a host six connections and the agent an address
 * twenty, so one tab holds the stream and tells the others; the browser hands its lock to the next one when that tab is
 * closed, however that happens. Ends with the signal.
 */
export async function followTogether(parts: {
  /** The same for tabs that may share: those signed in to the same start of the same console. */
  readonly name: string;
  readonly open: (signal: AbortSignal) => Promise<AsyncIterable<Change>>;
  readonly hear: (heard: Heard) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { name, open, hear, signal } = parts;
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: MessageEvent<Heard>) => hear(data);
  signal.addEventListener('abort', () => channel.close(), { once: true });
  const tell = (heard: Heard) => {
    if (signal.aborted) return;
    hear(heard);
    channel.postMessage(heard);
  };
  // The very first listener missed nothing; whoever comes after another cannot know.
  const lead = (missed: boolean) => follow(open, tell, signal, missed);
  let waited = await navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
    if (lock) await lead(false);
    return lock !== null;
  });
  while (!signal.aborted) {
    // Outside the lock: a tab in the background may be slow to try again, one in front is not.
    if (waited) await pause(signal);
    await navigator.locks.request(name, { signal }, () => lead(true)).catch(() => undefined);
    waited = true;
  }
}

/** The same without anybody to share with: the desktop's window. */
export async function followAlone(parts: Omit<Parameters<typeof followTogether>[0], 'name'>): Promise<void> {
  for (let missed = false; !parts.signal.aborted; missed = true) {
    await follow(parts.open, parts.hear, parts.signal, missed);
    await pause(parts.signal);
  }
}

/** One stream from its opening to its end. Never rejects. */
async function follow(
  open: (signal: AbortSignal) => Promise<AsyncIterable<Change>>,
  tell: (heard: Heard) => void,
  signal: AbortSignal,
  missed: boolean,
): Promise<void> {
  try {
    const stream = await open(signal);
    tell({ kind: 'live', missed });
    for await (const { topic } of stream) tell({ kind: 'change', topic });
  } catch {
    // Said on screen by the band; it is tried again.
  }
  if (!signal.aborted) tell({ kind: 'lost', at: Date.now() });
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    setTimeout(resolve, retryMs);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
