import type { SystemDetail } from '../../../src-shared/contract/systems.ts';
import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import { type Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { AnyAdapter, Heard } from '../../adapters/kit/adapter.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { listConnections } from '../../store/repositories/connections.ts';
import { listOrganisations } from '../../store/repositories/organisations.ts';
import type { Contexts } from '../connections/contexts.ts';
import type { Events } from '../events.ts';

export interface ListenersDeps {
  readonly store: Pick<Store, 'read'>;
  readonly runtime: Runtime;
  readonly events: Pick<Events, 'subscribe' | 'publish'>;
  readonly registry: readonly AnyAdapter[];
  readonly contextOf: Contexts['contextOf'];
  /** Where another computer sends, that one listens: a press reaches one line only. Everywhere when left out. */
  readonly wanted?: (organisationId: string) => boolean;
  /** What it means for the console; answers with words for whoever acted. */
  readonly hear: (organisationId: string, system: string, heard: Heard) => Promise<{ readonly say: string | null }>;
}

const shortestPauseMs = 1_000;
const longestPauseMs = 60_000;
/** A line that held so long was a good one; the next is opened at once. */
const goodMs = 60_000;

interface LineState {
  readonly up: boolean;
  /** Up or down since then. */
  readonly since: Instant;
  lastEventAt: Instant | null;
  readonly problem: string | null;
}

/**
 * Keeps the lines open on which systems tell what people did there: one a connection that has something to listen with,
 * opened again with growing pauses when it ends, anew when the connection is changed.
 */
export function createListeners(deps: ListenersDeps) {
  const { store, runtime, registry, contextOf, hear } = deps;
  const { clock, log } = runtime;
  const listening = registry.filter(({ listener }) => listener !== undefined);
  const lines = new Map<string, LineState>();
  const running = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();
  let unsubscribe = () => undefined as unknown;
  let stopped = false;

  /** What screens see; told only when the line comes up or goes down. */
  function note(organisationId: string, system: string, up: boolean, problem: string | null): void {
    const key = `${organisationId}/${system}`;
    const before = lines.get(key);
    const changed = before?.up !== up;
    if (!changed && before.problem === problem) return;
    const since = changed ? clock.now() : before.since;
    lines.set(key, { up, since, problem, lastEventAt: before?.lastEventAt ?? null });
    deps.events.publish({ topic: 'health', organisationId, ids: [system] });
  }

  async function heardBy(organisationId: string, system: string, heard: Heard) {
    const line = lines.get(`${organisationId}/${system}`);
    if (line && heard.kind !== 'mark') line.lastEventAt = clock.now();
    return hear(organisationId, system, heard);
  }

  async function keep(organisationId: string, adapter: AnyAdapter, signal: AbortSignal): Promise<void> {
    const { listener, manifest } = adapter;
    if (!listener) return;
    let pause = shortestPauseMs;
    while (!signal.aborted) {
      const from = clock.monotonicMs();
      try {
        const ctx = await contextOf(organisationId, manifest.id, signal);
        if (!listener.wanted(ctx.settings, ctx.secrets)) {
          lines.delete(`${organisationId}/${manifest.id}`);
          return;
        }
        await listener.run(
          ctx,
          (heard) => heardBy(organisationId, manifest.id, heard),
          () => {
            if (!signal.aborted) note(organisationId, manifest.id, true, null);
          },
        );
        if (signal.aborted) return;
        note(organisationId, manifest.id, false, null);
        pause = clock.monotonicMs() - from >= goodMs ? shortestPauseMs : Math.min(pause * 2, longestPauseMs);
      } catch (thrown) {
        if (signal.aborted) return;
        const known = thrown instanceof IntegrationError;
        log.warn('listener.failed', {
          organisation: organisationId,
          system: manifest.id,
          code: known ? thrown.code : 'defect',
          error: known ? thrown.message : thrown instanceof Error ? thrown.name : 'unknown',
        });
        note(organisationId, manifest.id, false, known ? thrown.message : 'It could not be opened.');
        // Nothing changes before a person has acted; the change of the connection wakes it.
        pause = known && thrown.kind === 'needs-attention' ? longestPauseMs : Math.min(pause * 2, longestPauseMs);
      }
      await clock.sleep(pause, signal);
    }
  }

  function open(organisationId: string, adapter: AnyAdapter): void {
    const key = `${organisationId}/${adapter.manifest.id}`;
    running.get(key)?.stop.abort();
    const stop = new AbortController();
    running.set(key, { stop, done: keep(organisationId, adapter, stop.signal) });
  }

  async function look(organisationId: string, systems: readonly string[] | null): Promise<void> {
    const rows = await listConnections(store.read, organisationId);
    if (stopped) return;
    for (const adapter of listening) {
      const { id } = adapter.manifest;
      if (systems !== null && !systems.includes(id)) continue;
      const on =
        (deps.wanted?.(organisationId) ?? true) && rows.some(({ system, mode }) => system === id && mode === 'on');
      if (on) open(organisationId, adapter);
      else {
        running.get(`${organisationId}/${id}`)?.stop.abort();
        lines.delete(`${organisationId}/${id}`);
      }
    }
  }

  const failed = (thrown: unknown) => log.error('listener.look-failed', { error: String(thrown) });

  return {
    /** Null: this system has no line here, or it was never tried since the start. */
    lineOf(organisationId: string, system: string): SystemDetail['listener'] {
      const line = lines.get(`${organisationId}/${system}`);
      const adapter = listening.find(({ manifest }) => manifest.id === system);
      if (!line || !adapter?.listener) return null;
      const { up, since, lastEventAt, problem } = line;
      return {
        label: adapter.listener.label,
        up,
        since: isoOf(since),
        lastEventAt: lastEventAt === null ? null : isoOf(lastEventAt),
        problem,
      };
    },
    /** Who sends changed: lines are opened, or closed. */
    look: (organisationId: string) => void look(organisationId, null).catch(failed),
    start(): void {
      unsubscribe = deps.events.subscribe(({ topic, organisationId, ids }) => {
        if (topic === 'connections' && listening.some(({ manifest }) => ids.includes(manifest.id))) {
          look(organisationId, ids).catch(failed);
        }
      });
      listOrganisations(store.read)
        .then((all) => Promise.all(all.map(({ id }) => look(id, null))))
        .catch(failed);
    },
    async stop(): Promise<void> {
      stopped = true;
      unsubscribe();
      for (const { stop } of running.values()) stop.abort();
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}
