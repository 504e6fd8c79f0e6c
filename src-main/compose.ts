import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { adapters, registryOf } from './adapters/registry.ts';
import { wireSources } from './adapters/sources/index.ts';
import { drillAside } from './drill.ts';
import { seedPracticeRouting } from './engine/alerts/seed-practice-routing.ts';
import type { World } from './engine/connections/contexts.ts';
import { seedPracticeCrm } from './engine/crm/seed-practice-crm.ts';
import type { Engine, NoticePort } from './engine/engine.ts';
import { ownMetrics } from './engine/health/own-metrics.ts';
import { practiceOrganisationId, seedPractice } from './engine/organisations/seed-practice.ts';
import { createEngine, type StartedEngine } from './engine/start-engine.ts';
import { createStorageGuard } from './engine/storage-guard.ts';
import { seedPracticeWeddings } from './engine/weekend/seed-practice-weddings.ts';
import { type OpenData, openData } from './open-data.ts';
import { backupFolder } from './platform/backup-folder.ts';
import { createClockOffset } from './platform/clock-offset.ts';
import { systemEntropy } from './platform/entropy.ts';
import { evidenceStore } from './platform/evidence-store.ts';
import { createHttp } from './platform/http.ts';
import { createOAuthReturn } from './platform/oauth-return.ts';
import type { PagesChild } from './platform/pages.ts';
import { createProcessFigures } from './platform/process-figures.ts';
import { openSeat } from './platform/seat.ts';
import type { LoopWatch } from './platform/stand-still.ts';
import type { FileHandles } from './ports/files.ts';
import type { Runtime } from './ports/runtime.ts';
import type { Redactor, SecretStore } from './ports/secrets.ts';
import type { Store } from './ports/store.ts';
import { checkpointFile } from './store/checkpoint-file.ts';
import { inspectAside } from './store/inspect-backup.ts';
import type { UpgradeStep } from './store/protocol.ts';
import { auditHead } from './store/repositories/audit.ts';
import { listOrganisations } from './store/repositories/organisations.ts';
import { networkOf, practiceWorld, realSecrets, realWorld, sandboxOf } from './worlds.ts';

/** What a host brings; it owns the data folder already (R48). */
export interface HostParts {
  readonly dataFolder: string;
  readonly host: 'desktop' | 'agent' | 'cli';
  /** Adds the practice organisation to a folder that has none. */
  readonly practice: boolean;
  /** A fresh folder starts with the practice organisation unless this is set. */
  readonly empty: boolean;
  /** R49; `unless-practice`: only where a real organisation would be sent for. */
  readonly safeMode: 'on' | 'off' | 'unless-practice';
  /** A sandbox that runs elsewhere on this machine. */
  readonly sandboxUrl?: string;
  /** How many times faster the practice organisation's schedules run. */
  readonly practiceSpeed?: number;
  readonly notices?: NoticePort;
  /** Told before each long step of bringing an older database up to date. */
  readonly onUpgrade?: (step: UpgradeStep) => void;
  /** The database's threads look after the main one. */
  readonly watch?: LoopWatch;
  /** Starts the process that drives pages; a host that is no Node has its own way. */
  readonly pagesChild?: (file: string) => PagesChild;
  /** The computer's own proxy for an address, as Chromium words it; the desktop can say. */
  readonly systemProxy?: (url: string) => Promise<string>;
  /** Keeps a backup for the next start and starts the console again. */
  readonly restoreAtRestart?: (path: string) => Promise<void>;
  /** A rehearsal brings its own secrets and rehearses no further. */
  readonly rehearsal?: boolean;
  readonly secrets?: SecretStore;
  readonly runtime: Runtime;
  readonly redactor: Redactor;
  readonly files: FileHandles;
  readonly resourcesFolder: string;
  readonly version: string;
  /** Read once; secrets found in it are removed from it (SEC-31). */
  readonly environment: Record<string, string | undefined>;
}

export interface Composed {
  readonly engine: Engine;
  /** Address of the sandbox when the folder has a practice organisation. */
  readonly sandboxUrl: string | null;
}

const checkpointsName = 'audit-checkpoints.jsonl';
/** Where the audit chain's key lies in the secret store. */
const auditKeyAddress = { organisationId: 'system', system: 'audit', name: 'chain-key' };

const doorKey = 'console:door';
const ownActor = { personId: null, name: 'console', channel: 'engine', correlationId: '' };

/**
 * The only file that knows every part: opens the real ones, hands them to the engine, starts it. `data`: of the same host,
 * where that began before.
 */
