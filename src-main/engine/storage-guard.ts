import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskRoom, RoomLevel } from '../ports/disk-room.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { Store, StoreTrouble } from '../ports/store.ts';
import { auditHead } from '../store/repositories/audit.ts';
import { listOrganisations } from '../store/repositories/organisations.ts';
import type { Alerts } from './alerts/index.ts';
import type { Actor } from './alerts/parts.ts';
import type { Audit } from './audit/audit.ts';
import type { Outbox } from './outbox/outbox.ts';
import { refused } from './problem.ts';

const CHECKED_AT_START = 10_000;
const WAL_ALERT_BYTES = 256 * 1024 ** 2;
/** Above what the journal is cut back to. */
const WAL_CALM_BYTES = 128 * 1024 ** 2;
const LOOK_EVERY_MS = 10_000;
const anOlderCopy = 'The database lacks entries its record knows; what was sent since then is not known here.';
const console: Actor = { personId: null, name: 'console', channel: 'engine', correlationId: '' };

/** How the storage stands, for the frame of every screen (R40, R41). */
export interface StorageState {
  readonly state: 'ok' | 'low' | 'little' | 'read-only';
  /** Empty while all is well. */
  readonly message: string;
}

export function storageOf(trouble: StoreTrouble | null, level: RoomLevel): StorageState {
  if (trouble) return { state: 'read-only', message: trouble.message };
  if (level === 'enough') return { state: 'ok', message: '' };
  return { state: level, message: `${roomAlert(level).title}. ${roomAlert(level).detail}` };
}

/** What makes the database grow waits while there is little room, so that alerts still find some. */
export function needsRoom<A extends unknown[], R>(room: DiskRoom | null, work: (...args: A) => Promise<R>) {
  return async (...args: A): Promise<R> => {
    if (room?.level() === 'little') {
      throw refused({
        happened: 'There is too little room on the disk.',
        means: 'Nothing was changed.',
        doing: 'What is left is kept for alerts.',
        remedy: 'Free at least 200 MB on the disk of the data folder, then try again.',
      });
    }
    return work(...args);
  };
}

interface GuardParts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly audit: Pick<Audit, 'verify' | 'recordBreak'>;
  readonly alerts: Pick<Alerts, 'raise' | 'resolveKey' | 'rest'>;
  readonly outbox: Pick<Outbox, 'holdEverything'>;
  /** Absent in a rehearsal and for a command, which are over before a disk fills. */
  readonly room: DiskRoom | null;
  readonly dataFolder: string;
}

interface Told {
  readonly key: string;
  readonly severity: 'warning' | 'critical';
  readonly title: string;
  readonly detail: string;
}

const roomAlert = (level: 'low' | 'little'): Told => ({
  key: 'console:disk',
  severity: level === 'low' ? 'warning' : 'critical',
  title: level === 'low' ? 'Less than 1 GB free on the disk' : 'Less than 200 MB free on the disk',
  detail:
    level === 'low'
      ? 'Free some space. Everything still works.'
      : 'Imports, exports and webhooks in wait until there is room; alerts go on. Free some space on the disk of the data folder.',
});

/** Watches what everything else stands on: the record's own history, the room on the disk, the journal's size. */
export function createStorageGuard({ store, runtime, audit, alerts, outbox, room, dataFolder }: GuardParts) {
  const { clock, log } = runtime;
  const ended = new AbortController();
  const journal = join(dataFolder, 'console.db-wal');
  let journalTold = false;
  let running: Promise<unknown> = Promise.resolve();

  async function tell({ key, ...what }: Told): Promise<void> {
    for (const { id } of await listOrganisations(store.read)) {
      await alerts.raise(id, { source: 'console', key, ...what }, console).catch(failed);
    }
  }
  async function over(key: string): Promise<void> {
    for (const { id } of await listOrganisations(store.read)) {
      await alerts.resolveKey(id, key, console).catch(failed);
    }
  }
  const failed = (thrown: unknown) => log.error('storage.not-told', { error: String(thrown) });

  async function roomChanged(level: RoomLevel): Promise<void> {
    await over('console:disk');
    if (level !== 'enough') await tell(roomAlert(level));
  }

  async function lookAtJournal(): Promise<void> {
    const size = (await stat(journal).catch(() => null))?.size ?? 0;
    if (!journalTold && size > WAL_ALERT_BYTES) {
      journalTold = true;
      log.error('store.journal-large', { mb: Math.round(size / 1e6) });
      await tell({
        key: 'console:journal',
        severity: 'warning',
        title: 'The database journal grows and cannot be folded in',
        detail:
          'Another program has been reading the database for a long time. End it; the journal then shrinks by itself.',
      });
    } else if (journalTold && size < WAL_CALM_BYTES) {
      journalTold = false;
      await over('console:journal');
    }
  }

  return {
    /**
     * The last entries of the audit against what the checkpoints outside the database know (AUD-06). A break is put on
     * record and told once. Where history is missing or another one, the database may be an old copy: what it calls
     * unfinished may be long done, so all of it waits for a person, and its open alerts rest (FT-19, FT-20). What it gives
     * tells of the break; to be called once there are organisations to tell.
     */
    async checkHistory(): Promise<() => Promise<void>> {
      const newest = await auditHead(store.read);
      const verdict = await audit.verify(CHECKED_AT_START);
      if (verdict.ok || !(await audit.recordBreak(verdict))) return async () => undefined;
      const replaced = verdict.verdict === 'tail-missing' || verdict.verdict === 'rewritten';
      log.error('audit.broken', { verdict: verdict.verdict, first: verdict.firstBroken ?? 0 });
      if (replaced) {
        const organisations = await listOrganisations(store.read);
        await store.transaction(async (tx) => {
          await outbox.holdEverything(tx, anOlderCopy);
          for (const { id } of organisations) await alerts.rest(tx, id, newest?.at ?? runtime.clock.now());
        });
      }
      const told: Told = {
        key: 'console:history',
        severity: 'critical',
        title: replaced ? 'The database is not the one the record knows' : 'The audit record was changed',
        detail: `${verdict.detail}. ${replaced ? 'Everything unfinished is held and its open alerts rest: look at each before it goes. ' : ''}Open Audit for what is missing.`,
      };
      return () => tell(told);
    },
    start(): void {
      room?.onChange((level) => void roomChanged(level).catch(failed));
      room?.start();
      running = (async () => {
        while (!ended.signal.aborted) {
          await lookAtJournal().catch(failed);
          await clock.sleep(LOOK_EVERY_MS, ended.signal);
        }
      })();
    },
    async stop(): Promise<void> {
      room?.stop();
      ended.abort();
      await running;
    },
  };
}