export async function compose(host: HostParts, data?: OpenData): Promise<Composed> {
  const { dataFolder, runtime, redactor } = host;
  registryOf(adapters);
  const { fresh, temporaryFolder, room, opening } = data ?? (await openData(host));
  const store = await opening;
  const closers: (() => Promise<void>)[] = [() => store.close()];
  const stopAll = async () => {
    for (const close of closers.toReversed()) await close().catch(() => undefined);
  };
  try {
    const secrets = host.secrets ?? (await realSecrets(host));
    const network = networkOf(host, secrets);
    const http = createHttp({ clock: runtime.clock, redactor, lines: network });
    closers.push(() => http.close());
    const isPractice = host.practice || (fresh && !host.empty) || (await hasPractice(store));
    const safeMode =
      host.safeMode === 'on' ||
      (host.safeMode === 'unless-practice' &&
        (await listOrganisations(store.read)).some(({ practice }) => practice === 0));
    const sandbox = isPractice ? await sandboxOf(host, closers) : null;
    const practice = practiceWorld(host, http, sandbox);
    const clockOffset = createClockOffset(runtime.clock);
    const checkpoints = checkpointFile(join(dataFolder, checkpointsName));
    const auditKey = (await auditKeyOf(secrets)) ?? (isPractice ? await auditKeyOf(practice.secrets) : null);
    const started = createEngine({
      store,
      runtime,
      adapters,
      wireSources,
      worlds: { real: realWorld(host, clockOffset.listenTo(http), secrets, network), practice },
      entropy: systemEntropy,
      redactor,
      evidence: evidenceStore(join(dataFolder, 'evidence')),
      datasets: evidenceStore(join(dataFolder, 'bi')),
      oauthReturn: createOAuthReturn({ clock: runtime.clock }),
      network,
      files: host.files,
      backups: {
        ...backupFolder(dataFolder),
        inspect: inspectAside,
        drill: async (backup, folder) =>
          drillAside({ backup, folder, at: runtime.clock.now(), checkpoints: await checkpoints.read(), auditKey }),
        restoreAtRestart: host.restoreAtRestart ?? null,
      },
      seat: await openSeat(dataFolder),
      checkpoints,
      auditKey,
      temporaryFolder,
      host: host.host,
      version: host.version,
      dataFolder,
      safeMode,
      room,
      clockAhead: clockOffset.ahead,
      ...(host.rehearsal === true
        ? {}
        : {
            rehearse: async (organisation) =>
              (await import('./rehearsal.ts')).rehearseSaturday(compose, host, organisation),
          }),
      ...(host.practiceSpeed === undefined ? {} : { practiceSpeed: host.practiceSpeed }),
      ...(host.notices === undefined ? {} : { notices: host.notices }),
    });
    await noteRestore(host, started, store);
    const guard = createStorageGuard({
      store,
      runtime,
      audit: started.audit,
      alerts: started.alerts,
      outbox: started.outbox,
      room,
      dataFolder,
    });
    const tellHistory = await guard.checkHistory();
    await started.seats.settle();
    if (room !== null) guard.start();
    closers.push(() => guard.stop());
    if (isPractice) await preparePractice(host, started, store, practice);
    await started.seats.settle();
    await tellHistory();
    await started.imports.recover();
    await started.rechecks.resume();
    // A command is over before that matters.
    if (host.host !== 'cli') started.erasing.start();
    if (safeMode) tellSafeMode(host);
    else {
      await started.outbox.start();
      started.alerts.start();
      // A command is gone before anything falls due.
      if (host.host !== 'cli') await started.schedules.start();
      if (host.host !== 'cli') started.listeners.start();
      if (host.host !== 'cli') {
        started.receiver.start();
        started.health.start();
        if (host.rehearsal !== true) started.backups.start();
        if (host.rehearsal !== true) started.sources.again.start();
      }
      started.kpis.start();
      started.bi.start();
    }
    const samples =
      isPractice && !host.empty ? () => started.samples(join(host.resourcesFolder, 'practice', 'costs')) : null;
    return { engine: engineOf(host, started, { samples, safeMode, store }, stopAll), sandboxUrl: sandbox };
  } catch (thrown) {
    await stopAll();
    throw thrown;
  }
}

/** The heartbeat stops on purpose, so the team's own watchdog speaks up as well. */
function tellSafeMode({ runtime, notices }: HostParts): void {
  runtime.log.warn('console.safe-mode');
  notices?.show({
    key: 'safe-mode',
    title: 'WedSync Ops is in safe mode',
    body: 'Nothing is sent or received. Quit and start again to leave it.',
    urgent: true,
    address: '/deliveries',
  });
}

async function hasPractice(store: Store): Promise<boolean> {
  return (await listOrganisations(store.read)).some(({ practice }) => practice === 1);
}

/**
 * Made at first use; null while the keychain is not ready: entries are chained then, but not sealed. A folder with the
 * practice organisation falls back to the practice secrets, so that practice needs no keychain.
 */
async function auditKeyOf(secrets: SecretStore): Promise<string | null> {
  try {
    if ((await secrets.state()) !== 'ready') return null;
    const known = await secrets.read(auditKeyAddress);
    if (known !== null) return known;
    const made = systemEntropy.text(32);
    await secrets.write(auditKeyAddress, made);
    return made;
  } catch {
    return null;
  }
}

async function preparePractice(host: HostParts, started: StartedEngine, store: Store, world: World): Promise<void> {
  const { runtime } = host;
  const { connectPractice, connectPracticeSources } = await import('./practice-connections.ts');
  await seedPractice({ store, runtime, audit: started.audit.append });
  // At once: each waits for the sandbox and for the disk, not for the others.
  await Promise.all([
    connectPractice({ adapters, connections: started.connections, world, runtime, entropy: systemEntropy }),
    connectPracticeSources(world),
    seedPracticeRouting(store, runtime, practiceOrganisationId),
    seedPracticeWeddings(started.weekend, runtime, practiceOrganisationId),
    started.receiver.seedPractice(practiceOrganisationId),
    seedPracticeCrm(store, runtime, world.secrets, practiceOrganisationId),
  ]);
}

const RestoreNote = z.object({ at: z.number(), bytes: z.number(), held: z.number() });

/** `wedops restore` leaves a note; the chain says so, and open alerts rest, before anything else is done (BAK-06, BAK-07). */
async function noteRestore(host: HostParts, started: StartedEngine, store: Store): Promise<void> {
  const file = join(host.dataFolder, 'restored.json');
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return;
  const after = RestoreNote.parse(JSON.parse(text));
  // The checkpoints of before know entries the backup does not have. They are kept beside the database of before.
  const kept = join(host.dataFolder, 'backups', `before-restore-${after.at}-checkpoints.jsonl`);
  await mkdir(dirname(kept), { recursive: true, mode: 0o700 });
  await rename(join(host.dataFolder, checkpointsName), kept).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== 'ENOENT') throw thrown;
  });
  const [organisations, newest] = await Promise.all([listOrganisations(store.read), auditHead(store.read)]);
  await store.transaction(async (tx) => {
    for (const { id } of organisations) {
      await started.alerts.rest(tx, id, newest?.at ?? after.at);
      await started.audit.append(tx, {
        organisationId: id,
        actor: 'system',
        channel: 'cli',
        action: 'database.restored',
        object: 'database:console',
        after,
      });
    }
  });
  await started.audit.checkpoint();
  await rm(file, { force: true });
}

function engineOf(
  { runtime }: HostParts,
  started: StartedEngine,
  {
    samples,
    safeMode,
    store,
  }: { readonly samples: (() => Promise<void>) | null; readonly safeMode: boolean; readonly store: Store },
  stopAll: () => Promise<void>,
): Engine {
  let asked = false;
  const { health, receiver } = started;
  const about = {
    ...{ store, clock: runtime.clock, health, answers: receiver.sources.answers },
    process: createProcessFigures(),
  };
  return {
    router: started.router,
    webhooks: started.receiver.door,
    async doorShut(why) {
      for (const { id } of await listOrganisations(store.read)) {
        if (why === null) await started.alerts.resolveKey(id, doorKey, ownActor);
        else {
          const title = 'The console cannot be reached: its port cannot be opened';
          const report = { source: 'console', key: doorKey, severity: 'critical', title, detail: why };
          await started.alerts.raise(id, report, ownActor);
        }
      }
    },
    listensAt: (url) => started.receiver.sources.listenAt(safeMode ? null : url),
    safeMode,
    leaving: started.leaving,
    tray: () => started.standing.tray(),
    acknowledge: started.acknowledge,
    metricsText: async () => {
      const [figures, own] = await Promise.all([started.kpis.metricsText(), ownMetrics(about)]);
      return `${figures}${own}`;
    },
    onChange: (listener) => started.events.subscribe(() => listener()),
    showSamples() {
      if (asked || samples === null) return;
      asked = true;
      samples().catch((thrown: unknown) => runtime.log.error('practice.samples-failed', { error: String(thrown) }));
    },
    wake() {
      started.outbox.wake();
      started.alerts.wake();
      started.schedules.wake();
      started.receiver.wake();
    },
    async stop() {
      started.erasing.stop();
      await started.connections.close();
      await started.listeners.stop();
      await started.bi.stop();
      await started.kpis.stop();
      await started.health.stop();
      await started.backups.stop();
      await started.sources.again.stop();
      await started.receiver.stop();
      await started.alerts.stop();
      await started.schedules.stop();
      await started.outbox.stop();
      await started.imports.close();
      await started.rechecks.close();
      await started.audit.checkpoint().catch(() => undefined);
      await stopAll();
    },
  };
}
